# Detection script of an Intune Remediation.
# Kind interface-metric, rendered by aovpn-remediate.
#
# Is the interface metric of a VPN profile as configured? Windows asks the DNS servers of the interface with
# the lowest metric first, and prefers that interface when routes are equal (unconfirmed; as admins report
# it). So a tunnel should have a lower metric than Ethernet and Wi-Fi.
#
# It changes nothing. The last line of its output is one JSON object. Its state is healthy, pending, absent,
# unknown or issue. The exit code is 1 for issue, also for unknown if WhenUnknown says so, else 0. A non-zero
# exit code starts the remediation script, if the package has one.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# From remediate.yaml. Change them there and publish again. RunAs is the account that this script is for.
$Settings = @{
    Kind    = 'interface-metric'
    Profile = 'Contoso User VPN'
    RunAs   = 'system'
    Ipv4    = 3
    Ipv6    = 3
}

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

# Network interfaces while they are connected. A change lasts until the connection ends
# (MicrosoftDocs/windowsserverdocs#5949).

# The interfaces of a connected profile, one for each address family; none if it is not connected. The query
# has no name, because -InterfaceAlias accepts wildcards and a profile's name may contain brackets.
function Get-LiveInterface {
    param([string] $Alias)

    foreach ($interface in @(Invoke-NetQuery -Query { Get-NetIPInterface -ErrorAction Stop })) {
        $isNamed = [string]::Equals($interface.InterfaceAlias, $Alias, 'OrdinalIgnoreCase')
        $state = $interface.PSObject.Properties['ConnectionState']
        if ($isNamed -and ($null -eq $state -or 'Disconnected' -ne $state.Value)) {
            if (@('IPv4', 'IPv6') -notcontains "$($interface.AddressFamily)") {
                throw 'the interface has an unknown address family'
            }
            $interface
        }
    }
}

# Runs a query of a NetTCPIP cmdlet. When these cmdlets find nothing, they report the error
# CmdletizationQuery_NotFound. Source: PowerShell/PowerShell, CIM query job.
function Invoke-NetQuery {
    param([scriptblock] $Query)

    try {
        & $Query
    } catch {
        if ($_.FullyQualifiedErrorId -notlike 'CmdletizationQuery_NotFound*') {
            throw
        }
    }
}

# What a script reports, and its only exit.

# What a check found. State is healthy, issue, pending, absent or unknown. Found goes into the result line.
function New-Finding {
    param([string] $State, [string] $Detail, [string] $Reason = '', [hashtable] $Found = @{})

    @{ State = $State; Detail = $Detail; Reason = $Reason; Found = $Found }
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
    $finding
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
    exit 0
}

# The wanted metric of each address family that the settings name.
function Get-Want {
    param([hashtable] $Settings)

    $want = [ordered] @{}
    if ($null -ne $Settings['Ipv4']) {
        $want['ipv4'] = $Settings['Ipv4']
    }
    if ($null -ne $Settings['Ipv6']) {
        $want['ipv6'] = $Settings['Ipv6']
    }
    $want
}

# The families whose live metric differs.
function Get-DifferentFamily {
    param([Collections.IDictionary] $Found, [Collections.IDictionary] $Want)

    if ($null -eq $Found) {
        return
    }
    foreach ($family in $Found.Keys) {
        if ("$($Found[$family])" -ne "$($Want[$family])") {
            $family
        }
    }
}

# Checks the metric of the connected interface. It can drift while the phonebook is right.
function Test-LiveCondition {
    param([hashtable] $Settings, [int] $Round)

    $want = Get-Want -Settings $Settings
    $found = [ordered] @{}
    foreach ($interface in @(Get-LiveInterface -Alias $Settings['Profile'])) {
        $family = "$($interface.AddressFamily)".ToLowerInvariant()
        $isRight = $found.Contains($family) -and "$($found[$family])" -eq "$($want[$family])"
        if ($want.Contains($family) -and ($isRight -or -not $found.Contains($family))) {
            $found[$family] = Get-LiveMetric -Interface $interface
        }
    }
    if (0 -eq $found.Count) {
        return New-Finding -State 'healthy' -Detail 'not connected'
    }
    $words = foreach ($family in @(Get-DifferentFamily -Found $found -Want $want)) {
        '{0} is {1}, wanted {2}' -f $family, $found[$family], $want[$family]
    }
    $difference = @($words) -join ', '
    if (-not $difference) {
        $detail = 'the live metric is as configured'
        return New-Finding -State 'healthy' -Detail $detail -Found @{ live = $found }
    }
    New-Finding -State 'issue' -Detail "live metric: $difference" -Found @{ live = $found }
}

# The live metric of an interface: a number or automatic.
function Get-LiveMetric {
    param($Interface)

    if ('Enabled' -eq $Interface.AutomaticMetric) {
        return 'automatic'
    }
    [long] $Interface.InterfaceMetric
}

Complete-Detection -Settings $Settings -Check @(
    { param($Round) Test-LiveCondition -Settings $Settings -Round $Round }
)
