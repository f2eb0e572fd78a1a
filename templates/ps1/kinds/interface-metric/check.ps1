# Is the interface metric of a VPN profile as configured? Windows asks the DNS servers of the interface with
# the lowest metric first, and prefers that interface when routes are equal (unconfirmed; as admins report
# it). So a tunnel should have a lower metric than Ethernet and Wi-Fi.

# The wanted metric of each address family that the settings name.
function Get-Want {
    param([hashtable] $Settings)

    $want = [ordered] @{}
    if ($null -ne $Settings['Ipv4']) {
        $want['ipv4'] = $Settings['Ipv4']
    }
    if ($null -ne $Settings['Ipv6']) {
        $want['ipv6'] = $Settings['Ipv6']
    }
    $want
}

# Checks the metric in the phonebook, which Windows gives the interface at each connection.
function Test-StoredCondition {
    param([hashtable] $Settings)

    Test-EntryKey -Settings $Settings
}

# The families whose live metric differs.
function Get-DifferentFamily {
    param([Collections.IDictionary] $Found, [Collections.IDictionary] $Want)

    if ($null -eq $Found) {
        return
    }
    foreach ($family in $Found.Keys) {
        if ("$($Found[$family])" -ne "$($Want[$family])") {
            $family
        }
    }
}

# Checks the metric of the connected interface. It can drift while the phonebook is right.
function Test-LiveCondition {
    param([hashtable] $Settings, [int] $Round)

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
    $words = foreach ($family in @(Get-DifferentFamily -Found $found -Want $want)) {
        '{0} is {1}, wanted {2}' -f $family, $found[$family], $want[$family]
    }
    $difference = @($words) -join ', '
    if (-not $difference) {
        $detail = 'the live metric is as configured'
        return New-Finding -State 'healthy' -Detail $detail -Found @{ live = $found }
    }
    #region only: report
    if ('report' -eq $Settings['Live']) {
        $detail = 'live metric: {0}; {1}' -f $difference, (Get-Outlook -Settings $Settings)
        return New-Finding -State 'pending' -Detail $detail -Found @{ live = $found }
    }
    #endregion
    #region only: live-repair
    New-Finding -State 'issue' -Detail "live metric: $difference" -Found @{ live = $found }
    #endregion
}

# The live metric of an interface: a number or automatic.
function Get-LiveMetric {
    param($Interface)

    if ('Enabled' -eq $Interface.AutomaticMetric) {
        return 'automatic'
    }
    [long] $Interface.InterfaceMetric
}
