# The module NetConnection and the reachability test of NetTCPIP: which network an interface is in, and what
# answers there. "Nothing found" is a non-terminating error (PowerShell/PowerShell, CIM query job).

function Get-NetConnectionProfile {
    [CmdletBinding()]
    param(
        [string[]] $Name,
        [Parameter(ValueFromPipelineByPropertyName = $true)] [string[]] $InterfaceAlias,
        [Parameter(ValueFromPipelineByPropertyName = $true)] [uint32[]] $InterfaceIndex,
        [ValidateSet('Public', 'Private', 'DomainAuthenticated')] [string[]] $NetworkCategory
    )

    process {
        $found = foreach ($network in $global:Client.networks) {
            $interface = @(Select-Interface -InterfaceAlias $network.InterfaceAlias)[0]
            $isWanted = $null -ne $interface -and
                ($null -eq $Name -or (Test-Pattern -Text $network.Name -Pattern $Name)) -and
                ($null -eq $InterfaceAlias -or (Test-Pattern -Text $network.InterfaceAlias -Pattern $InterfaceAlias)) -and
                ($null -eq $InterfaceIndex -or $InterfaceIndex -contains $interface.InterfaceIndex) -and
                ($null -eq $NetworkCategory -or $NetworkCategory -contains $network.NetworkCategory)
            if ($isWanted) {
                $shown = [pscustomobject] @{
                    Name             = $network.Name
                    InterfaceAlias   = $interface.InterfaceAlias
                    InterfaceIndex   = $interface.InterfaceIndex
                    NetworkCategory  = $network.NetworkCategory
                    IPv4Connectivity = 'Internet'
                    IPv6Connectivity = 'NoTraffic'
                }
                Add-CimClass -Object $shown -Class 'MSFT_NetConnectionProfile'
            }
        }
        if ($null -ne $found) {
            return $found
        }
        $PSCmdlet.WriteError((New-NotFoundError -Class 'MSFT_NetConnectionProfile'))
    }
}

# A host answers if the client lists it as reachable: its name for a ping, its name and port for a connection.
# No answer is a warning (unconfirmed).
function Test-NetConnection {
    [CmdletBinding(DefaultParameterSetName = 'Ping')]
    param(
        [Parameter(Position = 0, ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [Alias('RemoteAddress', 'cn')] [string] $ComputerName = 'internetbeacon.msedge.net',
        [Parameter(Mandatory = $true, Position = 1, ParameterSetName = 'Service')]
        [ValidateSet('HTTP', 'RDP', 'SMB', 'WINRM')] [string] $CommonTCPPort,
        [Parameter(Mandatory = $true, ParameterSetName = 'Port', ValueFromPipelineByPropertyName = $true)] [Alias('RemotePort')] [int] $Port,
        [ValidateSet('Quiet', 'Detailed')] [string] $InformationLevel
    )

    process {
        if ($CommonTCPPort) {
            $Port = @{ HTTP = 80; RDP = 3389; SMB = 445; WINRM = 5985 }[$CommonTCPPort]
        }
        $answers = $global:Client.reachable -contains $ComputerName
        $result = [ordered] @{ ComputerName = $ComputerName; PingSucceeded = $answers; TcpTestSucceeded = $false }
        if ($Port) {
            $answers = $global:Client.reachable -contains "${ComputerName}:$Port"
            $result['RemotePort'] = $Port
            $result['TcpTestSucceeded'] = $answers
            # It pings only if the connection failed (unconfirmed).
            $result['PingSucceeded'] = $result['PingSucceeded'] -and -not $answers
        }
        if (-not $answers) {
            Write-Warning -Message $(if ($Port) { "TCP connect to ($ComputerName : $Port) failed" } else { "Ping to $ComputerName failed" })
        }
        if ('Quiet' -eq $InformationLevel) {
            return $answers
        }
        [pscustomobject] $result
    }
}
