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
    $difference = @(Compare-StoredRoute -Settings $Settings -Stored $stored)
    if (0 -eq $difference.Count) {
        return New-Outcome -Changed $false
    }
    # Windows' route commands write the phonebook themselves. If this script is killed before it has checked
    # what they did, the copy stays.
    $copy = Save-PhonebookCopy -Path $saved['Path'] -Text $saved['Text']
    $problems = @(Set-StoredRoute -Settings $Settings -Difference $difference)
    $problems += @(Get-ActionProblem -Action {
            Confirm-OtherContent -Settings $Settings -Saved $saved -Difference $difference -Copy $copy
        })
    New-Outcome -Changed $true -Problem $problems
}

#region only: stale
#endregion

# Adds and corrects routes, as far as the settings ask for it: exclusions first, so that no connection takes
# their addresses into the tunnel, and stale routes last. After a problem nothing is removed. Returns the
# problems.
function Set-StoredRoute {
    param([hashtable] $Settings, [object[]] $Difference)

    #region only: exclusions
    $problems = @()
    $exclusions = @($Difference | Where-Object { $_['Exclude'] })
    if ($exclusions.Count -gt 0) {
        $problems = @(Get-ActionProblem -Action { Write-Exclusion -Settings $Settings -Route $exclusions })
    }
    if ($problems.Count -gt 0) {
        return $problems
    }
    #endregion
    $routes = @($Difference | Where-Object { -not $_['Exclude'] -and 'stale' -ne $_['Change'] })
    $problems = @(Invoke-EachRoute -Route $routes -Action {
            param([hashtable] $Route)

            #region only: metrics
            if ('metric' -eq $Route['Change']) {
                return Set-StoredMetric -Settings $Settings -Route $Route
            }
            #endregion
            Add-StoredRoute -Settings $Settings -Prefix $Route['Text'] -Metric $Route['Metric']
        })
    #region only: stale
    if (0 -eq $problems.Count) {
        $stale = @($Difference | Where-Object { 'stale' -eq $_['Change'] })
        $problems = @(Invoke-EachRoute -Route $stale -Action {
                param([hashtable] $Route)

                Remove-StoredRoute -Settings $Settings -Prefix $Route['Text']
            })
    }
    #endregion
    $problems
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
        $ids = @(Get-ProfileRoute -Settings $Settings | ForEach-Object { $_['Id'] })
        if ($ids -notcontains $Route['Id']) {
            Add-StoredRoute -Settings $Settings -Prefix $Route['Text'] -Metric $Route['Was']
        }
        throw
    }
}

#endregion

#region only: exclusions
# Writes exclusions into the entry. Windows has no command for them (Win32 reference, PS_VpnConnectionRoute).
function Write-Exclusion {
    param([hashtable] $Settings, [object[]] $Route)

    $ids = @($Route | ForEach-Object { $_['Id'] })
    $null = Edit-ProfileEntry -Settings $Settings -Change {
        param([string] $Entry)

        $kept = @(Get-StoredRoute -Entry $Entry | Where-Object { $ids -notcontains $_['Id'] })
        $records = @($kept | ForEach-Object { $_['Record'] })
        $records += @($Route | ForEach-Object { ConvertTo-ExclusionRecord -Route $_ })
        $changed = Set-EntryPiece -Entry $Entry -Key 'Routes' -Value (-join $records)
        Set-EntryKey -Entry $changed -Key 'NumRoutes' -Value $records.Count
    }
}
#endregion

# Checks that the route commands changed only routes, and puts the entry back if not. Other entries belong to
# others, so this script never writes them. Returns the problems. The copy from before the commands stays if
# there may be something in it that is not in the phonebook; else it becomes the backup, or it is deleted.
function Confirm-OtherContent {
    param([hashtable] $Settings, [hashtable] $Saved, [object[]] $Difference, [string] $Copy)

    $now = Open-ProfileEntry -Settings $Settings
    if ($null -ne $now['Refusal']) {
        throw 'the profile was removed from the phonebook while its routes were changed; a copy is kept'
    }
    $isOtherSame = Test-OtherEntry -Saved $Saved -Now $now
    if (-not $isOtherSame) {
        'another entry changed while routes were changed; a copy is kept'
    }
    $isSame = Test-OtherContent -Saved $Saved -Now $now -Difference $Difference
    if (-not $isSame) {
        Restore-Entry -Settings $Settings -Saved $Saved
        'the route commands lost a route or changed more than routes; the entry was put back'
    }
    if ($isOtherSame -and $isSame -and -not [string]::Equals($now['Text'], $Saved['Text'])) {
        Complete-PhonebookCopy -Path $Saved['Path'] -Copy $Copy
    } elseif ($isOtherSame) {
        Remove-UnneededFile -Path $Copy
    }
}

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

# Whether only the routes that had to change and the time stamps of an entry have changed.
function Test-OtherContent {
    param([hashtable] $Saved, [hashtable] $Now, [object[]] $Difference)

    $before = Get-OtherContent -Entry $Saved['Entry'].Value -Difference $Difference
    try {
        [string]::Equals($before, (Get-OtherContent -Entry $Now['Entry'].Value -Difference $Difference))
    } catch {
        # An entry that cannot be read is not the same.
        $false
    }
}

# What must stay in an entry: the records of the other routes, a route whose metric changes, and all lines but
# those of routes and time stamps.
function Get-OtherContent {
    param([string] $Entry, [object[]] $Difference)

    $ids = @($Difference | ForEach-Object { $_['Id'] })
    $routes = @(Get-StoredRoute -Entry $Entry)
    $kept = @($routes | Where-Object { $ids -notcontains $_['Id'] } | ForEach-Object { $_['Record'] })
    #region only: metrics
    $ids = @($Difference | Where-Object { 'metric' -eq $_['Change'] } | ForEach-Object { $_['Id'] })
    $kept += @($ids | Where-Object { @($routes | ForEach-Object { $_['Id'] }) -contains $_ })
    #endregion
    $rest = Get-OtherLine -Entry $Entry -Key 'Routes', 'NumRoutes', 'LowDateTime', 'HighDateTime'
    (@($kept | Sort-Object) -join "`n") + (Complete-LastLine -Text $rest)
}

# An entry's text with an end of its last line. Windows adds one when another line follows (unconfirmed).
function Complete-LastLine {
    param([string] $Text)

    [regex]::Replace($Text, '(?<![\r\n])\z', [regex]::Match($Text, '\r\n|\r|\n').Value)
}

# Adds the missing routes to the connected interface, and removes those that have just left the profile.
function Repair-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Found, [int] $Round)

    $interface = @(Get-LiveInterface -Alias $Settings['Profile'])
    if (0 -eq $interface.Count) {
        return New-Outcome -Changed $false
    }
    $missing = @(Get-MissingLiveRoute -Settings $Settings -Interface $interface)
    $safe = @($missing | Where-Object { -not $_['Waits'] })
    $problems = @(Invoke-EachRoute -Route $safe -Action {
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
        })
    $gone = @()
    #region only: stale
    # While a new route is missing, an old one may be the only way into the tunnel. So it stays until the
    # disconnect.
    if (0 -eq $problems.Count -and $safe.Count -eq $missing.Count) {
        $gone = @(Get-GoneRoute -Settings $Settings -Found $Found -Interface $interface[0])
        $problems = @(Invoke-EachRoute -Route $gone -Action {
                param([hashtable] $Route)

                Remove-LiveRoute -Interface $interface[0] -Prefix $Route['Text']
            })
    }
    #endregion
    New-Outcome -Changed ($safe.Count + $gone.Count -gt 0) -Problem $problems
}

#region only: stale
# The live routes of the stale ones that the check found and that have left the profile since then.
function Get-GoneRoute {
    param([hashtable] $Settings, [hashtable] $Found, $Interface)

    if ($null -eq $Found['stored']) {
        # The phonebook could not be read then.
        return
    }
    $stale = @(ConvertTo-Route -Text $Found['stored']['stale'] | ForEach-Object { $_['Key'] })
    $stored = @(Get-ProfileRoute -Settings $Settings | ForEach-Object { $_['Key'] })
    Get-LiveRoute -Interface $Interface |
        Where-Object { $stale -contains $_['Key'] -and $stored -notcontains $_['Key'] }
}
#endregion
