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
            $problem = ConvertTo-PlainError -ErrorRecord $_
            if (-not (Restore-Phonebook -Path $Path)) {
                Save-KeptCopy -Path $Path -Copy $old
                throw "$problem; what another program may have written is in a copy beside the phonebook"
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
