# How a phonebook is replaced, and the copies beside it:
# - .tmp is a new file until it is complete and takes another file's place. Its name is random.
# - .old is the old phonebook, from the replacement until the check after it. By it, a script tells an
#   interrupted replacement from a phonebook that somebody deleted.
# - .bak is the version before the last change.
# - .1.kept to .9.kept are what a person must look at. No script deletes them.

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
        Write-NewFile -Path $places['Temporary'] -Text $After
        $isReplaced = Switch-Phonebook @places -Before $Before
        $isReplaced = $isReplaced -and (Confirm-Switch @places -Before $Before -After $After)
    } finally {
        if (-not (Test-BrokenReplacement -Path $Path)) {
            Remove-UnneededFile -Path $places['Temporary']
        }
    }
    if (-not $isReplaced) {
        return $false
    }
    Complete-PhonebookCopy -Path $Path -Copy $places['Old']
    if (-not (Test-Content -Path $Path -Text $After)) {
        throw 'the phonebook is not what was written; another program changed it'
    }
    $true
}

# Puts the new file in the phonebook's place and the phonebook in the old one's; $false if another program has
# changed it. This is checked before each try: a program that locked the file may have written it.
function Switch-Phonebook {
    param([string] $Path, [string] $Old, [string] $Temporary, [string] $Before)

    Invoke-WithRetry -Action {
        if (-not (Test-Content -Path $Path -Text $Before)) {
            return $false
        }
        try {
            [IO.File]::Replace($Temporary, $Path, $Old)
        } catch {
            # An interrupted replacement can leave the phonebook under the old file's name only.
            $null = Restore-Phonebook -Path $Path
            throw
        }
        $true
    }
}

# Whether the replaced file is the one that was read. If another program has written it after the last check,
# its version comes back.
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
        Save-KeptCopy -Path $Path -Copy $Old
        throw "$problem; what another program may have written is in a copy beside the phonebook"
    }
    if (-not (Test-Content -Path $Temporary -Text $After)) {
        # Another program has written the new phonebook too, before the old one came back.
        Save-KeptCopy -Path $Path -Copy $Temporary
    }
    $false
}

# Whether a replacement broke off half-way: the old file and the new one are there, and there is no phonebook,
# or one without any entry, which Windows makes where it finds none. The copy of a replacement that went well
# has another name, so that a phonebook that somebody deletes stays away.
function Test-BrokenReplacement {
    param([string] $Path)

    if (-not (Test-PlainFile -Path "$Path.aovpn-remediate.old") -or 0 -eq @(Get-LeftFile -Path $Path).Count) {
        return $false
    }
    -not [IO.File]::Exists($Path) -or -not (Read-FileText -Path $Path).Contains('[')
}

# Brings the old phonebook back after a replacement that broke off; $true if it had to.
function Restore-Phonebook {
    param([string] $Path)

    if (-not (Test-BrokenReplacement -Path $Path)) {
        return $false
    }
    $old = "$Path.aovpn-remediate.old"
    if ([IO.File]::Exists($Path)) {
        $aside = Get-TemporaryPath -Path $Path
        Invoke-WithRetry -Action { [IO.File]::Replace($old, $Path, $aside) }
    } else {
        Move-File -Path $old -Target $Path
    }
    $true
}

# Brings the phonebook of a scope back after a replacement that broke off; $true if it had to.
function Restore-ScopePhonebook {
    param([string] $Scope)

    $phonebook = Find-Phonebook -Scope $Scope
    -not $phonebook['Link'] -and (Restore-Phonebook -Path $phonebook['Path'])
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

# Saves the phonebook beside it before commands write it that this script cannot watch, and returns the copy's
# path. It is a kept copy from the start: if the script is killed, a person must look at it. A kept copy with
# the same text is used again, so that scripts that are killed before they change anything leave one copy.
function Save-PhonebookCopy {
    param([string] $Path, [string] $Text)

    $null = Clear-CopyPlace -Path $Path
    foreach ($copy in @(Get-KeptPlace -Path $Path)) {
        if ((Test-PlainFile -Path $copy) -and (Test-Content -Path $copy -Text $Text)) {
            return $copy
        }
    }
    $copy = Find-KeptPlace -Path $Path
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

# Keeps a copy of a phonebook for a person. It is moved, which needs no space on a full disk.
function Save-KeptCopy {
    param([string] $Path, [string] $Copy)

    Move-File -Path $Copy -Target (Find-KeptPlace -Path $Path)
}

# The places for copies that are kept for a person.
function Get-KeptPlace {
    param([string] $Path)

    for ($number = 1; $number -le 9; $number++) {
        "$Path.aovpn-remediate.$number.kept"
    }
}

# The first of them that is free.
function Find-KeptPlace {
    param([string] $Path)

    foreach ($place in @(Get-KeptPlace -Path $Path)) {
        if ($null -eq (Get-FileAttribute -Path $place)) {
            return $place
        }
    }
    throw 'nine copies of earlier phonebooks are kept beside this one; look at them and delete them first'
}

# The copies in which something may be that is no longer in the phonebook: what a killed repair left, and what
# is kept for a person.
function Get-KeptCopy {
    param([string] $Path)

    foreach ($copy in @("$Path.aovpn-remediate.old") + @(Get-KeptPlace -Path $Path)) {
        if ([IO.File]::Exists($copy)) {
            $copy
        }
    }
}

# Whether there is a copy; a link or a folder in its place is a doubt.
function Test-PlainFile {
    param([string] $Path)

    if ([IO.Directory]::Exists($Path)) {
        throw 'a link or a folder stands where a copy of the phonebook belongs'
    }
    Test-PlainPath -Path $Path
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
