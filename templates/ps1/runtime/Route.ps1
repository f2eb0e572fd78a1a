# Routes that a profile has in its phonebook entry, and routes of a connected interface. Windows stores 36
# bytes for each route: metric, family (2 is IPv4, 23 is IPv6), prefix length, 16 bytes of address, whether it
# is an exclusion, and an unknown number. Numbers are little-endian. Source: ld0614/DPC, Models/Route.cs.

# Routes such as 10.20.0.0/16, with a metric 10.20.0.0/16@5, an exclusion !10.20.0.0/16, each as
# @{ Text; Family; Exclude; Key; Id; Metric }. Key has family, length and address as they are stored, so it
# is the same for each spelling. Id identifies a route: an exclusion may have the same prefix as another
# route. One call takes all routes, because calls take most of the time.
function ConvertTo-Route {
    param([string[]] $Text)

    $families = @{ 4 = 'IPv4', 2; 16 = 'IPv6', 23 }
    foreach ($one in $Text) {
        $prefix, $metric = $one.TrimStart('!').Split('@')
        $address, $length = $prefix.Split('/')
        $bytes = [Net.IPAddress]::Parse($address).GetAddressBytes()
        $family, $number = $families[$bytes.Length]
        $digits = [BitConverter]::ToString($bytes).Replace('-', '')
        $key = '{0:X2}000000{1:X2}000000{2}' -f $number, [int] $length, $digits
        $exclude = $one.StartsWith('!')
        @{
            Text    = $prefix
            Family  = $family
            Exclude = $exclude
            Key     = $key
            Id      = "$key $exclude"
            Metric  = $metric
        }
    }
}

# The prefix of a route as text.
function ConvertFrom-RouteKey {
    param([string] $Key)

    $digits = [regex]::Matches($Key.Substring(16), '..')
    $bytes = [byte[]] @($digits | ForEach-Object { [Convert]::ToByte($_.Value, 16) })
    $address = New-Object -TypeName Net.IPAddress -ArgumentList (, $bytes)
    '{0}/{1}' -f $address, [Convert]::ToInt32($Key.Substring(8, 2), 16)
}

# The metric of a stored route.
function Get-StoredMetric {
    param([hashtable] $Route)

    [Convert]::ToUInt32(($Route['Record'] -replace '\A(..)(..)(..)(..).*', '$4$3$2$1'), 16)
}

# The family and the bits of the network of a route.
function Get-NetworkBit {
    param([hashtable] $Route)

    $key = $Route['Key']
    $bits = foreach ($digit in $key.Substring(16).ToCharArray()) {
        [Convert]::ToString([Convert]::ToInt32("$digit", 16), 2).PadLeft(4, '0')
    }
    $key.Substring(0, 2) + (-join $bits).Substring(0, [Convert]::ToInt32($key.Substring(8, 2), 16))
}

# Runs an action on each route, also after it has failed for another one. Returns one text that names the
# routes for which it failed and the first error, or nothing.
function Invoke-EachRoute {
    param([object[]] $Route, [scriptblock] $Action)

    $refused = @()
    $problems = @()
    foreach ($one in $Route) {
        $problem = Get-ActionProblem -Action $Action -Argument $one
        if ($problem) {
            $refused += $one['Text']
            $problems += $problem
        }
    }
    if ($refused.Count -gt 5) {
        $refused = @($refused[0..4]) + ('{0} more' -f ($refused.Count - 5))
    }
    if ($refused.Count -gt 0) {
        '{0}: {1}' -f ($refused -join ', '), $problems[0]
    }
}

# The routes of an entry, as @{ Exclude; Key; Id; Record }. Windows splits the digits of all routes
# into lines of 128. So one route can be on two lines. Source: Server Fault question 1051424.
function Get-StoredRoute {
    param([string] $Entry)

    $lines = [regex]::Matches($Entry, (Get-KeyPattern -Key 'Routes'), 'IgnoreCase, CultureInvariant')
    $hex = -join @($lines | ForEach-Object { $_.Groups[1].Value.Trim() })
    $count = Find-EntryKey -Entry $Entry -Key 'NumRoutes'
    $number = '0'
    if ($null -ne $count) {
        $number = $count.Value.Trim()
    }
    # The lengths of prefixes end at 32 (hexadecimal 20) and at 128 (80).
    $key = '(?<key>02000000(?:[01].|20)0{6}.{8}).{24}|(?<key>17000000(?:[0-7].|80)0{6}.{32})'
    $records = [regex]::Matches($hex, "\G.{8}(?:$key)(?<exclude>.{8}).{8}")
    $isHex = $hex -notmatch '[^0-9A-Fa-f]' -and $hex.Length -eq 72 * $records.Count
    if (-not $isHex -or $number -notmatch '\A[0-9]{1,4}\z' -or $records.Count -ne [int] $number) {
        throw 'the stored routes cannot be read'
    }
    foreach ($record in $records) {
        $key = $record.Groups['key'].Value.ToUpperInvariant()
        $exclude = '00000000' -ne $record.Groups['exclude'].Value
        @{ Exclude = $exclude; Key = $key; Id = "$key $exclude"; Record = $record.Value }
    }
}

# The routes that the profile has now. Without the profile this is an error.
function Get-ProfileRoute {
    param([hashtable] $Settings)

    $open = Open-ProfileEntry -Settings $Settings
    if ($null -ne $open['Refusal']) {
        throw $open['Refusal']['Detail']
    }
    Get-StoredRoute -Entry $open['Entry'].Value
}

# The record of an exclusion, in the form of Get-StoredRoute.
function ConvertTo-ExclusionRecord {
    param([hashtable] $Route)

    $metric = @($Route['Metric'], 1 | Where-Object { $null -ne $_ })[0]
    $digits = [BitConverter]::ToString([BitConverter]::GetBytes([uint32] $metric)).Replace('-', '')
    $digits + $Route['Key'].PadRight(48, '0') + '0100000000000000'
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
    ConvertTo-Route -Text @(foreach ($route in $routes) { $route.DestinationPrefix })
}

# Adds a route to a connected interface, until the connection ends.
function Add-LiveRoute {
    param($Interface, [hashtable] $Route)

    $metric = @($Route['Metric'], 1 | Where-Object { $null -ne $_ })[0]
    $new = @{
        DestinationPrefix = $Route['Text']
        InterfaceIndex    = $Interface.InterfaceIndex
        NextHop           = @{ IPv4 = '0.0.0.0'; IPv6 = '::' }[$Route['Family']]
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
