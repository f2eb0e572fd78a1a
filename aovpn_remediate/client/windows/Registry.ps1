# The registry provider: HKLM: keys are a table of the client, everything else goes to the real commands.
# A standard user may not write below HKLM:.

# The value with a name of a key, or all of them, as properties of one object.
function Get-ItemProperty {
    [CmdletBinding()]
    param([string] $Path, [string] $LiteralPath, [string] $Name)

    Invoke-Fault -Command 'Get-ItemProperty'
    $key = $global:Client.registry.PSObject.Properties["$Path$LiteralPath"]
    if ($null -eq $key) {
        Write-Error -Message 'Cannot find the path because it does not exist.' -Category ObjectNotFound
        return
    }
    $item = New-Object -TypeName psobject
    foreach ($value in $key.Value.PSObject.Properties) {
        $data = $value.Value.data
        if ('MultiString' -eq $value.Value.type) {
            $data = [string[]] @($data)
        }
        $item | Add-Member -MemberType NoteProperty -Name $value.Name -Value $data
    }
    $item
}

function Set-ItemProperty {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([string] $Path, [string] $LiteralPath, [string] $Name, $Value, [string] $Type = 'String')

    Invoke-Fault -Command 'Set-ItemProperty'
    if (-not (Confirm-System)) {
        return
    }
    $key = $global:Client.registry.PSObject.Properties["$Path$LiteralPath"]
    if ($null -eq $key) {
        Write-Error -Message 'Cannot find the path because it does not exist.' -Category ObjectNotFound
        return
    }
    $entry = [pscustomobject] @{ type = $Type; data = $Value }
    $key.Value | Add-Member -MemberType NoteProperty -Name $Name -Value $entry -Force
}

function New-Item {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([Parameter(Position = 0)] [string] $Path, [switch] $Force)

    Invoke-Fault -Command 'New-Item'
    if (-not (Confirm-System)) {
        return
    }
    $empty = New-Object -TypeName psobject
    $global:Client.registry | Add-Member -MemberType NoteProperty -Name $Path -Value $empty
}

function Test-Path {
    [CmdletBinding()]
    param([string] $Path, [string] $LiteralPath)

    $null -ne $global:Client.registry.PSObject.Properties["$Path$LiteralPath"]
}

# The keys below a key, as objects with PSPath.
function Get-ChildItem {
    [CmdletBinding()]
    param([string] $Path, [string] $LiteralPath)

    Invoke-Fault -Command 'Get-ChildItem'
    $start = "$Path$LiteralPath\"
    foreach ($key in $global:Client.registry.PSObject.Properties) {
        if ($key.Name.StartsWith($start, [StringComparison]::OrdinalIgnoreCase)) {
            [pscustomobject] @{ PSPath = $key.Name; PSChildName = $key.Name.Substring($start.Length) }
        }
    }
}
