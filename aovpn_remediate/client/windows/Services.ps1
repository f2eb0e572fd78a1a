# Services and their processes, as CIM shows them. A restart of RasMan drops every connection and starts a
# new process, which has the privileges that the registry lists then.

function Get-CimInstance {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true, Position = 0)] [string] $ClassName, [string] $Filter)

    Invoke-Fault -Command 'Get-CimInstance'
    $name, $value = $Filter -split '\s*=\s*', 2
    foreach ($one in $global:Client.cim.$ClassName) {
        if (-not $Filter -or "$($one.$name)" -eq $value.Trim("'")) {
            $copy = $one.PSObject.Copy()
            if ($null -ne $copy.PSObject.Properties['CreationDate'] -and $copy.CreationDate) {
                $copy.CreationDate = [DateTime]::Parse($copy.CreationDate, $null, 'RoundtripKind')
            }
            $copy
        }
    }
}

function Restart-Service {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([Parameter(Mandatory = $true, Position = 0)] [string[]] $Name, [switch] $Force, [switch] $PassThru)

    Invoke-Fault -Command 'Restart-Service'
    if (-not (Confirm-System)) {
        return
    }
    $service = @($global:Client.cim.Win32_Service | Where-Object { $_.Name -eq $Name[0] })[0]
    $service.ProcessId += 1000
    $process = [pscustomobject] @{
        ProcessId    = $service.ProcessId
        CreationDate = [DateTime]::UtcNow.AddSeconds(1).ToString('o')
    }
    $global:Client.cim.Win32_Process = @($global:Client.cim.Win32_Process) + $process
    $global:Client.interfaces = @($global:Client.interfaces | Where-Object { 23 -ne $_.InterfaceIndex })
    $global:Client.restarts += 1
}
