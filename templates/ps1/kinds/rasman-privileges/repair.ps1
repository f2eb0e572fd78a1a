# Adds the missing privileges at the end of the list, and removes nothing.
function Repair-StoredCondition {
    param([hashtable] $Settings, [hashtable] $Found)

    $privileges = Get-RasManPrivilege
    if ($null -eq $privileges) {
        return New-Outcome -Changed $false
    }
    $missing = @(Get-MissingPrivilege -Settings $Settings -Listed $privileges['List'])
    if (0 -eq $missing.Count) {
        return New-Outcome -Changed $false
    }
    Set-RasManPrivilege -Privilege ([string[]] ($privileges['List'] + $missing))
    New-Outcome -Changed $true
}

# Starts the service if an earlier restart left it stopped, even if the settings no longer allow restarts.
# Restarts it if that is allowed now and the list is correct, only in the first round of a run.
function Repair-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Found, [int] $Round)

    if (Test-RasManStopped) {
        Start-RasMan
        return New-Outcome -Changed $true
    }
    #region only: restart
    $isAsked = 'when-disconnected' -eq $Settings['Restart'] -and 1 -eq $Round
    $isAsked = $isAsked -and 'healthy' -eq (Test-StoredCondition -Settings $Settings)['State']
    if ($isAsked -and (Test-RasManOutdated) -and -not (Get-RestartObstacle)) {
        Restart-RasMan
        return New-Outcome -Changed $true
    }
    #endregion
    New-Outcome -Changed $false
}
