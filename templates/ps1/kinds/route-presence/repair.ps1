# Puts the stored routes right. Whatever else the route commands change in the entry is put back. The settings
# get Gone, the routes that left the profile.
function Repair-StoredCondition {
    param([hashtable] $Settings, [hashtable] $Found)

    if (Restore-ScopePhonebook -Scope $Settings['Scope']) {
        return $true
    }
    $open = Open-ProfileEntry -Settings $Settings
    if ($null -ne $open['Refusal']) {
        throw $open['Refusal']['Detail']
    }
    $stored = @(Get-StoredRoute -Text $open['Text'] -Entry $open['Entry'])
    $difference = Compare-StoredRoute -Settings $Settings -Stored $stored
    $touched = @(foreach ($part in 'Missing', 'Metric', 'Stale') { $difference[$part] })
    $there = @($difference['Stale'] | ForEach-Object { $_['Text'] })
    $Settings['Gone'] = @()
    if ($null -ne $Found['stored']) {
        $Settings['Gone'] = @($Found['stored']['stale'] | Where-Object { $_ -and $there -notcontains $_ })
    }
    if (0 -eq $touched.Count) {
        return $false
    }
    # The commands write the file themselves; if this script ends before it has looked, a copy stays.
    $open['Copy'] = Save-PhonebookCopy -Path $open['Path'] -Text $open['Text']
    $ids = @($touched | ForEach-Object { Get-RouteId -Route $_ })
    $steps = @(
        { Set-StoredRoute -Settings $Settings -Difference $difference -Saved $open }
        { Confirm-OtherContent -Settings $Settings -Saved $open -Touched $ids }
    )
    $problems = @(foreach ($step in $steps) {
        try {
            $null = & $step
        } catch {
            ConvertTo-PlainError -ErrorRecord $_
        }
    })
    if ($problems.Count -gt 0) {
        throw (New-PlainError -Text ($problems -join '; '))
    }
    $true
}

# Exclusions first, lest a connection takes them into the tunnel with a route around them; then metrics and
# what is missing, and stale routes last: where one of them fails, the others of its kind are tried all the
# same, unless the entry had to be put back, and nothing is removed.
function Set-StoredRoute {
    param([hashtable] $Settings, [hashtable] $Difference, [hashtable] $Saved)

    $all = @($Difference['Metric'] + $Difference['Missing'])
    $exclusions = @($all | Where-Object { $_['Exclude'] })
    if ($exclusions.Count -gt 0) {
        Write-Exclusion -Settings $Settings -Route $exclusions
    }
    Invoke-EachRoute -Route @($all | Where-Object { -not $_['Exclude'] }) -Action {
        param([hashtable] $Route)

        if ($null -ne $Saved['PutBack']) {
            return
        }
        if ($null -eq $Route['Was']) {
            Add-StoredRoute -Settings $Settings -Prefix $Route['Text'] -Metric $Route['Metric']
        } else {
            Set-StoredMetric -Settings $Settings -Route $Route -Saved $Saved
        }
    }
    Invoke-EachRoute -Route $Difference['Stale'] -Action {
        param([hashtable] $Route)

        Remove-StoredRoute -Settings $Settings -Prefix $Route['Text']
        $Settings['Gone'] += $Route['Text']
    }
}

# Removes a route and adds it with its other metric, since there is no command that changes one.
function Set-StoredMetric {
    param([hashtable] $Settings, [hashtable] $Route, [hashtable] $Saved)

    try {
        Remove-StoredRoute -Settings $Settings -Prefix $Route['Text']
        Add-StoredRoute -Settings $Settings -Prefix $Route['Text'] -Metric $Route['Metric']
    } catch {
        $problem = $_
        try {
            if (-not (Test-StoredRoute -Settings $Settings -Route $Route)) {
                Add-StoredRoute -Settings $Settings -Prefix $Route['Text'] -Metric $Route['Was']
            }
        } catch {
            Restore-Entry -Settings $Settings -Saved $Saved
        }
        throw $problem
    }
}

# Whether a route is stored now, with whatever metric.
function Test-StoredRoute {
    param([hashtable] $Settings, [hashtable] $Route)

    # Where there is no entry, this is an error.
    $open = Open-ProfileEntry -Settings $Settings
    $stored = @(Get-StoredRoute -Text $open['Text'] -Entry $open['Entry'])
    @($stored | ForEach-Object { Get-RouteId -Route $_ }) -contains (Get-RouteId -Route $Route)
}

# Writes exclusions into the entry, since Windows has no command for them.
function Write-Exclusion {
    param([hashtable] $Settings, [object[]] $Route)

    $keys = @($Route | ForEach-Object { $_['Key'] })
    Edit-ProfileEntry -Settings $Settings -Change {
        param([string] $Text, [hashtable] $Entry)

        $kept = @(Get-StoredRoute -Text $Text -Entry $Entry |
                Where-Object { -not ($_['Exclude'] -and $keys -contains $_['Key']) })
        $records = @($kept | ForEach-Object { $_['Record'] })
        $records += @($Route | ForEach-Object { ConvertTo-ExclusionRecord -Route $_ })
        $Text = Set-EntryPiece -Text $Text -Entry $Entry -Key 'Routes' -Value (-join $records)
        $Entry = Find-PhonebookEntry -Text $Text -Name $Settings['Profile']
        Set-EntryKey -Text $Text -Entry $Entry -Key 'NumRoutes' -Value $records.Count
    }
}

# Looks whether the entry is what it was but for the touched routes and Windows' own time stamps; if not, it
# is put back and the repair has failed. Other entries belong to others and are not written here, whoever
# changed them; but then the repair has failed too, and the copy from before the commands is kept. It is kept
# as well where this look itself breaks off.
function Confirm-OtherContent {
    param([hashtable] $Settings, [hashtable] $Saved, [string[]] $Touched)

    $problems = @()
    $isAllThere = $false
    try {
        $open = Open-ProfileEntry -Settings $Settings
        if ($null -ne $open['Refusal']) {
            throw 'the profile left the phonebook while its routes were changed; a copy is kept beside it'
        }
        if (-not (Test-OtherEntry -Saved $Saved -Now $open)) {
            $problems += 'another entry changed while routes were changed; a copy of the phonebook is kept'
        }
        $isOtherSame = 0 -eq $problems.Count
        $isSame = Test-OtherContent -Saved $Saved -Now $open -Touched $Touched
        if (-not $isSame -or 'failed' -eq $Saved['PutBack']) {
            Restore-Entry -Settings $Settings -Saved $Saved
        }
        if (-not $isSame) {
            $problems += 'more than its routes changed in the entry; the entry was put back'
        }
        $isAllThere = $isOtherSame
    } finally {
        if (-not $isAllThere) {
            Save-KeptCopy -Path $Saved['Path'] -Copy $Saved['Copy']
        } elseif ('done' -eq $Saved['PutBack'] -or [string]::Equals($open['Text'], $Saved['Text'])) {
            # The copy is as the phonebook is, and what was there meanwhile is beside it already.
            Remove-UnneededFile -Path $Saved['Copy']
        } else {
            Complete-PhonebookCopy -Path $Saved['Path'] -Copy $Saved['Copy']
        }
    }
    if ($problems.Count -gt 0) {
        throw ($problems -join '; ')
    }
}

# Whether the other entries are as they were; those that another program added behind them are no fault.
function Test-OtherEntry {
    param([hashtable] $Saved, [hashtable] $Now)

    $before = $Saved['Text'].Remove($Saved['Entry']['Start'], $Saved['Entry']['Length'])
    $after = $Now['Text'].Remove($Now['Entry']['Start'], $Now['Entry']['Length'])
    $after.StartsWith($before, 'Ordinal') -and $after.Substring($before.Length) -match '\A(\[|\z)'
}

# Brings the saved entry back and keeps every byte beside it. What the entry was is in the copy of that write.
function Restore-Entry {
    param([hashtable] $Settings, [hashtable] $Saved)

    $Saved['PutBack'] = 'failed'
    $body = $Saved['Text'].Substring($Saved['Entry']['Start'], $Saved['Entry']['Length'])
    $null = Edit-ProfileEntry -Settings $Settings -Change {
        param([string] $Text, [hashtable] $Entry)

        $rest = $Text.Remove($Entry['Start'], $Entry['Length'])
        if ($Entry['Start'] -lt $rest.Length -and $body -notmatch '[\r\n]\z') {
            # It was the last one of a phonebook without an end of its last line, and another came behind it.
            return $rest.Insert($Entry['Start'], $body + [regex]::Match($body, '\r\n|\r|\n').Value)
        }
        $rest.Insert($Entry['Start'], $body)
    }
    $Saved['PutBack'] = 'done'
    $Settings['Gone'] = @()
}

# Whether an entry differs from the saved one in nothing but the touched routes and time stamps.
function Test-OtherContent {
    param([hashtable] $Saved, [hashtable] $Now, [string[]] $Touched)

    $before = Get-OtherContent -Text $Saved['Text'] -Entry $Saved['Entry'] -Touched $Touched
    try {
        $after = Get-OtherContent -Text $Now['Text'] -Entry $Now['Entry'] -Touched $Touched
    } catch {
        # An entry that cannot be read is not what it was.
        return $false
    }
    [string]::Equals($before, $after)
}

# What of an entry must stay: the records of other routes, and all but the lines of routes and time stamps.
# A last line without an end gets one, as it does where another line comes behind it.
function Get-OtherContent {
    param([string] $Text, [hashtable] $Entry, [string[]] $Touched)

    $others = @(Get-StoredRoute -Text $Text -Entry $Entry |
            Where-Object { $Touched -notcontains (Get-RouteId -Route $_) })
    $records = @($others | ForEach-Object { $_['Record'] } | Sort-Object) -join "`n"
    $lines = '(?<![^\r\n])[ \t]*(Routes|NumRoutes|LowDateTime|HighDateTime)[ \t]*=[^\r\n]*(\r\n|\r|\n|\z)'
    $body = $Text.Substring($Entry['Start'], $Entry['Length'])
    $rest = [regex]::Replace($body, $lines, '', 'IgnoreCase, CultureInvariant')
    $records + [regex]::Replace($rest, '(?<![\r\n])\z', [regex]::Match($body, '\r\n|\r|\n').Value)
}

# Gives the connected interface the routes that it lacks, and takes those that just left the profile.
function Repair-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Found)

    $interface = @(Get-LiveInterface -Alias $Settings['Profile'])
    if (0 -eq $interface.Count) {
        return
    }
    if ('repair' -eq $Settings['Stored'] -and $null -eq $Settings['StoredRoutes']) {
        # The phonebook had to be brought back before it could be read; exclusions in it are known next time.
        return
    }
    $missing = @(Get-MissingLiveRoute -Settings $Settings -Interface $interface)
    $safe = @(Select-SafeRoute -Settings $Settings -Route $missing)
    Invoke-EachRoute -Route $safe -Action {
        param([hashtable] $Route)

        try {
            Add-LiveRoute -Interface $interface[0] -Route $Route
        } catch {
            # Windows, which is still connecting, may have been first.
            $keys = @(Get-LiveRoute -Interface $interface[0] | ForEach-Object { $_['Key'] })
            if ($keys -notcontains $Route['Key']) {
                throw
            }
        }
    }
    $removed = @(foreach ($text in $Settings['Gone']) { (ConvertTo-Prefix -Text $text)['Key'] })
    $live = @(Get-LiveRoute -Interface $interface[0])
    $old = @($live | Where-Object { $removed -contains $_['Key'] })
    Invoke-EachRoute -Route $old -Action {
        param([hashtable] $Route)

        Remove-LiveRoute -Interface $interface[0] -Prefix $Route['Text']
    }
    ($safe.Count + $old.Count) -gt 0
}
