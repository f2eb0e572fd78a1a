# Puts the stored routes right. Whatever else the route commands change in the phonebook is put back.
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
    if (0 -eq $touched.Count) {
        return $false
    }
    try {
        Set-StoredRoute -Settings $Settings -Difference $difference
    } finally {
        $ids = @($touched | ForEach-Object { Get-RouteId -Route $_ })
        Confirm-OtherContent -Settings $Settings -Saved $open -Touched $ids
    }
    $true
}

# Metrics first, then what is missing, and stale routes last: where adding fails, nothing is removed.
function Set-StoredRoute {
    param([hashtable] $Settings, [hashtable] $Difference)

    foreach ($route in @($Difference['Metric'] | Where-Object { -not $_['Exclude'] })) {
        # There is no command that changes a metric.
        Remove-StoredRoute -Settings $Settings -Prefix $route['Text']
        try {
            Add-StoredRoute -Settings $Settings -Prefix $route['Text'] -Metric $route['Metric']
        } catch {
            $problem = $_
            Add-StoredRoute -Settings $Settings -Prefix $route['Text'] -Metric $route['Was']
            throw $problem
        }
    }
    foreach ($route in @($Difference['Missing'] | Where-Object { -not $_['Exclude'] })) {
        Add-StoredRoute -Settings $Settings -Prefix $route['Text'] -Metric $route['Metric']
    }
    $exclusions = @($Difference['Missing'] + $Difference['Metric'] | Where-Object { $_['Exclude'] })
    if ($exclusions.Count -gt 0) {
        Write-Exclusion -Settings $Settings -Route $exclusions
    }
    foreach ($route in $Difference['Stale']) {
        Remove-StoredRoute -Settings $Settings -Prefix $route['Text']
    }
}

# Writes exclusions into the entry, since Windows has no command for them.
function Write-Exclusion {
    param([hashtable] $Settings, [object[]] $Route)

    $open = Open-ProfileEntry -Settings $Settings
    if ($null -ne $open['Refusal']) {
        throw $open['Refusal']['Detail']
    }
    $keys = @($Route | ForEach-Object { $_['Key'] })
    $kept = @(Get-StoredRoute -Text $open['Text'] -Entry $open['Entry'] |
            Where-Object { -not ($_['Exclude'] -and $keys -contains $_['Key']) })
    $records = @($kept | ForEach-Object { $_['Record'] })
    $records += @($Route | ForEach-Object { ConvertTo-ExclusionRecord -Route $_ })
    Edit-ProfileEntry -Settings $Settings -Change {
        param([string] $Text, [hashtable] $Entry)

        $Text = Set-EntryPiece -Text $Text -Entry $Entry -Key 'Routes' -Value (-join $records)
        $entry = Find-PhonebookEntry -Text $Text -Name $Settings['Profile']
        Set-EntryKey -Text $Text -Entry $entry -Key 'NumRoutes' -Value $records.Count
    }
}

# Looks whether the phonebook is what it was but for the touched routes and Windows' own time stamps; if not,
# the saved one comes back and the repair has failed.
function Confirm-OtherContent {
    param([hashtable] $Settings, [hashtable] $Saved, [string[]] $Touched)

    for ($try = 1; $try -le 5; $try++) {
        $phonebook = Find-Phonebook -Scope $Settings['Scope']
        if ($phonebook['Link'] -or -not $phonebook['Exists']) {
            throw 'the phonebook went away while routes were changed'
        }
        $text = Read-PhonebookText -Path $phonebook['Path']
        if (Test-OtherContent -Settings $Settings -Saved $Saved -Text $text -Touched $Touched) {
            return
        }
        if (Write-PhonebookText -Path $phonebook['Path'] -Before $text -After $Saved['Text']) {
            throw 'the route commands changed more than routes; the phonebook was put back'
        }
    }
    throw 'the phonebook kept changing while its routes were changed'
}

# Whether a phonebook differs from the saved one in nothing but the touched routes and time stamps. Entries that
# another program added behind the others meanwhile are its own.
function Test-OtherContent {
    param([hashtable] $Settings, [hashtable] $Saved, [string] $Text, [string[]] $Touched)

    $entry = $Saved['Entry']
    if ([string]::Equals($Text, $Saved['Text'].Remove($entry['Start'], $entry['Length']))) {
        throw 'the profile left the phonebook while its routes were changed'
    }
    $before = Get-OtherContent -Text $Saved['Text'] -Entry $entry -Touched $Touched
    try {
        $entry = Find-PhonebookEntry -Text $Text -Name $Settings['Profile']
        $now = Get-OtherContent -Text $Text -Entry $entry -Touched $Touched
    } catch {
        # An entry that is gone or cannot be read is not what it was.
        return $false
    }
    $now.StartsWith($before, 'Ordinal') -and $now.Substring($before.Length) -match '\A(\[|\z)'
}

# What of a phonebook must stay: the records of other routes, and all but the lines of the entry's routes and
# time stamps. A last line without an end gets one, as it does where another line comes behind it.
function Get-OtherContent {
    param([string] $Text, [hashtable] $Entry, [string[]] $Touched)

    $others = @(Get-StoredRoute -Text $Text -Entry $Entry |
            Where-Object { $Touched -notcontains (Get-RouteId -Route $_) })
    $records = @($others | ForEach-Object { $_['Record'] } | Sort-Object) -join "`n"
    $lines = '(?<![^\r\n])[ \t]*(Routes|NumRoutes|LowDateTime|HighDateTime)[ \t]*=[^\r\n]*(\r\n|\r|\n|\z)'
    $body = $Text.Substring($Entry['Start'], $Entry['Length'])
    $rest = [regex]::Replace($body, $lines, '', 'IgnoreCase, CultureInvariant')
    $rest = [regex]::Replace($rest, '(?<![\r\n])\z', [regex]::Match($body, '\r\n|\r|\n').Value)
    $records + $Text.Remove($Entry['Start'], $Entry['Length']).Insert($Entry['Start'], $rest)
}

# Gives the connected interface the routes that it lacks, and takes those that just left the profile.
function Repair-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Found)

    $interface = @(Get-LiveInterface -Alias $Settings['Profile'])
    if (0 -eq $interface.Count) {
        return
    }
    foreach ($route in @(Get-MissingLiveRoute -Settings $Settings -Interface $interface)) {
        Add-LiveRoute -Interface $interface[0] -Route $route
        $true
    }
    $removed = @()
    if ($null -ne $Found['stored'] -and $null -ne $Found['stored']['stale']) {
        $removed = @($Found['stored']['stale'] | ForEach-Object { (ConvertTo-Prefix -Text $_)['Key'] })
    }
    $live = @(Get-LiveRoute -Interface $interface[0])
    foreach ($route in @($live | Where-Object { $removed -contains $_['Key'] })) {
        Remove-LiveRoute -Interface $interface[0] -Prefix $route['Text']
        $true
    }
}
