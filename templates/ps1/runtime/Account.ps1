# The account and the session that the script runs in.

# Why this script must not check anything here, as a finding; nothing if it may.
function Get-Refusal {
    param([string] $RunAs)

    if ('FullLanguage' -ne $ExecutionContext.SessionState.LanguageMode) {
        $detail = 'PowerShell runs this script in constrained language mode'
        return New-Finding -State 'unknown' -Reason 'constrained-language' -Detail $detail
    }
    # For the SYSTEM account, USERNAME is the name of the computer with a dollar sign (unconfirmed).
    $account = 'user'
    if ($env:USERNAME -like '*$') {
        $account = 'system'
    }
    if (-not $env:USERNAME -or $RunAs -ne $account) {
        $detail = 'this script is made for the {0} account and runs as another' -f $RunAs
        return New-Finding -State 'unknown' -Reason 'wrong-account' -Detail $detail
    }
}
