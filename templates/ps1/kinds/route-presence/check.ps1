# Does a VPN profile have its routes? Admins report that Windows lost routes from phonebooks, did not install
# them when it connected, or kept removed ones.

# The number of configured routes.
function Get-Want {
    param([hashtable] $Settings)

    @{ routes = @($Settings['Routes']).Count }
}

# The configured routes, as prefixes with Metric ($null accepts any) and Exclude. The settings name these two
# only if a route needs them.
function Get-WantedRoute {
    param([hashtable] $Settings)

    foreach ($route in $Settings['Routes']) {
        $prefix = ConvertTo-Prefix -Text $route['Prefix']
        $prefix['Metric'] = $route['Metric']
        $prefix['Exclude'] = $route['Exclude']
        $prefix
    }
}

# The differences between stored and configured routes: Missing, Metric (another one is stored) and Stale.
function Compare-StoredRoute {
    param([hashtable] $Settings, [object[]] $Stored)

    $wanted = @(Get-WantedRoute -Settings $Settings)
    $difference = @{ Missing = @(); Metric = @(); Stale = @() }
    foreach ($route in $wanted) {
        $id = Get-RouteId -Route $route
        $same = @($Stored | Where-Object { $id -eq (Get-RouteId -Route $_) })
        if (0 -eq $same.Count) {
            $difference['Missing'] += $route
        }
        #region only: metrics
        $others = @($same | Where-Object { $route['Metric'] -ne $_['Metric'] })
        if ($null -ne $route['Metric'] -and $others.Count -gt 0) {
            $route['Was'] = $others[0]['Metric']
            $difference['Metric'] += $route
        }
        #endregion
    }
    #region only: stale
    if ('remove' -eq $Settings['Stale']) {
        $keys = @($wanted | ForEach-Object { $_['Key'] })
        foreach ($route in $Stored) {
            # One command removes all records of a route (unconfirmed).
            if (-not $route['Exclude'] -and $keys -notcontains $route['Key']) {
                $difference['Stale'] += $route
                $keys += $route['Key']
            }
        }
    }
    #endregion
    $difference
}

# The differences as texts for the result line.
function ConvertTo-FoundRoute {
    param([hashtable] $Difference)

    $found = [ordered] @{}
    foreach ($part in 'Missing', 'Metric', 'Stale') {
        $texts = foreach ($route in $Difference[$part]) {
            if ($route['Exclude']) { 'exclude ' + $route['Text'] } else { $route['Text'] }
        }
        if ($null -ne $texts) {
            $found[$part.ToLowerInvariant()] = @($texts)
        }
    }
    $found
}

# The number of routes in each difference, in words.
function Get-RouteCount {
    param([Collections.IDictionary] $Found)

    @(foreach ($part in $Found.Keys) { '{0} {1}' -f @($Found[$part]).Count, $part }) -join ', '
}

# Checks the routes in the phonebook, which Windows installs at each connection.
function Test-StoredCondition {
    param([hashtable] $Settings)

    $open = Open-ProfileEntry -Settings $Settings
    if ($null -ne $open['Refusal']) {
        return $open['Refusal']
    }
    $stored = @(Get-StoredRoute -Entry $open['Entry'].Value)
    $found = ConvertTo-FoundRoute -Difference (Compare-StoredRoute -Settings $Settings -Stored $stored)
    $data = @{ Stored = $stored }
    if ($found.Count -gt 0) {
        $detail = 'stored routes: {0}' -f (Get-RouteCount -Found $found)
        return New-Finding -State 'issue' -Detail $detail -Found @{ stored = $found } -Data $data
    }
    $detail = 'the stored routes are as configured'
    New-Finding -State 'healthy' -Detail $detail -Found @{ stored = $found } -Data $data
}

# The configured routes that a connected interface does not have. Its other routes are not an issue: its own
# address, multicast, the class-based route, routes from DHCP.
function Get-MissingLiveRoute {
    param([hashtable] $Settings, [object[]] $Interface)

    $families = @($Interface | ForEach-Object { "$($_.AddressFamily)" })
    $live = @(Get-LiveRoute -Interface $Interface[0] | ForEach-Object { $_['Key'] })
    foreach ($route in @(Get-WantedRoute -Settings $Settings)) {
        $isOurs = -not $route['Exclude'] -and $families -contains $route['Family']
        if ($isOurs -and $live -notcontains $route['Key']) {
            $route
        }
    }
}

# The routes that may be added to a connected interface: those without a configured or stored exclusion
# inside. Windows applies exclusions only at a connection (unconfirmed), so another route would take the
# excluded addresses into the tunnel.
function Select-SafeRoute {
    param([hashtable] $Settings, [object[]] $Route, [hashtable] $Data)

    $exclusions = @()
    #region only: exclusions
    $exclusions = @(Get-WantedRoute -Settings $Settings | Where-Object { $_['Exclude'] })
    #endregion
    #region only: stored
    if ($null -ne $Data) {
        $exclusions += @($Data['Stored'] | Where-Object { $_['Exclude'] })
    }
    #endregion
    foreach ($one in $Route) {
        if (0 -eq @($exclusions | Where-Object { Test-RouteWithin -Route $_ -Outer $one }).Count) {
            $one
        }
    }
}

# Checks the routes of the connected interface.
function Test-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Data)

    $interface = @(Get-LiveInterface -Alias $Settings['Profile'])
    if (0 -eq $interface.Count) {
        return New-Finding -State 'healthy' -Detail 'not connected'
    }
    $missing = @(Get-MissingLiveRoute -Settings $Settings -Interface $interface)
    if (0 -eq $missing.Count) {
        return New-Finding -State 'healthy' -Detail 'the live routes are as configured'
    }
    $found = @{ live = ConvertTo-FoundRoute -Difference @{ Missing = $missing; Metric = @(); Stale = @() } }
    $detail = 'live routes: {0} missing' -f $missing.Count
    #region only: report
    if ('report' -eq $Settings['Live']) {
        $detail = '{0}; {1}' -f $detail, (Get-Outlook -Settings $Settings)
        return New-Finding -State 'pending' -Detail $detail -Found $found
    }
    #endregion
    #region only: live-repair
    $safe = @(Select-SafeRoute -Settings $Settings -Route $missing -Data $Data)
    if ($safe.Count -gt 0) {
        return New-Finding -State 'issue' -Detail $detail -Found $found
    }
    $detail += ', not added because each contains an exclusion; {0}' -f (Get-Outlook -Settings $Settings)
    New-Finding -State 'pending' -Detail $detail -Found $found
    #endregion
}
