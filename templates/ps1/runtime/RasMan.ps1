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

# Writes RasMan's privileges and, before that, when: they count from the next start of the service.
function Set-RasManPrivilege {
    param([string[]] $Privilege)

    $mark = @{
        Key   = 'HKLM:\SOFTWARE\aovpn-remediate'
        Name  = 'RasManPrivilegesWritten'
        Type  = 'String'
        Value = [DateTime]::UtcNow.ToString('o', [Globalization.CultureInfo]::InvariantCulture)
    }
    Set-RegistryValue @mark
    $change = @{
        Key   = 'HKLM:\SYSTEM\CurrentControlSet\Services\RasMan'
        Name  = 'RequiredPrivileges'
        Type  = 'MultiString'
        Value = $Privilege
    }
    Set-RegistryValue @change
}

# Whether RasMan still runs with the privileges that it had before the last write of this script.
function Test-RasManOutdated {
    $written = Get-RegistryValue -Key 'HKLM:\SOFTWARE\aovpn-remediate' -Name 'RasManPrivilegesWritten'
    if ($null -eq $written) {
        return $false
    }
    $service = Get-RasManService
    if (0 -eq $service.ProcessId) {
        return $false
    }
    $query = @{
        ClassName   = 'Win32_Process'
        Filter      = 'ProcessId = {0}' -f $service.ProcessId
        ErrorAction = 'Stop'
    }
    $process = @(Get-CimInstance @query)
    if (1 -ne $process.Count -or $null -eq $process[0].CreationDate) {
        throw 'the age of the service RasMan cannot be told'
    }
    $culture = [Globalization.CultureInfo]::InvariantCulture
    $moment = [DateTime]::Parse($written['Value'], $culture, 'RoundtripKind')
    $process[0].CreationDate.ToUniversalTime() -le $moment.ToUniversalTime()
}

# The service as CIM shows it.
function Get-RasManService {
    $services = @(Get-CimInstance -ClassName 'Win32_Service' -Filter "Name = 'RasMan'" -ErrorAction Stop)
    if (1 -ne $services.Count) {
        throw 'the service RasMan is not there'
    }
    $services[0]
}

# Whether RasMan may be restarted now: it has its process to itself, and nothing is connected. Any doubt
# is a no.
function Test-RestartAllowed {
    try {
        $query = @{
            ClassName   = 'Win32_Service'
            Filter      = 'ProcessId = {0}' -f (Get-RasManService).ProcessId
            ErrorAction = 'Stop'
        }
        if (1 -ne @(Get-CimInstance @query).Count) {
            return $false
        }
        $names = @(Get-PhonebookName)
        foreach ($interface in @(Get-NetIPInterface -ErrorAction Stop)) {
            if ($names -contains $interface.InterfaceAlias) {
                return $false
            }
        }
        $true
    } catch {
        $false
    }
}

# The names of all entries of all phonebooks of the device, read only; in every encoding they may be in.
function Get-PhonebookName {
    $roots = @($env:ProgramData)
    $list = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList'
    foreach ($key in @(Get-ChildItem -LiteralPath $list -ErrorAction Stop)) {
        $folder = Get-RegistryValue -Key $key.PSPath -Name 'ProfileImagePath'
        if ($null -ne $folder) {
            $data = Join-Path -Path $folder['Value'] -ChildPath 'AppData'
            $root = Join-Path -Path $data -ChildPath 'Roaming'
            $isPerson = $key.PSPath -match '\\S-1-(5-21|12-1)-[^\\]*\z'
            $content = Join-Path -Path $root -ChildPath 'Microsoft'
            if ($isPerson -and $null -eq (Get-FileAttribute -Path $content)) {
                throw 'the AppData of a user is not where it belongs; it may be on a share'
            }
            $roots += $root
        }
    }
    foreach ($root in $roots) {
        Get-EntryName -Root $root
    }
}

# The names of all entries of the phonebooks below AppData or ProgramData.
function Get-EntryName {
    param([string] $Root)

    $phonebook = Find-PhonebookBelow -Path $Root
    if ($phonebook['Link']) {
        throw 'a link stands in the way of a phonebook'
    }
    $folder = [IO.Path]::GetDirectoryName($phonebook['Path'])
    $hidden = Join-Path -Path $folder -ChildPath '_hiddenPbk'
    $ansi = [Text.Encoding]::GetEncoding([Globalization.CultureInfo]::CurrentCulture.TextInfo.ANSICodePage)
    foreach ($path in @(Get-PhonebookFile -Folder $folder) + @(Get-PhonebookFile -Folder $hidden)) {
        $text = Read-PhonebookText -Path $path
        foreach ($header in [regex]::Matches($text, '\[([^\r\n]*)\][ \t]*(?![^\r\n])')) {
            $bytes = [Text.Encoding]::GetEncoding(28591).GetBytes($header.Groups[1].Value)
            foreach ($encoding in [Text.Encoding]::UTF8, [Text.Encoding]::Default, $ansi) {
                $encoding.GetString($bytes)
            }
        }
    }
}

# The phonebooks in a folder, whatever their names: RAS knows them all. A link is a doubt.
function Get-PhonebookFile {
    param([string] $Folder)

    $attributes = Get-FileAttribute -Path $Folder
    if ($null -eq $attributes) {
        return
    }
    $files = [IO.Directory]::GetFiles($Folder, '*.pbk')
    foreach ($path in @($Folder) + $files) {
        if ((Get-FileAttribute -Path $path) -band [IO.FileAttributes]::ReparsePoint) {
            throw 'a link stands in the way of a phonebook'
        }
    }
    $files
}

# Restarts the service, so that it runs with the privileges that are stored.
function Restart-RasMan {
    # It warns on the output that it waits, in words that would stand before the result.
    Restart-Service -Name 'RasMan' -Force -WarningAction SilentlyContinue -ErrorAction Stop
}
