# Phonebooks: rasphone.pbk, where RAS keeps its connections. Its text is handled as Latin-1, one character
# for each byte, so that bytes of any encoding come out as they went in.

# Where the phonebook of a scope is, whether it exists, and the first link on the way to it. A link is
# never followed: whoever planted it would choose the file that this script changes.
function Find-Phonebook {
    param([string] $Scope)

    $path = $env:ProgramData
    if ('user' -eq $Scope) {
        $path = $env:APPDATA
    }
    if (-not $path) {
        throw 'this session does not say where the phonebook is'
    }
    foreach ($name in 'Microsoft', 'Network', 'Connections', 'Pbk', 'rasphone.pbk') {
        $path = Join-Path -Path $path -ChildPath $name
        $attributes = Get-FileAttribute -Path $path
        if ($null -eq $attributes) {
            return @{ Path = $path; Exists = $false; Link = '' }
        }
        if ($attributes -band [IO.FileAttributes]::ReparsePoint) {
            return @{ Path = $path; Exists = $true; Link = $name }
        }
    }
    @{ Path = $path; Exists = $true; Link = '' }
}

# The attributes of a file, a folder or a link itself; nothing where there is none.
function Get-FileAttribute {
    param([string] $Path)

    try {
        [IO.File]::GetAttributes($Path)
    } catch [IO.FileNotFoundException], [IO.DirectoryNotFoundException] {
        $null
    }
}

# The phonebook's bytes as Latin-1 text.
function Read-PhonebookText {
    param([string] $Path)

    $latin1 = [Text.Encoding]::GetEncoding(28591)
    $text = Invoke-WithRetry -Action { $latin1.GetString([IO.File]::ReadAllBytes($Path)) }
    if ($text.IndexOf([char] 0) -ge 0) {
        throw 'the phonebook holds null characters, which Windows never writes'
    }
    $text
}

# Runs an action on a file. RasMan, the Settings app and Intune write the phonebook too, so a locked file
# is tried five times in a second.
function Invoke-WithRetry {
    param([scriptblock] $Action)

    for ($try = 1; $true; $try++) {
        try {
            return & $Action
        } catch {
            $cause = $_.Exception.GetBaseException()
            $gone = $cause -is [IO.FileNotFoundException] -or $cause -is [IO.DirectoryNotFoundException]
            if ($try -ge 5 -or $gone -or $cause -isnot [IO.IOException]) {
                throw
            }
            Start-Sleep -Milliseconds 200 -ErrorAction Stop
        }
    }
}

# The one VPN entry (Type=2) of a name, as the text's Start and Length; nothing if there is none.
function Find-PhonebookEntry {
    param([string] $Text, [string] $Name)

    $headers = [regex]::Matches($Text, '(?<![^\r\n])(?:\xEF\xBB\xBF)?\[([^\r\n]*)\][ \t]*(?![^\r\n])')
    $entries = for ($i = 0; $i -lt $headers.Count; $i++) {
        if (Test-EntryName -Header $headers[$i].Groups[1].Value -Name $Name) {
            $end = $Text.Length
            if ($i + 1 -lt $headers.Count) {
                $end = $headers[$i + 1].Index
            }
            $entry = @{ Start = $headers[$i].Index; Length = $end - $headers[$i].Index }
            $type = Find-EntryKey -Text $Text -Entry $entry -Key 'Type'
            if ($null -ne $type -and '2' -eq $type.Value.Trim()) {
                $entry
            }
        }
    }
    if (@($entries).Count -gt 1) {
        throw 'the phonebook has more than one VPN entry of this name'
    }
    $entries
}

# Whether a header's bytes are the name, ignoring case: in UTF-8, else in the ANSI code page of older entries.
function Test-EntryName {
    param([string] $Header, [string] $Name)

    $bytes = [Text.Encoding]::GetEncoding(28591).GetBytes($Header)
    $ansi = [Text.Encoding]::GetEncoding([Globalization.CultureInfo]::CurrentCulture.TextInfo.ANSICodePage)
    foreach ($encoding in [Text.Encoding]::UTF8, [Text.Encoding]::Default, $ansi) {
        $decoded = $encoding.GetString($bytes)
        if ($decoded.IndexOf([char] 0xFFFD) -lt 0) {
            return [string]::Equals($decoded, $Name, 'OrdinalIgnoreCase')
        }
    }
    $false
}

# The place of a key's value in an entry; nothing if the key is not there.
function Find-EntryKey {
    param([string] $Text, [hashtable] $Entry, [string] $Key)

    $pattern = '(?<![^\r\n])[ \t]*' + [regex]::Escape($Key) + '[ \t]*=([^\r\n]*)'
    $body = $Text.Substring($Entry['Start'], $Entry['Length'])
    $places = [regex]::Matches($body, $pattern, 'IgnoreCase, CultureInvariant')
    if ($places.Count -gt 1) {
        throw "the phonebook entry has the key $Key more than once"
    }
    if ($places.Count -eq 1) {
        $value = $places[0].Groups[1]
        @{ Start = $Entry['Start'] + $value.Index; Length = $value.Length; Value = $value.Value }
    }
}

# The text with a key of an entry set. A missing key becomes the last one of the entry's first block of
# lines, where Windows keeps it; every other character stays.
function Set-EntryKey {
    param([string] $Text, [hashtable] $Entry, [string] $Key, [string] $Value)

    $place = Find-EntryKey -Text $Text -Entry $Entry -Key $Key
    if ($null -ne $place) {
        return $Text.Remove($place['Start'], $place['Length']).Insert($place['Start'], $Value)
    }
    $body = $Text.Substring($Entry['Start'], $Entry['Length'])
    $lines = [regex]::Matches($body, '([^\r\n]*)(\r\n|\r|\n|\z)')
    $last = $lines[0]
    foreach ($line in $lines) {
        if ($line.Groups[1].Value.Contains('=')) {
            $last = $line
        } elseif ($last.Index -gt 0 -and -not $line.Value.Trim()) {
            break
        }
    }
    $end = $Entry['Start'] + $last.Index + $last.Length
    if ($last.Groups[2].Length -eq 0) {
        return $Text.Insert($end, $lines[0].Groups[2].Value + "$Key=$Value")
    }
    $Text.Insert($end, "$Key=$Value" + $last.Groups[2].Value)
}

# Sets keys of one entry and keeps every other byte; $true if the file had to be written.
function Edit-PhonebookEntry {
    param([string] $Scope, [string] $Name, [hashtable] $Key)

    for ($try = 1; $try -le 5; $try++) {
        $phonebook = Find-Phonebook -Scope $Scope
        if ($phonebook['Link']) {
            throw 'a link stands in the way of the phonebook'
        }
        $before = Read-PhonebookText -Path $phonebook['Path']
        $after = $before
        foreach ($one in @($Key.Keys | Sort-Object)) {
            $entry = Find-PhonebookEntry -Text $after -Name $Name
            if ($null -eq $entry) {
                throw 'the profile left the phonebook while it was being repaired'
            }
            $after = Set-EntryKey -Text $after -Entry $entry -Key $one -Value $Key[$one]
        }
        if ([string]::Equals($before, $after)) {
            return $false
        }
        if (Write-PhonebookText -Path $phonebook['Path'] -Before $before -After $after) {
            return $true
        }
    }
    throw 'the phonebook kept changing while it was being repaired'
}

# Replaces the phonebook in one step and keeps the old one beside it; $false if it changed meanwhile.
function Write-PhonebookText {
    param([string] $Path, [string] $Before, [string] $After)

    $backup = "$Path.aovpn-remediate.bak"
    $temporary = "$Path.aovpn-remediate." + [IO.Path]::GetRandomFileName() + '.tmp'
    $latin1 = [Text.Encoding]::GetEncoding(28591)
    $bytes = $latin1.GetBytes($After)
    Remove-LeftFile -Path $Path
    try {
        $stream = New-Object -TypeName IO.FileStream -ArgumentList $temporary, 'CreateNew', 'Write', 'None'
        try {
            $stream.Write($bytes, 0, $bytes.Length)
            $stream.Flush($true)
        } finally {
            $stream.Dispose()
        }
        if (-not [string]::Equals((Read-PhonebookText -Path $Path), $Before)) {
            return $false
        }
        Invoke-WithRetry -Action { [IO.File]::Replace($temporary, $Path, $backup) }
    } finally {
        # A replacement that breaks off half-way leaves the old file under the backup's name only.
        if (-not [IO.File]::Exists($Path) -and [IO.File]::Exists($backup)) {
            if ([string]::Equals((Read-PhonebookText -Path $backup), $Before)) {
                [IO.File]::Move($backup, $Path)
            }
        }
        [IO.File]::Delete($temporary)
    }
    if (-not [string]::Equals((Read-PhonebookText -Path $Path), $After)) {
        throw 'the phonebook is not what was written; another program changed it'
    }
    $true
}

# Deletes what a script that was killed left beside the phonebook.
function Remove-LeftFile {
    param([string] $Path)

    $folder = [IO.Path]::GetDirectoryName($Path)
    $name = [IO.Path]::GetFileName($Path)
    foreach ($file in [IO.Directory]::GetFiles($folder, "$name.aovpn-remediate.*.tmp")) {
        [IO.File]::Delete($file)
    }
}
