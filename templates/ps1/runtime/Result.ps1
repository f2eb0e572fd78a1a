# What a script reports, and its only exit.

# What a check found. State is healthy, issue, pending, absent or unknown. Found goes into the result line.
function New-Finding {
    param([string] $State, [string] $Detail, [string] $Reason = '', [hashtable] $Found = @{})

    @{ State = $State; Detail = $Detail; Reason = $Reason; Found = $Found }
}

# What a repair did: whether it changed something, and the problems that it could not solve.
function New-Outcome {
    param([bool] $Changed, [string[]] $Problem = @())

    @{ Changed = $Changed; Problem = $Problem }
}

# Combines the findings into one. Unknown comes first, then absent, because both prevent a repair.
function Merge-Finding {
    param([object[]] $Finding)

    $found = @{}
    foreach ($one in $Finding) {
        $found += $one['Found']
    }
    foreach ($state in 'unknown', 'absent', 'issue', 'pending', 'healthy') {
        $decisive = @($Finding | Where-Object { $state -eq $_['State'] })
        if ($decisive.Count -gt 0) {
            break
        }
    }
    $detail = @($decisive | ForEach-Object { $_['Detail'] }) -join '; '
    New-Finding -State $state -Detail $detail -Reason $decisive[0]['Reason'] -Found $found
}

# Runs the checks and returns one finding, also after an error: an error must never look like an issue. If
# the profile is absent or unknown, or its phonebook must be restored first, the other checks are left out.
# Each check gets the number of the rounds of repair before it. $Check has no type: constrained language mode
# does not allow arrays of script blocks, and this script must be able to report that mode.
function Invoke-Check {
    param([hashtable] $Settings, $Check, [int] $Round)

    try {
        $refusal = Get-Refusal -RunAs $Settings['RunAs']
        if ($null -ne $refusal) {
            return $refusal
        }
        $findings = foreach ($one in $Check) {
            $finding = & $one $Round
            $finding
            if (@('absent', 'unknown') -contains $finding['State'] -or $finding['Reason']) {
                break
            }
        }
        $finding = Merge-Finding -Finding @($findings)
    } catch {
        return New-Finding -State 'unknown' -Reason 'error' -Detail (ConvertTo-PlainError -ErrorRecord $_)
    }
    #region only: absence
    if ('absent' -eq $finding['State'] -and 'issue' -eq $Settings['WhenAbsent']) {
        $finding['State'] = 'issue'
    }
    #endregion
    $finding
}

# Runs an action and returns the problems that it returns, and the text of its error.
function Get-ActionProblem {
    param([scriptblock] $Action, $Argument)

    try {
        & $Action $Argument
    } catch {
        ConvertTo-PlainError -ErrorRecord $_
    }
}

# The text of an error without paths, addresses and names of users and computers, because these must not
# leave the device.
function ConvertTo-PlainError {
    param([Management.Automation.ErrorRecord] $ErrorRecord)

    $cause = $ErrorRecord.Exception.GetBaseException()
    $text = $cause.Message
    if ($null -ne $ErrorRecord.Exception.InnerException) {
        $text = '{0} (0x{1:X8})' -f $cause.Message, $cause.HResult
    }
    foreach ($name in @($env:USERNAME, $env:USERDOMAIN, $env:COMPUTERNAME | Where-Object { $_ })) {
        $pattern = [regex]::Escape($name)
        if ($name.Length -le 3) {
            $pattern = '(?<!\w){0}(?!\w)' -f $pattern
        }
        $text = [regex]::Replace($text, $pattern, '(name)', 'IgnoreCase, CultureInvariant')
    }
    # Quoted paths first, up to the last quote, because a folder's name may contain an apostrophe.
    $start = '(?:[A-Z]:\\|\\\\|/)'
    $hidden = [ordered] @{
        ('[''"\u201C-\u201E\u300C]{0}.*[''"\u201C-\u201E\u300D]' -f $start)  = '(path)'
        ('(?<!\w){0}[^''"|\r\n\u201C-\u201E\u300D]+' -f $start)              = '(path)'
        '[\w.()-]+\\[\w.()$-]+(?: (?-i:\p{Lu})[\w.-]*)*'                     = '(name)'
        '[\w.+()-]+@[\w.()-]+'                                               = '(name)'
        'S-1-\d+(?:-\d+)+'                                                   = '(sid)'
        '(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])'                         = '(address)'
        '(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:%\w+)?(?![\w:])'   = '(address)'
        '\s+'                                                                = ' '
    }
    foreach ($pattern in $hidden.Keys) {
        $text = [regex]::Replace($text, $pattern, $hidden[$pattern], 'IgnoreCase, CultureInvariant')
    }
    $text.Trim()
}

# One line of ASCII JSON with at most 2,000 characters. Intune keeps 2,048 (Intune documentation,
# Remediations): the end of the last line, read in the OEM code page (measured: fadwen/IntuneScriptLab).
function ConvertTo-ResultLine {
    param([hashtable] $Settings, [hashtable] $Finding)

    $line = [ordered] @{
        v       = 1
        kind    = $Settings['Kind']
        profile = $Settings['Profile']
        state   = $Finding['State']
        detail  = $Finding['Detail']
    }
    if ($Finding['Reason']) {
        $line['reason'] = $Finding['Reason']
    }
    if ($Finding['Found'].Count -gt 0) {
        $line['found'] = Limit-Found -Found $Finding['Found']
        $line['want'] = Get-Want -Settings $Settings
    }
    $json = ConvertTo-AsciiJson -Value $line
    if ($json.Length -gt 2000) {
        $line.Remove('found')
        $line.Remove('want')
        foreach ($key in 'profile', 'detail') {
            $line[$key] = $line[$key] -replace '(?s)\A(.{0,150}).*', '$1' -replace '[\uD800-\uDBFF]\z'
        }
        $json = ConvertTo-AsciiJson -Value $line
    }
    $json
}

# What was found, in a fixed order. Of a long list, eight items and the number of the others stay.
function Limit-Found {
    param($Found)

    $limited = [ordered] @{}
    foreach ($key in @($Found.Keys | Sort-Object)) {
        $value = $Found[$key]
        if ($value -is [Collections.IDictionary]) {
            $value = Limit-Found -Found $value
        } elseif ($value -is [array] -and $value.Count -gt 8) {
            $value = @($value[0..7]) + ('{0} more' -f ($value.Count - 8))
        }
        $limited[$key] = $value
    }
    $limited
}

# JSON on one line, in which each character outside ASCII is an escape sequence.
function ConvertTo-AsciiJson {
    param($Value)

    $json = ConvertTo-Json -InputObject $Value -Compress -Depth 4
    -join @(foreach ($character in $json.ToCharArray()) {
            if ([int] $character -lt 0x7F) { $character } else { '\u{0:x4}' -f [int] $character }
        })
}

# The exit of a detection script: one line, exit code 1 for an issue, else 0.
function Complete-Detection {
    param([hashtable] $Settings, $Check)

    $finding = Invoke-Check -Settings $Settings -Check $Check
    ConvertTo-ResultLine -Settings $Settings -Finding $finding
    if ('issue' -eq $finding['State']) {
        exit 1
    }
    #region only: unknown
    if ('unknown' -eq $finding['State'] -and 'issue' -eq $Settings['WhenUnknown']) {
        exit 1
    }
    #endregion
    exit 0
}

# The exit of a remediation script: check, repair, check again, one line, exit code 1 for failed, else 0.
function Complete-Remediation {
    param([hashtable] $Settings, $Check, $Repair)

    $finding = Invoke-Check -Settings $Settings -Check $Check
    if ('issue' -eq $finding['State']) {
        $finding = Invoke-Repair -Settings $Settings -Check $Check -Repair $Repair -Before $finding
    } elseif ('link' -eq $finding['Reason']) {
        $finding['State'] = 'failed'
    }
    ConvertTo-ResultLine -Settings $Settings -Finding $finding
    if ('failed' -eq $finding['State']) {
        exit 1
    }
    exit 0
}

# Repairs, checks again, and returns the result. If one repair fails, the others run anyway. Each repair gets
# what the check found and the number of its round, and returns an outcome.
function Invoke-Repair {
    param([hashtable] $Settings, $Check, $Repair, [hashtable] $Before)

    $after = $Before
    $changed = $false
    # The second round is for differences that show only after the first one, such as in a restored phonebook.
    for ($round = 1; $round -le 2 -and 'issue' -eq $after['State']; $round++) {
        $problems = @()
        foreach ($one in $Repair) {
            try {
                $outcome = & $one $after['Found'] $round
                $changed = $changed -or $outcome['Changed']
                $problems += $outcome['Problem']
            } catch {
                $problems += ConvertTo-PlainError -ErrorRecord $_
            }
        }
        if ($problems.Count -gt 0) {
            $detail = $problems -join '; '
            if (0 -eq $Before['Found'].Count) {
                $detail = 'not repaired: {0}: {1}' -f $Before['Detail'], $detail
            }
            return New-Finding -State 'failed' -Reason 'error' -Detail $detail -Found $Before['Found']
        }
        $after = Invoke-Check -Settings $Settings -Check $Check -Round $round
    }
    if ('interrupted' -eq $Before['Reason'] -and 'absent' -eq $after['State']) {
        $after['Detail'] = 'the phonebook was restored; ' + $after['Detail']
    } elseif (@('healthy', 'pending') -notcontains $after['State']) {
        $after['Detail'] = 'after the repair: ' + $after['Detail']
        $after['State'] = 'failed'
    } elseif ($changed) {
        $after['Detail'] = 'repaired: {0}; now: {1}' -f $Before['Detail'], $after['Detail']
        $after['State'] = 'fixed'
        $after['Found'] = $Before['Found']
    }
    $after
}
