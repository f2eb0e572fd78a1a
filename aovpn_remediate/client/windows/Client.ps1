# The simulated client itself: events between two scripts, files that other programs hold or change, time,
# a full disk, and calls that fail.

# Prepares the client for a script: what happened since the last one, and what should happen during this one.
function Start-Client {
    switch ($global:Client.then) {
        'reconnect' { Restart-RasConnection }
        'restart' { Restart-Windows }
        'shut down' { Restart-Windows -KeepServices }
    }
    $script:locks = @(foreach ($lock in $global:Client.locks) {
        $stream = [IO.File]::Open($lock.path, 'Open', 'ReadWrite', 'None')
        @{ Stream = $stream; Tries = $lock.tries }
    })
    # The engine calls this before it looks up any command: a cmdlet or a function of the script. Commands in this
    # block cause another call, so it uses them only for a name that matters.
    $script:watched = Get-WatchedName
    if ($script:watched.Count -gt 0) {
        $ExecutionContext.InvokeCommand.PreCommandLookupAction = {
            param([string] $Name, $Lookup)

            if ($script:watched.ContainsKey($Name)) {
                Watch-Command -Name $Name -Lookup $Lookup
            }
        }
    }
}

# The commands during which something happens.
function Get-WatchedName {
    $names = [Collections.Hashtable]::new([StringComparer]::OrdinalIgnoreCase)
    foreach ($name in @($global:Client.faults.PSObject.Properties | ForEach-Object { $_.Name })) {
        $names[$name] = $true
    }
    foreach ($change in $global:Client.changes) {
        $names[$change.command] = $true
    }
    if ($global:Client.isDiskFull) {
        $names['New-Object'] = $true
    }
    $names
}

# Releases the files that are still held, and ends all events.
function Stop-Client {
    $ExecutionContext.InvokeCommand.PreCommandLookupAction = $null
    foreach ($lock in $script:locks) {
        $lock['Stream'].Dispose()
    }
    $script:locks = @()
}

# Refuses a call. The case fails, even if the script catches the error.
function Deny-Call {
    param([string] $Reason)

    $global:Client.refused = @($global:Client.refused) + $Reason
    throw $Reason
}

# The host with the name of Intune's. It refuses to end PowerShell, because that exit code cannot be read here. Called
# once for each runspace.
function Watch-Host {
    $Host.PSObject.Properties.Add([Management.Automation.PSNoteProperty]::new('Name', 'ConsoleHost'))
    $refuse = { Deny-Call -Reason 'the simulated client does not support $Host.SetShouldExit; use exit' }
    $Host.PSObject.Methods.Add([Management.Automation.PSScriptMethod]::new('SetShouldExit', $refuse))
}

# The error action of a compiled command of Windows without -ErrorAction: the preference of the caller. The commands
# of NetTCPIP, NetAdapter, NetConnection and VpnClient are functions of their modules and do not see it (unconfirmed).
function Get-CallerPreference {
    param($Cmdlet, [Collections.IDictionary] $Bound)

    if ($Bound.ContainsKey('ErrorAction')) {
        return $Bound['ErrorAction']
    }
    $Cmdlet.SessionState.PSVariable.GetValue('ErrorActionPreference')
}

# An object with the type name that it has on Windows, which parameters check.
function Add-CimClass {
    param($Object, [string] $Class)

    $Object.PSObject.TypeNames.Insert(0, "Microsoft.Management.Infrastructure.CimInstance#$Class")
    $Object
}

# An error of Windows.
function New-ClientError {
    param([string] $Message, [string] $Category = 'NotSpecified', [string] $ErrorId = 'Windows')

    [Management.Automation.ErrorRecord]::new([Exception]::new($Message), $ErrorId, $Category, $null)
}

# Writes an error of the stand-in that called this. $PSCmdlet is that of the nearest caller that has one, so the
# functions between must not have one.
function Write-ClientError {
    param([string] $Message, [string] $Category = 'NotSpecified', [string] $ErrorId = 'Windows')

    $PSCmdlet.WriteError((New-ClientError @PSBoundParameters))
}

# What happens when a command is called: another program writes a phonebook, a file is made on a full disk, the call
# fails.
function Watch-Command {
    param([string] $Name, $Lookup)

    foreach ($change in $global:Client.changes) {
        if ($change.command -eq $Name -and $change.adds) {
            $bytes = [IO.File]::ReadAllBytes($change.path) + [Convert]::FromBase64String($change.adds)
            [IO.File]::WriteAllBytes($change.path, $bytes)
            $change.adds = ''
        }
    }
    if ($global:Client.isDiskFull -and 'New-Object' -eq $Name) {
        $Lookup.CommandScriptBlock = ${function:New-ObjectOnFullDisk}
        $Lookup.StopSearch = $true
    }
    $fault = $global:Client.faults.PSObject.Properties[$Name]
    if ($null -ne $fault) {
        $global:Client.met = @($global:Client.met) + $fault.Name
        $Lookup.CommandScriptBlock = Get-FailingCommand -Name $Name -Text $fault.Value
        $Lookup.StopSearch = $true
    }
}

# A command that only fails: a program with exit code 1, most commands of Windows with a non-terminating error, all
# others and functions of the script with an exception.
function Get-FailingCommand {
    param([string] $Name, [string] $Text)

    if ('rasdial', 'rasdial.exe', 'taskkill', 'taskkill.exe' -contains $Name) {
        return {
            $Text
            $global:LASTEXITCODE = 1
        }.GetNewClosure()
    }
    $isOfWindows = $ExecutionContext.SessionState.Module.ExportedFunctions.ContainsKey($Name) -or
        $null -ne $ExecutionContext.InvokeCommand.GetCmdlet($Name)
    if (-not $isOfWindows -or 'New-Object', 'Add-Type', 'ConvertFrom-Json', 'ConvertTo-Json', 'Write-Error' -contains $Name) {
        return { throw $Text }.GetNewClosure()
    }
    $isCompiled = $Name -notmatch '-(Net|Vpn)'
    $preference = ${function:Get-CallerPreference}
    $record = New-ClientError -Message $Text
    {
        [CmdletBinding(PositionalBinding = $false)]
        param(
            [Parameter(ValueFromRemainingArguments = $true)] $Given,
            [Parameter(ValueFromPipeline = $true)] $Piped
        )

        if ($isCompiled) {
            $ErrorActionPreference = & $preference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        }
        $PSCmdlet.WriteError($record)
    }.GetNewClosure()
}

# A file on a full disk: it can be created, and the first byte can be written.
class FileOnFullDisk : IO.FileStream {
    FileOnFullDisk([string] $path) : base($path, 'CreateNew', 'Write', 'None') {
    }

    [void] Write([byte[]] $bytes, [int] $offset, [int] $count) {
        ([IO.FileStream] $this).WriteByte($bytes[$offset])
        # ERROR_DISK_FULL
        throw (New-Object -TypeName IO.IOException -ArgumentList 'There is not enough space on the disk.', -2147024784)
    }
}

# New-Object on a client whose disk is full.
function New-ObjectOnFullDisk {
    param([Parameter(Position = 0)] [string] $TypeName, [Parameter(Position = 1)] [object[]] $ArgumentList)

    if ('IO.FileStream', 'System.IO.FileStream' -contains $TypeName) {
        return [FileOnFullDisk]::new($ArgumentList[0])
    }
    Microsoft.PowerShell.Utility\New-Object @PSBoundParameters
}

# No time passes here. A file that another program holds is released after the number of tries in the job. Intune ends
# a script after an hour (Intune, Remediations), so nothing may sleep for longer in sum.
function Start-Sleep {
    [CmdletBinding(DefaultParameterSetName = 'Seconds')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ParameterSetName = 'Seconds', ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [int] $Seconds,
        [Parameter(Mandatory = $true, ParameterSetName = 'Milliseconds', ValueFromPipelineByPropertyName = $true)] [int] $Milliseconds
    )

    process {
        $global:Client.sleeps += 1
        $global:Client.slept += $Seconds + $Milliseconds / 1000
        if ($global:Client.slept -gt 3600) {
            Deny-Call -Reason 'Start-Sleep waits for more than an hour in sum; Intune ends a script after 60 minutes'
        }
        foreach ($lock in $script:locks) {
            $lock['Tries'] -= 1
            if (0 -eq $lock['Tries']) {
                $lock['Stream'].Dispose()
            }
        }
    }
}

# Records an event that leaves no other trace.
function Add-ClientEvent {
    param([string] $Text)

    $global:Client.events = @($global:Client.events) + $Text
}

# Whether a call for a certain object fails on purpose, with a non-terminating error. Faults of a whole command are
# handled before.
function Test-Fault {
    param([string] $Command, [string[]] $Subject)

    foreach ($one in $Subject) {
        $fault = $global:Client.faults.PSObject.Properties["$Command $one"]
        if ($null -ne $fault) {
            $global:Client.met = @($global:Client.met) + $fault.Name
            Write-ClientError -Message $fault.Value
            return $true
        }
    }
    $false
}

# Windows shuts down and starts. With Fast Startup, which is the default, a shutdown does not restart services
# (unconfirmed).
function Restart-Windows {
    param([switch] $KeepServices)

    if (-not $KeepServices) {
        foreach ($service in @($global:Client.cim.Win32_Service)) {
            Start-ServiceProcess -Service $service
        }
    }
    Restart-RasConnection
}

# Whether a text fits one of some patterns.
function Test-Pattern {
    param([string] $Text, [string[]] $Pattern)

    foreach ($one in $Pattern) {
        if ($Text -like $one) {
            return $true
        }
    }
    $false
}

# Only SYSTEM may change the live state and HKLM:, and its user name ends with $ (unconfirmed).
function Confirm-System {
    if ($env:USERNAME -like '*$') {
        return $true
    }
    Write-ClientError -Message 'Access is denied.' -Category PermissionDenied -ErrorId 'Windows System Error 5'
    $false
}
