# The module VpnClient (parameters and properties: VpnClient cmdlet reference). Its commands change the phonebook of
# the calling account (PS_VpnConnection; unconfirmed for SYSTEM), or with -AllUserConnection that of all users. A route
# without a metric gets 1 (Server Fault question 1051424). The time stamps of the entry change (unconfirmed). No command
# adds an exclusion (PS_VpnConnectionRoute).
#
# What is not documented is a switch of the client:
# - refusesRoutes: the route commands do not accept the connection
# - resetsMetric: another key of the entry is reset
# - dropsExclusions: exclusions are lost
# - reencodes: bytes that are not UTF-8 are lost

function Add-VpnConnectionRoute {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)] [Alias('Name')] [string] $ConnectionName,
        [Parameter(Mandatory = $true, Position = 1, ValueFromPipelineByPropertyName = $true)] [string] $DestinationPrefix,
        [Parameter(Position = 2, ValueFromPipelineByPropertyName = $true)] [uint32] $RouteMetric = 1,
        [Parameter(ValueFromPipelineByPropertyName = $true)] [switch] $AllUserConnection,
        [switch] $PassThru
    )

    process {
        if (Test-Fault -Command 'Add-VpnConnectionRoute' -Subject $DestinationPrefix, "$DestinationPrefix@$RouteMetric") {
            return
        }
        if (-not $PSCmdlet.ShouldProcess($ConnectionName)) {
            return
        }
        $record = ConvertTo-RasRecord -Prefix $DestinationPrefix -Metric $RouteMetric
        $problem = Edit-RasRoute -Name $ConnectionName -AllUser:$AllUserConnection -Change {
            param([string[]] $Records)

            if (@($Records | Where-Object { $_.Substring(8, 48) -eq $record.Substring(8, 48) }).Count -gt 0) {
                throw 'The route already exists.'
            }
            @($Records) + $record
        }
        if ($problem) {
            Write-ClientError -Message $problem -ErrorId 'VPN route'
        }
    }
}

function Remove-VpnConnectionRoute {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param(
        [Parameter(Mandatory = $true, Position = 0, ValueFromPipelineByPropertyName = $true)] [Alias('Name')] [string] $ConnectionName,
        [Parameter(Mandatory = $true, Position = 1, ValueFromPipelineByPropertyName = $true)] [string] $DestinationPrefix,
        [Parameter(ValueFromPipelineByPropertyName = $true)] [switch] $AllUserConnection,
        [switch] $PassThru
    )

    process {
        if (Test-Fault -Command 'Remove-VpnConnectionRoute' -Subject $DestinationPrefix) {
            return
        }
        if (-not $PSCmdlet.ShouldProcess($ConnectionName)) {
            return
        }
        $record = ConvertTo-RasRecord -Prefix $DestinationPrefix -Metric 1
        $problem = Edit-RasRoute -Name $ConnectionName -AllUser:$AllUserConnection -Change {
            param([string[]] $Records)

            $kept = @($Records | Where-Object { $_.Substring(8, 48) -ne $record.Substring(8, 48) })
            if ($kept.Count -eq @($Records).Count) {
                throw 'The route was not found.'
            }
            $kept
        }
        if ($problem) {
            Write-ClientError -Message $problem -ErrorId 'VPN route'
        }
    }
}

# Connections of the calling account, which is SYSTEM and not the signed-in user if SYSTEM calls (unconfirmed).
function Get-VpnConnection {
    [CmdletBinding()]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName = $true)] [Alias('ConnectionName')] [string[]] $Name,
        [Parameter(ValueFromPipelineByPropertyName = $true)] [switch] $AllUserConnection
    )

    process {
        $path = Get-CallerPhonebook -AllUser:$AllUserConnection
        $names = @($Name)
        if (-not $Name -and [IO.File]::Exists($path)) {
            $text = [Text.Encoding]::UTF8.GetString([IO.File]::ReadAllBytes($path))
            $names = @([regex]::Matches($text, '(?m)^\[(.*)\]\s*$') | ForEach-Object { $_.Groups[1].Value })
        }
        $connected = @(Get-RasConnectionName)
        foreach ($one in @($names | Where-Object { $_ })) {
            $entry = Find-RasEntry -Path $path -Name $one
            if ($null -eq $entry) {
                # 623 is ERROR_CANNOT_FIND_PHONEBOOK_ENTRY (ld0614/DPC#37).
                Write-ClientError -Message "VPN connection $one was not found." -Category ObjectNotFound -ErrorId 'VPN 623'
                continue
            }
            ConvertTo-VpnConnection -Name $one -Entry $entry -AllUser $AllUserConnection -IsConnected ($connected -contains $one)
        }
    }
}

# A connection as Windows shows it: the values of its entry, and else those of a connection with EAP.
function ConvertTo-VpnConnection {
    param([string] $Name, [hashtable] $Entry, [bool] $AllUser, [bool] $IsConnected)

    $values = Get-RasValue -Entry $Entry
    $routes = @(Get-RasRoute -Hex "$($values['Routes'])" | Where-Object { -not $_['Exclude'] })
    $shown = [pscustomobject] @{
        Name                  = $Name
        ServerAddress         = "$($values['PhoneNumber'])"
        AllUserConnection     = $AllUser
        Guid                  = $values['Guid']
        ProfileType           = 'Inbox'
        TunnelType            = Get-TunnelType -Strategy "$($values['VpnStrategy'])"
        AuthenticationMethod  = [string[]] 'Eap'
        EncryptionLevel       = 'Required'
        L2tpIPsecAuth         = 'Certificate'
        UseWinlogonCredential = '1' -eq $values['AutoLogon']
        EapConfigXmlStream    = $null
        ConnectionStatus      = @('Disconnected', 'Connected')[$IsConnected]
        NapState              = 'NotConnected'
        RememberCredential    = $true
        SplitTunneling        = '1' -ne $values['IpPrioritizeRemote']
        DnsSuffix             = "$($values['IpDnsSuffix'])"
        IdleDisconnectSeconds = [int] "0$($values['IdleDisconnectSeconds'])"
        Routes                = @($routes | ForEach-Object { ConvertTo-VpnRoute -Name $Name -Route $_ })
    }
    Add-CimClass -Object $shown -Class 'VpnConnection'
}

# The name of a tunnel type in the phonebook (ld0614/DPC, VPNStrategy.cs).
function Get-TunnelType {
    param([string] $Strategy)

    $type = @{ 1 = 'Pptp'; 3 = 'L2tp'; 5 = 'Sstp'; 7 = 'Ikev2' }[[int] "0$Strategy"]
    if ($null -eq $type) {
        return 'Automatic'
    }
    $type
}

function ConvertTo-VpnRoute {
    param([string] $Name, $Route)

    $shown = [pscustomobject] @{
        DestinationPrefix = $Route['Prefix']
        InterfaceAlias    = $Name
        AddressFamily     = $Route['Family']
        RouteMetric       = $Route['Metric']
    }
    Add-CimClass -Object $shown -Class 'MSFT_NetRoute'
}

# The phonebook of the account that calls, or that of all users.
function Get-CallerPhonebook {
    param([switch] $AllUser)

    $root = $env:APPDATA
    if ($AllUser) {
        $root = $env:ProgramData
    }
    Join-Path -Path $root -ChildPath 'Microsoft/Network/Connections/Pbk/rasphone.pbk'
}

# Rewrites the routes of one entry, or returns the text of the problem.
function Edit-RasRoute {
    param([string] $Name, [switch] $AllUser, [scriptblock] $Change)

    if ($AllUser -and $env:USERNAME -notlike '*$') {
        return 'Access is denied.'
    }
    $entry = Find-RasEntry -Path (Get-CallerPhonebook -AllUser:$AllUser) -Name $Name
    if ($global:Client.switches.refusesRoutes -or $null -eq $entry) {
        return "The VPN connection $Name cannot be found."
    }
    $lines, $start, $end = $entry['Lines'], $entry['Start'], $entry['End']
    $own = @($lines[$start..($end - 1)])
    $records = @([regex]::Matches("$((Get-RasValue -Entry $entry)['Routes'])", '.{72}') | ForEach-Object { $_.Value })
    try {
        $records = @(& $Change $records)
    } catch {
        return "$_"
    }
    if ($global:Client.switches.dropsExclusions) {
        $records = @($records | Where-Object { '00000000' -eq $_.Substring(56, 8) })
    }
    $changed = ConvertTo-RasEntry -Entry $own -Records $records
    $before = @(if ($start -gt 0) { $lines[0..($start - 1)] })
    $after = @(if ($end -lt $lines.Count) { $lines[$end..($lines.Count - 1)] })
    $text = -join ($before + $changed + $after)
    $bytes = [Text.Encoding]::GetEncoding(28591).GetBytes($text)
    if ($global:Client.switches.reencodes) {
        $bytes = [Text.Encoding]::UTF8.GetBytes([Text.Encoding]::UTF8.GetString($bytes))
    }
    [IO.File]::WriteAllBytes($entry['Path'], $bytes)
}

# An entry's lines with these routes, and with the time of the change.
function ConvertTo-RasEntry {
    param([string[]] $Entry, [string[]] $Records)

    $pieces = @([regex]::Matches((-join $Records), '.{1,128}') | ForEach-Object { "Routes=$($_.Value)`r`n" })
    foreach ($line in $Entry) {
        if ($line -like 'NumRoutes=*') {
            "NumRoutes=$(@($Records).Count)`r`n"
            $pieces
        } elseif ($line -like 'LowDateTime=*') {
            "LowDateTime=$([int] $line.Substring(12) + 1)`r`n"
        } elseif ($line -like 'IpInterfaceMetric=*' -and $global:Client.switches.resetsMetric) {
            "IpInterfaceMetric=0`r`n"
        } elseif ($line -notlike 'Routes=*') {
            $line
        }
    }
}

# A route as RAS stores it (ld0614/DPC, Route.cs; Server Fault question 1051424).
function ConvertTo-RasRecord {
    param([string] $Prefix, [uint32] $Metric)

    $address, $length = $Prefix.Split('/')
    $bytes = [Net.IPAddress]::Parse($address).GetAddressBytes()
    $family = @{ 4 = 2; 16 = 23 }[$bytes.Count]
    $all = [byte[]] @(
        [BitConverter]::GetBytes($Metric) + [BitConverter]::GetBytes([uint32] $family) +
        [BitConverter]::GetBytes([uint32] $length) + $bytes + @(0) * (24 - $bytes.Count)
    )
    [BitConverter]::ToString($all).Replace('-', '')
}
