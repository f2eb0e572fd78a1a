# Services and their processes, as the service commands show them. A service has the privileges that the registry
# lists as its process starts, or all without a list (SERVICE_REQUIRED_PRIVILEGES_INFOW). That a list which was written
# into the registry directly counts at the next start is unconfirmed.

function Get-Service {
    [CmdletBinding(DefaultParameterSetName = 'Default')]
    param(
        [Parameter(Position = 0, ParameterSetName = 'Default', ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [Alias('ServiceName')] [string[]] $Name,
        [Parameter(Mandatory = $true, ParameterSetName = 'DisplayName')] [string[]] $DisplayName,
        [Parameter(ParameterSetName = 'InputObject', ValueFromPipeline = $true)]
        [PSTypeName('System.ServiceProcess.ServiceController')] [psobject[]] $InputObject
    )

    process {
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        foreach ($service in @(Select-Service -Name $Name -DisplayName $DisplayName -InputObject $InputObject)) {
            ConvertTo-Service -Service $service
        }
    }
}

function Restart-Service {
    [CmdletBinding(DefaultParameterSetName = 'InputObject', SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true, Position = 0, ParameterSetName = 'Default', ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [Alias('ServiceName')] [string[]] $Name,
        [Parameter(Mandatory = $true, ParameterSetName = 'DisplayName')] [string[]] $DisplayName,
        [Parameter(Mandatory = $true, Position = 0, ParameterSetName = 'InputObject', ValueFromPipeline = $true)]
        [PSTypeName('System.ServiceProcess.ServiceController')] [psobject[]] $InputObject,
        [switch] $Force,
        [switch] $PassThru
    )

    process {
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        if (-not (Confirm-System)) {
            return
        }
        $services = @(Select-Service -Name $Name -DisplayName $DisplayName -InputObject $InputObject)
        foreach ($service in @($services | Where-Object { $PSCmdlet.ShouldProcess($_.Name) })) {
            if ($service.State -like '* Pending') {
                Deny-Call -Reason "Restart-Service may never end, because the state of $($service.Name) is $($service.State)"
            }
            Stop-ServiceProcess -Service $service
            Start-ServiceProcess -Service $service
            Add-ClientEvent -Text "service $($service.Name) restarted"
            if ($PassThru) {
                ConvertTo-Service -Service $service
            }
        }
    }
}

function Stop-Service {
    [CmdletBinding(DefaultParameterSetName = 'InputObject', SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true, Position = 0, ParameterSetName = 'Default', ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [Alias('ServiceName')] [string[]] $Name,
        [Parameter(Mandatory = $true, ParameterSetName = 'DisplayName')] [string[]] $DisplayName,
        [Parameter(Mandatory = $true, Position = 0, ParameterSetName = 'InputObject', ValueFromPipeline = $true)]
        [PSTypeName('System.ServiceProcess.ServiceController')] [psobject[]] $InputObject,
        [switch] $Force,
        [switch] $NoWait,
        [switch] $PassThru
    )

    process {
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        if (-not (Confirm-System)) {
            return
        }
        $services = @(Select-Service -Name $Name -DisplayName $DisplayName -InputObject $InputObject)
        foreach ($service in @($services | Where-Object { $PSCmdlet.ShouldProcess($_.Name) })) {
            Stop-ServiceProcess -Service $service
            Add-ClientEvent -Text "service $($service.Name) stopped"
            if ($PassThru) {
                ConvertTo-Service -Service $service
            }
        }
    }
}

function Start-Service {
    [CmdletBinding(DefaultParameterSetName = 'InputObject', SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true, Position = 0, ParameterSetName = 'Default', ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [Alias('ServiceName')] [string[]] $Name,
        [Parameter(Mandatory = $true, ParameterSetName = 'DisplayName')] [string[]] $DisplayName,
        [Parameter(Mandatory = $true, Position = 0, ParameterSetName = 'InputObject', ValueFromPipeline = $true)]
        [PSTypeName('System.ServiceProcess.ServiceController')] [psobject[]] $InputObject,
        [switch] $PassThru
    )

    process {
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        if (-not (Confirm-System)) {
            return
        }
        $services = @(Select-Service -Name $Name -DisplayName $DisplayName -InputObject $InputObject)
        foreach ($service in @($services | Where-Object { 0 -eq $_.ProcessId -and $PSCmdlet.ShouldProcess($_.Name) })) {
            Start-ServiceProcess -Service $service
            Add-ClientEvent -Text "service $($service.Name) started"
        }
        if ($PassThru) {
            foreach ($service in $services) { ConvertTo-Service -Service $service }
        }
    }
}

# A service as the commands show it. The engine's own view of the type adds the property Name.
function ConvertTo-Service {
    param($Service)

    $status = Get-ServiceStatus -Name $Service.Name
    $shown = [pscustomobject] @{
        ServiceName         = $Service.Name
        DisplayName         = Get-ServiceTitle -Name $Service.Name
        Status              = $status
        StartType           = Get-StartType -Name $Service.Name
        ServiceType         = 'Win32ShareProcess'
        CanStop             = 'Running' -eq $status
        CanShutdown         = 'Running' -eq $status
        CanPauseAndContinue = $false
        DependentServices   = @()
        ServicesDependedOn  = @()
        MachineName         = '.'
    }
    $shown.PSObject.TypeNames.Insert(0, 'System.ServiceProcess.ServiceController')
    foreach ($method in Get-ServiceMethod) { $shown.PSObject.Methods.Add($method) }
    $shown
}

# How a service starts: as the registry says, else automatically.
function Get-StartType {
    param([string] $Name)

    $key = $global:Client.registry.PSObject.Properties["HKLM:\SYSTEM\CurrentControlSet\Services\$Name"]
    if ($null -eq $key -or $null -eq $key.Value.PSObject.Properties['Start']) {
        return 'Automatic'
    }
    @('Boot', 'System', 'Automatic', 'Manual', 'Disabled')[$key.Value.Start.data]
}

function Get-ServiceStatus {
    param([string] $Name)

    # CIM says Stop Pending, the commands StopPending.
    (Select-Service -Name $Name).State -replace ' '
}

# The methods of a service. Its properties are those of the moment when it was read, until Refresh.
function Get-ServiceMethod {
    $method = [Management.Automation.PSScriptMethod]
    $method::new('Stop', { Invoke-ServiceCommand -Name $this.ServiceName -Command 'Stop-Service' -From 'Running' })
    $method::new('Start', { Invoke-ServiceCommand -Name $this.ServiceName -Command 'Start-Service' -From 'Stopped' })
    $method::new('Refresh', { $this.Status = Get-ServiceStatus -Name $this.ServiceName })
    $method::new('WaitForStatus', {
            $this.Refresh()
            if ($this.Status -ne $args[0]) {
                throw 'Time out has expired and the operation has not been completed.'
            }
        })
    $method::new('Close', { })
    $method::new('Dispose', { })
}

# Does to a service what its method does; an exception if that is not possible.
function Invoke-ServiceCommand {
    param([string] $Name, [string] $Command, [string] $From)

    if ((Get-ServiceStatus -Name $Name) -ne $From) {
        throw "Cannot do $Command with the service $Name on computer '.'."
    }
    & $Command -Name $Name -ErrorAction Stop
}

# The display name of a service; for others the name in the client file.
function Get-ServiceTitle {
    param([string] $Name)

    $titles = @{
        Dhcp    = 'DHCP Client'
        IKEEXT  = 'IKE and AuthIP IPsec Keying Modules'
        RasMan  = 'Remote Access Connection Manager'
        SstpSvc = 'Secure Socket Tunneling Protocol Service'
    }
    if ($titles.ContainsKey($Name)) {
        return $titles[$Name]
    }
    $Name
}

# The services with these names, or all. A name without a service is an error, a pattern is not (unconfirmed).
function Select-Service {
    param([string[]] $Name, [string[]] $DisplayName, [object[]] $InputObject)

    if ($InputObject) {
        $Name = @($InputObject | ForEach-Object { $_.ServiceName })
    }
    $found = @(foreach ($service in $global:Client.cim.Win32_Service) {
            $isWanted = (-not $Name -or (Test-Pattern -Text $service.Name -Pattern $Name)) -and
                (-not $DisplayName -or (Test-Pattern -Text (Get-ServiceTitle -Name $service.Name) -Pattern $DisplayName))
            if ($isWanted) {
                $service
            }
        })
    $wanted = @($Name) + @($DisplayName) | Where-Object { $_ }
    if (0 -eq $found.Count -and "$wanted" -match '\A[^*?\[]+\z') {
        $problem = @{
            Message  = "Cannot find any service with service name '$wanted'."
            Category = 'ObjectNotFound'
            ErrorId  = 'NoServiceFoundForGivenName'
        }
        Write-ClientError @problem
    }
    $found
}

# A service without a process. Without RasMan nothing is connected (ld0614/DPC#5).
function Stop-ServiceProcess {
    param($Service)

    $service.ProcessId = 0
    $service.State = 'Stopped'
    if ('RasMan' -eq $service.Name) {
        foreach ($connection in @(Get-RasConnectionName)) {
            Disconnect-Ras -Name $connection
        }
    }
}

# A service in a new process, with the privileges that the registry lists now.
function Start-ServiceProcess {
    param($Service)

    $numbers = @($global:Client.cim.Win32_Process | ForEach-Object { $_.ProcessId })
    $service.ProcessId = 1000 + ($numbers | Measure-Object -Maximum).Maximum
    $service.State = 'Running'
    $key = $global:Client.registry.PSObject.Properties["HKLM:\SYSTEM\CurrentControlSet\Services\$($service.Name)"]
    $privileges = $null
    if ($null -ne $key -and $null -ne $key.Value.PSObject.Properties['RequiredPrivileges']) {
        $privileges = $key.Value.RequiredPrivileges.data
    }
    $process = [pscustomobject] @{
        ProcessId    = $service.ProcessId
        CreationDate = [DateTime]::UtcNow.ToString('o')
        Privileges   = $privileges
    }
    $global:Client.cim.Win32_Process = @($global:Client.cim.Win32_Process) + $process
}
