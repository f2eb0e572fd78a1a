# Network interfaces as they are while connected. What is set here lasts until the disconnect.

# The interfaces of a connected profile, one for each address family; none while it is not connected.
# Asked for without a name, because -InterfaceAlias takes wildcards and a profile's name may hold brackets.
function Get-LiveInterface {
    param([string] $Alias)

    try {
        $interfaces = @(Get-NetIPInterface -ErrorAction Stop)
    } catch {
        # Where nothing is found, that is an error of the cmdlet.
        if ($_.FullyQualifiedErrorId -notlike 'CmdletizationQuery_NotFound*') {
            throw
        }
        $interfaces = @()
    }
    foreach ($interface in $interfaces) {
        if ([string]::Equals($interface.InterfaceAlias, $Alias, 'OrdinalIgnoreCase')) {
            $interface
        }
    }
}

# Sets one interface's metric: a number, or automatic.
function Set-LiveMetric {
    param($Interface, [string] $Metric)

    $change = @{
        InterfaceIndex  = $Interface.InterfaceIndex
        AddressFamily   = "$($Interface.AddressFamily)"
        PolicyStore     = 'ActiveStore'
        AutomaticMetric = 'Enabled'
        ErrorAction     = 'Stop'
    }
    if ('automatic' -ne $Metric) {
        $change['AutomaticMetric'] = 'Disabled'
        $change['InterfaceMetric'] = [uint32] $Metric
    }
    Set-NetIPInterface @change
}
