# The values of a registry key, of the types that the provider gives them.

# Values of a key as properties of one object. One whose data does not fit its type is an error, the others are read.
function Get-RegistryData {
    param($Entry, [string[]] $Name)

    $item = New-Object -TypeName psobject
    foreach ($value in $Entry.PSObject.Properties) {
        if ($Name -and $Name -notcontains $value.Name) {
            continue
        }
        if ('Damaged' -eq $value.Value.type) {
            $id = 'System.InvalidCastException'
            Write-ClientError -Message 'Specified cast is not valid.' -Category ReadError -ErrorId $id
        } else {
            $data = switch ($value.Value.type) {
                'MultiString' { , [string[]] @($value.Value.data) }
                'Binary' { , [byte[]] @($value.Value.data) }
                'DWord' { [int] $value.Value.data }
                # The quotation mark keeps JSON from converting a text that looks like a time.
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

# Writes a value. An existing one keeps its type, and New-ItemProperty refuses it without -Force (unconfirmed).
function Set-RegistryData {
    param([string] $Key, $Entry, [Collections.IDictionary] $Bound, [switch] $IsNew)

    $name = @($Bound['Name'])[0]
    $type = "$($Bound['Type'])$($Bound['PropertyType'])"
    $old = $Entry.PSObject.Properties[$name]
    if ($IsNew -and $null -ne $old) {
        Write-ClientError -Message 'The property already exists.' -Category ResourceExists
        return
    }
    if ($null -ne $old) {
        $name = $old.Name
    }
    if (-not $type) {
        $type = Get-ValueType -Old $old -Value $Bound['Value']
    }
    $kinds = 'String', 'ExpandString', 'Binary', 'DWord', 'MultiString', 'QWord'
    $kind = @($kinds | Where-Object { $type -eq $_ })[0]
    if ($null -eq $kind) {
        Deny-Call -Reason "the simulated registry has no value of type $type"
    }
    $data = switch ($kind) {
        'MultiString' { , [string[]] @($Bound['Value']) }
        'Binary' { , [int[]] [byte[]] @($Bound['Value']) }
        # The mark keeps JSON from converting a text that looks like a time.
        'String' { "'$($Bound['Value'])" }
        'DWord' { [int] $Bound['Value'] }
        'QWord' { [long] $Bound['Value'] }
        default { $Bound['Value'] }
    }
    if ($null -ne $old -and $kind -eq $old.Value.type -and "$data" -ceq "$(@($old.Value.data))") {
        $global:Client.rewritten = @($global:Client.rewritten) + "registry $Key $name"
    }
    $value = [pscustomobject] @{ type = $kind; data = $data }
    $Entry | Add-Member -MemberType NoteProperty -Name $name -Value $value -Force
}

# The type of a value that is written without a type: that of the old value, else the one that fits the value.
function Get-ValueType {
    param($Old, $Value)

    if ($null -ne $Old) {
        return $Old.Value.type
    }
    if ($Value -is [byte[]]) {
        return 'Binary'
    }
    if ($Value -is [array]) {
        return 'MultiString'
    }
    if ($Value -is [int]) {
        return 'DWord'
    }
    'String'
}

function Remove-RegistryData {
    param([string] $Key, $Entry, [string[]] $Name)

    foreach ($one in $Name) {
        # A value that is removed and written again was written again.
        $global:Client.rewritten = @($global:Client.rewritten) + "registry $Key $one"
        if ($null -eq $Entry.PSObject.Properties[$one]) {
            Write-ClientError -Message "Property $one does not exist." -Category InvalidArgument
            continue
        }
        $Entry.PSObject.Properties.Remove($one)
    }
}
