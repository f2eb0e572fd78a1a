# The account and the session that the script runs in.

# Returns a finding if the script must stop here, else nothing.
function Get-Refusal {
    param([string] $RunAs)

    if ('FullLanguage' -ne $ExecutionContext.SessionState.LanguageMode) {
        $detail = 'PowerShell runs this script in constrained language mode'
        return New-Finding -State 'unknown' -Reason 'constrained-language' -Detail $detail
    }
    # For the SYSTEM account, USERNAME is the name of the computer with a dollar sign (unconfirmed).
    $isSystem = $env:USERNAME -like '*$'
    if (-not $env:USERNAME -or $isSystem -ne ('system' -eq $RunAs)) {
        $detail = 'this script must run as {0}, but it runs as another account' -f $RunAs
        return New-Finding -State 'unknown' -Reason 'wrong-account' -Detail $detail
    }
}
