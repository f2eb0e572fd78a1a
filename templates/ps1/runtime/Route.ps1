# Routes that a profile has in its phonebook entry, and routes of a connected interface. They are compared by
# the bytes of the address, so its spelling does not matter.

# A prefix such as 10.20.0.0/16 as @{ Text; Family; Exclude; Key; Id; Label }. Key has the bits of the
# address, so it is the same for each spelling. Id identifies a route: an exclusion may have the same prefix
# as another route. Label is for the result line.
function ConvertTo-Prefix {
    param([string] $Text, [bool] $Exclude)

    $parts = $Text.Split('/')
    $bytes = [Net.IPAddress]::Parse($parts[0]).GetAddressBytes()
    $bits = -join @($bytes | ForEach-Object { [Convert]::ToString($_, 2).PadLeft(8, '0') })
    $key = '{0}/{1}' -f $bits, [int] $parts[1]
    @{
        Text    = $Text
        Family  = @{ 4 = 'IPv4'; 16 = 'IPv6' }[$bytes.Length]
        Exclude = $Exclude
        Key     = $key
        Id      = '{0} {1}' -f $key, $Exclude
        Label   = @{ $false = $Text; $true = "exclude $Text" }[$Exclude]
    }
}

# Whether all addresses of a route belong to another route too.
function Test-RouteWithin {
    param([hashtable] $Route, [hashtable] $Outer)

    $inner = $Route['Key'].Split('/')
    $bits, $length = $Outer['Key'].Split('/')
    $isLonger = $Route['Family'] -eq $Outer['Family'] -and [int] $inner[1] -ge [int] $length
    $isLonger -and $inner[0].StartsWith($bits.Substring(0, [int] $length), 'Ordinal')
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

# The routes of an entry. Windows writes 36 bytes for each route as hex digits, and splits all digits into
# lines of 128. So one route can be on two lines. Source: Server Fault question 1051424.
function Get-StoredRoute {
    param([string] $Entry)

    $lines = [regex]::Matches($Entry, (Get-KeyPattern -Key 'Routes'), 'IgnoreCase, CultureInvariant')
    $hex = -join @($lines | ForEach-Object { $_.Groups[1].Value.Trim() })
    $count = Find-EntryKey -Entry $Entry -Key 'NumRoutes'
    $number = '0'
    if ($null -ne $count) {
        $number = $count.Value.Trim()
    }
    $isHex = $hex -match '\A([0-9A-Fa-f]{72})*\z'
    if (-not $isHex -or $number -notmatch '\A[0-9]{1,4}\z' -or $hex.Length -ne 72 * [int] $number) {
        throw 'the stored routes cannot be read'
    }
    foreach ($record in [regex]::Matches($hex, '.{72}')) {
        ConvertFrom-RouteRecord -Record $record.Value
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

# One record: metric, family (2 is IPv4, 23 is IPv6), prefix length, 16 bytes of address, whether it is an
# exclusion, and an unknown number. Numbers are little-endian. Source: ld0614/DPC, Models/Route.cs.
function ConvertFrom-RouteRecord {
    param([string] $Record)

    $bytes = [byte[]] @([regex]::Matches($Record, '..') | ForEach-Object { [Convert]::ToByte($_.Value, 16) })
    $size = @{ 2 = 4; 23 = 16 }[[BitConverter]::ToInt32($bytes, 4)]
    if ($null -eq $size) {
        throw 'a stored route is neither IPv4 nor IPv6'
    }
    $length = [BitConverter]::ToUInt32($bytes, 8)
    if ($length -gt 8 * $size) {
        throw 'a stored route has a prefix that is too long'
    }
    $address = New-Object -TypeName Net.IPAddress -ArgumentList (, [byte[]] $bytes[12..(11 + $size)])
    $isExclusion = 0 -ne [BitConverter]::ToUInt32($bytes, 28)
    $route = ConvertTo-Prefix -Text ('{0}/{1}' -f $address, $length) -Exclude $isExclusion
    $route + @{ Metric = [BitConverter]::ToUInt32($bytes, 0); Record = $Record }
}

# The record of an exclusion, in the form of ConvertFrom-RouteRecord.
function ConvertTo-ExclusionRecord {
    param([hashtable] $Route)

    $address, $length = $Route['Text'].Split('/')
    $family = @{ IPv4 = 2; IPv6 = 23 }[$Route['Family']]
    $metric = @($Route['Metric'], 1 | Where-Object { $null -ne $_ })[0]
    $bytes = foreach ($number in $metric, $family, [int] $length) {
        [BitConverter]::GetBytes([uint32] $number)
    }
    $bytes += [Net.IPAddress]::Parse($address).GetAddressBytes()
    [BitConverter]::ToString([byte[]] $bytes).Replace('-', '').PadRight(56, '0') + '0100000000000000'
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
    Invoke-NetQuery -Query { Get-NetRoute -InterfaceIndex $index -ErrorAction Stop } |
        ForEach-Object { ConvertTo-Prefix -Text $_.DestinationPrefix }
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
