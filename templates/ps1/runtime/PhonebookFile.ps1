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
