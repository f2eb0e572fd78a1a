# Network interfaces as they are while connected. A metric of theirs lasts until the disconnect.

# The interfaces of a connected profile, one for each address family; none while it is not connected.
# Asked for without a name, because -InterfaceAlias takes wildcards and a profile's name may hold brackets.
function Get-LiveInterface {
    param([string] $Alias)

    foreach ($interface in @(Invoke-NetQuery -Query { Get-NetIPInterface -ErrorAction Stop })) {
        $isNamed = [string]::Equals($interface.InterfaceAlias, $Alias, 'OrdinalIgnoreCase')
        $state = $interface.PSObject.Properties['ConnectionState']
        if ($isNamed -and ($null -eq $state -or 'Disconnected' -ne $state.Value)) {
            if (@('IPv4', 'IPv6') -notcontains "$($interface.AddressFamily)") {
                throw 'the interface has an address family that this script does not know'
            }
            $interface
        }
    }
}

# Runs a query of a network cmdlet. To find nothing is an error of these cmdlets.
function Invoke-NetQuery {
    param([scriptblock] $Query)

    try {
        & $Query
    } catch {
        if ($_.FullyQualifiedErrorId -notlike 'CmdletizationQuery_NotFound*') {
            throw
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
