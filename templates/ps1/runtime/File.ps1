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
