# The simulated client itself: files that others hold, time, and faults.

# Opens the files that another program holds for the job's first tries.
function Start-Client {
    $script:locks = @(foreach ($lock in $global:Client.locks) {
        $stream = [IO.File]::Open($lock.path, 'Open', 'ReadWrite', 'None')
        @{ Stream = $stream; Tries = $lock.tries }
    })
}

# Lets go of whatever is still held.
function Stop-Client {
    foreach ($lock in $script:locks) {
        $lock['Stream'].Dispose()
    }
}

# No time passes here; a file that is held is let go after as many tries as the job says.
function Start-Sleep {
    [CmdletBinding(DefaultParameterSetName = 'Seconds')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ParameterSetName = 'Seconds')] [int] $Seconds,
        [Parameter(Mandatory = $true, ParameterSetName = 'Milliseconds')] [int] $Milliseconds
    )

    $global:Client.sleeps += 1
    foreach ($lock in $script:locks) {
        $lock['Tries'] -= 1
        if (0 -eq $lock['Tries']) {
            $lock['Stream'].Dispose()
        }
    }
}

# Fails a call on purpose, with the text that the job gives for the command, or for it and its subject.
function Invoke-Fault {
    param([string] $Command, [string] $Subject = '')

    foreach ($name in $Command, "$Command $Subject") {
        $fault = $global:Client.faults.PSObject.Properties[$name]
        if ($null -ne $fault) {
            throw $fault.Value
        }
    }
}
