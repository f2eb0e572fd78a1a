# The phonebooks of all users, read only: which connections there are on this device.

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

    $text = Read-PhonebookText -Path $Path
    foreach ($header in [regex]::Matches($text, '\[([^\r\n]*)\][ \t]*(?![^\r\n])')) {
        ConvertFrom-EntryHeader -Header $header.Groups[1].Value
    }
}
