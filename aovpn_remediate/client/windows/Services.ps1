# Services, their processes and Windows itself, as CIM and the service commands show them. A service has the
# privileges that the registry lists as its process starts.

function Get-CimInstance {
    [CmdletBinding()]
    param([Parameter(Mandatory = $true, Position = 0)] [string] $ClassName, [string] $Filter)

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

function Get-Service {
    [CmdletBinding()]
    param([Parameter(Position = 0)] [string[]] $Name)

    $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
    foreach ($service in @(Select-Service -Name $Name)) {
        # CIM says Stop Pending, this command StopPending.
        $status = $service.State -replace ' '
        [pscustomobject] @{ Name = $service.Name; ServiceName = $service.Name; Status = $status }
    }
}

function Restart-Service {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)] [string[]] $Name, [switch] $Force, [switch] $PassThru)

    process {
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        if (-not (Confirm-System)) {
            return
        }
        foreach ($service in @(Select-Service -Name $Name | Where-Object { $PSCmdlet.ShouldProcess($_.Name) })) {
            if ($service.State -like '* Pending') {
                Deny-Call -Reason "Restart-Service waits without end for $($service.Name), whose state is $($service.State)"
            }
            Stop-ServiceProcess -Service $service
            Start-ServiceProcess -Service $service
            Add-ClientEvent -Text "service $($service.Name) restarted"
        }
    }
}

function Stop-Service {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)] [string[]] $Name,
        [switch] $Force,
        [switch] $NoWait,
        [switch] $PassThru
    )

    process {
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        if (-not (Confirm-System)) {
            return
        }
        foreach ($service in @(Select-Service -Name $Name | Where-Object { $PSCmdlet.ShouldProcess($_.Name) })) {
            Stop-ServiceProcess -Service $service
            Add-ClientEvent -Text "service $($service.Name) stopped"
        }
    }
}

function Start-Service {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)] [string[]] $Name, [switch] $PassThru)

    process {
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        if (-not (Confirm-System)) {
            return
        }
        foreach ($service in @(Select-Service -Name $Name | Where-Object { 0 -eq $_.ProcessId -and $PSCmdlet.ShouldProcess($_.Name) })) {
            Start-ServiceProcess -Service $service
            Add-ClientEvent -Text "service $($service.Name) started"
        }
    }
}

# The client's services of these names, or all of them.
function Select-Service {
    param([string[]] $Name)

    $found = @(foreach ($service in $global:Client.cim.Win32_Service) {
            if (-not $Name -or (Test-Pattern -Text $service.Name -Pattern $Name)) {
                $service
            }
        })
    if ($Name -and 0 -eq $found.Count) {
        $problem = @{
            Message  = "Cannot find any service with service name '$Name'."
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
    $service.State = 'Stopped'
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

# A process ends with every service in it.
function Stop-Process {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true, Position = 0)] [int[]] $Id,
        [switch] $Force,
        [switch] $PassThru
    )

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

    if ($PSCmdlet.ShouldProcess('Windows')) {
        Add-ClientEvent -Text 'Windows restarted'
    }
}

function Stop-Computer {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([switch] $Force)

    if ($PSCmdlet.ShouldProcess('Windows')) {
        Add-ClientEvent -Text 'Windows shut down'
    }
}
