# Files, read and written whole. Their text is handled as Latin-1, one character for each byte, so that bytes
# of any encoding come out as they went in.

# A file's bytes as Latin-1 text.
function Read-FileText {
    param([string] $Path)

    $latin1 = [Text.Encoding]::GetEncoding(28591)
    Invoke-WithRetry -Action { $latin1.GetString([IO.File]::ReadAllBytes($Path)) }
}

# Whether a file holds exactly this text.
function Test-Content {
    param([string] $Path, [string] $Text)

    [string]::Equals((Read-FileText -Path $Path), $Text)
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

# Whether a file or folder is there. A link is a doubt: nobody knows what is behind it.
function Test-PlainPath {
    param([string] $Path)

    $attributes = Get-FileAttribute -Path $Path
    if ($attributes -band [IO.FileAttributes]::ReparsePoint) {
        throw 'a link stands in the way of a phonebook'
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
