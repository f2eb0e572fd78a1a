# Does a VPN profile have its routes? Admins report that Windows lost routes from phonebooks, did not install
# them when it connected, or kept removed ones.

# The number of configured routes.
function Get-Want {
    param([hashtable] $Settings)

    @{ routes = @($Settings['Routes']).Count }
}

# The routes that must change. Change is missing, metric (another one is stored, Was) or stale.
function Compare-StoredRoute {
    param([hashtable] $Settings, [object[]] $Stored)

    $known = @{}
    foreach ($route in $Stored) {
        $known[$route['Id']] += @($route)
    }
    $keys = @{}
    foreach ($route in ConvertTo-Route -Text $Settings['Routes']) {
        $keys[$route['Key']] = $true
        if (-not $known.ContainsKey($route['Id'])) {
            $route['Change'] = 'missing'
            $route
        }
        #region only: metrics
        if ($null -ne $route['Metric']) {
            $metrics = @(foreach ($one in $known[$route['Id']]) { Get-StoredMetric -Route $one })
            $others = @($metrics -ne $route['Metric'])
            if ($others.Count -gt 0) {
                $route + @{ Change = 'metric'; Was = $others[0] }
            }
        }
        #endregion
    }
    #region only: stale
    if ('remove' -eq $Settings['Stale']) {
        foreach ($route in $Stored) {
            # One command removes all records of a route (unconfirmed).
            if (-not $route['Exclude'] -and -not $keys.ContainsKey($route['Key'])) {
                $route + @{ Change = 'stale'; Text = ConvertFrom-RouteKey -Key $route['Key'] }
                $keys[$route['Key']] = $true
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
        $texts = @(foreach ($one in $Route) {
                if ($change -eq $one['Change']) {
                    @{ $false = ''; $true = 'exclude ' }[$one['Exclude']] + $one['Text']
                }
            })
        if ($texts.Count -gt 0) {
            $found[$change] = $texts
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

    $wanted = @(ConvertTo-Route -Text $Settings['Routes'])
    $families = @($Interface | ForEach-Object { "$($_.AddressFamily)" })
    $live = @{}
    foreach ($route in Get-LiveRoute -Interface $Interface[0]) {
        $live[$route['Key']] = $true
    }
    $missing = @(foreach ($route in $wanted) {
            $isOurs = -not $route['Exclude'] -and $families -contains $route['Family']
            if ($isOurs -and -not $live.ContainsKey($route['Key'])) {
                $route
            }
        })
    if (0 -eq $missing.Count) {
        return
    }
    $exclusions = @()
    #region only: exclusions
    $exclusions = @($wanted | Where-Object { $_['Exclude'] })
    #endregion
    #region only: stored
    $exclusions += @(Get-ProfileRoute -Settings $Settings | Where-Object { $_['Exclude'] })
    #endregion
    $outer = @{}
    foreach ($exclusion in $exclusions) {
        for ($bits = Get-NetworkBit -Route $exclusion; $bits.Length -gt 2; $bits = $bits -replace '.\z') {
            $outer[$bits] = $true
        }
    }
    foreach ($route in $missing) {
        $route['Waits'] = $outer.Count -gt 0 -and $outer.ContainsKey((Get-NetworkBit -Route $route))
        $route
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
    $found = @{ live = @{ missing = @(foreach ($route in $missing) { $route['Text'] }) } }
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
