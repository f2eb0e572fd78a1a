# Phonebooks, in which Windows keeps its VPN profiles as entries, and the keys of an entry.

# Where the phonebook of a scope is, whether it exists, and the first link on its path below AppData or
# ProgramData. Links there are not followed: whoever made one would choose the file that is changed. Source
# for the place: ld0614/DPC, ManageRasphonePBK.cs.
function Find-Phonebook {
    param([string] $Scope)

    $path = $env:ProgramData
    #region only: user
    if ('user' -eq $Scope) {
        $path = $env:APPDATA
    }
    #endregion
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
    #region only: shared
    $planted = @(Find-PlantedFile -Path $open['Path'])
    if ($planted.Count -gt 0) {
        $detail = 'files in the place of the phonebook or of its copies are not of SYSTEM, Administrators ' +
            'or TrustedInstaller: {0}' -f $planted.Count
        $open['Refusal'] = New-Finding -State 'unknown' -Reason 'owner' -Detail $detail
        return $open
    }
    #endregion
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

#region only: shared
# The phonebook and copies of it that a standard user may have made, because users can create files below
# ProgramData (unconfirmed): the owner is not SYSTEM, Administrators or TrustedInstaller.
function Find-PlantedFile {
    param([string] $Path)

    $folder = [IO.Path]::GetDirectoryName($Path)
    $name = [IO.Path]::GetFileName($Path)
    if (-not [IO.Directory]::Exists($folder)) {
        return
    }
    $installer = 'O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464'
    foreach ($pattern in $name, "$name.aovpn-remediate.*") {
        foreach ($file in [IO.Directory]::GetFileSystemEntries($folder, $pattern)) {
            $security = Get-Acl -LiteralPath $file -ErrorAction Stop
            if ('O:SY', 'O:BA', $installer -notcontains $security.GetSecurityDescriptorSddlForm('Owner')) {
                $file
            }
        }
    }
}
#endregion

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
    #region only: user
    if ('user' -eq $Settings['Scope']) {
        return New-Finding -State 'absent' -Detail "the profile is not in this user's phonebook"
    }
    #endregion
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

# The text of an entry without the lines that have one of these keys.
function Get-OtherLine {
    param([string] $Entry, [string[]] $Key)

    [regex]::Replace($Entry, (Get-KeyPattern -Key $Key), '', 'IgnoreCase, CultureInvariant')
}

# The text of an entry with a new value for a key. A missing key is added after the last key of the first
# block of lines, where Windows has such keys. Every other character stays.
function Set-EntryKey {
    param([string] $Entry, [string] $Key, [string] $Value)

    $place = Find-EntryKey -Entry $Entry -Key $Key
    if ($null -ne $place) {
        return $Entry.Remove($place.Index, $place.Length).Insert($place.Index, $Value)
    }
    Add-EntryLine -Entry $Entry -Line "$Key=$Value"
}

# The text of an entry with a new line after the last key of its first block.
function Add-EntryLine {
    param([string] $Entry, [string] $Line)

    $lines = [regex]::Matches($Entry, '([^\r\n]*)(\r\n|\r|\n|\z)')
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
        return $Entry.Insert($end, $lines[0].Groups[2].Value + $Line)
    }
    $Entry.Insert($end, $Line + $last.Groups[2].Value)
}

# The text of an entry with a new value for a key that Windows splits into lines of 128 hex digits.
function Set-EntryPiece {
    param([string] $Entry, [string] $Key, [string] $Value)

    $changed = Get-OtherLine -Entry $Entry -Key $Key
    foreach ($piece in [regex]::Matches($Value, '.{1,128}')) {
        $changed = Add-EntryLine -Entry $changed -Line ('{0}={1}' -f $Key, $piece.Value)
    }
    $changed
}

# When a live difference ends that this script does not correct, as text for the result.
function Get-Outlook {
    param([hashtable] $Settings)

    if ('repair' -eq $Settings['Stored']) {
        return 'the next connection corrects this'
    }
    'the phonebook was not checked'
}
