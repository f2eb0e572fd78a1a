# Does a VPN profile have its routes? Admins report that Windows lost routes from phonebooks, did not install
# them when it connected, or kept removed ones.

# The number of configured routes.
function Get-Want {
    param([hashtable] $Settings)

    @{ routes = @($Settings['Routes']).Count }
}

# The configured routes, as prefixes with Metric ($null accepts any). The settings name Metric and Exclude
# only if a route needs them.
function Get-WantedRoute {
    param([hashtable] $Settings)

    foreach ($route in $Settings['Routes']) {
        $prefix = ConvertTo-Prefix -Text $route['Prefix'] -Exclude ([bool] $route['Exclude'])
        $prefix + @{ Metric = $route['Metric'] }
    }
}

# The routes that must change. Change is missing, metric (another one is stored, Was) or stale.
function Compare-StoredRoute {
    param([hashtable] $Settings, [object[]] $Stored)

    $wanted = @(Get-WantedRoute -Settings $Settings)
    foreach ($route in $wanted) {
        $same = @($Stored | Where-Object { $route['Id'] -eq $_['Id'] })
        if (0 -eq $same.Count) {
            $route + @{ Change = 'missing' }
        }
        #region only: metrics
        $others = @($same | Where-Object { $route['Metric'] -ne $_['Metric'] })
        if ($null -ne $route['Metric'] -and $others.Count -gt 0) {
            $route + @{ Change = 'metric'; Was = $others[0]['Metric'] }
        }
        #endregion
    }
    #region only: stale
    if ('remove' -eq $Settings['Stale']) {
        $keys = @($wanted | ForEach-Object { $_['Key'] })
        foreach ($route in $Stored) {
            # One command removes all records of a route (unconfirmed).
            if (-not $route['Exclude'] -and $keys -notcontains $route['Key']) {
                $route + @{ Change = 'stale' }
                $keys += $route['Key']
            }
        }
    }
    #endregion
}

# The routes that must change as texts for the result line.
function ConvertTo-FoundRoute {
    param([object[]] $Route)

    $found = [ordered] @{}
    foreach ($change in 'missing', 'metric', 'stale') {
        $routes = @($Route | Where-Object { $change -eq $_['Change'] })
        if ($routes.Count -gt 0) {
            $found[$change] = @($routes | ForEach-Object { $_['Label'] })
        }
    }
    $found
}

# Checks the routes in the phonebook, which Windows installs at each connection.
function Test-StoredCondition {
    param([hashtable] $Settings)

    $open = Open-ProfileEntry -Settings $Settings
    if ($null -ne $open['Refusal']) {
        return $open['Refusal']
    }
    $stored = @(Get-StoredRoute -Entry $open['Entry'].Value)
    $found = ConvertTo-FoundRoute -Route @(Compare-StoredRoute -Settings $Settings -Stored $stored)
    if ($found.Count -gt 0) {
        $counts = @($found.Keys | ForEach-Object { '{0} {1}' -f $found[$_].Count, $_ }) -join ', '
        return New-Finding -State 'issue' -Detail "stored routes: $counts" -Found @{ stored = $found }
    }
    New-Finding -State 'healthy' -Detail 'the stored routes are as configured' -Found @{ stored = $found }
}

# The configured routes that a connected interface does not have. Its other routes are not an issue: its own
# address, multicast, the class-based route, routes from DHCP. A route that contains a configured or stored
# exclusion Waits: Windows applies exclusions only at a connection (unconfirmed), so the route would take the
# excluded addresses into the tunnel.
function Get-MissingLiveRoute {
    param([hashtable] $Settings, [object[]] $Interface)

    $wanted = @(Get-WantedRoute -Settings $Settings)
    $families = @($Interface | ForEach-Object { "$($_.AddressFamily)" })
    $live = @(Get-LiveRoute -Interface $Interface[0] | ForEach-Object { $_['Key'] })
    $exclusions = @()
    #region only: exclusions
    $exclusions = @($wanted | Where-Object { $_['Exclude'] })
    #endregion
    #region only: stored
    $exclusions += @(Get-ProfileRoute -Settings $Settings | Where-Object { $_['Exclude'] })
    #endregion
    foreach ($route in $wanted) {
        $isOurs = -not $route['Exclude'] -and $families -contains $route['Family']
        if ($isOurs -and $live -notcontains $route['Key']) {
            $inside = @($exclusions | Where-Object { Test-RouteWithin -Route $_ -Outer $route })
            $route + @{ Waits = $inside.Count -gt 0 }
        }
    }
}

# Checks the routes of the connected interface.
function Test-LiveCondition {
    param([hashtable] $Settings, [int] $Round)

    $interface = @(Get-LiveInterface -Alias $Settings['Profile'])
    if (0 -eq $interface.Count) {
        return New-Finding -State 'healthy' -Detail 'not connected'
    }
    $missing = @(Get-MissingLiveRoute -Settings $Settings -Interface $interface)
    if (0 -eq $missing.Count) {
        return New-Finding -State 'healthy' -Detail 'the live routes are as configured'
    }
    $found = @{ live = @{ missing = @($missing | ForEach-Object { $_['Text'] }) } }
    $detail = 'live routes: {0} missing' -f $missing.Count
    #region only: report
    if ('report' -eq $Settings['Live']) {
        $detail = '{0}; {1}' -f $detail, (Get-Outlook -Settings $Settings)
        return New-Finding -State 'pending' -Detail $detail -Found $found
    }
    #endregion
    #region only: live-repair
    if (@($missing | Where-Object { -not $_['Waits'] }).Count -gt 0) {
        return New-Finding -State 'issue' -Detail $detail -Found $found
    }
    $detail += ', not added because each contains an exclusion; {0}' -f (Get-Outlook -Settings $Settings)
    New-Finding -State 'pending' -Detail $detail -Found $found
    #endregion
}
