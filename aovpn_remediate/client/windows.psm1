# Stand-ins for the Windows commands that the scripts may call. They take the parameters of Windows
# PowerShell 5.1 and nothing else, and work on $global:Client. They live in a module, as the real ones do,
# so that they do not see the $ErrorActionPreference of the script.

# Opens the files that another program holds for the job's first tries.
function Start-Client {
    $script:locks = @(foreach ($lock in $global:Client.locks) {
        $stream = [IO.File]::Open($lock.path, 'Open', 'ReadWrite', 'None')
        @{ Stream = $stream; Tries = $lock.tries }
    })
}

# Lets go of whatever is still held.
function Stop-Client {
    foreach ($lock in $script:locks) {
        $lock['Stream'].Dispose()
    }
}

# No time passes here; a file that is held is let go after as many tries as the job says.
function Start-Sleep {
    [CmdletBinding(DefaultParameterSetName = 'Seconds')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ParameterSetName = 'Seconds')] [int] $Seconds,
        [Parameter(Mandatory = $true, ParameterSetName = 'Milliseconds')] [int] $Milliseconds
    )

    $global:Client.sleeps += 1
    foreach ($lock in $script:locks) {
        $lock['Tries'] -= 1
        if (0 -eq $lock['Tries']) {
            $lock['Stream'].Dispose()
        }
    }
}

function Get-NetIPInterface {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0)] [string[]] $InterfaceAlias,
        [uint32[]] $InterfaceIndex,
        [ValidateSet('IPv4', 'IPv6')] [string[]] $AddressFamily,
        [string] $PolicyStore
    )

    Invoke-Fault -Command 'Get-NetIPInterface'
    $found = @(Select-Interface @PSBoundParameters)
    if ($found.Count -gt 0) {
        return $found
    }
    $problem = @{
        Message  = 'No MSFT_NetIPInterface objects found.'
        Category = 'ObjectNotFound'
        ErrorId  = 'CmdletizationQuery_NotFound'
    }
    Write-Error @problem
}

# What Windows keeps until the disconnect. A standard user may not change it.
function Set-NetIPInterface {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0)] [string[]] $InterfaceAlias,
        [uint32[]] $InterfaceIndex,
        [ValidateSet('IPv4', 'IPv6')] [string[]] $AddressFamily,
        [string] $PolicyStore,
        [uint32] $InterfaceMetric,
        [ValidateSet('Enabled', 'Disabled')] [string] $AutomaticMetric
    )

    Invoke-Fault -Command 'Set-NetIPInterface'
    if ($env:USERNAME -notlike '*$') {
        Write-Error -Message 'Access is denied.' -Category PermissionDenied -ErrorId 'Windows System Error 5'
        return
    }
    $null = $PSBoundParameters.Remove('InterfaceMetric')
    $null = $PSBoundParameters.Remove('AutomaticMetric')
    foreach ($interface in @(Select-Interface @PSBoundParameters)) {
        if ($InterfaceMetric) {
            $interface.InterfaceMetric = $InterfaceMetric
            $interface.AutomaticMetric = 'Disabled'
        }
        if ($AutomaticMetric) {
            $interface.AutomaticMetric = $AutomaticMetric
        }
    }
}

# The client's interfaces that fit all given selectors; wildcards count in an alias.
function Select-Interface {
    [CmdletBinding()]
    param([string[]] $InterfaceAlias, [uint32[]] $InterfaceIndex, [string[]] $AddressFamily, [string] $PolicyStore)

    foreach ($interface in $global:Client.interfaces) {
        $aliases = @($InterfaceAlias | Where-Object { $interface.InterfaceAlias -like $_ })
        if ($null -ne $InterfaceAlias -and 0 -eq $aliases.Count) { continue }
        if ($null -ne $InterfaceIndex -and $InterfaceIndex -notcontains $interface.InterfaceIndex) { continue }
        if ($null -ne $AddressFamily -and $AddressFamily -notcontains $interface.AddressFamily) { continue }
        $interface
    }
}

# Fails a call on purpose, with the text that the job gives.
function Invoke-Fault {
    param([string] $Command)

    $text = $global:Client.faults.$Command
    if ($text) {
        throw $text
    }
}

Export-ModuleMember -Function Start-Client, Stop-Client, Start-Sleep, Get-NetIPInterface, Set-NetIPInterface
