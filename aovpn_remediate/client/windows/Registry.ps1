# The registry provider: keys below HKLM: and HKCU: are a table of the client. A standard user may not write
# below HKLM:, and nobody may touch a key that the client denies.

# The name of the registry key that a command's parameters mean; nothing if they mean a file.
function Get-RegistryName {
    param([Collections.IDictionary] $Bound)

    foreach ($name in 'LiteralPath', 'Path') {
        if ($Bound.ContainsKey($name)) {
            $path = "$(@($Bound[$name])[0])" -replace '^(Microsoft\.PowerShell\.Core\\)?Registry::'
            $path = $path -replace '^HKEY_LOCAL_MACHINE', 'HKLM:' -replace '^HKEY_CURRENT_USER', 'HKCU:'
            if ($env:USERNAME -like '*$') {
                # SYSTEM has a hive of its own.
                $path = $path -replace '^HKCU:', 'HKU:\S-1-5-18'
            }
            if ($path -match '^HK(LM|CU|U):') {
                return $path.TrimEnd('\')
            }
        }
    }
}

# Does with a key what a command does.
function Invoke-RegistryCommand {
    param([string] $Command, [string] $Key, [Collections.IDictionary] $Bound)

    $isWrite = $Command -match '^(New|Set|Remove)-'
    if ($isWrite -and $Key -like 'HKLM:*' -and -not (Confirm-System)) {
        return
    }
    if ('Test-Path' -ne $Command -and @($global:Client.denied) -contains $Key) {
        $problem = @{
            Message  = 'Requested registry access is not allowed.'
            Category = 'PermissionDenied'
            ErrorId  = 'System.Security.SecurityException'
        }
        Write-ClientError @problem
        return
    }
    $entry = Find-RegistryKey -Key $Key
    if ('Test-Path' -eq $Command) {
        return $null -ne $entry
    }
    if ('New-Item' -eq $Command) {
        return New-RegistryKey -Key $Key -Force:([bool] $Bound['Force'])
    }
    if ($null -eq $entry) {
        Write-ClientError -Message "Cannot find path '$Key' because it does not exist." -Category ObjectNotFound -ErrorId 'PathNotFound'
        return
    }
    switch ($Command) {
        'Get-Item' { ConvertTo-RegistryItem -Key $Key }
        'Get-ChildItem' { Get-RegistryChild -Key $Key }
        'Remove-Item' { $global:Client.registry.PSObject.Properties.Remove($Key) }
        'Get-ItemProperty' { Get-RegistryData -Entry $entry.Value -Name $Bound['Name'] }
        'Get-ItemPropertyValue' { (Get-RegistryData -Entry $entry.Value -Name $Bound['Name']).$($Bound['Name']) }
        'Remove-ItemProperty' { Remove-RegistryData -Entry $entry.Value -Name $Bound['Name'] }
        default {
            if ($null -eq $global:Client.registry.PSObject.Properties[$Key]) {
                $null = New-RegistryKey -Key $Key
                $entry = Find-RegistryKey -Key $Key
            }
            $isNew = 'New-ItemProperty' -eq $Command -and -not $Bound['Force']
            Set-RegistryData -Entry $entry.Value -Bound $Bound -IsNew:$isNew
        }
    }
}

# A key of the client as @{ Value }, or an empty one if only keys below it are named.
function Find-RegistryKey {
    param([string] $Key)

    $entry = $global:Client.registry.PSObject.Properties[$Key]
    if ($null -ne $entry) {
        return @{ Value = $entry.Value }
    }
    $below = @($global:Client.registry.PSObject.Properties | Where-Object {
            $_.Name.StartsWith("$Key\", [StringComparison]::OrdinalIgnoreCase)
        })
    if ($below.Count -gt 0) {
        @{ Value = New-Object -TypeName psobject }
    }
}

# A new key, or as the provider does with -Force, a new empty one in the place of the old.
function New-RegistryKey {
    param([string] $Key, [switch] $Force)

    if (-not $Force -and $null -ne $global:Client.registry.PSObject.Properties[$Key]) {
        Write-ClientError -Message 'A key in this path already exists.' -Category ResourceExists
        return
    }
    $empty = New-Object -TypeName psobject
    $global:Client.registry | Add-Member -MemberType NoteProperty -Name $Key -Value $empty -Force
    ConvertTo-RegistryItem -Key $Key
}

function ConvertTo-RegistryItem {
    param([string] $Key)

    [pscustomobject] @{ PSPath = $Key; Name = $Key; PSChildName = $Key.Split('\')[-1] }
}

# The keys right below a key.
function Get-RegistryChild {
    param([string] $Key)

    foreach ($one in $global:Client.registry.PSObject.Properties) {
        if ($one.Name -match ('^' + [regex]::Escape("$Key\") + '[^\\]+$')) {
            ConvertTo-RegistryItem -Key $one.Name
        }
    }
}

# Values of a key as properties of one object, of the types that the provider gives them.
function Get-RegistryData {
    param($Entry, [string[]] $Name)

    $item = New-Object -TypeName psobject
    foreach ($value in $Entry.PSObject.Properties) {
        if (-not $Name -or $Name -contains $value.Name) {
            $data = switch ($value.Value.type) {
                'MultiString' { , [string[]] @($value.Value.data) }
                'Binary' { , [byte[]] @($value.Value.data) }
                'DWord' { [int] $value.Value.data }
                # The quotation mark keeps JSON from making a time of a text that looks like one.
                'String' { "$($value.Value.data)".Substring(1) }
                default { $value.Value.data }
            }
            $item | Add-Member -MemberType NoteProperty -Name $value.Name -Value $data
        }
    }
    if ($Name -and 0 -eq @($item.PSObject.Properties).Count) {
        Write-ClientError -Message "Property $Name does not exist." -Category InvalidArgument
        return
    }
    $item
}

# Writes a value; one that is there keeps its type, and New-ItemProperty refuses it without -Force.
function Set-RegistryData {
    param($Entry, [Collections.IDictionary] $Bound, [switch] $IsNew)

    $name = @($Bound['Name'])[0]
    $type = "$($Bound['Type'])$($Bound['PropertyType'])"
    $old = $Entry.PSObject.Properties[$name]
    if ($IsNew -and $null -ne $old) {
        Write-ClientError -Message 'The property already exists.' -Category ResourceExists
        return
    }
    if (-not $type) {
        $type = 'String'
        if ($null -ne $old) {
            $type = $old.Value.type
        }
    }
    $data = $Bound['Value']
    if ('String' -eq $type) {
        $data = "'$data"
    }
    $value = [pscustomobject] @{ type = $type; data = $data }
    $Entry | Add-Member -MemberType NoteProperty -Name $name -Value $value -Force
}

function Remove-RegistryData {
    param($Entry, [string[]] $Name)

    foreach ($one in $Name) {
        if ($null -eq $Entry.PSObject.Properties[$one]) {
            Write-ClientError -Message "Property $one does not exist." -Category InvalidArgument
            continue
        }
        $Entry.PSObject.Properties.Remove($one)
    }
}
