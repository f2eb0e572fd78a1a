# Phonebooks, in which RAS keeps its connections, and the keys of an entry.

# Where the phonebook of a scope is, whether it exists, and the first link below AppData or ProgramData on
# the way to it. A link there is not followed: whoever planted it would choose the file that is changed.
function Find-Phonebook {
    param([string] $Scope)

    $path = $env:ProgramData
    if ('user' -eq $Scope) {
        $path = $env:APPDATA
    }
    if (-not $path) {
        throw 'this session does not say where the phonebook is'
    }
    Find-PhonebookBelow -Path $path
}

# What Find-Phonebook says of the phonebook below AppData or ProgramData.
function Find-PhonebookBelow {
    param([string] $Path)

    $phonebook = Join-Path -Path $Path -ChildPath 'Microsoft\Network\Connections\Pbk\rasphone.pbk'
    $places = @($phonebook)
    while ($places.Count -lt 5) {
        $places = @([IO.Path]::GetDirectoryName($places[0])) + $places
    }
    try {
        foreach ($place in $places) {
            if ([IO.File]::GetAttributes($place) -band [IO.FileAttributes]::ReparsePoint) {
                return @{ Path = $phonebook; Exists = $true; Link = [IO.Path]::GetFileName($place) }
            }
        }
    } catch [IO.FileNotFoundException], [IO.DirectoryNotFoundException] {
        return @{ Path = $phonebook; Exists = $false; Link = '' }
    }
    @{ Path = $phonebook; Exists = $true; Link = '' }
}

# The phonebook's text.
function Read-PhonebookText {
    param([string] $Path)

    $text = Read-FileText -Path $Path
    if ($text.IndexOf([char] 0) -ge 0) {
        throw 'the phonebook holds null characters, which Windows never writes'
    }
    $text
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

# The profile's entry as @{ Path; Text; Entry }; without one, Refusal is the finding that says why.
function Open-ProfileEntry {
    param([hashtable] $Settings)

    $phonebook = Find-Phonebook -Scope $Settings['Scope']
    $open = @{ Path = $phonebook['Path']; Refusal = $null; Text = ''; Entry = $null }
    if ($phonebook['Link']) {
        $detail = 'a link stands in the way of the phonebook: {0}' -f $phonebook['Link']
        $open['Refusal'] = New-Finding -State 'unknown' -Reason 'link' -Detail $detail
        return $open
    }
    if (Test-BrokenReplacement -Path $open['Path']) {
        $detail = 'a repair was interrupted: the phonebook is gone, the old one is beside its place'
        $open['Refusal'] = New-Finding -State 'issue' -Reason 'interrupted' -Detail $detail
        return $open
    }
    if ($phonebook['Exists']) {
        $open['Text'] = Read-PhonebookText -Path $open['Path']
        if (-not $open['Text'].Contains('[')) {
            # Another program may just be writing it.
            Start-Sleep -Milliseconds 200 -ErrorAction Stop
            $open['Text'] = Read-PhonebookText -Path $open['Path']
        }
    }
    $open['Entry'] = Find-PhonebookEntry -Text $open['Text'] -Name $Settings['Profile']
    if ($null -eq $open['Entry']) {
        $open['Refusal'] = Get-Absence -Settings $Settings -Path $open['Path']
    }
    $open
}

# The finding about a profile that is not in its phonebook. If a repair has left it in a copy, it may have
# been lost or removed since, which only a person can tell.
function Get-Absence {
    param([hashtable] $Settings, [string] $Path)

    foreach ($copy in @(Get-KeptCopy -Path $Path)) {
        $lost = Find-PhonebookEntry -Text (Read-PhonebookText -Path $copy) -Name $Settings['Profile']
        if ($null -ne $lost) {
            $detail = 'the profile is only in a copy that a repair left beside: lost, or removed since'
            return New-Finding -State 'unknown' -Reason 'interrupted' -Detail $detail
        }
    }
    if ('user' -eq $Settings['Scope']) {
        return New-Finding -State 'absent' -Detail "the profile is not in this user's phonebook"
    }
    New-Finding -State 'absent' -Detail 'the profile is not in the phonebook of all users'
}

# Whether a header's bytes are the name, ignoring case: in the first encoding in which they are valid.
function Test-EntryName {
    param([string] $Header, [string] $Name)

    foreach ($decoded in @(ConvertFrom-EntryHeader -Header $Header)) {
        if ($decoded.IndexOf([char] 0xFFFD) -lt 0) {
            return [string]::Equals($decoded, $Name, 'OrdinalIgnoreCase')
        }
    }
    $false
}

# A header's bytes as text: in UTF-8, in the ANSI code page of older entries, and in the culture's code page,
# which differs where Windows uses UTF-8 as its ANSI code page.
function ConvertFrom-EntryHeader {
    param([string] $Header)

    $bytes = [Text.Encoding]::GetEncoding(28591).GetBytes($Header)
    $ansi = [Text.Encoding]::GetEncoding([Globalization.CultureInfo]::CurrentCulture.TextInfo.ANSICodePage)
    foreach ($encoding in [Text.Encoding]::UTF8, [Text.Encoding]::Default, $ansi) {
        $encoding.GetString($bytes)
    }
}

# The place of a key's value in an entry; nothing if the key is not there.
function Find-EntryKey {
    param([string] $Text, [hashtable] $Entry, [string] $Key)

    $places = @(Get-KeyLine -Text $Text -Entry $Entry -Key $Key)
    if ($places.Count -gt 1) {
        throw "the phonebook entry has the key $Key more than once"
    }
    if ($places.Count -eq 1) {
        $value = $places[0].Groups[1]
        @{ Start = $Entry['Start'] + $value.Index; Length = $value.Length; Value = $value.Value }
    }
}

# The lines of an entry that have one of these keys, as matches; group 1 is the value.
function Get-KeyLine {
    param([string] $Text, [hashtable] $Entry, [string[]] $Key)

    $keys = @($Key | ForEach-Object { [regex]::Escape($_) }) -join '|'
    $pattern = '(?<![^\r\n])[ \t]*(?:{0})[ \t]*=([^\r\n]*)(?:\r\n|\r|\n|\z)' -f $keys
    $body = $Text.Substring($Entry['Start'], $Entry['Length'])
    [regex]::Matches($body, $pattern, 'IgnoreCase, CultureInvariant')
}

# An entry's text without the lines of these keys.
function Get-OtherLine {
    param([string] $Text, [hashtable] $Entry, [string[]] $Key)

    $body = $Text.Substring($Entry['Start'], $Entry['Length'])
    $lines = @(Get-KeyLine -Text $Text -Entry $Entry -Key $Key)
    [array]::Reverse($lines)
    foreach ($line in $lines) {
        $body = $body.Remove($line.Index, $line.Length)
    }
    $body
}

# The values of a key that Windows writes in pieces, one a line: all of them, in order, as one text.
function Get-EntryPiece {
    param([string] $Text, [hashtable] $Entry, [string] $Key)

    $lines = @(Get-KeyLine -Text $Text -Entry $Entry -Key $Key)
    -join @(foreach ($line in $lines) { $line.Groups[1].Value.Trim() })
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
    $changed = Add-EntryLine -Text $body -Line "$Key=$Value"
    $Text.Remove($Entry['Start'], $Entry['Length']).Insert($Entry['Start'], $changed)
}

# An entry's text with a line behind the last key of its first block.
function Add-EntryLine {
    param([string] $Text, [string] $Line)

    $lines = [regex]::Matches($Text, '([^\r\n]*)(\r\n|\r|\n|\z)')
    $last = $lines[0]
    foreach ($one in $lines) {
        if ($one.Groups[1].Value.Contains('=')) {
            $last = $one
        } elseif ($last.Index -gt 0 -and -not $one.Value.Trim()) {
            break
        }
    }
    $end = $last.Index + $last.Length
    if ($last.Groups[2].Length -eq 0) {
        return $Text.Insert($end, $lines[0].Groups[2].Value + $Line)
    }
    $Text.Insert($end, $Line + $last.Groups[2].Value)
}

# The text with the pieces of a key replaced by those of another value: hex digits, 128 a line.
function Set-EntryPiece {
    param([string] $Text, [hashtable] $Entry, [string] $Key, [string] $Value)

    $changed = Get-OtherLine -Text $Text -Entry $Entry -Key $Key
    foreach ($piece in [regex]::Matches($Value, '.{1,128}')) {
        $changed = Add-EntryLine -Text $changed -Line ('{0}={1}' -f $Key, $piece.Value)
    }
    $Text.Remove($Entry['Start'], $Entry['Length']).Insert($Entry['Start'], $changed)
}

# What is known about the end of a live difference that this script does not correct.
function Get-Outlook {
    param([hashtable] $Settings)

    if ('repair' -eq $Settings['Stored']) {
        return 'correct at the next connection'
    }
    'the phonebook was not checked'
}
