# The module NetAdapter. Tunnels are among the hidden adapters (Get-NetAdapter, NetAdapter cmdlet reference).
# "Nothing found" is a non-terminating error (PowerShell/PowerShell, CIM query job).

function Get-NetAdapter {
    [CmdletBinding(DefaultParameterSetName = 'ByName')]
    param(
        [Parameter(Position = 0, ParameterSetName = 'ByName')] [Alias('ifAlias', 'InterfaceAlias')] [string[]] $Name,
        [Parameter(Mandatory = $true, ParameterSetName = 'ByIfIndex', ValueFromPipelineByPropertyName = $true)]
        [Alias('ifIndex')] [uint32[]] $InterfaceIndex,
        [switch] $IncludeHidden
    )

    process {
        $tunnels = @(Get-RasConnectionName)
        $seen = @()
        foreach ($interface in @(Select-Interface -InterfaceAlias $Name -InterfaceIndex $InterfaceIndex)) {
            $isHidden = $tunnels -contains $interface.InterfaceAlias -and -not $IncludeHidden
            if (-not $isHidden -and $seen -notcontains $interface.InterfaceIndex) {
                $seen += $interface.InterfaceIndex
                ConvertTo-NetAdapter -Interface $interface -IsTunnel ($tunnels -contains $interface.InterfaceAlias)
            }
        }
        if (0 -eq $seen.Count) {
            $PSCmdlet.WriteError((New-NotFoundError -Class 'MSFT_NetAdapter'))
        }
    }
}

# An adapter as Windows shows it; that of a tunnel is hidden and is not hardware (unconfirmed).
function ConvertTo-NetAdapter {
    param($Interface, [bool] $IsTunnel)

    $status = $Interface.ConnectionState
    if ('Connected' -eq $status) {
        $status = 'Up'
    }
    $shown = [pscustomobject] @{
        Name                 = $Interface.InterfaceAlias
        InterfaceAlias       = $Interface.InterfaceAlias
        ifAlias              = $Interface.InterfaceAlias
        InterfaceDescription = $Interface.InterfaceAlias
        ifDesc               = $Interface.InterfaceAlias
        InterfaceIndex       = $Interface.InterfaceIndex
        ifIndex              = $Interface.InterfaceIndex
        Status               = $status
        AdminStatus          = 'Up'
        MediaConnectionState = $Interface.ConnectionState
        Hidden               = $IsTunnel
        Virtual              = $IsTunnel
        HardwareInterface    = -not $IsTunnel
        ConnectorPresent     = -not $IsTunnel
    }
    Add-CimClass -Object $shown -Class 'MSFT_NetAdapter'
}
