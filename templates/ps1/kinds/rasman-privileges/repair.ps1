# Adds what is missing to the list, keeps its order, and removes nothing.
function Repair-StoredCondition {
    param([hashtable] $Settings, [hashtable] $Found)

    $privileges = Get-RasManPrivilege
    if ($null -eq $privileges) {
        return $false
    }
    $missing = @(Get-MissingPrivilege -Settings $Settings -Listed $privileges['List'])
    if (0 -eq $missing.Count) {
        return $false
    }
    Set-RasManPrivilege -Privilege ([string[]] ($privileges['List'] + $missing))
    $true
}

# Starts the service if an earlier restart left it stopped, also where none is asked for any more. Restarts it
# if that is allowed now and the list is right, and once in a run, whatever is found afterwards.
function Repair-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Found)

    if (Test-RasManStopped) {
        Start-RasMan
        return $true
    }
    $isAsked = 'when-disconnected' -eq $Settings['Restart']
    $isAsked = $isAsked -and 'healthy' -eq (Test-StoredCondition -Settings $Settings)['State']
    if ($isAsked -and (Test-RasManOutdated) -and -not (Get-RestartObstacle)) {
        $Settings['Restart'] = 'never'
        Restart-RasMan
        $true
    }
}
