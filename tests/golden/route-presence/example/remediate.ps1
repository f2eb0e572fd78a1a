# Remediation script of an Intune Remediation.
# Kind route-presence, rendered by aovpn-remediate.
#
# Does a VPN profile have its routes? Admins report that Windows lost routes from phonebooks, did not install
# them when it connected, or kept removed ones.
#
# It checks, repairs what differs, and checks again. The last line of its output is one JSON object. Its
# state is "fixed" after a repair, "healthy", "pending", "absent" or "unknown" if nothing could or had to be
# repaired (exit code 0), or "failed" (exit code 1).

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
    Routes  = @('10.0.0.0/8', '172.16.0.0/12@5', '!13.107.6.152/31')
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

# Whether a file contains exactly this text.
function Test-Content {
    param([string] $Path, [string] $Text)

    [string]::Equals((Read-FileText -Path $Path), $Text)
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

# Writes a file that does not exist yet, with the access rights of another one. If it cannot be written
# completely, it is deleted.
function Write-NewFile {
    param([string] $Path, [string] $Text, [string] $Like)

    $bytes = [Text.Encoding]::GetEncoding(28591).GetBytes($Text)
    $stream = New-Object -TypeName IO.FileStream -ArgumentList $Path, 'CreateNew', 'Write', 'None'
    try {
        try {
            # It is empty until then. Its owner stays: a standard user may not set another one.
            $rights = (Get-Acl -LiteralPath $Like -ErrorAction Stop).GetSecurityDescriptorSddlForm('Access')
            $security = Get-Acl -LiteralPath $Path -ErrorAction Stop
            $security.SetSecurityDescriptorSddlForm($rights, 'Access')
            Set-Acl -LiteralPath $Path -AclObject $security -ErrorAction Stop
            $stream.Write($bytes, 0, $bytes.Length)
            $stream.Flush($true)
        } finally {
            # This writes what is still in memory, so a full disk is an error here too.
            $stream.Dispose()
        }
    } catch {
        [IO.File]::Delete($Path)
        throw
    }
}

# Moves a file to a place where there is none.
function Move-File {
    param([string] $Path, [string] $Target)

    Invoke-WithRetry -Action { [IO.File]::Move($Path, $Target) }
}

# Deletes a file if it exists.
function Remove-File {
    param([string] $Path)

    Invoke-WithRetry -Action { [IO.File]::Delete($Path) }
}

# Deletes a file that is not needed any more. If that fails, the next repair deletes it.
function Remove-UnneededFile {
    param([string] $Path)

    Invoke-IfFree -Action { [IO.File]::Delete($Path) }
}

# Runs an action on a file. If the file is locked or access is denied, the file stays as it is.
function Invoke-IfFree {
    param([scriptblock] $Action)

    try {
        & $Action
    } catch [IO.IOException], [UnauthorizedAccessException] {
        return
    }
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

# How a phonebook is replaced, and the copies beside it:
# - .tmp is a new file until it is complete and takes another file's place. Its name is random.
# - .old is the old phonebook, from the replacement until the check after it. If the phonebook is missing, it
#   shows that a replacement was interrupted. Without it, somebody deleted the phonebook.
# - .bak is the version before the last change.
# - .1.kept to .9.kept are copies that an administrator must check. A script deletes one only if a newer one
#   has the same text.

# Changes one entry and keeps every other byte. Returns $true if the file was written. The change is a script
# block: it gets the text of the entry, and whether it is the last one, and returns its new text.
function Edit-ProfileEntry {
    param([hashtable] $Settings, [scriptblock] $Change)

    for ($try = 1; $try -le 5; $try++) {
        $open = Open-ProfileEntry -Settings $Settings
        if ($null -ne $open['Refusal']) {
            throw 'the profile was removed from the phonebook during the repair'
        }
        $entry = $open['Entry']
        $rest = $open['Text'].Remove($entry.Index, $entry.Length)
        $after = $rest.Insert($entry.Index, (& $Change $entry.Value ($rest.Length -eq $entry.Index)))
        if ([string]::Equals($open['Text'], $after)) {
            return $false
        }
        if (Write-PhonebookText -Path $open['Path'] -Before $open['Text'] -After $after) {
            return $true
        }
    }
    throw 'other programs changed the phonebook five times during the repair; it was not written'
}

# Replaces the phonebook and keeps the old version beside it. If another program has changed the phonebook
# since it was read, that version stays and the answer is $false.
function Write-PhonebookText {
    param([string] $Path, [string] $Before, [string] $After)

    $places = @{
        Path      = $Path
        Old       = Clear-CopyPlace -Path $Path
        Temporary = Get-TemporaryPath -Path $Path
    }
    try {
        Write-NewFile -Path $places['Temporary'] -Text $After -Like $Path
        $isReplaced = (Switch-Phonebook @places -Before $Before) -and
            (Confirm-Switch @places -Before $Before -After $After)
    } finally {
        if (-not (Test-BrokenReplacement -Path $Path)) {
            Remove-OwnFile -Path $places['Temporary'] -Text $After
        }
    }
    if (-not $isReplaced) {
        return $false
    }
    Complete-PhonebookCopy -Path $Path -Copy $places['Old']
    if (-not (Test-Content -Path $Path -Text $After)) {
        throw 'after the repair had written the phonebook, another program changed it'
    }
    $true
}

# Deletes a file of this script if it has exactly this text. Another one stays, as do a link, a folder, and a
# file that cannot be read or deleted.
function Remove-OwnFile {
    param([string] $Path, [string] $Text)

    $special = [IO.FileAttributes]::ReparsePoint -bor [IO.FileAttributes]::Directory
    Invoke-IfFree -Action {
        $attributes = Get-FileAttribute -Path $Path
        $isPlain = $null -ne $attributes -and 0 -eq ($attributes -band $special)
        if ($isPlain -and (Test-Content -Path $Path -Text $Text)) {
            [IO.File]::Delete($Path)
        }
    }
}

# Puts the new file in the phonebook's place, and the phonebook in the place of .old; $false if another
# program has changed it. This is checked before each try, because the program that locked the file may have
# written it.
function Switch-Phonebook {
    param([string] $Path, [string] $Old, [string] $Temporary, [string] $Before)

    Invoke-WithRetry -Action {
        if (-not (Test-Content -Path $Path -Text $Before)) {
            return $false
        }
        try {
            [IO.File]::Replace($Temporary, $Path, $Old)
        } catch {
            # An interrupted replacement can leave no phonebook: the old one is .old, and the new one is .tmp.
            # Source: Win32 reference, ReplaceFileW, ERROR_UNABLE_TO_MOVE_REPLACEMENT_2 (1177).
            $null = Restore-Phonebook -Path $Path
            throw
        }
        $true
    }
}

# Whether the replaced file is the one that was read. If another program has written it after the last check,
# that version is restored.
function Confirm-Switch {
    param([string] $Path, [string] $Old, [string] $Temporary, [string] $Before, [string] $After)

    try {
        if (Test-Content -Path $Old -Text $Before) {
            return $true
        }
        Invoke-WithRetry -Action { [IO.File]::Replace($Old, $Path, $Temporary) }
    } catch {
        if (Restore-Phonebook -Path $Path) {
            throw
        }
        $problem = ConvertTo-PlainError -ErrorRecord $_
        Move-File -Path $Old -Target (Find-KeptPlace -Path $Path)
        throw "$problem; what another program may have written is in a copy beside the phonebook"
    }
    # Another program may have written the new phonebook too, before its first version was restored. Then this
    # file is the only one with the second version.
    Move-File -Path $Temporary -Target $Old
    if (Test-Content -Path $Old -Text $After) {
        Remove-UnneededFile -Path $Old
    } else {
        Move-File -Path $Old -Target (Find-KeptPlace -Path $Path)
    }
    $false
}

# Whether a replacement was interrupted: the old and the new file exist, but no phonebook, or one without
# entries, which Windows creates if it finds none (unconfirmed). After a complete replacement there is no
# .old, so a phonebook that somebody deletes does not come back.
function Test-BrokenReplacement {
    param([string] $Path)

    $isLeft = (Test-PlainFile -Path "$Path.aovpn-remediate.old") -and @(Get-LeftFile -Path $Path).Count -gt 0
    $isLeft -and (-not [IO.File]::Exists($Path) -or -not (Read-FileText -Path $Path).Contains('['))
}

# Restores the old phonebook after an interrupted replacement. Returns $true if there was one.
function Restore-Phonebook {
    param([string] $Path)

    $isBroken = Test-BrokenReplacement -Path $Path
    if ($isBroken) {
        Remove-File -Path $Path
        Move-File -Path "$Path.aovpn-remediate.old" -Target $Path
    }
    $isBroken
}

# Restores the phonebook of a scope after an interrupted replacement. Returns $true if there was one.
function Restore-ScopePhonebook {
    param([string] $Scope)

    $phonebook = Find-Phonebook -Scope $Scope
    -not $phonebook['Link'] -and (Restore-Phonebook -Path $phonebook['Path'])
}

# Returns the place for the old phonebook and makes it free. An .old that is already there is from a killed
# repair. It is kept, unless its text is in the phonebook or in .bak too.
function Clear-CopyPlace {
    param([string] $Path)

    $old = "$Path.aovpn-remediate.old"
    $files = @($Path, "$Path.aovpn-remediate.bak" | Where-Object { Test-PlainFile -Path $_ })
    if (Test-PlainFile -Path $old) {
        $text = Read-FileText -Path $old
        if (@($files | Where-Object { Test-Content -Path $_ -Text $text }).Count -gt 0) {
            Remove-File -Path $old
        } else {
            Move-File -Path $old -Target (Find-KeptPlace -Path $Path)
        }
    }
    foreach ($file in @(Get-LeftFile -Path $Path)) {
        Remove-UnneededFile -Path $file
    }
    $old
}

# Saves the phonebook before Windows' commands change it, and returns the path of the copy. It is a kept copy
# from the start: if this script is killed, a person must look at it. Older kept copies with the same text are
# deleted, so killed scripts that changed nothing leave only one.
function Save-PhonebookCopy {
    param([string] $Path, [string] $Text)

    $null = Clear-CopyPlace -Path $Path
    $copy = Find-KeptPlace -Path $Path
    $temporary = Get-TemporaryPath -Path $Path
    Write-NewFile -Path $temporary -Text $Text -Like $Path
    Move-File -Path $temporary -Target $copy
    if (-not (Test-Content -Path $Path -Text $Text)) {
        Remove-UnneededFile -Path $copy
        throw 'the phonebook changed while its copy was made'
    }
    foreach ($place in @(Get-KeptPlace -Path $Path | Where-Object { $_ -ne $copy })) {
        Remove-OwnFile -Path $place -Text $Text
    }
    $copy
}

# Makes a copy the .bak, after the new phonebook was checked. If that fails, the copy stays as it is.
function Complete-PhonebookCopy {
    param([string] $Path, [string] $Copy)

    $backup = "$Path.aovpn-remediate.bak"
    Invoke-IfFree -Action {
        Remove-File -Path $backup
        Move-File -Path $Copy -Target $backup
    }
}

# The places of the kept copies.
function Get-KeptPlace {
    param([string] $Path)

    for ($number = 1; $number -le 9; $number++) {
        "$Path.aovpn-remediate.$number.kept"
    }
}

# The first free place for a copy that is kept for a person. A copy is moved there, because a full disk has no
# space for another file.
function Find-KeptPlace {
    param([string] $Path)

    foreach ($place in @(Get-KeptPlace -Path $Path)) {
        if ($null -eq (Get-FileAttribute -Path $place)) {
            return $place
        }
    }
    throw 'nine copies are kept beside the phonebook; check and delete 1.kept to 9.kept'
}

# Whether a copy exists. A link or a folder in its place is an error.
function Test-PlainFile {
    param([string] $Path)

    if ([IO.Directory]::Exists($Path)) {
        throw 'a link or a folder has the name of a copy of the phonebook'
    }
    Test-PlainPath -Path $Path
}

# A random name for a new file, beside the phonebook.
function Get-TemporaryPath {
    param([string] $Path)

    "$Path.aovpn-remediate." + [IO.Path]::GetRandomFileName() + '.tmp'
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

# What a repair did: whether it changed something, and the problems that it could not solve.
function New-Outcome {
    param([bool] $Changed, [string[]] $Problem = @())

    @{ Changed = $Changed; Problem = $Problem }
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

# Runs an action and returns the problems that it returns, and the text of its error.
function Get-ActionProblem {
    param([scriptblock] $Action, $Argument)

    try {
        & $Action $Argument
    } catch {
        ConvertTo-PlainError -ErrorRecord $_
    }
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

# The exit of a remediation script: check, repair, check again, one line, exit code 1 for failed, else 0.
function Complete-Remediation {
    param([hashtable] $Settings, $Check, $Repair)

    $finding = Invoke-Check -Settings $Settings -Check $Check
    if ('issue' -eq $finding['State']) {
        $finding = Invoke-Repair -Settings $Settings -Check $Check -Repair $Repair -Before $finding
    } elseif ('link' -eq $finding['Reason']) {
        $finding['State'] = 'failed'
    }
    ConvertTo-ResultLine -Settings $Settings -Finding $finding
    if ('failed' -eq $finding['State']) {
        exit 1
    }
    exit 0
}

# Repairs, checks again, and returns the result. If one repair fails, the others run anyway. Each repair gets
# what the check found and the number of its round, and returns an outcome.
function Invoke-Repair {
    param([hashtable] $Settings, $Check, $Repair, [hashtable] $Before)

    $after = $Before
    $changed = $false
    # The second round is for differences that show only after the first one, such as in a restored phonebook.
    for ($round = 1; $round -le 2 -and 'issue' -eq $after['State']; $round++) {
        $problems = @()
        foreach ($one in $Repair) {
            try {
                $outcome = & $one $after['Found'] $round
                $changed = $changed -or $outcome['Changed']
                $problems += $outcome['Problem']
            } catch {
                $problems += ConvertTo-PlainError -ErrorRecord $_
            }
        }
        if ($problems.Count -gt 0) {
            $detail = $problems -join '; '
            if (0 -eq $Before['Found'].Count) {
                $detail = 'not repaired: {0}: {1}' -f $Before['Detail'], $detail
            }
            return New-Finding -State 'failed' -Reason 'error' -Detail $detail -Found $Before['Found']
        }
        $after = Invoke-Check -Settings $Settings -Check $Check -Round $round
    }
    if ('interrupted' -eq $Before['Reason'] -and 'absent' -eq $after['State']) {
        $after['Detail'] = 'the phonebook was restored; ' + $after['Detail']
    } elseif (@('healthy', 'pending') -notcontains $after['State']) {
        $after['Detail'] = 'after the repair: ' + $after['Detail']
        $after['State'] = 'failed'
    } elseif ($changed) {
        $after['Detail'] = 'repaired: {0}; now: {1}' -f $Before['Detail'], $after['Detail']
        $after['State'] = 'fixed'
        $after['Found'] = $Before['Found']
    }
    $after
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
        if ($null -ne $route['Metric']) {
            $metrics = @(foreach ($one in $known[$route['Id']]) { Get-StoredMetric -Route $one })
            $others = @($metrics -ne $route['Metric'])
            if ($others.Count -gt 0) {
                $route + @{ Change = 'metric'; Was = $others[0] }
            }
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
    $exclusions = @($wanted | Where-Object { $_['Exclude'] })
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

# Corrects the stored routes. If Windows' route commands change more of the entry, it is put back.
function Repair-StoredCondition {
    param([hashtable] $Settings, [hashtable] $Found)

    if (Restore-ScopePhonebook -Scope $Settings['Scope']) {
        return New-Outcome -Changed $true
    }
    $saved = Open-ProfileEntry -Settings $Settings
    if ($null -ne $saved['Refusal']) {
        throw $saved['Refusal']['Detail']
    }
    $stored = @(Get-StoredRoute -Entry $saved['Entry'].Value)
    $difference = @(Compare-StoredRoute -Settings $Settings -Stored $stored)
    if (0 -eq $difference.Count) {
        return New-Outcome -Changed $false
    }
    # Windows' route commands write the phonebook themselves. If this script is killed before it has checked
    # what they did, the copy stays.
    $copy = Save-PhonebookCopy -Path $saved['Path'] -Text $saved['Text']
    $problems = @(Set-StoredRoute -Settings $Settings -Difference $difference)
    $problems += @(Get-ActionProblem -Action {
            Confirm-OtherContent -Settings $Settings -Saved $saved -Difference $difference -Copy $copy
        })
    New-Outcome -Changed $true -Problem $problems
}

# Adds and corrects routes, as far as the settings ask for it: exclusions first, so that no connection takes
# their addresses into the tunnel, and stale routes last. After a problem nothing is removed. Returns the
# problems.
function Set-StoredRoute {
    param([hashtable] $Settings, [object[]] $Difference)

    $problems = @()
    $exclusions = @($Difference | Where-Object { $_['Exclude'] })
    if ($exclusions.Count -gt 0) {
        $problems = @(Get-ActionProblem -Action { Write-Exclusion -Settings $Settings -Route $exclusions })
    }
    if ($problems.Count -gt 0) {
        return $problems
    }
    $routes = @($Difference | Where-Object { -not $_['Exclude'] -and 'stale' -ne $_['Change'] })
    $problems = @(Invoke-EachRoute -Route $routes -Action {
            param([hashtable] $Route)

            if ('metric' -eq $Route['Change']) {
                return Set-StoredMetric -Settings $Settings -Route $Route
            }
            Add-StoredRoute -Settings $Settings -Prefix $Route['Text'] -Metric $Route['Metric']
        })
    $problems
}

# Removes a route and adds it with the other metric, because no command changes a metric (Win32 reference,
# PS_VpnConnectionRoute). If that fails, the old route is added again. If that fails too,
# Confirm-OtherContent puts the entry back.
function Set-StoredMetric {
    param([hashtable] $Settings, [hashtable] $Route)

    try {
        Remove-StoredRoute -Settings $Settings -Prefix $Route['Text']
        Add-StoredRoute -Settings $Settings -Prefix $Route['Text'] -Metric $Route['Metric']
    } catch {
        $ids = @(Get-ProfileRoute -Settings $Settings | ForEach-Object { $_['Id'] })
        if ($ids -notcontains $Route['Id']) {
            Add-StoredRoute -Settings $Settings -Prefix $Route['Text'] -Metric $Route['Was']
        }
        throw
    }
}

# Writes exclusions into the entry. Windows has no command for them (Win32 reference, PS_VpnConnectionRoute).
function Write-Exclusion {
    param([hashtable] $Settings, [object[]] $Route)

    $ids = @($Route | ForEach-Object { $_['Id'] })
    $null = Edit-ProfileEntry -Settings $Settings -Change {
        param([string] $Entry)

        $kept = @(Get-StoredRoute -Entry $Entry | Where-Object { $ids -notcontains $_['Id'] })
        $records = @($kept | ForEach-Object { $_['Record'] })
        $records += @($Route | ForEach-Object { ConvertTo-ExclusionRecord -Route $_ })
        $changed = Set-EntryPiece -Entry $Entry -Key 'Routes' -Value (-join $records)
        Set-EntryKey -Entry $changed -Key 'NumRoutes' -Value $records.Count
    }
}

# Checks that the route commands changed only routes, and puts the entry back if not. Other entries belong to
# others, so this script never writes them. Returns the problems. The copy from before the commands stays if
# there may be something in it that is not in the phonebook; else it becomes the backup, or it is deleted.
function Confirm-OtherContent {
    param([hashtable] $Settings, [hashtable] $Saved, [object[]] $Difference, [string] $Copy)

    $now = Open-ProfileEntry -Settings $Settings
    if ($null -ne $now['Refusal']) {
        throw 'the profile was removed from the phonebook while its routes were changed; a copy is kept'
    }
    $isOtherSame = Test-OtherEntry -Saved $Saved -Now $now
    if (-not $isOtherSame) {
        'another entry changed while routes were changed; a copy is kept'
    }
    $isSame = Test-OtherContent -Saved $Saved -Now $now -Difference $Difference
    if (-not $isSame) {
        Restore-Entry -Settings $Settings -Saved $Saved
        'the route commands lost a route or changed more than routes; the entry was put back'
    }
    if ($isOtherSame -and $isSame -and -not [string]::Equals($now['Text'], $Saved['Text'])) {
        Complete-PhonebookCopy -Path $Saved['Path'] -Copy $Copy
    } elseif ($isOtherSame) {
        Remove-UnneededFile -Path $Copy
    }
}

# Whether the other entries are the same. Another program may have added entries at the end.
function Test-OtherEntry {
    param([hashtable] $Saved, [hashtable] $Now)

    $before = $Saved['Text'].Remove($Saved['Entry'].Index, $Saved['Entry'].Length)
    $after = $Now['Text'].Remove($Now['Entry'].Index, $Now['Entry'].Length)
    $after.StartsWith($before, 'Ordinal') -and $after.Substring($before.Length) -match '\A(\[|\z)'
}

# Puts the saved entry back and keeps every other byte. The version with the damage becomes the .bak.
function Restore-Entry {
    param([hashtable] $Settings, [hashtable] $Saved)

    $null = Edit-ProfileEntry -Settings $Settings -Change {
        param([string] $Entry, [bool] $IsLast)

        if ($IsLast) {
            return $Saved['Entry'].Value
        }
        # When it was saved, it may have been the last one, without an end of its last line.
        Complete-LastLine -Text $Saved['Entry'].Value
    }
}

# Whether only the routes that had to change and the time stamps of an entry have changed.
function Test-OtherContent {
    param([hashtable] $Saved, [hashtable] $Now, [object[]] $Difference)

    $before = Get-OtherContent -Entry $Saved['Entry'].Value -Difference $Difference
    try {
        [string]::Equals($before, (Get-OtherContent -Entry $Now['Entry'].Value -Difference $Difference))
    } catch {
        # An entry that cannot be read is not the same.
        $false
    }
}

# What must stay in an entry: the records of the other routes, a route whose metric changes, and all lines but
# those of routes and time stamps.
function Get-OtherContent {
    param([string] $Entry, [object[]] $Difference)

    $ids = @($Difference | ForEach-Object { $_['Id'] })
    $routes = @(Get-StoredRoute -Entry $Entry)
    $kept = @($routes | Where-Object { $ids -notcontains $_['Id'] } | ForEach-Object { $_['Record'] })
    $ids = @($Difference | Where-Object { 'metric' -eq $_['Change'] } | ForEach-Object { $_['Id'] })
    $kept += @($ids | Where-Object { @($routes | ForEach-Object { $_['Id'] }) -contains $_ })
    $rest = Get-OtherLine -Entry $Entry -Key 'Routes', 'NumRoutes', 'LowDateTime', 'HighDateTime'
    (@($kept | Sort-Object) -join "`n") + (Complete-LastLine -Text $rest)
}

# An entry's text with an end of its last line. Windows adds one when another line follows (unconfirmed).
function Complete-LastLine {
    param([string] $Text)

    [regex]::Replace($Text, '(?<![\r\n])\z', [regex]::Match($Text, '\r\n|\r|\n').Value)
}

$check = @(
    { Test-StoredCondition -Settings $Settings }
    { param($Round) Test-LiveCondition -Settings $Settings -Round $Round }
)
Complete-Remediation -Settings $Settings -Check $check -Repair @(
    { param($Found) Repair-StoredCondition -Settings $Settings -Found $Found }
)
