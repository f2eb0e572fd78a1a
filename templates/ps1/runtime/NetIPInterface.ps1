# Network interfaces while they are connected. A change lasts until the connection ends
# (MicrosoftDocs/windowsserverdocs#5949).

# The interfaces of a connected profile, one for each address family; none if it is not connected. The query
# has no name, because -InterfaceAlias accepts wildcards and a profile's name may contain brackets.
function Get-LiveInterface {
    param([string] $Alias)

    foreach ($interface in @(Invoke-NetQuery -Query { Get-NetIPInterface -ErrorAction Stop })) {
        $isNamed = [string]::Equals($interface.InterfaceAlias, $Alias, 'OrdinalIgnoreCase')
        $state = $interface.PSObject.Properties['ConnectionState']
        if ($isNamed -and ($null -eq $state -or 'Disconnected' -ne $state.Value)) {
            if (@('IPv4', 'IPv6') -notcontains "$($interface.AddressFamily)") {
                throw 'the interface has an unknown address family'
            }
            $interface
        }
    }
}

# Runs a query of a NetTCPIP cmdlet. When these cmdlets find nothing, they report the error
# CmdletizationQuery_NotFound. Source: PowerShell/PowerShell, CIM query job.
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

# Sets the metric of one interface: a number, or automatic.
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
