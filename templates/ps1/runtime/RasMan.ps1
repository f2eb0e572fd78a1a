# The service RasMan, which connects VPN profiles and installs their routes, and its privileges.

# The privileges that the registry lists for RasMan, as @{ List }; nothing without a list.
function Get-RasManPrivilege {
    $service = 'HKLM:\SYSTEM\CurrentControlSet\Services\RasMan'
    if (-not (Test-Path -LiteralPath $service -ErrorAction Stop)) {
        throw 'the service RasMan is not in the registry'
    }
    $value = Get-RegistryValue -Key $service -Name 'RequiredPrivileges'
    if ($null -eq $value) {
        return
    }
    if ($value['Value'] -isnot [string[]]) {
        throw 'the privileges of RasMan are not stored as REG_MULTI_SZ'
    }
    @{ List = @($value['Value']) }
}

# Writes RasMan's privileges and marks the process that still has the old ones. It is marked before the
# change, because the script may be killed, and after it, because the service may have been restarted.
function Set-RasManPrivilege {
    param([string[]] $Privilege)

    Set-RasManMark -Name 'RasManAtChange' -Value (Get-RasManProcess)
    $change = @{
        Key   = 'HKLM:\SYSTEM\CurrentControlSet\Services\RasMan'
        Name  = 'RequiredPrivileges'
        Type  = 'MultiString'
        Value = $Privilege
    }
    Set-RegistryValue @change
    Set-RasManMark -Name 'RasManAtChange' -Value (Get-RasManProcess)
}

# Writes a process of RasMan into the registry under a name.
function Set-RasManMark {
    param([string] $Name, [string] $Value)

    Set-RegistryValue -Key 'HKLM:\SOFTWARE\aovpn-remediate' -Name $Name -Type 'String' -Value $Value
}

# Whether RasMan still runs in the process that is marked under a name.
function Test-RasManMark {
    param([string] $Name)

    $mark = Get-RegistryValue -Key 'HKLM:\SOFTWARE\aovpn-remediate' -Name $Name
    $null -ne $mark -and $mark['Value'] -and (Get-RasManProcess) -eq $mark['Value']
}

# The process in which RasMan runs: its number and its start, because Windows reuses process IDs; nothing if
# RasMan does not run.
function Get-RasManProcess {
    $service = Get-RasManService
    if (0 -eq $service.ProcessId) {
        return
    }
    $process = @(Get-CimObject -ClassName 'Win32_Process' -Filter "ProcessId = $($service.ProcessId)")
    if (1 -ne $process.Count -or $null -eq $process[0].CreationDate) {
        throw 'the process of the service RasMan cannot be determined'
    }
    '{0} since {1:o}' -f $service.ProcessId, $process[0].CreationDate.ToUniversalTime()
}

# Whether RasMan still runs with the privileges from before the last change by this script. New privileges
# take effect at the next start of the service (Win32 reference, SERVICE_REQUIRED_PRIVILEGES_INFOW).
function Test-RasManOutdated {
    Test-RasManMark -Name 'RasManAtChange'
}

# Objects of CIM. A query that hangs ends after one minute.
function Get-CimObject {
    param([string] $ClassName, [string] $Filter)

    $query = @{ ClassName = $ClassName; OperationTimeoutSec = 60; ErrorAction = 'Stop' }
    if ($Filter) {
        $query['Filter'] = $Filter
    }
    Get-CimInstance @query
}

# The service as CIM reports it.
function Get-RasManService {
    $services = @(Get-CimObject -ClassName 'Win32_Service' -Filter "Name = 'RasMan'")
    if (1 -ne $services.Count) {
        throw 'the service RasMan is not there'
    }
    $services[0]
}

# Why RasMan must not be restarted now; nothing if it may be. Whatever is unclear is a reason. A restart ends
# every VPN connection (ld0614/DPC#5).
function Get-RestartObstacle {
    try {
        $service = Get-RasManService
        if ('Running' -ne $service.State) {
            # If the service hangs while it starts or stops, the command would never end.
            return 'its state is {0}' -f $service.State
        }
        $inProcess = @(Get-CimObject -ClassName 'Win32_Service' -Filter "ProcessId = $($service.ProcessId)")
        if (1 -ne $inProcess.Count) {
            return 'it shares its process with another service'
        }
        if (Test-RasManMark -Name 'RasManAtRestart') {
            return 'this script has tried to restart this process before'
        }
        $names = @(Get-PhonebookName)
        foreach ($interface in @(Get-NetIPInterface -ErrorAction Stop)) {
            if ($names -contains $interface.InterfaceAlias) {
                return 'a tunnel is connected'
            }
        }
    } catch {
        'it is unclear whether a restart is safe: {0}' -f (ConvertTo-PlainError -ErrorRecord $_)
    }
}

# Restarts the service, so that it runs with the stored privileges. The mark makes sure that this is tried
# once for each process.
function Restart-RasMan {
    Set-RasManMark -Name 'RasManAtRestart' -Value (Get-RasManProcess)
    # The command writes warnings while it waits, which would be in the output of this script.
    Restart-Service -Name 'RasMan' -Force -WarningAction SilentlyContinue -ErrorAction Stop
    Complete-RasManStart
}

# Whether a restart by this script has left RasMan stopped, since Windows was started.
function Test-RasManStopped {
    $mark = Get-RegistryValue -Key 'HKLM:\SOFTWARE\aovpn-remediate' -Name 'RasManAtRestart'
    if ($null -eq $mark -or -not $mark['Value'] -or $null -ne (Get-RasManProcess)) {
        return $false
    }
    $culture = [Globalization.CultureInfo]::InvariantCulture
    $start = [DateTime]::Parse($mark['Value'].Split(' ')[-1], $culture, 'RoundtripKind')
    $windows = @(Get-CimObject -ClassName 'Win32_OperatingSystem')[0]
    $start.ToUniversalTime() -ge $windows.LastBootUpTime.ToUniversalTime()
}

# Starts the service after a restart that left it stopped.
function Start-RasMan {
    Start-Service -Name 'RasMan' -WarningAction SilentlyContinue -ErrorAction Stop
    Complete-RasManStart
}

# Removes the mark of the restart, unless the service still runs in its old process.
function Complete-RasManStart {
    if ($null -eq (Get-RasManProcess)) {
        throw 'RasMan does not run after it was started'
    }
    if (-not (Test-RasManMark -Name 'RasManAtRestart')) {
        Set-RasManMark -Name 'RasManAtRestart' -Value ''
    }
}
