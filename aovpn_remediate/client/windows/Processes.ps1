# Processes, Windows itself, and both as CIM shows them.

function Get-CimInstance {
    [CmdletBinding()]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)] [string] $ClassName,
        [Parameter(ValueFromPipelineByPropertyName = $true)] [string] $Filter,
        [Alias('OT')] [uint32] $OperationTimeoutSec
    )

    process {
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        if ($null -eq $global:Client.cim.PSObject.Properties[$ClassName]) {
            Deny-Call -Reason "the simulated client has no class $ClassName; see remediate docs clients"
        }
        $wanted = ConvertFrom-CimFilter -Filter $Filter
        foreach ($one in $global:Client.cim.$ClassName) {
            $shown = & "ConvertTo-$ClassName" -Object $one
            if (@($wanted.Keys | Where-Object { "$($shown.$_)" -ne $wanted[$_] }).Count -eq 0) {
                Add-CimClass -Object $shown -Class $ClassName
            }
        }
    }
}

# The values that a filter asks for; only comparisons with =, joined by AND, are understood.
function ConvertFrom-CimFilter {
    param([string] $Filter)

    $wanted = @{}
    foreach ($part in @($Filter -split '\s+AND\s+' | Where-Object { $_ })) {
        if ($part -notmatch '^\s*\(?\s*(\w+)\s*=\s*(?:''([^'']*)''|"([^"]*)"|(\w+))\s*\)?\s*$') {
            Deny-Call -Reason "the simulated client does not understand the filter $Filter"
        }
        $wanted[$Matches[1]] = "$($Matches[2])$($Matches[3])$($Matches[4])"
    }
    $wanted
}

function ConvertTo-Win32_Service {
    param($Object)

    $isRunning = 0 -ne $Object.ProcessId
    $startType = Get-StartType -Name $Object.Name
    [pscustomobject] @{
        Name        = $Object.Name
        DisplayName = Get-ServiceTitle -Name $Object.Name
        Caption     = Get-ServiceTitle -Name $Object.Name
        ProcessId   = $Object.ProcessId
        State       = $Object.State
        Status      = 'OK'
        Started     = $isRunning
        AcceptStop  = 'Running' -eq $Object.State
        StartMode   = $startType -replace '^Automatic$', 'Auto'
        StartName   = 'LocalSystem'
        ServiceType = 'Share Process'
        ExitCode    = 0
    }
}

function ConvertTo-Win32_Process {
    param($Object)

    [pscustomobject] @{
        Name         = 'svchost.exe'
        ProcessName  = 'svchost.exe'
        ProcessId    = $Object.ProcessId
        CreationDate = ConvertTo-Time -Value $Object.CreationDate
    }
}

# It started when its oldest process did.
function ConvertTo-Win32_OperatingSystem {
    param($Object)

    $times = @($global:Client.cim.Win32_Process | ForEach-Object { ConvertTo-Time -Value $_.CreationDate })
    $release = @(10, 11)[[int] $Object.BuildNumber -ge 22000]
    [pscustomobject] @{
        Caption        = "Microsoft Windows $release Enterprise"
        BuildNumber    = $Object.BuildNumber
        Version        = $Object.Version
        ProductType    = 1
        OSArchitecture = '64-bit'
        LastBootUpTime = ($times | Measure-Object -Minimum).Minimum
    }
}

# JSON converted it to a time, or it is still a text, as in 5.1 (unconfirmed).
function ConvertTo-Time {
    param($Value)

    if ($Value -is [string]) {
        return [DateTime]::Parse($Value, [Globalization.CultureInfo]::InvariantCulture, 'RoundtripKind')
    }
    $Value
}

# A process ends with every service in it (unconfirmed).
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
