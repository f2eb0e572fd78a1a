# Does the service RasMan have the privileges that it needs to install routes? Windows leaves a service only
# those that its registry key lists; where there is no list, it has them all.

# The wanted privileges.
function Get-Want {
    param([hashtable] $Settings)

    @{ privileges = @($Settings['Privileges']).Count }
}

# The wanted privileges that a list lacks.
function Get-MissingPrivilege {
    param([hashtable] $Settings, [string[]] $Listed)

    foreach ($privilege in $Settings['Privileges']) {
        if ($Listed -notcontains $privilege) {
            $privilege
        }
    }
}

# Looks at the list in the registry.
function Test-StoredCondition {
    param([hashtable] $Settings)

    $privileges = Get-RasManPrivilege
    if ($null -eq $privileges) {
        return New-Finding -State 'healthy' -Detail 'RasMan is not restricted'
    }
    $missing = @(Get-MissingPrivilege -Settings $Settings -Listed $privileges['List'])
    if (0 -eq $missing.Count) {
        return New-Finding -State 'healthy' -Detail 'RasMan has the wanted privileges'
    }
    $detail = 'RasMan lacks {0} of {1} wanted privileges' -f $missing.Count, @($Settings['Privileges']).Count
    New-Finding -State 'issue' -Detail $detail -Found @{ stored = @{ missing = $missing } }
}

# Checks the running service: what is written counts from its next start. A shutdown does not restart services
# when Fast Startup is on. Data is there once this script has restarted the service.
function Test-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Data)

    if (Test-RasManStopped) {
        return New-Finding -State 'issue' -Detail 'a restart of RasMan was begun before and it does not run'
    }
    if (-not (Test-RasManOutdated)) {
        $detail = 'RasMan runs in no process that is older than the last change of this script'
        return New-Finding -State 'healthy' -Detail $detail
    }
    $detail = 'RasMan still runs with its old privileges until Windows is restarted (restart, not shut down)'
    #region only: restart
    if ('when-disconnected' -eq $Settings['Restart'] -and $null -eq $Data) {
        $obstacle = Get-RestartObstacle
        if (-not $obstacle) {
            return New-Finding -State 'issue' -Detail 'RasMan is to be restarted and nothing is connected'
        }
        $detail = '{0}; RasMan alone is not restarted now: {1}' -f $detail, $obstacle
    }
    #endregion
    New-Finding -State 'pending' -Detail $detail
}
