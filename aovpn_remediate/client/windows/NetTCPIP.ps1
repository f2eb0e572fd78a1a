# The module NetTCPIP: interfaces and routes (parameters: NetTCPIP cmdlet reference).
# "Nothing found" is a non-terminating error (PowerShell/PowerShell, CIM query job).

function Get-NetIPInterface {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)] [Alias('ifAlias')] [string[]] $InterfaceAlias,
        [Parameter(ValueFromPipelineByPropertyName = $true)] [Alias('ifIndex')] [uint32[]] $InterfaceIndex,
        [ValidateSet('IPv4', 'IPv6')] [string[]] $AddressFamily,
        [string] $PolicyStore
    )

    process {
        if (-not (Test-PolicyStore -Name $PolicyStore)) {
            return
        }
        $found = @(Select-Interface @PSBoundParameters)
        if ($found.Count -gt 0) {
            return @(foreach ($one in $found) { ConvertTo-NetIPInterface -Interface $one })
        }
        $PSCmdlet.WriteError((New-NotFoundError -Class 'MSFT_NetIPInterface'))
    }
}

# An interface as Windows shows it. Whether it is a tunnel is determined only when it is needed.
function ConvertTo-NetIPInterface {
    param($Interface)

    $shown = [pscustomobject] @{
        InterfaceAlias              = $Interface.InterfaceAlias
        InterfaceIndex              = $Interface.InterfaceIndex
        ifIndex                     = $Interface.InterfaceIndex
        AddressFamily               = $Interface.AddressFamily
        InterfaceMetric             = $Interface.InterfaceMetric
        AutomaticMetric             = $Interface.AutomaticMetric
        ConnectionState             = $Interface.ConnectionState
        Store                       = 'ActiveStore'
        CompartmentId               = 1
        RouterDiscovery             = @{ IPv4 = 'ControlledByDHCP'; IPv6 = 'Enabled' }[$Interface.AddressFamily]
        Forwarding                  = 'Disabled'
        Advertising                 = 'Disabled'
        AdvertiseDefaultRoute       = 'Disabled'
        IgnoreDefaultRoutes         = 'Disabled'
        WeakHostSend                = 'Disabled'
        WeakHostReceive             = 'Disabled'
        ManagedAddressConfiguration = 'Enabled'
        OtherStatefulConfiguration  = 'Enabled'
    }
    $property = [Management.Automation.PSScriptProperty]
    $shown.PSObject.Properties.Add($property::new('Dhcp', { @('Enabled', 'Disabled')[(Test-Tunnel -Name $this.InterfaceAlias)] }))
    $shown.PSObject.Properties.Add($property::new('NlMtu', { @(1500, 1400)[(Test-Tunnel -Name $this.InterfaceAlias)] }))
    Add-CimClass -Object $shown -Class 'MSFT_NetIPInterface'
}

# Whether a connected interface is a tunnel.
function Test-Tunnel {
    param([string] $Name)

    @(Get-RasConnectionName) -contains $Name
}

# The live settings, which Windows keeps until the connection ends (MicrosoftDocs/windowsserverdocs#5949). A metric
# switches the automatic metric off (Set-NetIPInterface, NetTCPIP cmdlet reference). A standard user may not change
# them (unconfirmed).
function Set-NetIPInterface {
    [CmdletBinding(DefaultParameterSetName = 'ByName', SupportsShouldProcess = $true)]
    param(
        [Parameter(Position = 0, ParameterSetName = 'ByName', ValueFromPipelineByPropertyName = $true)] [Alias('ifAlias')] [string[]] $InterfaceAlias,
        [Parameter(ParameterSetName = 'ByName', ValueFromPipelineByPropertyName = $true)] [Alias('ifIndex')] [uint32[]] $InterfaceIndex,
        [Parameter(ParameterSetName = 'ByName')] [ValidateSet('IPv4', 'IPv6')] [string[]] $AddressFamily,
        [Parameter(ParameterSetName = 'ByName')] [string] $PolicyStore,
        [Parameter(Mandatory = $true, ParameterSetName = 'InputObject', ValueFromPipeline = $true)]
        [PSTypeName('Microsoft.Management.Infrastructure.CimInstance#MSFT_NetIPInterface')] [psobject[]] $InputObject,
        [uint32] $InterfaceMetric,
        [ValidateSet('Enabled', 'Disabled')] [string] $AutomaticMetric
    )

    process {
        if (-not (Confirm-System)) {
            return
        }
        if (-not (Test-PolicyStore -Name $PolicyStore)) {
            return
        }
        $wanted = @{ InterfaceAlias = $InterfaceAlias; InterfaceIndex = $InterfaceIndex; AddressFamily = $AddressFamily }
        $found = @(Select-Interface @wanted)
        if ($InputObject) {
            $found = @(foreach ($one in $InputObject) {
                    Select-Interface -InterfaceIndex $one.InterfaceIndex -AddressFamily $one.AddressFamily
                })
        }
        if (0 -eq $found.Count) {
            $PSCmdlet.WriteError((New-NotFoundError -Class 'MSFT_NetIPInterface'))
        }
        foreach ($interface in @($found | Where-Object { $PSCmdlet.ShouldProcess($_.InterfaceAlias) })) {
            if ($InterfaceMetric) {
                $interface.InterfaceMetric = $InterfaceMetric
                $interface.AutomaticMetric = 'Disabled'
            }
            if ($AutomaticMetric) {
                $interface.AutomaticMetric = $AutomaticMetric
            }
        }
    }
}

# Whether a policy store is the active one, the only one here: nothing else is stored.
function Test-PolicyStore {
    param([string] $Name)

    $isThere = -not $Name -or 'ActiveStore' -eq $Name
    if (-not $isThere) {
        Deny-Call -Reason "the simulated client has no policy store $Name"
    }
    $isThere
}

# The client's interfaces that match all given selectors; an alias may have wildcards.
function Select-Interface {
    [CmdletBinding()]
    param([string[]] $InterfaceAlias, [uint32[]] $InterfaceIndex, [string[]] $AddressFamily, [string] $PolicyStore)

    foreach ($interface in $global:Client.interfaces) {
        if ($InterfaceAlias -and -not (Test-Pattern -Text $interface.InterfaceAlias -Pattern $InterfaceAlias)) { continue }
        if ($null -ne $InterfaceIndex -and $InterfaceIndex -notcontains $interface.InterfaceIndex) { continue }
        if ($null -ne $AddressFamily -and $AddressFamily -notcontains $interface.AddressFamily) { continue }
        $interface
    }
}

function Get-NetRoute {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0)] [string[]] $DestinationPrefix,
        [Parameter(ValueFromPipelineByPropertyName = $true)] [Alias('ifIndex')] [uint32[]] $InterfaceIndex,
        [ValidateSet('IPv4', 'IPv6')] [string[]] $AddressFamily,
        [string] $PolicyStore
    )

    process {
        if (-not (Test-PolicyStore -Name $PolicyStore)) {
            return
        }
        $wanted = @{ DestinationPrefix = $DestinationPrefix; InterfaceIndex = $InterfaceIndex; AddressFamily = $AddressFamily }
        $found = @(Select-Route @wanted)
        if ($found.Count -gt 0) {
            return ConvertTo-NetRoute -Route $found
        }
        $PSCmdlet.WriteError((New-NotFoundError -Class 'MSFT_NetRoute'))
    }
}

# Routes as Windows shows them; one that a tunnel or a script adds has the protocol NetMgmt (unconfirmed).
function ConvertTo-NetRoute {
    param([object[]] $Route)

    $interfaces = @{}
    foreach ($interface in @($global:Client.interfaces)) {
        $interfaces["$($interface.InterfaceIndex) $($interface.AddressFamily)"] = $interface
    }
    foreach ($one in $Route) {
        $interface = $interfaces["$($one.InterfaceIndex) $($one.AddressFamily)"]
        $shown = [pscustomobject] @{
            DestinationPrefix = $one.DestinationPrefix
            InterfaceAlias    = $interface.InterfaceAlias
            InterfaceIndex    = $one.InterfaceIndex
            ifIndex           = $one.InterfaceIndex
            InterfaceMetric   = $interface.InterfaceMetric
            NextHop           = $one.NextHop
            RouteMetric       = $one.RouteMetric
            AddressFamily     = $one.AddressFamily
            Protocol          = 'NetMgmt'
            Publish           = 'No'
            State             = 'Alive'
            Store             = 'ActiveStore'
            CompartmentId     = 1
            ValidLifetime     = [TimeSpan]::MaxValue
            PreferredLifetime = [TimeSpan]::MaxValue
        }
        $shown.PSObject.TypeNames.Insert(0, 'Microsoft.Management.Infrastructure.CimInstance#MSFT_NetRoute')
        $shown
    }
}

# A route that exists already is an error (unconfirmed). Without -PolicyStore the route is also kept for the next start
# of Windows (New-NetRoute, NetTCPIP cmdlet reference).
function New-NetRoute {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true, Position = 0)] [string] $DestinationPrefix,
        [Parameter(Mandatory = $true, ValueFromPipelineByPropertyName = $true)] [Alias('ifIndex')] [uint32] $InterfaceIndex,
        [ValidateSet('IPv4', 'IPv6')] [string] $AddressFamily,
        [string] $NextHop,
        [string] $PolicyStore,
        [uint16] $RouteMetric
    )

    process {
        if (-not (Confirm-System)) {
            return
        }
        if (-not (Test-PolicyStore -Name $PolicyStore)) {
            return
        }
        if (-not $PSCmdlet.ShouldProcess($DestinationPrefix)) {
            return
        }
        if (@(Select-Route -DestinationPrefix $DestinationPrefix -InterfaceIndex $InterfaceIndex).Count -gt 0) {
            Write-ClientError -Message 'Instance MSFT_NetRoute already exists' -Category ResourceExists
            return
        }
        $new = @{
            Prefix  = $DestinationPrefix
            Index   = $InterfaceIndex
            Metric  = $RouteMetric
            NextHop = $NextHop
        }
        $route = New-LiveRoute @new
        $global:Client.routes = @($global:Client.routes) + $route
        if (-not $PolicyStore) {
            $global:Client.persistent = @($global:Client.persistent) + (Get-RouteTitle -Route $route)
        }
        ConvertTo-NetRoute -Route $route
    }
}

# Asks before it removes a route, except with -Confirm:$false (unconfirmed). Here nobody can answer, which is an error.
function Remove-NetRoute {
    [CmdletBinding(DefaultParameterSetName = 'ByName', SupportsShouldProcess = $true, ConfirmImpact = 'High')]
    param(
        [Parameter(Position = 0, ParameterSetName = 'ByName')] [string[]] $DestinationPrefix,
        [Parameter(ParameterSetName = 'ByName', ValueFromPipelineByPropertyName = $true)] [Alias('ifIndex')] [uint32[]] $InterfaceIndex,
        [Parameter(ParameterSetName = 'ByName')] [ValidateSet('IPv4', 'IPv6')] [string[]] $AddressFamily,
        [Parameter(ParameterSetName = 'ByName')] [string] $PolicyStore,
        [Parameter(Mandatory = $true, ParameterSetName = 'InputObject', ValueFromPipeline = $true)]
        [PSTypeName('Microsoft.Management.Infrastructure.CimInstance#MSFT_NetRoute')] [psobject[]] $InputObject
    )

    process {
        if (-not (Confirm-System)) {
            return
        }
        if (-not (Test-PolicyStore -Name $PolicyStore)) {
            return
        }
        $wanted = @{ DestinationPrefix = $DestinationPrefix; InterfaceIndex = $InterfaceIndex; AddressFamily = $AddressFamily }
        $gone = @(Select-Route @wanted)
        if ($InputObject) {
            $gone = @(foreach ($one in $InputObject) {
                    Select-Route -DestinationPrefix $one.DestinationPrefix -InterfaceIndex $one.InterfaceIndex
                })
        }
        if (0 -eq $gone.Count) {
            $PSCmdlet.WriteError((New-NotFoundError -Class 'MSFT_NetRoute'))
        }
        $gone = @($gone | Where-Object { $PSCmdlet.ShouldProcess($_.DestinationPrefix) })
        $global:Client.routes = @($global:Client.routes | Where-Object { $gone -notcontains $_ })
        if (-not $PolicyStore) {
            $titles = @(foreach ($one in $gone) { Get-RouteTitle -Route $one })
            $global:Client.persistent = @($global:Client.persistent | Where-Object { $titles -notcontains $_ })
        }
    }
}

# A route as the client's list of persistent routes has it.
function Get-RouteTitle {
    param($Route)

    '{0} on {1}' -f $Route.DestinationPrefix, $Route.InterfaceIndex
}

function Select-Route {
    param([string[]] $DestinationPrefix, [uint32[]] $InterfaceIndex, [string[]] $AddressFamily)

    foreach ($route in $global:Client.routes) {
        if ($AddressFamily -and $AddressFamily -notcontains $route.AddressFamily) { continue }
        if ($DestinationPrefix -and $DestinationPrefix -notcontains $route.DestinationPrefix) { continue }
        if ($InterfaceIndex -and $InterfaceIndex -notcontains $route.InterfaceIndex) { continue }
        $route
    }
}

# If nothing matches, these modules write an error (PowerShell/PowerShell, CIM query job).
function New-NotFoundError {
    param([string] $Class)

    New-ClientError -Message "No $Class objects found." -Category ObjectNotFound -ErrorId 'CmdletizationQuery_NotFound'
}
