# Does the service RasMan have the privileges that it needs to install routes? Windows removes from a service
# all privileges that its value RequiredPrivileges does not list. Without that value the service has all of
# them. Source: Win32 reference, SERVICE_REQUIRED_PRIVILEGES_INFOW.

# The number of configured privileges.
function Get-Want {
    param([hashtable] $Settings)

    @{ privileges = @($Settings['Privileges']).Count }
}

# The configured privileges that a list does not have.
function Get-MissingPrivilege {
    param([hashtable] $Settings, [string[]] $Listed)

    foreach ($privilege in $Settings['Privileges']) {
        if ($Listed -notcontains $privilege) {
            $privilege
        }
    }
}

# Checks the list in the registry.
function Test-StoredCondition {
    param([hashtable] $Settings)

    $privileges = Get-RasManPrivilege
    if ($null -eq $privileges) {
        return New-Finding -State 'healthy' -Detail 'RasMan is not restricted'
    }
    $missing = @(Get-MissingPrivilege -Settings $Settings -Listed $privileges['List'])
    if (0 -eq $missing.Count) {
        return New-Finding -State 'healthy' -Detail 'RasMan has the configured privileges'
    }
    $count = @($Settings['Privileges']).Count
    $detail = 'RasMan lacks {0} of {1} configured privileges' -f $missing.Count, $count
    New-Finding -State 'issue' -Detail $detail -Found @{ stored = @{ missing = $missing } }
}

# Checks the running service: a change takes effect at its next start. A shutdown does not restart services
# when Fast Startup is on (unconfirmed). There is Data after this script has restarted the service.
function Test-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Data)

    if (Test-RasManStopped) {
        return New-Finding -State 'issue' -Detail 'an earlier restart left RasMan stopped'
    }
    if (-not (Test-RasManOutdated)) {
        $detail = 'this script has not changed the privileges since RasMan was started'
        return New-Finding -State 'healthy' -Detail $detail
    }
    $detail = 'RasMan still runs with its old privileges until Windows is restarted (restart, not shut down)'
    #region only: restart
    if ('when-disconnected' -eq $Settings['Restart'] -and $null -eq $Data) {
        $obstacle = Get-RestartObstacle
        if (-not $obstacle) {
            return New-Finding -State 'issue' -Detail 'RasMan must be restarted, and nothing is connected'
        }
        $detail = '{0}; RasMan is not restarted now: {1}' -f $detail, $obstacle
    }
    #endregion
    New-Finding -State 'pending' -Detail $detail
}
