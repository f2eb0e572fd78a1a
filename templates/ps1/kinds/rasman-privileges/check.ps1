# Does the service RasMan have the privileges that it needs to install routes (unconfirmed; from reports of
# admins)? Windows removes from a service the privileges that its value RequiredPrivileges does not list,
# except SeChangeNotifyPrivilege. Services in one process share theirs. Without that value nothing is
# removed. Source: Win32 reference, SERVICE_REQUIRED_PRIVILEGES_INFOW.

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
        return New-Finding -State 'healthy' -Detail 'RasMan has no list, so Windows removes no privilege'
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
# when Fast Startup is on (unconfirmed). Only the first round of a repair may restart it.
function Test-LiveCondition {
    param([hashtable] $Settings, [int] $Round)

    if (Test-RasManStopped) {
        return New-Finding -State 'issue' -Detail 'RasMan is stopped since this package tried to restart it'
    }
    if (-not (Test-RasManOutdated)) {
        $detail = 'RasMan was started after the last change, or nothing was changed'
        return New-Finding -State 'healthy' -Detail $detail
    }
    $detail = 'the new privileges are stored; they count when Windows is restarted (Restart, not Shut down)'
    #region only: restart
    if ('when-disconnected' -eq $Settings['Restart']) {
        $obstacle = Get-RestartObstacle
        if ($obstacle) {
            $detail = '{0}; RasMan is not restarted now: {1}' -f $detail, $obstacle
        } elseif (0 -eq $Round) {
            return New-Finding -State 'issue' -Detail 'RasMan must be restarted, and nothing is connected'
        }
    }
    #endregion
    New-Finding -State 'pending' -Detail $detail
}
