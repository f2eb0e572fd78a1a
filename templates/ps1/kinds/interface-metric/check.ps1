# Is the interface metric of a VPN profile as wanted? Windows asks the DNS servers of the interface with the
# lowest metric first and prefers it where routes are equal, so a tunnel should be below Ethernet and Wi-Fi.

# The wanted metric of each address family that the settings name.
function Get-Want {
    param([hashtable] $Settings)

    $want = [ordered] @{}
    foreach ($family in 'Ipv4', 'Ipv6') {
        if ($null -ne $Settings[$family]) {
            $want[$family.ToLowerInvariant()] = $Settings[$family]
        }
    }
    $want
}

# The families that differ. In the phonebook a key that is missing means automatic.
function Get-DifferentFamily {
    param([Collections.IDictionary] $Found, [Collections.IDictionary] $Want)

    if ($null -eq $Found) {
        return
    }
    foreach ($family in $Found.Keys) {
        $is = "$($Found[$family])" -replace 'missing', 'automatic'
        if ($is -ne "$($Want[$family])") {
            $family
        }
    }
}

# The families that differ, as words.
function Get-Difference {
    param([Collections.IDictionary] $Found, [Collections.IDictionary] $Want)

    $words = foreach ($family in @(Get-DifferentFamily -Found $Found -Want $Want)) {
        '{0} is {1}, wanted {2}' -f $family, $Found[$family], $Want[$family]
    }
    @($words) -join ', '
}

# Looks at the metric in the phonebook, which Windows gives the interface at each connection.
function Test-StoredCondition {
    param([hashtable] $Settings)

    $open = Open-ProfileEntry -Settings $Settings
    if ($null -ne $open['Refusal']) {
        return $open['Refusal']
    }
    $want = Get-Want -Settings $Settings
    $found = [ordered] @{}
    foreach ($family in $want.Keys) {
        $found[$family] = Get-StoredMetric -Text $open['Text'] -Entry $open['Entry'] -Family $family
    }
    $difference = Get-Difference -Found $found -Want $want
    if ($difference) {
        return New-Finding -State 'issue' -Detail "stored metric: $difference" -Found @{ stored = $found }
    }
    New-Finding -State 'healthy' -Detail 'the stored metric is as wanted' -Found @{ stored = $found }
}

# The stored metric of a family: a number, automatic (0) or missing.
function Get-StoredMetric {
    param([string] $Text, [hashtable] $Entry, [string] $Family)

    $place = Find-EntryKey -Text $Text -Entry $Entry -Key (Get-MetricKey -Family $Family)
    $value = ''
    if ($null -ne $place) {
        $value = $place['Value'].Trim([char[]] " `t")
    }
    if (-not $value) {
        return 'missing'
    }
    if ($value -notmatch '\A[0-9]{1,9}\z') {
        throw "the stored $Family metric is not a number"
    }
    if (0 -eq [int] $value) {
        return 'automatic'
    }
    [int] $value
}

# The phonebook's key for a family.
function Get-MetricKey {
    param([string] $Family)

    if ('ipv6' -eq $Family) {
        return 'Ipv6InterfaceMetric'
    }
    'IpInterfaceMetric'
}

# Looks at the metric of the connected interface. It can drift while the phonebook is right.
function Test-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Data)

    $want = Get-Want -Settings $Settings
    $found = [ordered] @{}
    foreach ($interface in @(Get-LiveInterface -Alias $Settings['Profile'])) {
        $family = "$($interface.AddressFamily)".ToLowerInvariant()
        $isRight = $found.Contains($family) -and "$($found[$family])" -eq "$($want[$family])"
        if ($want.Contains($family) -and ($isRight -or -not $found.Contains($family))) {
            $found[$family] = Get-LiveMetric -Interface $interface
        }
    }
    if (0 -eq $found.Count) {
        return New-Finding -State 'healthy' -Detail 'not connected'
    }
    $difference = Get-Difference -Found $found -Want $want
    if (-not $difference) {
        return New-Finding -State 'healthy' -Detail 'the live metric is as wanted' -Found @{ live = $found }
    }
    if ('repair' -eq $Settings['Live']) {
        return New-Finding -State 'issue' -Detail "live metric: $difference" -Found @{ live = $found }
    }
    $detail = 'live metric: {0}; {1}' -f $difference, (Get-Outlook -Settings $Settings)
    New-Finding -State 'pending' -Detail $detail -Found @{ live = $found }
}

# The live metric of an interface: a number or automatic.
function Get-LiveMetric {
    param($Interface)

    if ('Enabled' -eq $Interface.AutomaticMetric) {
        return 'automatic'
    }
    [long] $Interface.InterfaceMetric
}
