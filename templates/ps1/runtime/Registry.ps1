# The registry, read and written with the item and item-property cmdlets.

# A registry value as @{ Value }; nothing if the key or the value does not exist.
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

# Writes a registry value, and creates the key if it does not exist.
function Set-RegistryValue {
    param([string] $Key, [string] $Name, [string] $Type, $Value)

    if (-not (Test-Path -LiteralPath $Key -ErrorAction Stop)) {
        $null = New-Item -Path $Key -Force -ErrorAction Stop
    }
    $change = @{
        LiteralPath = $Key
        Name        = $Name
        Type        = $Type
        Value       = $Value
        ErrorAction = 'Stop'
    }
    Set-ItemProperty @change
}
