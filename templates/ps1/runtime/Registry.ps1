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
