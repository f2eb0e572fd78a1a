# Detection script of an Intune Remediation.
# Kind rasman-privileges, rendered by aovpn-remediate.
#
# Does the service RasMan have the privileges that it needs to install routes (unconfirmed; from reports of
# admins)? Windows removes from a service the privileges that its value RequiredPrivileges does not list,
# except SeChangeNotifyPrivilege. Services in one process share theirs. Without that value nothing is
# removed. Source: Win32 reference, SERVICE_REQUIRED_PRIVILEGES_INFOW.
#
# It changes nothing. The last line of its output is one JSON object. Its state is healthy, pending, absent,
# unknown or issue. The exit code is 1 for issue, also for unknown if WhenUnknown says so, else 0. A non-zero
# exit code starts the remediation script, if the package has one.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# From remediate.yaml. Change them there and publish again. RunAs is the account that this script is for.
$Settings = @{
    Kind       = 'rasman-privileges'
    Profile    = ''
    RunAs      = 'system'
    Privileges = @('SeImpersonatePrivilege', 'SeIncreaseQuotaPrivilege', 'SeTcbPrivilege', 'SeChangeNotifyPrivilege', 'SeCreateGlobalPrivilege', 'SeAssignPrimaryTokenPrivilege')
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

# The service RasMan, which connects VPN profiles and installs their routes, and its privileges.

# The privileges that the registry lists for RasMan, as @{ List }; nothing without a list.
function Get-RasManPrivilege {
    $service = 'HKLM:\SYSTEM\CurrentControlSet\Services\RasMan'
    if (-not (Test-Path -LiteralPath $service -ErrorAction Stop)) {
        throw 'the service RasMan is not in the registry'
    }
    $value = Get-RegistryValue -Key $service -Name 'RequiredPrivileges'
    if ($null -eq $value) {
        return
    }
    if ($value['Value'] -isnot [string[]]) {
        throw 'the privileges of RasMan are not stored as REG_MULTI_SZ'
    }
    @{ List = @($value['Value']) }
}

# Whether RasMan still runs in the process that is marked under a name.
function Test-RasManMark {
    param([string] $Name)

    $mark = Get-RegistryValue -Key 'HKLM:\SOFTWARE\aovpn-remediate' -Name $Name
    $null -ne $mark -and $mark['Value'] -and (Get-RasManProcess) -eq $mark['Value']
}

# The process in which RasMan runs: its number and its start, because Windows reuses process IDs; nothing if
# RasMan does not run.
function Get-RasManProcess {
    $service = Get-RasManService
    if (0 -eq $service.ProcessId) {
        return
    }
    $process = @(Get-CimObject -ClassName 'Win32_Process' -Filter "ProcessId = $($service.ProcessId)")
    if (1 -ne $process.Count -or $null -eq $process[0].CreationDate) {
        throw 'the process of the service RasMan cannot be determined'
    }
    '{0} since {1:o}' -f $service.ProcessId, $process[0].CreationDate.ToUniversalTime()
}

# Whether RasMan still runs with the privileges from before the last change by this script. New privileges
# take effect at the next start of the service (Win32 reference, SERVICE_REQUIRED_PRIVILEGES_INFOW).
function Test-RasManOutdated {
    Test-RasManMark -Name 'RasManAtChange'
}

# Objects of CIM. A query that hangs ends after one minute.
function Get-CimObject {
    param([string] $ClassName, [string] $Filter)

    $query = @{ ClassName = $ClassName; OperationTimeoutSec = 60; ErrorAction = 'Stop' }
    if ($Filter) {
        $query['Filter'] = $Filter
    }
    Get-CimInstance @query
}

# The service as CIM reports it.
function Get-RasManService {
    $services = @(Get-CimObject -ClassName 'Win32_Service' -Filter "Name = 'RasMan'")
    if (1 -ne $services.Count) {
        throw 'the service RasMan is not there'
    }
    $services[0]
}

# Whether a restart by this script has left RasMan stopped, since Windows was started.
function Test-RasManStopped {
    $mark = Get-RegistryValue -Key 'HKLM:\SOFTWARE\aovpn-remediate' -Name 'RasManAtRestart'
    if ($null -eq $mark -or -not $mark['Value'] -or $null -ne (Get-RasManProcess)) {
        return $false
    }
    $culture = [Globalization.CultureInfo]::InvariantCulture
    $start = [DateTime]::Parse($mark['Value'].Split(' ')[-1], $culture, 'RoundtripKind')
    $windows = @(Get-CimObject -ClassName 'Win32_OperatingSystem')[0]
    $start.ToUniversalTime() -ge $windows.LastBootUpTime.ToUniversalTime()
}

# The registry, read and written with the item and item-property cmdlets.

# A registry value as @{ Value }; nothing if the key or the value does not exist. Other values of the key are
# not read: a damaged one would be an error (PowerShell/PowerShell, RegistryProvider.cs).
function Get-RegistryValue {
    param([string] $Key, [string] $Name)

    if (-not (Test-Path -LiteralPath $Key -ErrorAction Stop)) {
        return
    }
    if ((Get-Item -LiteralPath $Key -ErrorAction Stop).Property -contains $Name) {
        $item = Get-ItemProperty -LiteralPath $Key -Name $Name -ErrorAction Stop
        @{ Value = $item.PSObject.Properties[$Name].Value }
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

# The number of configured privileges.
function Get-Want {
    param([hashtable] $Settings)

    @{ privileges = @($Settings['Privileges']).Count }
}

# The configured privileges that a list does not have.
function Get-MissingPrivilege {
    param([hashtable] $Settings, [string[]] $Listed)

    foreach ($privilege in $Settings['Privileges']) {
        if ($Listed -notcontains $privilege) {
            $privilege
        }
    }
}

# Checks the list in the registry.
function Test-StoredCondition {
    param([hashtable] $Settings)

    $privileges = Get-RasManPrivilege
    if ($null -eq $privileges) {
        return New-Finding -State 'healthy' -Detail 'RasMan has no list, so Windows removes no privilege'
    }
    $missing = @(Get-MissingPrivilege -Settings $Settings -Listed $privileges['List'])
    if (0 -eq $missing.Count) {
        return New-Finding -State 'healthy' -Detail 'RasMan has the configured privileges'
    }
    $count = @($Settings['Privileges']).Count
    $detail = 'RasMan lacks {0} of {1} configured privileges' -f $missing.Count, $count
    New-Finding -State 'issue' -Detail $detail -Found @{ stored = @{ missing = $missing } }
}

# Checks the running service: a change takes effect at its next start. A shutdown does not restart services
# when Fast Startup is on (unconfirmed). Only the first round of a repair may restart it.
function Test-LiveCondition {
    param([hashtable] $Settings, [int] $Round)

    if (Test-RasManStopped) {
        return New-Finding -State 'issue' -Detail 'RasMan is stopped since this package tried to restart it'
    }
    if (-not (Test-RasManOutdated)) {
        $detail = 'RasMan was started after the last change, or nothing was changed'
        return New-Finding -State 'healthy' -Detail $detail
    }
    $detail = 'the new privileges are stored; they count when Windows is restarted (Restart, not Shut down)'
    New-Finding -State 'pending' -Detail $detail
}

Complete-Detection -Settings $Settings -Check @(
    { Test-StoredCondition -Settings $Settings }
    { param($Round) Test-LiveCondition -Settings $Settings -Round $Round }
)
