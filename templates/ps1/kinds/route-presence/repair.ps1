# Corrects the stored routes. If Windows' route commands change more of the entry, it is put back.
function Repair-StoredCondition {
    param([hashtable] $Settings, [hashtable] $Found)

    if (Restore-ScopePhonebook -Scope $Settings['Scope']) {
        return New-Outcome -Changed $true
    }
    $saved = Open-ProfileEntry -Settings $Settings
    if ($null -ne $saved['Refusal']) {
        throw $saved['Refusal']['Detail']
    }
    $stored = @(Get-StoredRoute -Entry $saved['Entry'].Value)
    $difference = Compare-StoredRoute -Settings $Settings -Stored $stored
    $gone = @()
    #region only: stale
    $gone = @(Get-GoneRoute -Found $Found -Difference $difference)
    #endregion
    if (0 -eq @(Get-TouchedId -Difference $difference).Count) {
        return New-Outcome -Changed $false -Data @{ Stored = $stored; Gone = $gone }
    }
    # Windows' route commands write the phonebook themselves. If this script is killed before it has checked
    # what they did, the copy stays.
    $copy = Save-PhonebookCopy -Path $saved['Path'] -Text $saved['Text']
    $set = Set-StoredRoute -Settings $Settings -Difference $difference
    $check = Confirm-OtherContent -Settings $Settings -Saved $saved -Difference $difference
    if ('backup' -eq $check['Copy']) {
        Complete-PhonebookCopy -Path $saved['Path'] -Copy $copy
    } elseif ('unneeded' -eq $check['Copy']) {
        Remove-UnneededFile -Path $copy
    }
    #region only: stale
    if (-not $check['IsPutBack']) {
        $gone += $set['Removed']
    }
    #endregion
    $problems = $set['Problem'] + $check['Problem']
    New-Outcome -Changed $true -Problem $problems -Data @{ Stored = $stored; Gone = $gone }
}

# The identities of the routes that the route commands may change.
function Get-TouchedId {
    param([hashtable] $Difference)

    foreach ($route in $Difference['Missing'] + $Difference['Metric'] + $Difference['Stale']) {
        Get-RouteId -Route $route
    }
}

#region only: stale
# The stale routes that the check found, and that another program has removed from the profile since then.
function Get-GoneRoute {
    param([hashtable] $Found, [hashtable] $Difference)

    $stored = $Found['stored']
    if ($null -eq $stored) {
        # The phonebook could not be read then.
        return
    }
    $there = @($Difference['Stale'] | ForEach-Object { $_['Text'] })
    foreach ($text in $stored['stale']) {
        if ($there -notcontains $text) {
            $text
        }
    }
}
#endregion

# Adds and corrects routes, as far as the settings ask for it: exclusions first, so that no connection takes
# their addresses into the tunnel, and stale routes last. After a problem nothing is removed. Returns Problem,
# and Removed: the texts of the removed routes.
function Set-StoredRoute {
    param([hashtable] $Settings, [hashtable] $Difference)

    $routes = @($Difference['Metric'] + $Difference['Missing'])
    #region only: exclusions
    $exclusions = @($routes | Where-Object { $_['Exclude'] })
    $routes = @($routes | Where-Object { -not $_['Exclude'] })
    if ($exclusions.Count -gt 0) {
        $problem = Get-ActionProblem -Action { Write-Exclusion -Settings $Settings -Route $exclusions }
        if ($problem) {
            return @{ Problem = @($problem); Removed = @() }
        }
    }
    #endregion
    $added = Invoke-EachRoute -Route $routes -Action {
        param([hashtable] $Route)

        #region only: metrics
        if ($null -ne $Route['Was']) {
            return Set-StoredMetric -Settings $Settings -Route $Route
        }
        #endregion
        Add-StoredRoute -Settings $Settings -Prefix $Route['Text'] -Metric $Route['Metric']
    }
    $result = @{ Problem = $added['Problem']; Removed = @() }
    #region only: stale
    if (0 -eq $added['Problem'].Count) {
        $removed = Invoke-EachRoute -Route $Difference['Stale'] -Action {
            param([hashtable] $Route)

            Remove-StoredRoute -Settings $Settings -Prefix $Route['Text']
        }
        $texts = @($removed['Done'] | ForEach-Object { $_['Text'] })
        $result = @{ Problem = $removed['Problem']; Removed = $texts }
    }
    #endregion
    $result
}

#region only: metrics
# Removes a route and adds it with the other metric, because no command changes a metric (Win32 reference,
# PS_VpnConnectionRoute). If that fails, the old route is added again. If that fails too,
# Confirm-OtherContent puts the entry back.
function Set-StoredMetric {
    param([hashtable] $Settings, [hashtable] $Route)

    try {
        Remove-StoredRoute -Settings $Settings -Prefix $Route['Text']
        Add-StoredRoute -Settings $Settings -Prefix $Route['Text'] -Metric $Route['Metric']
    } catch {
        $problem = $_
        $open = Open-ProfileEntry -Settings $Settings
        if (-not (Test-StoredRoute -Open $open -Route $Route)) {
            Add-StoredRoute -Settings $Settings -Prefix $Route['Text'] -Metric $Route['Was']
        }
        throw $problem
    }
}

# Whether a route is stored now, with any metric. Without an entry this is an error.
function Test-StoredRoute {
    param([hashtable] $Open, [hashtable] $Route)

    $stored = @(Get-StoredRoute -Entry $Open['Entry'].Value)
    @($stored | ForEach-Object { Get-RouteId -Route $_ }) -contains (Get-RouteId -Route $Route)
}
#endregion

#region only: exclusions
# Writes exclusions into the entry. Windows has no command for them (Win32 reference, PS_VpnConnectionRoute).
function Write-Exclusion {
    param([hashtable] $Settings, [object[]] $Route)

    $keys = @($Route | ForEach-Object { $_['Key'] })
    Edit-ProfileEntry -Settings $Settings -Change {
        param([string] $Entry)

        $kept = @(Get-StoredRoute -Entry $Entry |
                Where-Object { -not ($_['Exclude'] -and $keys -contains $_['Key']) })
        $records = @($kept | ForEach-Object { $_['Record'] })
        $records += @($Route | ForEach-Object { ConvertTo-ExclusionRecord -Route $_ })
        $changed = Set-EntryPiece -Entry $Entry -Key 'Routes' -Value (-join $records)
        Set-EntryKey -Entry $changed -Key 'NumRoutes' -Value $records.Count
    }
}
#endregion

# Checks that the route commands changed only routes, and puts the entry back if not. Other entries belong to
# others, so this script never writes them. Returns Problem, IsPutBack, and what must become of the Copy from
# before the commands: kept, backup or unneeded.
function Confirm-OtherContent {
    param([hashtable] $Settings, [hashtable] $Saved, [hashtable] $Difference)

    $result = @{ Problem = @(); IsPutBack = $false; Copy = 'kept' }
    try {
        $now = Open-ProfileEntry -Settings $Settings
        if ($null -ne $now['Refusal']) {
            throw 'the profile was removed from the phonebook while its routes were changed; a copy is kept'
        }
        $isOtherSame = Test-OtherEntry -Saved $Saved -Now $now
        if (-not $isOtherSame) {
            $problem = 'another entry changed while routes were changed; a copy is kept'
            $result['Problem'] += $problem
        }
        $isSame = Test-OtherContent -Saved $Saved -Now $now -Touched @(Get-TouchedId -Difference $Difference)
        $isPutBack = -not $isSame
        #region only: metrics
        $isPutBack = $isPutBack -or (Test-RouteLost -Open $now -Difference $Difference)
        #endregion
        if ($isPutBack) {
            Restore-Entry -Settings $Settings -Saved $Saved
            $result['IsPutBack'] = $true
        }
        if (-not $isSame) {
            $result['Problem'] += 'the route commands changed more than routes; the entry was put back'
        }
        if ($isOtherSame) {
            $result['Copy'] = 'backup'
            if ($result['IsPutBack'] -or [string]::Equals($now['Text'], $Saved['Text'])) {
                # Everything in the copy is in the phonebook too.
                $result['Copy'] = 'unneeded'
            }
        }
    } catch {
        $result['Problem'] += ConvertTo-PlainError -ErrorRecord $_
    }
    $result
}

#region only: metrics
# Whether a route was lost while its metric was changed.
function Test-RouteLost {
    param([hashtable] $Open, [hashtable] $Difference)

    foreach ($route in $Difference['Metric']) {
        if (-not (Test-StoredRoute -Open $Open -Route $route)) {
            return $true
        }
    }
    $false
}
#endregion

# Whether the other entries are the same. Another program may have added entries at the end.
function Test-OtherEntry {
    param([hashtable] $Saved, [hashtable] $Now)

    $before = $Saved['Text'].Remove($Saved['Entry'].Index, $Saved['Entry'].Length)
    $after = $Now['Text'].Remove($Now['Entry'].Index, $Now['Entry'].Length)
    $after.StartsWith($before, 'Ordinal') -and $after.Substring($before.Length) -match '\A(\[|\z)'
}

# Puts the saved entry back and keeps every other byte. The version with the damage becomes the .bak.
function Restore-Entry {
    param([hashtable] $Settings, [hashtable] $Saved)

    $null = Edit-ProfileEntry -Settings $Settings -Change {
        param([string] $Entry, [bool] $IsLast)

        if ($IsLast) {
            return $Saved['Entry'].Value
        }
        # When it was saved, it may have been the last one, without an end of its last line.
        Complete-LastLine -Text $Saved['Entry'].Value
    }
}

# Whether only the touched routes and the time stamps of an entry have changed.
function Test-OtherContent {
    param([hashtable] $Saved, [hashtable] $Now, [string[]] $Touched)

    $before = Get-OtherContent -Entry $Saved['Entry'].Value -Touched $Touched
    try {
        $after = Get-OtherContent -Entry $Now['Entry'].Value -Touched $Touched
    } catch {
        # An entry that cannot be read is not the same.
        return $false
    }
    [string]::Equals($before, $after)
}

# What must stay in an entry: the records of the other routes, and all lines but those of routes and time
# stamps.
function Get-OtherContent {
    param([string] $Entry, [string[]] $Touched)

    $others = @(Get-StoredRoute -Entry $Entry |
            Where-Object { $Touched -notcontains (Get-RouteId -Route $_) })
    $rest = Get-OtherLine -Entry $Entry -Key 'Routes', 'NumRoutes', 'LowDateTime', 'HighDateTime'
    $records = @($others | ForEach-Object { $_['Record'] } | Sort-Object) -join "`n"
    $records + (Complete-LastLine -Text $rest)
}

# An entry's text with an end of its last line. Windows adds one when another line follows (unconfirmed).
function Complete-LastLine {
    param([string] $Text)

    [regex]::Replace($Text, '(?<![\r\n])\z', [regex]::Match($Text, '\r\n|\r|\n').Value)
}

# Adds the missing routes to the connected interface, and removes those that have just left the profile.
function Repair-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Found, [hashtable] $Data)

    $interface = @(Get-LiveInterface -Alias $Settings['Profile'])
    if (0 -eq $interface.Count) {
        return New-Outcome -Changed $false
    }
    #region only: stored
    if ($null -eq $Data) {
        # The phonebook had to be restored before it could be read. The next round knows its exclusions.
        return New-Outcome -Changed $false
    }
    #endregion
    $missing = @(Get-MissingLiveRoute -Settings $Settings -Interface $interface)
    $safe = @(Select-SafeRoute -Settings $Settings -Route $missing -Data $Data)
    $added = Invoke-EachRoute -Route $safe -Action {
        param([hashtable] $Route)

        try {
            Add-LiveRoute -Interface $interface[0] -Route $Route
        } catch {
            # Windows may have added the route at the same time, while it was connecting.
            $keys = @(Get-LiveRoute -Interface $interface[0] | ForEach-Object { $_['Key'] })
            if ($keys -notcontains $Route['Key']) {
                throw
            }
        }
    }
    $changed = $added['Done']
    $problems = $added['Problem']
    #region only: stale
    # While a new route is missing, an old one may be the only way into the tunnel. So it stays until the
    # disconnect.
    if ($null -ne $Data -and 0 -eq $problems.Count -and $safe.Count -eq $missing.Count) {
        $removed = Remove-GoneRoute -Interface $interface[0] -Gone $Data['Gone']
        $changed += $removed['Done']
        $problems += $removed['Problem']
    }
    #endregion
    New-Outcome -Changed ($changed.Count -gt 0) -Problem $problems
}

#region only: stale
# Removes from a connected interface the routes that have just left the profile.
function Remove-GoneRoute {
    param($Interface, [string[]] $Gone)

    $keys = @(foreach ($text in $Gone) { (ConvertTo-Prefix -Text $text)['Key'] })
    $old = @(Get-LiveRoute -Interface $Interface | Where-Object { $keys -contains $_['Key'] })
    Invoke-EachRoute -Route $old -Action {
        param([hashtable] $Route)

        Remove-LiveRoute -Interface $Interface -Prefix $Route['Text']
    }
}
#endregion
