# Detection script of an Intune Remediation.
# Kind rasman-privileges, rendered by aovpn-remediate.
#
# Does the service RasMan have the privileges that it needs to install routes? Windows leaves a service only
# those that its registry key lists; where there is no list, it has them all.
#
# It changes nothing. The last line of its output is one JSON object; its state is healthy, pending,
# absent or unknown (exit code 0), or issue (exit code 1, which starts the remediation script).

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# From remediate.yaml, which is the place to change them. RunAs is the account that this script is made for.
$Settings = @{
    Kind       = 'rasman-privileges'
    Profile    = ''
    RunAs      = 'system'
    WhenAbsent = 'ok'
    Privileges = @('SeImpersonatePrivilege', 'SeIncreaseQuotaPrivilege', 'SeTcbPrivilege', 'SeChangeNotifyPrivilege', 'SeCreateGlobalPrivilege', 'SeAssignPrimaryTokenPrivilege')
    Restart    = 'never'
}

# The account and the session a script runs in.

# Why this script must not look at anything here, as a finding; nothing if all is well.
function Get-Refusal {
    param([string] $RunAs)

    if ('FullLanguage' -ne $ExecutionContext.SessionState.LanguageMode) {
        $detail = 'PowerShell runs this script in constrained language mode'
        return New-Finding -State 'unknown' -Reason 'constrained-language' -Detail $detail
    }
    # In a process of the SYSTEM account USERNAME is the computer's name and a dollar sign.
    $account = 'user'
    if ($env:USERNAME -like '*$') {
        $account = 'system'
    }
    if (-not $env:USERNAME -or $RunAs -ne $account) {
        $detail = 'this script is made for the {0} account and runs as another' -f $RunAs
        return New-Finding -State 'unknown' -Reason 'wrong-account' -Detail $detail
    }
}

# Files, read and written whole. Their text is handled as Latin-1, one character for each byte, so that bytes
# of any encoding come out as they went in.

# A file's bytes as Latin-1 text.
function Read-FileText {
    param([string] $Path)

    $latin1 = [Text.Encoding]::GetEncoding(28591)
    Invoke-WithRetry -Action { $latin1.GetString([IO.File]::ReadAllBytes($Path)) }
}

# The attributes of a file, a folder or a link itself; nothing where there is none.
function Get-FileAttribute {
    param([string] $Path)

    try {
        [IO.File]::GetAttributes($Path)
    } catch [IO.FileNotFoundException], [IO.DirectoryNotFoundException] {
        $null
    }
}

# Whether a file or folder is there. A link is a doubt: nobody knows what is behind it.
function Test-PlainPath {
    param([string] $Path)

    $attributes = Get-FileAttribute -Path $Path
    if ($attributes -band [IO.FileAttributes]::ReparsePoint) {
        throw 'a link stands in the way of a phonebook'
    }
    $null -ne $attributes
}

# Runs an action on a file. RasMan, Intune and virus scanners open the phonebook too, so a file that is
# locked or refused is tried five times in a second.
function Invoke-WithRetry {
    param([scriptblock] $Action)

    for ($try = 1; $true; $try++) {
        try {
            return & $Action
        } catch {
            $cause = $_.Exception.GetBaseException()
            $gone = $cause -is [IO.FileNotFoundException] -or $cause -is [IO.DirectoryNotFoundException]
            $busy = $cause -is [IO.IOException] -or $cause -is [UnauthorizedAccessException]
            if ($try -ge 5 -or $gone -or -not $busy) {
                throw
            }
            Start-Sleep -Milliseconds 200 -ErrorAction Stop
        }
    }
}

# Phonebooks: rasphone.pbk, where RAS keeps its connections, and the keys of an entry.

# What Find-Phonebook says of the phonebook below AppData or ProgramData.
function Find-PhonebookBelow {
    param([string] $Path)

    $phonebook = Join-Path -Path $Path -ChildPath 'Microsoft\Network\Connections\Pbk\rasphone.pbk'
    $places = @($phonebook)
    while ($places.Count -lt 5) {
        $places = @([IO.Path]::GetDirectoryName($places[0])) + $places
    }
    try {
        foreach ($place in $places) {
            if ([IO.File]::GetAttributes($place) -band [IO.FileAttributes]::ReparsePoint) {
                return @{ Path = $phonebook; Exists = $true; Link = [IO.Path]::GetFileName($place) }
            }
        }
    } catch [IO.FileNotFoundException], [IO.DirectoryNotFoundException] {
        return @{ Path = $phonebook; Exists = $false; Link = '' }
    }
    @{ Path = $phonebook; Exists = $true; Link = '' }
}

# The phonebook's text.
function Read-PhonebookText {
    param([string] $Path)

    $text = Read-FileText -Path $Path
    if ($text.IndexOf([char] 0) -ge 0) {
        throw 'the phonebook holds null characters, which Windows never writes'
    }
    $text
}

# The service RasMan, which dials and installs routes, and what Windows leaves it of its privileges.

# The privileges that the registry leaves to RasMan, as @{ List }; nothing if it is not restricted.
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
        throw 'the privileges of RasMan are not stored as a list of texts'
    }
    @{ List = @($value['Value']) }
}

# Whether a mark names the process in which RasMan runs now.
function Test-RasManMark {
    param([string] $Name)

    $mark = Get-RegistryValue -Key 'HKLM:\SOFTWARE\aovpn-remediate' -Name $Name
    $null -ne $mark -and $mark['Value'] -and (Get-RasManProcess) -eq $mark['Value']
}

# The process in which RasMan runs: its number, which comes again, and its start; nothing if it does not run.
function Get-RasManProcess {
    $service = Get-RasManService
    if (0 -eq $service.ProcessId) {
        return
    }
    $process = @(Get-CimObject -ClassName 'Win32_Process' -Filter "ProcessId = $($service.ProcessId)")
    if (1 -ne $process.Count -or $null -eq $process[0].CreationDate) {
        throw 'the process of the service RasMan cannot be told'
    }
    '{0} since {1:o}' -f $service.ProcessId, $process[0].CreationDate.ToUniversalTime()
}

# Whether RasMan still runs with the privileges that it had before the last change of this script.
function Test-RasManOutdated {
    Test-RasManMark -Name 'RasManAtChange'
}

# Objects of CIM, which may hang and is waited for a minute.
function Get-CimObject {
    param([string] $ClassName, [string] $Filter)

    $query = @{ ClassName = $ClassName; OperationTimeoutSec = 60; ErrorAction = 'Stop' }
    if ($Filter) {
        $query['Filter'] = $Filter
    }
    Get-CimInstance @query
}

# The service as CIM shows it.
function Get-RasManService {
    $services = @(Get-CimObject -ClassName 'Win32_Service' -Filter "Name = 'RasMan'")
    if (1 -ne $services.Count) {
        throw 'the service RasMan is not there'
    }
    $services[0]
}

# Why RasMan is not to be restarted now; nothing if it may be. Any doubt is a reason.
function Get-RestartObstacle {
    try {
        $service = Get-RasManService
        if ('Running' -ne $service.State) {
            # A service that hangs while it starts or stops would be waited for without end.
            return 'its state is {0}' -f $service.State
        }
        $inProcess = @(Get-CimObject -ClassName 'Win32_Service' -Filter "ProcessId = $($service.ProcessId)")
        if (1 -ne $inProcess.Count) {
            return 'it shares its process with another service'
        }
        if (Test-RasManMark -Name 'RasManAtRestart') {
            return 'a restart was begun before and it still runs in the same process'
        }
        $names = @(Get-PhonebookName)
        foreach ($interface in @(Get-NetIPInterface -ErrorAction Stop)) {
            if ($names -contains $interface.InterfaceAlias) {
                return 'a tunnel is connected'
            }
        }
    } catch {
        'it cannot be told whether that is safe: {0}' -f (ConvertTo-PlainError -ErrorRecord $_)
    }
}

# The names of all entries of all phonebooks of the device, read only.
function Get-PhonebookName {
    $files = @(Get-OwnPhonebook -Root $env:ProgramData)
    foreach ($folder in @(Get-DataFolder)) {
        $files += @(Get-OwnPhonebook -Root (Join-Path -Path $folder -ChildPath 'Roaming'))
        $files += @(Get-AppPhonebook -Root (Join-Path -Path $folder -ChildPath 'Local'))
    }
    foreach ($path in $files) {
        Get-EntryName -Path $path
    }
}

# The folders AppData of the device's users, and of the accounts that services have.
function Get-DataFolder {
    foreach ($user in @(Get-UserFolder)) {
        $data = Join-Path -Path $user['Path'] -ChildPath 'AppData'
        $content = Join-Path -Path (Join-Path -Path $data -ChildPath 'Roaming') -ChildPath 'Microsoft'
        $isMissing = $null -eq (Get-FileAttribute -Path $content)
        if ($user['IsPerson'] -and ($isMissing -or (Test-RedirectedData -Sid $user['Sid']))) {
            throw 'the AppData of a user is not where it belongs; it may be on a share'
        }
        $data
    }
}

# Whether a user whose registry is loaded has AppData elsewhere, whatever was left where it belongs. The
# user's own folder in that path is read as that of the account that reads it, so only the end is compared.
function Test-RedirectedData {
    param([string] $Sid)

    $explorer = 'Registry::HKEY_USERS\{0}\Software\Microsoft\Windows\CurrentVersion\Explorer' -f $Sid
    $place = Get-RegistryValue -Key "$explorer\User Shell Folders" -Name 'AppData'
    $null -ne $place -and ($place['Value'] -like '\\*' -or $place['Value'] -notlike '*\AppData\Roaming')
}

# The profile folders that Windows lists, as @{ Path; Sid; IsPerson }. Left over are entries whose folder is
# gone, and those that Windows set aside under the name .bak.
function Get-UserFolder {
    $list = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList'
    foreach ($key in @(Get-ChildItem -LiteralPath $list -ErrorAction Stop)) {
        $folder = Get-RegistryValue -Key $key.PSPath -Name 'ProfileImagePath'
        $isLeft = $null -eq $folder -or $key.PSPath -like '*.bak'
        if (-not $isLeft -and $null -ne (Get-FileAttribute -Path $folder['Value'])) {
            $sid = $key.PSPath.Split('\')[-1]
            @{ Path = $folder['Value']; Sid = $sid; IsPerson = $sid -match '\AS-1-(5-21|12-1)-' }
        }
    }
}

# The phonebooks that Windows itself keeps below ProgramData or a user's AppData.
function Get-OwnPhonebook {
    param([string] $Root)

    $phonebook = Find-PhonebookBelow -Path $Root
    if ($phonebook['Link']) {
        throw 'a link stands in the way of a phonebook'
    }
    $folder = [IO.Path]::GetDirectoryName($phonebook['Path'])
    Get-PhonebookFile -Folder $folder
    Get-PhonebookFile -Folder (Join-Path -Path $folder -ChildPath '_hiddenPbk')
}

# Those that VPN apps keep, such as the Azure VPN client, in the folder that Windows gives each.
function Get-AppPhonebook {
    param([string] $Root)

    $packages = Join-Path -Path $Root -ChildPath 'Packages'
    if (-not (Test-PlainPath -Path $packages)) {
        return
    }
    foreach ($package in [IO.Directory]::GetDirectories($packages)) {
        if (Test-PlainPath -Path $package) {
            Get-PhonebookFile -Folder (Join-Path -Path $package -ChildPath 'LocalState')
        }
    }
}

# The phonebooks in a folder, whatever their names: RAS knows them all. Their copies count too, for a repair
# that was killed may have left nothing else; a name too many is only more caution.
function Get-PhonebookFile {
    param([string] $Folder)

    if (-not (Test-PlainPath -Path $Folder)) {
        return
    }
    foreach ($path in [IO.Directory]::GetFiles($Folder, '*.pbk*')) {
        if (Test-PlainPath -Path $path) {
            $path
        }
    }
}

# The names of all entries of a phonebook, in every encoding that they may be in.
function Get-EntryName {
    param([string] $Path)

    $ansi = [Text.Encoding]::GetEncoding([Globalization.CultureInfo]::CurrentCulture.TextInfo.ANSICodePage)
    $text = Read-PhonebookText -Path $Path
    foreach ($header in [regex]::Matches($text, '\[([^\r\n]*)\][ \t]*(?![^\r\n])')) {
        $bytes = [Text.Encoding]::GetEncoding(28591).GetBytes($header.Groups[1].Value)
        foreach ($encoding in [Text.Encoding]::UTF8, [Text.Encoding]::Default, $ansi) {
            $encoding.GetString($bytes)
        }
    }
}

# Whether RasMan does not run although this script has begun to restart it, since Windows started.
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

# The registry, by the item and item-property commands.

# A registry value as @{ Value }; nothing if the key or the value is not there.
function Get-RegistryValue {
    param([string] $Key, [string] $Name)

    if (-not (Test-Path -LiteralPath $Key -ErrorAction Stop)) {
        return
    }
    $item = Get-ItemProperty -LiteralPath $Key -ErrorAction Stop
    $property = $item.PSObject.Properties[$Name]
    if ($null -ne $property) {
        @{ Value = $property.Value }
    }
}

# What a script says, and its only way out.

# What a check found. State is healthy, issue, pending, absent or unknown. Found goes into the result line.
# Data is not shown: the checks and repairs that come after this check get it.
function New-Finding {
    param(
        [string] $State,
        [string] $Detail,
        [hashtable] $Data,
        [string] $Reason = '',
        [hashtable] $Found = @{}
    )

    @{ State = $State; Detail = $Detail; Reason = $Reason; Found = $Found; Data = $Data }
}

# The verdict over all findings: doubt comes first, then absence, so that neither starts a repair.
function Merge-Finding {
    param([object[]] $Finding, [hashtable] $Data)

    foreach ($state in 'unknown', 'absent', 'issue', 'pending', 'healthy') {
        $decisive = @(foreach ($one in $Finding) { if ($state -eq $one['State']) { $one } })
        if ($decisive.Count -gt 0) {
            break
        }
    }
    $found = @{}
    foreach ($one in $Finding) {
        $found += $one['Found']
    }
    $detail = @(foreach ($one in $decisive) { $one['Detail'] }) -join '; '
    New-Finding -State $state -Detail $detail -Reason $decisive[0]['Reason'] -Found $found -Data $Data
}

# Runs the checks and turns whatever happens into one finding: an error must never look like an issue.
# Where the profile is absent, or its phonebook must be restored first, the other checks are left out. Each
# check gets the Data of the steps before it.
# ($Check has no type because constrained language mode knows no arrays of script blocks, and this script must
# be able to say that it runs there.)
function Invoke-Check {
    param([hashtable] $Settings, $Check, [hashtable] $Data)

    try {
        $refusal = Get-Refusal -RunAs $Settings['RunAs']
        if ($null -ne $refusal) {
            return $refusal
        }
        $findings = foreach ($one in $Check) {
            $finding = & $one $Data
            $finding
            if ($null -ne $finding['Data']) {
                $Data = $finding['Data']
            }
            if ('absent' -eq $finding['State'] -or 'interrupted' -eq $finding['Reason']) {
                break
            }
        }
        $finding = Merge-Finding -Finding @($findings) -Data $Data
    } catch {
        return New-Finding -State 'unknown' -Reason 'error' -Detail (ConvertTo-PlainError -ErrorRecord $_)
    }
    if ('absent' -eq $finding['State'] -and 'issue' -eq $Settings['WhenAbsent']) {
        $finding['State'] = 'issue'
    }
    $finding
}

# The text of an error without paths and names of people and computers, which must not leave the device.
function ConvertTo-PlainError {
    param([Management.Automation.ErrorRecord] $ErrorRecord)

    $cause = $ErrorRecord.Exception.GetBaseException()
    $text = $cause.Message
    if ($null -ne $ErrorRecord.Exception.InnerException) {
        $text = '{0} (0x{1:X8})' -f $cause.Message, $cause.HResult
    }
    foreach ($name in $env:USERNAME, $env:USERDOMAIN, $env:COMPUTERNAME) {
        if ($name -and $name.Length -gt 3) {
            $text = [regex]::Replace($text, [regex]::Escape($name), '(name)', 'IgnoreCase, CultureInvariant')
        } elseif ($name) {
            $pattern = '(?<!\w)' + [regex]::Escape($name) + '(?!\w)'
            $text = [regex]::Replace($text, $pattern, '(name)', 'IgnoreCase, CultureInvariant')
        }
    }
    # Quoted paths first, up to the last quote, because a folder's name may hold an apostrophe.
    $start = '(?:[A-Za-z]:\\|\\\\|/)'
    $quoted = '[''"\u201C-\u201E\u300C]' + $start + '.*[''"\u201C-\u201E\u300D]'
    $text = [regex]::Replace($text, $quoted, '(path)')
    $text = [regex]::Replace($text, '(?<!\w)' + $start + '[^''"|\r\n\u201C-\u201E\u300D]+', '(path)')
    $text = [regex]::Replace($text, '[\w.()-]+\\[\w.()$-]+(?: \p{Lu}[\w.-]*)*', '(name)')
    $text = [regex]::Replace($text, '[\w.+()-]+@[\w.()-]+', '(name)')
    $text = [regex]::Replace($text, '(?i)S-1-\d+(?:-\d+)+', '(sid)')
    $text = [regex]::Replace($text, '(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])', '(address)')
    $ipv6 = '(?i)(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:%\w+)?(?![\w:])'
    $text = [regex]::Replace($text, $ipv6, '(address)')
    [regex]::Replace($text, '\s+', ' ').Trim()
}

# One line of ASCII JSON, at most 2,000 characters: Intune keeps the end of the last line, 2,048 characters,
# and its code page loses what is not ASCII.
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

# What was found, in one order, with long lists cut to eight items and the number of those left out.
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

# JSON on one line in which everything outside ASCII is an escape.
function ConvertTo-AsciiJson {
    param($Value)

    $json = ConvertTo-Json -InputObject $Value -Compress -Depth 4
    if ($json -cnotmatch '[^ -~]') {
        return $json
    }
    $ascii = foreach ($character in $json.ToCharArray()) {
        if ([int] $character -lt 0x7F) { $character } else { '\u{0:x4}' -f [int] $character }
    }
    -join $ascii
}

# The door of a detection script: one line, exit code 1 for an issue and 0 for everything else.
function Complete-Detection {
    param([hashtable] $Settings, $Check)

    $finding = Invoke-Check -Settings $Settings -Check $Check
    ConvertTo-ResultLine -Settings $Settings -Finding $finding
    if ('issue' -eq $finding['State']) {
        exit 1
    }
    exit 0
}

# The wanted privileges.
function Get-Want {
    param([hashtable] $Settings)

    @{ privileges = @($Settings['Privileges']).Count }
}

# The wanted privileges that a list lacks.
function Get-MissingPrivilege {
    param([hashtable] $Settings, [string[]] $Listed)

    foreach ($privilege in $Settings['Privileges']) {
        if ($Listed -notcontains $privilege) {
            $privilege
        }
    }
}

# Looks at the list in the registry.
function Test-StoredCondition {
    param([hashtable] $Settings)

    $privileges = Get-RasManPrivilege
    if ($null -eq $privileges) {
        return New-Finding -State 'healthy' -Detail 'RasMan is not restricted'
    }
    $missing = @(Get-MissingPrivilege -Settings $Settings -Listed $privileges['List'])
    if (0 -eq $missing.Count) {
        return New-Finding -State 'healthy' -Detail 'RasMan has the wanted privileges'
    }
    $detail = 'RasMan lacks {0} of {1} wanted privileges' -f $missing.Count, @($Settings['Privileges']).Count
    New-Finding -State 'issue' -Detail $detail -Found @{ stored = @{ missing = $missing } }
}

# Checks the running service: what is written counts from its next start. A shutdown does not restart services
# when Fast Startup is on. Data is there once this script has restarted the service.
function Test-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Data)

    if (Test-RasManStopped) {
        return New-Finding -State 'issue' -Detail 'a restart of RasMan was begun before and it does not run'
    }
    if (-not (Test-RasManOutdated)) {
        $detail = 'RasMan runs in no process that is older than the last change of this script'
        return New-Finding -State 'healthy' -Detail $detail
    }
    $detail = 'RasMan still runs with its old privileges until Windows is restarted (restart, not shut down)'
    if ('when-disconnected' -eq $Settings['Restart'] -and $null -eq $Data) {
        $obstacle = Get-RestartObstacle
        if (-not $obstacle) {
            return New-Finding -State 'issue' -Detail 'RasMan is to be restarted and nothing is connected'
        }
        $detail = '{0}; RasMan alone is not restarted now: {1}' -f $detail, $obstacle
    }
    New-Finding -State 'pending' -Detail $detail
}

Complete-Detection -Settings $Settings -Check @(
    { Test-StoredCondition -Settings $Settings }
    { param($Data) Test-LiveCondition -Settings $Settings -Data $Data }
)
