# RAS: phonebook entries, and the connections that are built from them at a dial. A dial gives the interface
# the stored metrics; other settings of the interface are lost (MicrosoftDocs/windowsserverdocs#5949). It installs
# the stored routes (unconfirmed).

# The phonebook files of the device.
function Get-RasPhonebook {
    foreach ($path in $global:Client.phonebooks) {
        if ([IO.File]::Exists($path)) {
            $path
        }
    }
}

# An entry of a phonebook as @{ Path; Lines; Start; End }, Start and End being places in Lines; nothing if it
# is not there. Lines are Latin-1, one character a byte.
function Find-RasEntry {
    param([string] $Path, [string] $Name)

    if (-not [IO.File]::Exists($Path)) {
        return
    }
    $lines = @([Text.Encoding]::GetEncoding(28591).GetString([IO.File]::ReadAllBytes($Path)) -split '(?<=\n)')
    for ($start = 0; $start -lt $lines.Count; $start++) {
        if (Test-RasHeader -Line $lines[$start] -Name $Name) {
            $end = $start + 1
            while ($end -lt $lines.Count -and $lines[$end] -notmatch '\A\[') {
                $end++
            }
            return @{ Path = $Path; Lines = $lines; Start = $start; End = $end }
        }
    }
}

# Whether a line is the header of an entry of this name. A header in UTF-8 is known (6tu/kid and myfreeer/raslink,
# rasphone.pbk); one in the ANSI code page is unconfirmed.
function Test-RasHeader {
    param([string] $Line, [string] $Name)

    $header = $Line.TrimEnd()
    if ($header -notmatch '\A\[.*\]\z') {
        return $false
    }
    $bytes = [Text.Encoding]::GetEncoding(28591).GetBytes($header.Substring(1, $header.Length - 2))
    $ansi = [Text.Encoding]::GetEncoding([Globalization.CultureInfo]::CurrentCulture.TextInfo.ANSICodePage)
    $decoded = [Text.Encoding]::UTF8.GetString($bytes)
    if ($decoded.IndexOf([char] 0xFFFD) -ge 0) {
        $decoded = $ansi.GetString($bytes)
    }
    [string]::Equals($decoded, $Name, 'OrdinalIgnoreCase')
}

# The values of an entry by key; the pieces of a value are joined (ld0614/DPC, RASPhonePBK.cs).
function Get-RasValue {
    param([hashtable] $Entry)

    $values = @{}
    foreach ($line in $Entry['Lines'][$Entry['Start']..($Entry['End'] - 1)]) {
        $key, $value = $line.TrimEnd() -split '=', 2
        if ($null -ne $value) {
            $values[$key] = "$($values[$key])$value"
        }
    }
    $values
}

# The names of the connected interfaces that are tunnels: those with an entry in some phonebook.
function Get-RasConnectionName {
    $names = @($global:Client.interfaces | ForEach-Object { $_.InterfaceAlias } | Select-Object -Unique)
    foreach ($name in $names) {
        $entries = foreach ($path in @(Get-RasPhonebook)) { Find-RasEntry -Path $path -Name $name }
        if ($null -ne $entries) {
            $name
        }
    }
}

# Removes the interface of a connection and its routes.
function Disconnect-Ras {
    param([string] $Name)

    $gone = @($global:Client.interfaces | Where-Object { $_.InterfaceAlias -eq $Name })
    $numbers = @($gone | ForEach-Object { $_.InterfaceIndex })
    $global:Client.interfaces = @($global:Client.interfaces | Where-Object { $_.InterfaceAlias -ne $Name })
    $global:Client.routes = @($global:Client.routes | Where-Object { $numbers -notcontains $_.InterfaceIndex })
    Add-ClientEvent -Text "connection $Name dropped"
}

# Builds a connection from its phonebook entry, with the same families and index as before, if it had any.
function Connect-Ras {
    param([string] $Name, [string[]] $Family = @('IPv4', 'IPv6'), [int] $Index = 23)

    $entries = foreach ($path in @(Get-RasPhonebook)) { Find-RasEntry -Path $path -Name $Name }
    $values = Get-RasValue -Entry @($entries)[0]
    $new = foreach ($one in $Family) {
        $key = @{ IPv4 = 'IpInterfaceMetric'; IPv6 = 'Ipv6InterfaceMetric' }[$one]
        $metric = [int] "0$($values[$key])"
        $automatic = 'Disabled'
        if (0 -eq $metric) {
            # What Windows shows for a tunnel with an automatic metric (ld0614/DPC#57).
            $metric = 25
            $automatic = 'Enabled'
        }
        [pscustomobject] @{
            InterfaceAlias  = $Name
            InterfaceIndex  = $Index
            AddressFamily   = $one
            InterfaceMetric = $metric
            AutomaticMetric = $automatic
            ConnectionState = 'Connected'
        }
    }
    $global:Client.interfaces = @($global:Client.interfaces) + $new
    $routes = @(Get-RasRoute -Hex "$($values['Routes'])" | Where-Object { $Family -contains $_['Family'] })
    foreach ($route in @($routes | Where-Object { -not $_['Exclude'] })) {
        $live = New-LiveRoute -Prefix $route['Prefix'] -Index $Index -Metric $route['Metric']
        $global:Client.routes = @($global:Client.routes) + $live
    }
    Add-ClientEvent -Text "connection $Name dialed"
}

# The routes of an entry (ld0614/DPC, Route.cs; Server Fault question 1051424).
function Get-RasRoute {
    param([string] $Hex)

    foreach ($record in [regex]::Matches($Hex, '.{72}')) {
        $bytes = [byte[]] @([regex]::Matches($record.Value, '..') | ForEach-Object { [Convert]::ToByte($_.Value, 16) })
        $family, $size = 'IPv4', 4
        if (23 -eq [BitConverter]::ToInt32($bytes, 4)) {
            $family, $size = 'IPv6', 16
        }
        $address = New-Object -TypeName Net.IPAddress -ArgumentList (, [byte[]] $bytes[12..(11 + $size)])
        @{
            Prefix  = '{0}/{1}' -f $address, [BitConverter]::ToInt32($bytes, 8)
            Family  = $family
            Metric  = [BitConverter]::ToInt32($bytes, 0)
            Exclude = 0 -ne [BitConverter]::ToInt32($bytes, 28)
        }
    }
}

# A route as the module NetTCPIP shows it.
function New-LiveRoute {
    param([string] $Prefix, [int] $Index, [int] $Metric, [string] $NextHop)

    $family, $onLink = 'IPv4', '0.0.0.0'
    if ($Prefix.Contains(':')) {
        $family, $onLink = 'IPv6', '::'
    }
    if (-not $NextHop) {
        $NextHop = $onLink
    }
    [pscustomobject] @{
        DestinationPrefix = $Prefix
        InterfaceIndex    = $Index
        NextHop           = $NextHop
        RouteMetric       = $Metric
        AddressFamily     = $family
    }
}

# Every tunnel is dropped and dialed again, as Always On does after a while without a network (unconfirmed).
function Restart-RasConnection {
    foreach ($name in @(Get-RasConnectionName)) {
        $old = @($global:Client.interfaces | Where-Object { $_.InterfaceAlias -eq $name })
        Disconnect-Ras -Name $name
        Connect-Ras -Name $name -Family @($old | ForEach-Object { $_.AddressFamily }) -Index $old[0].InterfaceIndex
    }
}

# rasdial NAME dials, rasdial NAME /disconnect hangs up, rasdial /disconnect hangs up everything (unconfirmed).
function rasdial {
    $name, $more = $args
    $connected = @(Get-RasConnectionName)
    foreach ($odd in @($args | Where-Object { "$_" -match '^[/-]' -and '/disconnect' -ne $_ })) {
        Deny-Call -Reason "the stand-in of rasdial knows /disconnect, not $odd"
    }
    if (0 -eq $args.Count) {
        $connected
    } elseif ('/disconnect' -eq $name) {
        foreach ($one in $connected) { Disconnect-Ras -Name $one }
    } elseif (@($more) -contains '/disconnect' -and $connected -contains $name) {
        Disconnect-Ras -Name $name
    } elseif (@($more) -notcontains '/disconnect' -and $connected -notcontains $name) {
        Connect-Ras -Name $name
    }
    'Command completed successfully.'
    $global:LASTEXITCODE = 0
}

function rasdial.exe {
    rasdial @args
}
