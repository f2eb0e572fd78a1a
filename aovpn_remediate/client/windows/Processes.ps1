# Processes, Windows itself, and both as CIM shows them.

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
                $copy = Copy-CimObject -Object $one -Class $ClassName
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
