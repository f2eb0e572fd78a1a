# Routes that a profile has in its phonebook entry, and routes of a connected interface. They are compared by
# the bytes of the address, so its spelling does not matter.

# A prefix such as 10.20.0.0/16 as @{ Text; Family; Key }. Key is the same for each spelling of an address.
function ConvertTo-Prefix {
    param([string] $Text)

    $parts = $Text.Split('/')
    $address = [Net.IPAddress]::Parse($parts[0])
    $family = 'IPv4'
    if ('InterNetworkV6' -eq $address.AddressFamily) {
        $family = 'IPv6'
    }
    $hex = [BitConverter]::ToString($address.GetAddressBytes())
    @{ Text = $Text; Family = $family; Key = '{0}/{1}' -f $hex, [int] $parts[1] }
}

# What identifies a route. An exclusion may have the same prefix as another route.
function Get-RouteId {
    param([hashtable] $Route)

    '{0} {1}' -f $Route['Key'], [bool] $Route['Exclude']
}

# Whether all addresses of a route belong to another route too.
function Test-RouteWithin {
    param([hashtable] $Route, [hashtable] $Outer)

    $length = [int] $Outer['Key'].Split('/')[1]
    if ($Route['Family'] -ne $Outer['Family'] -or [int] $Route['Key'].Split('/')[1] -lt $length) {
        return $false
    }
    $bits = foreach ($one in $Route, $Outer) {
        $bytes = [Net.IPAddress]::Parse($one['Text'].Split('/')[0]).GetAddressBytes()
        -join @(foreach ($byte in $bytes) { [Convert]::ToString($byte, 2).PadLeft(8, '0') })
    }
    $bits[0].Substring(0, $length) -eq $bits[1].Substring(0, $length)
}

# Runs an action on each route, also after it has failed for another one. Returns Done, the routes for which
# it worked, and Problem: one text that names the other routes and the first error, or none.
function Invoke-EachRoute {
    param([object[]] $Route, [scriptblock] $Action)

    $result = @{ Done = @(); Problem = @() }
    $refused = @()
    $first = ''
    foreach ($one in $Route) {
        $problem = Get-ActionProblem -Action $Action -Argument $one
        if (-not $problem) {
            $result['Done'] += $one
            continue
        }
        $refused += $one['Text']
        if (-not $first) {
            $first = $problem
        }
    }
    if ($refused.Count -gt 5) {
        $refused = @($refused[0..4]) + ('{0} more' -f ($refused.Count - 5))
    }
    if ($first) {
        $result['Problem'] = @('{0}: {1}' -f ($refused -join ', '), $first)
    }
    $result
}

# The routes of an entry. Windows writes 36 bytes for each route as hex digits, and splits all digits into
# lines of 128. So one route can be on two lines. Source: Server Fault question 1051424.
function Get-StoredRoute {
    param([string] $Entry)

    $hex = Get-EntryPiece -Entry $Entry -Key 'Routes'
    $count = Find-EntryKey -Entry $Entry -Key 'NumRoutes'
    $number = '0'
    if ($null -ne $count) {
        $number = $count.Value.Trim()
    }
    if ($number -notmatch '\A[0-9]{1,4}\z' -or $hex -notmatch '\A([0-9A-Fa-f]{72})*\z') {
        throw 'the stored routes cannot be read'
    }
    if ($hex.Length -ne 72 * [int] $number) {
        throw 'the number of stored routes is not NumRoutes'
    }
    for ($i = 0; $i -lt $hex.Length; $i += 72) {
        ConvertFrom-RouteRecord -Record $hex.Substring($i, 72)
    }
}

# One record: metric, family (2 is IPv4, 23 is IPv6), prefix length, 16 bytes of address, whether it is an
# exclusion, and an unknown number. Numbers are little-endian. Source: ld0614/DPC, Models/Route.cs.
function ConvertFrom-RouteRecord {
    param([string] $Record)

    $bytes = [byte[]] @(for ($i = 0; $i -lt 72; $i += 2) { [Convert]::ToByte($Record.Substring($i, 2), 16) })
    $family = [BitConverter]::ToUInt32($bytes, 4)
    $size = 4
    if (23 -eq $family) {
        $size = 16
    } elseif (2 -ne $family) {
        throw 'a stored route is neither IPv4 nor IPv6'
    }
    $length = [BitConverter]::ToUInt32($bytes, 8)
    if ($length -gt 8 * $size) {
        throw 'a stored route has a prefix that is too long'
    }
    $address = New-Object -TypeName Net.IPAddress -ArgumentList (, [byte[]] $bytes[12..(11 + $size)])
    $route = ConvertTo-Prefix -Text ('{0}/{1}' -f $address, $length)
    $route['Metric'] = [BitConverter]::ToUInt32($bytes, 0)
    $route['Exclude'] = 0 -ne [BitConverter]::ToUInt32($bytes, 28)
    $route['Record'] = $Record
    $route
}

# The record of an exclusion, in the form of ConvertFrom-RouteRecord.
function ConvertTo-ExclusionRecord {
    param([hashtable] $Route)

    $metric = 1
    if ($null -ne $Route['Metric']) {
        $metric = $Route['Metric']
    }
    $family = 2
    if ('IPv6' -eq $Route['Family']) {
        $family = 23
    }
    $parts = $Route['Key'].Split('/')
    $words = foreach ($number in $metric, $family, [int] $parts[1]) {
        [BitConverter]::ToString([BitConverter]::GetBytes([uint32] $number)).Replace('-', '')
    }
    (-join $words) + $parts[0].Replace('-', '').PadRight(32, '0') + '0100000000000000'
}

# Adds a route to a profile. Without a metric, Windows stores the metric 1 (Server Fault question 1051424).
function Add-StoredRoute {
    param([hashtable] $Settings, [string] $Prefix, $Metric)

    $route = @{
        ConnectionName    = $Settings['Profile']
        DestinationPrefix = $Prefix
        AllUserConnection = 'user' -ne $Settings['Scope']
        Confirm           = $false
        ErrorAction       = 'Stop'
    }
    if ($null -ne $Metric) {
        $route['RouteMetric'] = [uint32] $Metric
    }
    $null = Add-VpnConnectionRoute @route
}

# Removes a route from a profile.
function Remove-StoredRoute {
    param([hashtable] $Settings, [string] $Prefix)

    $route = @{
        ConnectionName    = $Settings['Profile']
        DestinationPrefix = $Prefix
        AllUserConnection = 'user' -ne $Settings['Scope']
        Confirm           = $false
        ErrorAction       = 'Stop'
    }
    $null = Remove-VpnConnectionRoute @route
}

# The routes of a connected interface.
function Get-LiveRoute {
    param($Interface)

    $index = $Interface.InterfaceIndex
    $routes = @(Invoke-NetQuery -Query { Get-NetRoute -InterfaceIndex $index -ErrorAction Stop })
    foreach ($route in $routes) {
        ConvertTo-Prefix -Text $route.DestinationPrefix
    }
}

# Adds a route to a connected interface, until the connection ends.
function Add-LiveRoute {
    param($Interface, [hashtable] $Route)

    $metric = 1
    if ($null -ne $Route['Metric']) {
        $metric = $Route['Metric']
    }
    $hop = '0.0.0.0'
    if ('IPv6' -eq $Route['Family']) {
        $hop = '::'
    }
    $new = @{
        DestinationPrefix = $Route['Text']
        InterfaceIndex    = $Interface.InterfaceIndex
        NextHop           = $hop
        RouteMetric       = [uint16] $metric
        PolicyStore       = 'ActiveStore'
        ErrorAction       = 'Stop'
    }
    $null = New-NetRoute @new
}

# Removes a route from a connected interface.
function Remove-LiveRoute {
    param($Interface, [string] $Prefix)

    $old = @{
        DestinationPrefix = $Prefix
        InterfaceIndex    = $Interface.InterfaceIndex
        PolicyStore       = 'ActiveStore'
        Confirm           = $false
        ErrorAction       = 'Stop'
    }
    Remove-NetRoute @old
}
