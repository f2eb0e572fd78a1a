# The phonebooks of all users, only read: which VPN connections this device has.

# The names of all entries in all phonebooks of the device.
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

# The AppData folders of the users of the device and of the accounts of services.
function Get-DataFolder {
    foreach ($user in @(Get-UserFolder)) {
        $data = Join-Path -Path $user['Path'] -ChildPath 'AppData'
        $content = Join-Path -Path (Join-Path -Path $data -ChildPath 'Roaming') -ChildPath 'Microsoft'
        $isMissing = $null -eq (Get-FileAttribute -Path $content)
        if ($user['IsPerson'] -and ($isMissing -or (Test-RedirectedData -User $user))) {
            throw 'the AppData of a user is not in its usual place; it may be on a share'
        }
        $data
    }
}

# Whether a user whose registry is loaded has AppData anywhere else than in the profile folder, even if an
# old folder is left there. In the path, %USERPROFILE% is the folder of the account that reads it.
function Test-RedirectedData {
    param([hashtable] $User)

    $explorer = 'Registry::HKEY_USERS\{0}\Software\Microsoft\Windows\CurrentVersion\Explorer' -f $User['Sid']
    $place = Get-RegistryValue -Key "$explorer\User Shell Folders" -Name 'AppData'
    $usual = foreach ($folder in $User['Path'], $env:USERPROFILE) {
        Join-Path -Path $folder -ChildPath 'AppData\Roaming'
    }
    $null -ne $place -and $usual -notcontains $place['Value']
}

# The profile folders in ProfileList, as @{ Path; Sid; IsPerson }. Entries whose folder is gone, and keys
# with the suffix .bak, are not in use. SIDs of persons begin with S-1-5-21 or S-1-12-1 (unconfirmed).
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

# The phonebooks that Windows keeps below ProgramData or a user's AppData, with the hidden ones
# (ld0614/DPC#21).
function Get-OwnPhonebook {
    param([string] $Root)

    $phonebook = Find-PhonebookBelow -Path $Root
    if ($phonebook['Link']) {
        throw 'a link is on the path to a phonebook'
    }
    $folder = [IO.Path]::GetDirectoryName($phonebook['Path'])
    Get-PhonebookFile -Folder $folder
    Get-PhonebookFile -Folder (Join-Path -Path $folder -ChildPath '_hiddenPbk')
}

# The phonebooks of VPN apps, such as the Azure VPN client (MicrosoftDocs/azure-docs#70350).
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

# The phonebooks in a folder, whatever their names. Copies count too, because a killed repair may have left
# only a copy. A name too many only prevents a restart.
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

# The names of all entries in a phonebook, in each encoding that they may have.
function Get-EntryName {
    param([string] $Path)

    $text = Read-PhonebookText -Path $Path
    foreach ($header in [regex]::Matches($text, '\[([^\r\n]*)\][ \t]*(?![^\r\n])')) {
        ConvertFrom-EntryHeader -Header $header.Groups[1].Value
    }
}
