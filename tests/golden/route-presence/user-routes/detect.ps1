# Detection script of an Intune Remediation.
# Kind route-presence, rendered by aovpn-remediate.
#
# Does a VPN profile have its routes? Admins report that Windows lost routes from phonebooks, did not install
# them when it connected, or kept removed ones.
#
# It changes nothing. The last line of its output is one JSON object. Its state is healthy, pending, absent,
# unknown or issue. The exit code is 1 for issue, also for unknown if WhenUnknown says so, else 0. A non-zero
# exit code starts the remediation script, if the package has one.

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# From remediate.yaml. Change them there and publish again. RunAs is the account that this script is for.
$Settings = @{
    Kind    = 'route-presence'
    Profile = 'Contoso User VPN'
    Scope   = 'user'
    RunAs   = 'user'
    Stored  = 'repair'
    Live    = 'report'
    Routes  = @('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16')
}

# The account and the session that the script runs in.

# Returns a finding if the script must stop here, else nothing.
function Get-Refusal {
    param([string] $RunAs)

    if ('FullLanguage' -ne $ExecutionContext.SessionState.LanguageMode) {
        $detail = 'PowerShell runs this script in constrained language mode'
        return New-Finding -State 'unknown' -Reason 'constrained-language' -Detail $detail
    }
    # For the SYSTEM account, USERNAME is the name of the computer with a dollar sign (unconfirmed).
    $isSystem = $env:USERNAME -like '*$'
    if (-not $env:USERNAME -or $isSystem -ne ('system' -eq $RunAs)) {
        $detail = 'this script must run as {0}, but it runs as another account' -f $RunAs
        return New-Finding -State 'unknown' -Reason 'wrong-account' -Detail $detail
    }
}

# Files, read and written as a whole. Their bytes become Latin-1 text, one character for each byte. So bytes
# of any encoding are written back as they were.

# A file's bytes as Latin-1 text.
function Read-FileText {
    param([string] $Path)

    $latin1 = [Text.Encoding]::GetEncoding(28591)
    Invoke-WithRetry -Action { $latin1.GetString([IO.File]::ReadAllBytes($Path)) }
}

# The attributes of a file or a folder, or of a link itself; nothing if there is none.
function Get-FileAttribute {
    param([string] $Path)

    try {
        [IO.File]::GetAttributes($Path)
    } catch [IO.FileNotFoundException], [IO.DirectoryNotFoundException] {
        $null
    }
}

# Whether a file or a folder exists. A link is an error, because its target is unknown.
function Test-PlainPath {
    param([string] $Path)

    $attributes = Get-FileAttribute -Path $Path
    if ($attributes -band [IO.FileAttributes]::ReparsePoint) {
        throw 'a link is on the path to a phonebook'
    }
    $null -ne $attributes
}

# Runs an action on a file, and tries it again if the file is locked or access is denied: five times in one
# second. Windows, Intune and virus scanners open the phonebook too (unconfirmed).
function Invoke-WithRetry {
    param([scriptblock] $Action)

    for ($try = 1; $true; $try++) {
        try {
            return & $Action
        } catch {
            $cause = $_.Exception.GetBaseException()
            $gone = $cause -is [IO.FileNotFoundException] -or $cause -is [IO.DirectoryNotFoundException]
            $busy = $cause -is [IO.IOException] -or $cause -is [UnauthorizedAccessException]
            if ($try -ge 5 -or $gone -or -not $busy) {
                throw
            }
            Start-Sleep -Milliseconds 200 -ErrorAction Stop
        }
    }
}

# Network interfaces while they are connected. A change lasts until the connection ends
# (MicrosoftDocs/windowsserverdocs#5949).

# The interfaces of a connected profile, one for each address family; none if it is not connected. The query
# has no name, because -InterfaceAlias accepts wildcards and a profile's name may contain brackets.
function Get-LiveInterface {
    param([string] $Alias)

    foreach ($interface in @(Invoke-NetQuery -Query { Get-NetIPInterface -ErrorAction Stop })) {
        $isNamed = [string]::Equals($interface.InterfaceAlias, $Alias, 'OrdinalIgnoreCase')
        $state = $interface.PSObject.Properties['ConnectionState']
        if ($isNamed -and ($null -eq $state -or 'Disconnected' -ne $state.Value)) {
            if (@('IPv4', 'IPv6') -notcontains "$($interface.AddressFamily)") {
                throw 'the interface has an unknown address family'
            }
            $interface
        }
    }
}

# Runs a query of a NetTCPIP cmdlet. When these cmdlets find nothing, they report the error
# CmdletizationQuery_NotFound. Source: PowerShell/PowerShell, CIM query job.
function Invoke-NetQuery {
    param([scriptblock] $Query)

    try {
        & $Query
    } catch {
        if ($_.FullyQualifiedErrorId -notlike 'CmdletizationQuery_NotFound*') {
            throw
        }
    }
}

# Phonebooks, in which Windows keeps its VPN profiles as entries, and the keys of an entry.

# Where the phonebook of a scope is, whether it exists, and the first link on its path below AppData or
# ProgramData. Links there are not followed: whoever made one would choose the file that is changed. Source
# for the place: ld0614/DPC, ManageRasphonePBK.cs.
function Find-Phonebook {
    param([string] $Scope)

    $path = $env:ProgramData
    if ('user' -eq $Scope) {
        $path = $env:APPDATA
    }
    if (-not $path) {
        throw 'the environment does not name the folder of the phonebook'
    }
    Find-PhonebookBelow -Path $path
}

# The same for the phonebook below a folder, AppData or ProgramData.
function Find-PhonebookBelow {
    param([string] $Path)

    $file = Join-Path -Path $Path -ChildPath 'Microsoft\Network\Connections\Pbk\rasphone.pbk'
    $link = ''
    foreach ($part in 'Microsoft', 'Network', 'Connections', 'Pbk', 'rasphone.pbk') {
        $Path = Join-Path -Path $Path -ChildPath $part
        $attributes = Get-FileAttribute -Path $Path
        if ($attributes -band [IO.FileAttributes]::ReparsePoint) {
            # Nothing behind the link is read: it may lead to another computer.
            $link = $part
            break
        }
    }
    @{ Path = $file; Exists = $null -ne $attributes; Link = $link }
}

# The text of a phonebook. One without entries is read again: another program may be writing it right now.
function Read-PhonebookText {
    param([string] $Path)

    $text = Read-FileText -Path $Path
    if (-not $text.Contains('[')) {
        Start-Sleep -Milliseconds 200 -ErrorAction Stop
        $text = Read-FileText -Path $Path
    }
    if ($text.IndexOf([char] 0) -ge 0) {
        throw 'the phonebook contains null characters, so it may be damaged'
    }
    $text
}

# All entries with a name, as matches in the text.
function Find-NamedEntry {
    param([string] $Text, [string] $Name)

    $header = '(?<![^\r\n])(?:\xEF\xBB\xBF)?\[([^\r\n]*)\][ \t]*(?![^\r\n])'
    foreach ($entry in [regex]::Matches($Text, "$header(?s:.*?)(?=$header|\z)")) {
        if (Test-EntryName -Header $entry.Groups[1].Value -Name $Name) {
            $entry
        }
    }
}

# The VPN entry (Type=2) with a name; nothing if there is none.
function Find-PhonebookEntry {
    param([string] $Text, [string] $Name)

    $entries = foreach ($entry in Find-NamedEntry -Text $Text -Name $Name) {
        $type = Find-EntryKey -Entry $entry.Value -Key 'Type'
        if ($null -ne $type -and '2' -eq $type.Value.Trim()) {
            $entry
        }
    }
    if (@($entries).Count -gt 1) {
        throw 'the phonebook has more than one VPN entry with this name'
    }
    $entries
}

# The profile's entry as @{ Path; Text; Entry }. Without an entry, Refusal is a finding that says why.
function Open-ProfileEntry {
    param([hashtable] $Settings)

    $phonebook = Find-Phonebook -Scope $Settings['Scope']
    $open = @{ Path = $phonebook['Path']; Refusal = $null; Text = ''; Entry = $null }
    if ($phonebook['Link']) {
        $detail = 'the path to the phonebook contains a link, which is not followed: ' + $phonebook['Link']
        $open['Refusal'] = New-Finding -State 'unknown' -Reason 'link' -Detail $detail
        return $open
    }
    if (Test-BrokenReplacement -Path $open['Path']) {
        $detail = 'a repair was interrupted: the phonebook is missing or empty; the next repair restores it'
        $open['Refusal'] = New-Finding -State 'issue' -Reason 'interrupted' -Detail $detail
        return $open
    }
    if ($phonebook['Exists']) {
        $open['Text'] = Read-PhonebookText -Path $open['Path']
    }
    $open['Entry'] = Find-PhonebookEntry -Text $open['Text'] -Name $Settings['Profile']
    if ($null -eq $open['Entry']) {
        $open['Refusal'] = Get-Absence -Settings $Settings -Path $open['Path'] -Text $open['Text']
    }
    $open
}

# The finding about a profile that is not in its phonebook. If it is in a copy that a repair left, only a
# person can know whether it was lost or removed.
function Get-Absence {
    param([hashtable] $Settings, [string] $Path, [string] $Text)

    $copies = @("$Path.aovpn-remediate.old") + @(Get-KeptPlace -Path $Path)
    foreach ($copy in @($copies | Where-Object { [IO.File]::Exists($_) })) {
        $lost = Find-PhonebookEntry -Text (Read-PhonebookText -Path $copy) -Name $Settings['Profile']
        if ($null -ne $lost) {
            $detail = 'the profile is only in a copy beside the phonebook: it was lost, or removed on purpose'
            return New-Finding -State 'unknown' -Reason 'interrupted' -Detail $detail
        }
    }
    if (@(Find-NamedEntry -Text $Text -Name $Settings['Profile']).Count -gt 0) {
        return New-Finding -State 'absent' -Detail 'the entry with this name is not a VPN connection (Type=2)'
    }
    if ('user' -eq $Settings['Scope']) {
        return New-Finding -State 'absent' -Detail "the profile is not in this user's phonebook"
    }
    New-Finding -State 'absent' -Detail 'the profile is not in the phonebook of all users'
}

# Whether the bytes of a header are the name, in the first encoding that fits. Upper and lower case are
# equal.
function Test-EntryName {
    param([string] $Header, [string] $Name)

    $texts = @(ConvertFrom-EntryHeader -Header $Header | Where-Object { $_.IndexOf([char] 0xFFFD) -lt 0 })
    $texts.Count -gt 0 -and [string]::Equals($texts[0], $Name, 'OrdinalIgnoreCase')
}

# The bytes of a header as text in each possible encoding: UTF-8, as in public samples with Encoding=1; the
# ANSI code page; and the culture's code page, for a Windows whose ANSI code page is UTF-8 (unconfirmed).
function ConvertFrom-EntryHeader {
    param([string] $Header)

    $bytes = [Text.Encoding]::GetEncoding(28591).GetBytes($Header)
    $ansi = [Text.Encoding]::GetEncoding([Globalization.CultureInfo]::CurrentCulture.TextInfo.ANSICodePage)
    foreach ($encoding in [Text.Encoding]::UTF8, [Text.Encoding]::Default, $ansi) {
        $encoding.GetString($bytes)
    }
}

# The value of a key, as a match in the text of an entry; nothing if the key does not exist.
function Find-EntryKey {
    param([string] $Entry, [string] $Key)

    $lines = @([regex]::Matches($Entry, (Get-KeyPattern -Key $Key), 'IgnoreCase, CultureInvariant'))
    if ($lines.Count -gt 1) {
        throw "the phonebook entry has the key $Key more than once"
    }
    if ($lines.Count -eq 1) {
        $lines[0].Groups[1]
    }
}

# The lines of an entry that have one of these keys, as a pattern. Group 1 is the value.
function Get-KeyPattern {
    param([string[]] $Key)

    '(?<![^\r\n])[ \t]*(?:{0})[ \t]*=([^\r\n]*)(?:\r\n|\r|\n|\z)' -f ($Key -join '|')
}

# When a live difference ends that this script does not correct, as text for the result.
function Get-Outlook {
    param([hashtable] $Settings)

    if ('repair' -eq $Settings['Stored']) {
        return 'the next connection corrects this'
    }
    'the phonebook was not checked'
}

# How a phonebook is replaced, and the copies beside it:
# - .tmp is a new file until it is complete and takes another file's place. Its name is random.
# - .old is the old phonebook, from the replacement until the check after it. If the phonebook is missing, it
#   shows that a replacement was interrupted. Without it, somebody deleted the phonebook.
# - .bak is the version before the last change.
# - .1.kept to .9.kept are copies that an administrator must check. A script deletes one only if a newer one
#   has the same text.

# Whether a replacement was interrupted: the old and the new file exist, but no phonebook, or one without
# entries, which Windows creates if it finds none (unconfirmed). After a complete replacement there is no
# .old, so a phonebook that somebody deletes does not come back.
function Test-BrokenReplacement {
    param([string] $Path)

    $isLeft = (Test-PlainFile -Path "$Path.aovpn-remediate.old") -and @(Get-LeftFile -Path $Path).Count -gt 0
    $isLeft -and (-not [IO.File]::Exists($Path) -or -not (Read-FileText -Path $Path).Contains('['))
}

# The places of the kept copies.
function Get-KeptPlace {
    param([string] $Path)

    for ($number = 1; $number -le 9; $number++) {
        "$Path.aovpn-remediate.$number.kept"
    }
}

# Whether a copy exists. A link or a folder in its place is an error.
function Test-PlainFile {
    param([string] $Path)

    if ([IO.Directory]::Exists($Path)) {
        throw 'a link or a folder has the name of a copy of the phonebook'
    }
    Test-PlainPath -Path $Path
}

# The new files that killed scripts have left beside the phonebook.
function Get-LeftFile {
    param([string] $Path)

    $name = [IO.Path]::GetFileName($Path)
    [IO.Directory]::GetFiles([IO.Path]::GetDirectoryName($Path), "$name.aovpn-remediate.*.tmp")
}

# What a script reports, and its only exit.

# What a check found. State is healthy, issue, pending, absent or unknown. Found goes into the result line.
function New-Finding {
    param([string] $State, [string] $Detail, [string] $Reason = '', [hashtable] $Found = @{})

    @{ State = $State; Detail = $Detail; Reason = $Reason; Found = $Found }
}

# Combines the findings into one. Unknown comes first, then absent, because both prevent a repair.
function Merge-Finding {
    param([object[]] $Finding)

    $found = @{}
    foreach ($one in $Finding) {
        $found += $one['Found']
    }
    foreach ($state in 'unknown', 'absent', 'issue', 'pending', 'healthy') {
        $decisive = @($Finding | Where-Object { $state -eq $_['State'] })
        if ($decisive.Count -gt 0) {
            break
        }
    }
    $detail = @($decisive | ForEach-Object { $_['Detail'] }) -join '; '
    New-Finding -State $state -Detail $detail -Reason $decisive[0]['Reason'] -Found $found
}

# Runs the checks and returns one finding, also after an error: an error must never look like an issue. If
# the profile is absent or unknown, or its phonebook must be restored first, the other checks are left out.
# Each check gets the number of the rounds of repair before it. $Check has no type: constrained language mode
# does not allow arrays of script blocks, and this script must be able to report that mode.
function Invoke-Check {
    param([hashtable] $Settings, $Check, [int] $Round)

    try {
        $refusal = Get-Refusal -RunAs $Settings['RunAs']
        if ($null -ne $refusal) {
            return $refusal
        }
        $findings = foreach ($one in $Check) {
            $finding = & $one $Round
            $finding
            if (@('absent', 'unknown') -contains $finding['State'] -or $finding['Reason']) {
                break
            }
        }
        $finding = Merge-Finding -Finding @($findings)
    } catch {
        return New-Finding -State 'unknown' -Reason 'error' -Detail (ConvertTo-PlainError -ErrorRecord $_)
    }
    $finding
}

# The text of an error without paths, addresses and names of users and computers, because these must not
# leave the device.
function ConvertTo-PlainError {
    param([Management.Automation.ErrorRecord] $ErrorRecord)

    $cause = $ErrorRecord.Exception.GetBaseException()
    $text = $cause.Message
    if ($null -ne $ErrorRecord.Exception.InnerException) {
        $text = '{0} (0x{1:X8})' -f $cause.Message, $cause.HResult
    }
    foreach ($name in @($env:USERNAME, $env:USERDOMAIN, $env:COMPUTERNAME | Where-Object { $_ })) {
        $pattern = [regex]::Escape($name)
        if ($name.Length -le 3) {
            $pattern = '(?<!\w){0}(?!\w)' -f $pattern
        }
        $text = [regex]::Replace($text, $pattern, '(name)', 'IgnoreCase, CultureInvariant')
    }
    # Quoted paths first, up to the last quote, because a folder's name may contain an apostrophe.
    $start = '(?:[A-Z]:\\|\\\\|/)'
    $hidden = [ordered] @{
        ('[''"\u201C-\u201E\u300C]{0}.*[''"\u201C-\u201E\u300D]' -f $start)  = '(path)'
        ('(?<!\w){0}[^''"|\r\n\u201C-\u201E\u300D]+' -f $start)              = '(path)'
        '[\w.()-]+\\[\w.()$-]+(?: (?-i:\p{Lu})[\w.-]*)*'                     = '(name)'
        '[\w.+()-]+@[\w.()-]+'                                               = '(name)'
        'S-1-\d+(?:-\d+)+'                                                   = '(sid)'
        '(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])'                         = '(address)'
        '(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:%\w+)?(?![\w:])'   = '(address)'
        '\s+'                                                                = ' '
    }
    foreach ($pattern in $hidden.Keys) {
        $text = [regex]::Replace($text, $pattern, $hidden[$pattern], 'IgnoreCase, CultureInvariant')
    }
    $text.Trim()
}

# One line of ASCII JSON with at most 2,000 characters. Intune keeps 2,048 (Intune documentation,
# Remediations): the end of the last line, read in the OEM code page (measured: fadwen/IntuneScriptLab).
function ConvertTo-ResultLine {
    param([hashtable] $Settings, [hashtable] $Finding)

    $line = [ordered] @{
        v       = 1
        kind    = $Settings['Kind']
        profile = $Settings['Profile']
        state   = $Finding['State']
        detail  = $Finding['Detail']
    }
    if ($Finding['Reason']) {
        $line['reason'] = $Finding['Reason']
    }
    if ($Finding['Found'].Count -gt 0) {
        $line['found'] = Limit-Found -Found $Finding['Found']
        $line['want'] = Get-Want -Settings $Settings
    }
    $json = ConvertTo-AsciiJson -Value $line
    if ($json.Length -gt 2000) {
        $line.Remove('found')
        $line.Remove('want')
        foreach ($key in 'profile', 'detail') {
            $line[$key] = $line[$key] -replace '(?s)\A(.{0,150}).*', '$1' -replace '[\uD800-\uDBFF]\z'
        }
        $json = ConvertTo-AsciiJson -Value $line
    }
    $json
}

# What was found, in a fixed order. Of a long list, eight items and the number of the others stay.
function Limit-Found {
    param($Found)

    $limited = [ordered] @{}
    foreach ($key in @($Found.Keys | Sort-Object)) {
        $value = $Found[$key]
        if ($value -is [Collections.IDictionary]) {
            $value = Limit-Found -Found $value
        } elseif ($value -is [array] -and $value.Count -gt 8) {
            $value = @($value[0..7]) + ('{0} more' -f ($value.Count - 8))
        }
        $limited[$key] = $value
    }
    $limited
}

# JSON on one line, in which each character outside ASCII is an escape sequence.
function ConvertTo-AsciiJson {
    param($Value)

    $json = ConvertTo-Json -InputObject $Value -Compress -Depth 4
    -join @(foreach ($character in $json.ToCharArray()) {
            if ([int] $character -lt 0x7F) { $character } else { '\u{0:x4}' -f [int] $character }
        })
}

# The exit of a detection script: one line, exit code 1 for an issue, else 0.
function Complete-Detection {
    param([hashtable] $Settings, $Check)

    $finding = Invoke-Check -Settings $Settings -Check $Check
    ConvertTo-ResultLine -Settings $Settings -Finding $finding
    if ('issue' -eq $finding['State']) {
        exit 1
    }
    exit 0
}

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

# The family and the bits of the network of a route.
function Get-NetworkBit {
    param([hashtable] $Route)

    $key = $Route['Key']
    $bits = foreach ($digit in $key.Substring(16).ToCharArray()) {
        [Convert]::ToString([Convert]::ToInt32("$digit", 16), 2).PadLeft(4, '0')
    }
    $key.Substring(0, 2) + (-join $bits).Substring(0, [Convert]::ToInt32($key.Substring(8, 2), 16))
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

# The routes of a connected interface.
function Get-LiveRoute {
    param($Interface)

    $index = $Interface.InterfaceIndex
    $routes = @(Invoke-NetQuery -Query { Get-NetRoute -InterfaceIndex $index -ErrorAction Stop })
    ConvertTo-Route -Text @(foreach ($route in $routes) { $route.DestinationPrefix })
}

# The number of configured routes.
function Get-Want {
    param([hashtable] $Settings)

    @{ routes = @($Settings['Routes']).Count }
}

# The routes that must change. Change is missing, metric (another one is stored, Was) or stale.
function Compare-StoredRoute {
    param([hashtable] $Settings, [object[]] $Stored)

    $known = @{}
    foreach ($route in $Stored) {
        $known[$route['Id']] += @($route)
    }
    $keys = @{}
    foreach ($route in ConvertTo-Route -Text $Settings['Routes']) {
        $keys[$route['Key']] = $true
        if (-not $known.ContainsKey($route['Id'])) {
            $route['Change'] = 'missing'
            $route
        }
    }
}

# The routes that must change as texts for the result line.
function ConvertTo-FoundRoute {
    param([object[]] $Route)

    $found = [ordered] @{}
    foreach ($change in 'missing', 'metric', 'stale') {
        $texts = @(foreach ($one in $Route) {
                if ($change -eq $one['Change']) {
                    @{ $false = ''; $true = 'exclude ' }[$one['Exclude']] + $one['Text']
                }
            })
        if ($texts.Count -gt 0) {
            $found[$change] = $texts
        }
    }
    $found
}

# Checks the routes in the phonebook, which Windows installs at each connection.
function Test-StoredCondition {
    param([hashtable] $Settings)

    $open = Open-ProfileEntry -Settings $Settings
    if ($null -ne $open['Refusal']) {
        return $open['Refusal']
    }
    $stored = @(Get-StoredRoute -Entry $open['Entry'].Value)
    $found = ConvertTo-FoundRoute -Route @(Compare-StoredRoute -Settings $Settings -Stored $stored)
    if ($found.Count -gt 0) {
        $counts = @($found.Keys | ForEach-Object { '{0} {1}' -f $found[$_].Count, $_ }) -join ', '
        return New-Finding -State 'issue' -Detail "stored routes: $counts" -Found @{ stored = $found }
    }
    New-Finding -State 'healthy' -Detail 'the stored routes are as configured' -Found @{ stored = $found }
}

# The configured routes that a connected interface does not have. Its other routes are not an issue: its own
# address, multicast, the class-based route, routes from DHCP. A route that contains a configured or stored
# exclusion Waits: Windows applies exclusions only at a connection (unconfirmed), so the route would take the
# excluded addresses into the tunnel.
function Get-MissingLiveRoute {
    param([hashtable] $Settings, [object[]] $Interface)

    $wanted = @(ConvertTo-Route -Text $Settings['Routes'])
    $families = @($Interface | ForEach-Object { "$($_.AddressFamily)" })
    $live = @{}
    foreach ($route in Get-LiveRoute -Interface $Interface[0]) {
        $live[$route['Key']] = $true
    }
    $missing = @(foreach ($route in $wanted) {
            $isOurs = -not $route['Exclude'] -and $families -contains $route['Family']
            if ($isOurs -and -not $live.ContainsKey($route['Key'])) {
                $route
            }
        })
    if (0 -eq $missing.Count) {
        return
    }
    $exclusions = @()
    $exclusions += @(Get-ProfileRoute -Settings $Settings | Where-Object { $_['Exclude'] })
    $outer = @{}
    foreach ($exclusion in $exclusions) {
        for ($bits = Get-NetworkBit -Route $exclusion; $bits.Length -gt 2; $bits = $bits -replace '.\z') {
            $outer[$bits] = $true
        }
    }
    foreach ($route in $missing) {
        $route['Waits'] = $outer.Count -gt 0 -and $outer.ContainsKey((Get-NetworkBit -Route $route))
        $route
    }
}

# Checks the routes of the connected interface.
function Test-LiveCondition {
    param([hashtable] $Settings, [int] $Round)

    $interface = @(Get-LiveInterface -Alias $Settings['Profile'])
    if (0 -eq $interface.Count) {
        return New-Finding -State 'healthy' -Detail 'not connected'
    }
    $missing = @(Get-MissingLiveRoute -Settings $Settings -Interface $interface)
    if (0 -eq $missing.Count) {
        return New-Finding -State 'healthy' -Detail 'the live routes are as configured'
    }
    $found = @{ live = @{ missing = @(foreach ($route in $missing) { $route['Text'] }) } }
    $detail = 'live routes: {0} missing' -f $missing.Count
    if ('report' -eq $Settings['Live']) {
        $detail = '{0}; {1}' -f $detail, (Get-Outlook -Settings $Settings)
        return New-Finding -State 'pending' -Detail $detail -Found $found
    }
}

Complete-Detection -Settings $Settings -Check @(
    { Test-StoredCondition -Settings $Settings }
    { param($Round) Test-LiveCondition -Settings $Settings -Round $Round }
)
