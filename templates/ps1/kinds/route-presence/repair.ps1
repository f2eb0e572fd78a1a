# Puts the stored routes right. Whatever else the route commands change in the entry is put back.
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
        $saved = $open['Text'].Substring($open['Entry']['Start'], $open['Entry']['Length'])
        $keys = @($touched | ForEach-Object { $_['Key'] })
        Confirm-OtherContent -Settings $Settings -Saved $saved -Touched $keys
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

# Looks whether the entry is what it was but for the touched routes and Windows' own time stamps; if not,
# the saved entry comes back and the repair has failed.
function Confirm-OtherContent {
    param([hashtable] $Settings, [string] $Saved, [string[]] $Touched)

    $open = Open-ProfileEntry -Settings $Settings
    if ($null -ne $open['Refusal']) {
        throw 'the profile left the phonebook while its routes were changed'
    }
    $now = $open['Text'].Substring($open['Entry']['Start'], $open['Entry']['Length'])
    $before = Get-OtherContent -Text $Saved -Touched $Touched
    if ([string]::Equals($before, (Get-OtherContent -Text $now -Touched $Touched))) {
        return
    }
    $null = Edit-ProfileEntry -Settings $Settings -Change {
        param([string] $Text, [hashtable] $Entry)

        $Text.Remove($Entry['Start'], $Entry['Length']).Insert($Entry['Start'], $Saved)
    }
    throw 'the route commands changed more than routes; the entry was put back'
}

# What of an entry must stay: its lines without routes and time stamps, and the records of other routes.
function Get-OtherContent {
    param([string] $Text, [string[]] $Touched)

    $entry = @{ Start = 0; Length = $Text.Length }
    $others = @(Get-StoredRoute -Text $Text -Entry $entry | Where-Object { $Touched -notcontains $_['Key'] })
    $records = @($others | ForEach-Object { $_['Record'] } | Sort-Object) -join "`n"
    $pattern = '(?<![^\r\n])(Routes|NumRoutes|LowDateTime|HighDateTime)[ \t]*=[^\r\n]*(\r\n|\r|\n|\z)'
    [regex]::Replace($Text, $pattern, '', 'IgnoreCase, CultureInvariant') + $records
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
