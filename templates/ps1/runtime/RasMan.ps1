# The service RasMan, which dials and installs routes, and what Windows leaves it of its privileges.

# The privileges that the registry leaves to RasMan, as @{ List }; nothing if it is not restricted.
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
        throw 'the privileges of RasMan are not stored as a list of texts'
    }
    @{ List = @($value['Value']) }
}

# Writes RasMan's privileges, and which process has the old ones until it ends: before that, for a script that
# is ended in between, and after it, for a service that started anew meanwhile.
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

# Marks in the registry, under a name, a process of RasMan.
function Set-RasManMark {
    param([string] $Name, [string] $Value)

    Set-RegistryValue -Key 'HKLM:\SOFTWARE\aovpn-remediate' -Name $Name -Type 'String' -Value $Value
}

# Whether a mark names the process in which RasMan runs now.
function Test-RasManMark {
    param([string] $Name)

    $mark = Get-RegistryValue -Key 'HKLM:\SOFTWARE\aovpn-remediate' -Name $Name
    $null -ne $mark -and $mark['Value'] -and (Get-RasManProcess) -eq $mark['Value']
}

# The process in which RasMan runs: its number, which comes again, and its start; nothing if it does not run.
function Get-RasManProcess {
    $service = Get-RasManService
    if (0 -eq $service.ProcessId) {
        return
    }
    $process = @(Get-CimObject -ClassName 'Win32_Process' -Filter "ProcessId = $($service.ProcessId)")
    if (1 -ne $process.Count -or $null -eq $process[0].CreationDate) {
        throw 'the process of the service RasMan cannot be told'
    }
    '{0} since {1:o}' -f $service.ProcessId, $process[0].CreationDate.ToUniversalTime()
}

# Whether RasMan still runs with the privileges that it had before the last change of this script.
function Test-RasManOutdated {
    Test-RasManMark -Name 'RasManAtChange'
}

# Objects of CIM, which may hang and is waited for a minute.
function Get-CimObject {
    param([string] $ClassName, [string] $Filter)

    $query = @{ ClassName = $ClassName; OperationTimeoutSec = 60; ErrorAction = 'Stop' }
    if ($Filter) {
        $query['Filter'] = $Filter
    }
    Get-CimInstance @query
}

# The service as CIM shows it.
function Get-RasManService {
    $services = @(Get-CimObject -ClassName 'Win32_Service' -Filter "Name = 'RasMan'")
    if (1 -ne $services.Count) {
        throw 'the service RasMan is not there'
    }
    $services[0]
}

# Why RasMan is not to be restarted now; nothing if it may be. Any doubt is a reason.
function Get-RestartObstacle {
    try {
        $service = Get-RasManService
        if ('Running' -ne $service.State) {
            # A service that hangs while it starts or stops would be waited for without end.
            return 'its state is {0}' -f $service.State
        }
        $inProcess = @(Get-CimObject -ClassName 'Win32_Service' -Filter "ProcessId = $($service.ProcessId)")
        if (1 -ne $inProcess.Count) {
            return 'it shares its process with another service'
        }
        if (Test-RasManMark -Name 'RasManAtRestart') {
            return 'a restart was begun before and it still runs in the same process'
        }
        $names = @(Get-PhonebookName)
        foreach ($interface in @(Get-NetIPInterface -ErrorAction Stop)) {
            if ($names -contains $interface.InterfaceAlias) {
                return 'a tunnel is connected'
            }
        }
    } catch {
        'it cannot be told whether that is safe: {0}' -f (ConvertTo-PlainError -ErrorRecord $_)
    }
}

# Restarts the service, so that it runs with the privileges that are stored. A process for which that was
# begun is left alone from then on, whatever became of it.
function Restart-RasMan {
    Set-RasManMark -Name 'RasManAtRestart' -Value (Get-RasManProcess)
    # It warns on the output that it waits, in words that would stand before the result.
    Restart-Service -Name 'RasMan' -Force -WarningAction SilentlyContinue -ErrorAction Stop
    Complete-RasManStart
}

# Whether RasMan does not run although this script has begun to restart it, since Windows started.
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

# Starts the service, which a restart left stopped.
function Start-RasMan {
    Start-Service -Name 'RasMan' -WarningAction SilentlyContinue -ErrorAction Stop
    Complete-RasManStart
}

# Forgets the restart, unless the service still runs in the process that it had before.
function Complete-RasManStart {
    if ($null -eq (Get-RasManProcess)) {
        throw 'RasMan does not run after it was started'
    }
    if (-not (Test-RasManMark -Name 'RasManAtRestart')) {
        Set-RasManMark -Name 'RasManAtRestart' -Value ''
    }
}
