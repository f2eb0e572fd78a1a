# Services, their processes and Windows itself, as CIM and the service commands show them. A service has the
# privileges that the registry lists as its process starts.

function Get-CimInstance {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)] [string] $ClassName,
        [Parameter(ValueFromPipelineByPropertyName = $true)] [string] $Filter
    )

    process {
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        $name, $value = $Filter -split '\s*=\s*', 2
        foreach ($one in $global:Client.cim.$ClassName) {
            if (-not $Filter -or "$($one.$name)" -eq $value.Trim("'")) {
                $copy = $one.PSObject.Copy()
                $born = $copy.PSObject.Properties['CreationDate']
                # JSON made a time of it, or it is still the text, as in 5.1.
                if ($null -ne $born -and $born.Value -is [string]) {
                    $culture = [Globalization.CultureInfo]::InvariantCulture
                    $copy.CreationDate = [DateTime]::Parse($born.Value, $culture, 'RoundtripKind')
                }
                $copy
            }
        }
    }
}

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

    $status = 'Running'
    if (0 -eq $Service.ProcessId) {
        $status = 'Stopped'
    }
    $shown = [pscustomobject] @{
        ServiceName = $Service.Name
        DisplayName = Get-ServiceTitle -Name $Service.Name
        Status      = $status
    }
    Add-TypeName -Object $shown -Name 'System.ServiceProcess.ServiceController'
    $shown
}

# What Windows calls a service; one that a client file names has its own name.
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

# The client's services that are meant, or all of them; a name that fits none is an error, a pattern is not.
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

# A service without a process; without RasMan nothing is connected.
function Stop-ServiceProcess {
    param($Service)

    $service.ProcessId = 0
    if ('RasMan' -eq $service.Name) {
        foreach ($connection in @(Get-RasConnectionName)) {
            Disconnect-Ras -Name $connection
        }
    }
}

# A service in a new process, with the privileges that the registry leaves to it now.
function Start-ServiceProcess {
    param($Service)

    $numbers = @($global:Client.cim.Win32_Process | ForEach-Object { $_.ProcessId })
    $service.ProcessId = 1000 + ($numbers | Measure-Object -Maximum).Maximum
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

# A process ends with every service in it.
function Stop-Process {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)] [int[]] $Id,
        [switch] $Force,
        [switch] $PassThru
    )

    process {
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        if (-not (Confirm-System)) {
            return
        }
        foreach ($number in $Id) {
            $process = @($global:Client.cim.Win32_Process | Where-Object { $_.ProcessId -eq $number })
            if (0 -eq $process.Count) {
                Write-ClientError -Message "Cannot find a process with the process identifier $number." -Category ObjectNotFound
                continue
            }
            if (-not $PSCmdlet.ShouldProcess("$number")) {
                continue
            }
            foreach ($service in @(Select-Service | Where-Object { $_.ProcessId -eq $number })) {
                Stop-ServiceProcess -Service $service
                Add-ClientEvent -Text "the process of service $($service.Name) killed"
            }
            $global:Client.cim.Win32_Process = @($global:Client.cim.Win32_Process | Where-Object { $_ -ne $process[0] })
        }
    }
}

# taskkill /PID NUMBER; it has other ways to choose a process, which this one refuses rather than ignores.
function taskkill {
    $number = 0
    for ($i = 0; $i -lt $args.Count; $i++) {
        if ('/PID' -eq $args[$i]) {
            $i++
            $number = [int] $args[$i]
        } elseif ('/F', '/T' -notcontains $args[$i]) {
            Deny-Call -Reason "the stand-in of taskkill knows /PID, /F and /T, not $($args[$i])"
            return
        }
    }
    Stop-Process -Id $number
    $global:LASTEXITCODE = 0
}

function taskkill.exe {
    taskkill @args
}

function Restart-Computer {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([switch] $Force)

    process {
        if ($PSCmdlet.ShouldProcess('Windows')) {
            Add-ClientEvent -Text 'Windows restarted'
        }
    }
}

function Stop-Computer {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([switch] $Force)

    process {
        if ($PSCmdlet.ShouldProcess('Windows')) {
            Add-ClientEvent -Text 'Windows shut down'
        }
    }
}
