# Phonebooks: rasphone.pbk, where RAS keeps its connections. Its text is handled as Latin-1, one character
# for each byte, so that bytes of any encoding come out as they went in.

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

# The same below a given folder, which is AppData or ProgramData.
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

# The attributes of a file, a folder or a link itself; nothing where there is none.
function Get-FileAttribute {
    param([string] $Path)

    try {
        [IO.File]::GetAttributes($Path)
    } catch [IO.FileNotFoundException], [IO.DirectoryNotFoundException] {
        $null
    }
}

# A file's bytes as Latin-1 text.
function Read-FileText {
    param([string] $Path)

    $latin1 = [Text.Encoding]::GetEncoding(28591)
    Invoke-WithRetry -Action { $latin1.GetString([IO.File]::ReadAllBytes($Path)) }
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

# Runs an action on a file. RasMan, Intune and virus scanners open the phonebook too, so a file that is
# locked or refused is tried five times in a second.
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

# Whether a replacement broke off half-way: there is no phonebook, but both the old file and the new one. The
# copy of a replacement that went well has another name, so that a phonebook that somebody deletes stays away.
function Test-BrokenReplacement {
    param([string] $Path)

    if ([IO.File]::Exists($Path) -or -not [IO.File]::Exists("$Path.aovpn-remediate.old")) {
        return $false
    }
    @(Get-LeftFile -Path $Path).Count -gt 0
}

# Brings the old phonebook back after a replacement that broke off; $true if it had to.
function Restore-Phonebook {
    param([string] $Path)

    if (-not (Test-BrokenReplacement -Path $Path)) {
        return $false
    }
    Move-File -Path "$Path.aovpn-remediate.old" -Target $Path
    $true
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
    if ($phonebook['Exists']) {
        $open['Text'] = Read-PhonebookText -Path $open['Path']
    } elseif (Test-BrokenReplacement -Path $open['Path']) {
        $detail = 'a repair was interrupted: the phonebook is gone, the old one is beside its place'
        $open['Refusal'] = New-Finding -State 'issue' -Reason 'interrupted' -Detail $detail
        return $open
    }
    $open['Entry'] = Find-PhonebookEntry -Text $open['Text'] -Name $Settings['Profile']
    if ($null -eq $open['Entry']) {
        $open['Refusal'] = Get-Absence -Settings $Settings -Path $open['Path']
    }
    $open
}

# The finding about a profile that is not in its phonebook. If it is in the one that a repair had put aside
# when it was killed, another program has made a new one meanwhile, and only a person can tell which is right.
function Get-Absence {
    param([hashtable] $Settings, [string] $Path)

    $old = "$Path.aovpn-remediate.old"
    if ([IO.File]::Exists($old)) {
        $lost = Find-PhonebookEntry -Text (Read-PhonebookText -Path $old) -Name $Settings['Profile']
        if ($null -ne $lost) {
            $detail = 'the profile is only in the old phonebook, which an interrupted repair left beside'
            return New-Finding -State 'unknown' -Reason 'interrupted' -Detail $detail
        }
    }
    if ('user' -eq $Settings['Scope']) {
        return New-Finding -State 'absent' -Detail "the profile is not in this user's phonebook"
    }
    New-Finding -State 'absent' -Detail 'the profile is not in the phonebook of all users'
}

# Whether a header's bytes are the name, ignoring case: in UTF-8, else in the ANSI code page of older
# entries, or the culture's where Windows uses UTF-8 as its ANSI code page.
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

# The values of a key that Windows writes in pieces, one a line: all of them, in order, as one text.
function Get-EntryPiece {
    param([string] $Text, [hashtable] $Entry, [string] $Key)

    $pattern = '(?<![^\r\n])[ \t]*' + [regex]::Escape($Key) + '[ \t]*=([^\r\n]*)'
    $body = $Text.Substring($Entry['Start'], $Entry['Length'])
    $places = [regex]::Matches($body, $pattern, 'IgnoreCase, CultureInvariant')
    -join @(foreach ($place in $places) { $place.Groups[1].Value.Trim() })
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

# Brings the phonebook of a scope back after a replacement that broke off; $true if it had to.
function Restore-ScopePhonebook {
    param([string] $Scope)

    $phonebook = Find-Phonebook -Scope $Scope
    -not $phonebook['Link'] -and (Restore-Phonebook -Path $phonebook['Path'])
}

# The text with the pieces of a key replaced by those of another value: hex digits, 128 a line.
function Set-EntryPiece {
    param([string] $Text, [hashtable] $Entry, [string] $Key, [string] $Value)

    $body = $Text.Substring($Entry['Start'], $Entry['Length'])
    $pattern = '(?<![^\r\n])[ \t]*' + [regex]::Escape($Key) + '[ \t]*=[^\r\n]*(\r\n|\r|\n|\z)'
    $rest = [regex]::Replace($body, $pattern, '', 'IgnoreCase, CultureInvariant')
    $changed = $rest
    foreach ($piece in [regex]::Matches($Value, '.{1,128}')) {
        $changed = Add-EntryLine -Text $changed -Line ('{0}={1}' -f $Key, $piece.Value)
    }
    $Text.Remove($Entry['Start'], $Entry['Length']).Insert($Entry['Start'], $changed)
}

# Changes one entry and keeps every other byte; $true if the file had to be written. The change is a
# script block that gets the text and the entry's place in it and returns the new text.
function Edit-ProfileEntry {
    param([hashtable] $Settings, [scriptblock] $Change)

    for ($try = 1; $try -le 5; $try++) {
        $open = Open-ProfileEntry -Settings $Settings
        if ($null -ne $open['Refusal']) {
            throw 'the profile left the phonebook while it was being repaired'
        }
        $after = & $Change $open['Text'] $open['Entry']
        if ([string]::Equals($open['Text'], $after)) {
            return $false
        }
        if (Write-PhonebookText -Path $open['Path'] -Before $open['Text'] -After $after) {
            return $true
        }
    }
    throw 'the phonebook kept changing while it was being repaired'
}

# Replaces the phonebook and keeps the old one beside it; $false if it changed meanwhile.
function Write-PhonebookText {
    param([string] $Path, [string] $Before, [string] $After)

    $old = Clear-CopyPlace -Path $Path
    $temporary = Get-TemporaryPath -Path $Path
    try {
        Write-NewFile -Path $temporary -Text $After
        # Compared before every try: a program that held the file may just have written it.
        $replaced = Invoke-WithRetry -Action {
            $same = Test-Content -Path $Path -Text $Before
            if ($same) {
                try {
                    [IO.File]::Replace($temporary, $Path, $old)
                } catch {
                    # One that breaks off half-way leaves the old file under the other name only.
                    $null = Restore-Phonebook -Path $Path
                    throw
                }
            }
            $same
        }
        if (-not $replaced) {
            return $false
        }
        try {
            $isSame = Test-Content -Path $old -Text $Before
            if (-not $isSame) {
                # It was written between the comparison and the replacement: what was written comes back.
                Invoke-WithRetry -Action { [IO.File]::Replace($old, $Path, $temporary) }
            }
        } catch {
            if (-not (Restore-Phonebook -Path $Path)) {
                Save-KeptCopy -Path $Path -Copy $old
            }
            throw
        }
        if (-not $isSame) {
            if (-not (Test-Content -Path $temporary -Text $After)) {
                # And it was written once more.
                Save-KeptCopy -Path $Path -Copy $temporary
            }
            return $false
        }
    } finally {
        if (-not (Test-BrokenReplacement -Path $Path)) {
            Remove-UnneededFile -Path $temporary
        }
    }
    Complete-PhonebookCopy -Path $Path -Copy $old
    if (-not (Test-Content -Path $Path -Text $After)) {
        throw 'the phonebook is not what was written; another program changed it'
    }
    $true
}

# Makes room beside a phonebook: returns where a replacement puts the old file. One that is there already is
# of a repair that was killed and may be all that is left of what it holds, so it is kept.
function Clear-CopyPlace {
    param([string] $Path)

    $old = "$Path.aovpn-remediate.old"
    $backup = "$Path.aovpn-remediate.bak"
    $hasBackup = Test-PlainFile -Path $backup
    if (Test-PlainFile -Path $old) {
        $text = Read-FileText -Path $old
        $isElsewhere = Test-Content -Path $Path -Text $text
        if (-not $isElsewhere -and $hasBackup) {
            $isElsewhere = Test-Content -Path $backup -Text $text
        }
        if ($isElsewhere) {
            Remove-File -Path $old
        } else {
            Save-KeptCopy -Path $Path -Copy $old
        }
    }
    foreach ($file in @(Get-LeftFile -Path $Path)) {
        Remove-UnneededFile -Path $file
    }
    $old
}

# Puts what a phonebook is beside it, before commands write it that this script cannot watch; returns the
# copy's path. No other repair touches it; one that a killed script left is kept, unless it is the same.
function Save-PhonebookCopy {
    param([string] $Path, [string] $Text)

    $copy = "$Path.aovpn-remediate.before"
    if (Test-PlainFile -Path $copy) {
        if (Test-Content -Path $copy -Text $Text) {
            Remove-File -Path $copy
        } else {
            Save-KeptCopy -Path $Path -Copy $copy
        }
    }
    $null = Clear-CopyPlace -Path $Path
    # Whole or not at all, like the phonebook itself.
    $temporary = Get-TemporaryPath -Path $Path
    Write-NewFile -Path $temporary -Text $Text
    Move-File -Path $temporary -Target $copy
    if (-not (Test-Content -Path $Path -Text $Text)) {
        Remove-UnneededFile -Path $copy
        throw 'the phonebook changed while its copy was made'
    }
    $copy
}

# What was written was looked at, and all is there: this copy is that of the last repair now. Where it cannot
# be, it stays what it is.
function Complete-PhonebookCopy {
    param([string] $Path, [string] $Copy)

    $backup = "$Path.aovpn-remediate.bak"
    try {
        Remove-File -Path $backup
        Move-File -Path $Copy -Target $backup
    } catch [IO.IOException], [UnauthorizedAccessException] {
        return
    }
}

# Whether a file holds exactly this text.
function Test-Content {
    param([string] $Path, [string] $Text)

    [string]::Equals((Read-FileText -Path $Path), $Text)
}

# Takes a copy of a phonebook out of every repair's way; it stays until somebody deletes it. It is moved,
# which takes no room on a full disk.
function Save-KeptCopy {
    param([string] $Path, [string] $Copy)

    for ($number = 1; $number -le 9; $number++) {
        $kept = "$Path.aovpn-remediate.$number.kept"
        if ($null -eq (Get-FileAttribute -Path $kept)) {
            return Move-File -Path $Copy -Target $kept
        }
    }
    throw 'nine copies of earlier phonebooks are kept beside this one; look at them and delete them first'
}

# Whether there is a file; a link or a folder in its place is a doubt.
function Test-PlainFile {
    param([string] $Path)

    $attributes = Get-FileAttribute -Path $Path
    if ($attributes -band ([IO.FileAttributes]::ReparsePoint -bor [IO.FileAttributes]::Directory)) {
        throw 'a link or a folder stands where the copy of the phonebook belongs'
    }
    $null -ne $attributes
}

# Writes a file that is not there yet; nothing is left of one that cannot be written whole.
function Write-NewFile {
    param([string] $Path, [string] $Text)

    $bytes = [Text.Encoding]::GetEncoding(28591).GetBytes($Text)
    $isWhole = $false
    $stream = New-Object -TypeName IO.FileStream -ArgumentList $Path, 'CreateNew', 'Write', 'None'
    try {
        $stream.Write($bytes, 0, $bytes.Length)
        $stream.Flush($true)
        $isWhole = $true
    } finally {
        try {
            # Writes what is still in memory, which a full disk refuses again.
            $stream.Dispose()
        } finally {
            if (-not $isWhole) {
                [IO.File]::Delete($Path)
            }
        }
    }
}

# Where a new file is made whole before it takes another's place.
function Get-TemporaryPath {
    param([string] $Path)

    "$Path.aovpn-remediate." + [IO.Path]::GetRandomFileName() + '.tmp'
}

# Those that a script that was killed left beside the phonebook.
function Get-LeftFile {
    param([string] $Path)

    $name = [IO.Path]::GetFileName($Path)
    [IO.Directory]::GetFiles([IO.Path]::GetDirectoryName($Path), "$name.aovpn-remediate.*.tmp")
}

# Moves a file; nothing may be where it goes.
function Move-File {
    param([string] $Path, [string] $Target)

    Invoke-WithRetry -Action { [IO.File]::Move($Path, $Target) }
}

# Deletes a file, if it is there.
function Remove-File {
    param([string] $Path)

    Invoke-WithRetry -Action { [IO.File]::Delete($Path) }
}

# Deletes a file that is in nobody's way; where that cannot be, the next repair does it.
function Remove-UnneededFile {
    param([string] $Path)

    try {
        [IO.File]::Delete($Path)
    } catch [IO.IOException], [UnauthorizedAccessException] {
        return
    }
}
