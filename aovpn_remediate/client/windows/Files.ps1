# The drives of the client: C: is the client's folder, and there is no other one. Names of Windows do not differ by
# case, so a name that is spelled in another way is looked up.

# Where a path that a script names lies. Paths below the client's folder and its temporary folder stay as they are.
function ConvertTo-ClientPath {
    param([string] $Path)

    $root = "$($global:Client.drive)"
    $bare = $Path -replace '^(Microsoft\.PowerShell\.Core\\)?FileSystem::'
    if (-not $root -or $bare.StartsWith($root, [StringComparison]::OrdinalIgnoreCase)) {
        return $Path
    }
    if ($bare -match '^~([\\/]|$)') {
        Deny-Call -Reason 'the simulated client has no home folder ~; use $env:USERPROFILE'
    }
    if ($bare -match '^\\\\') {
        Deny-Call -Reason 'the simulated client has no network paths'
    }
    if ($bare -match '^(Microsoft\.PowerShell\.Core\\)?Registry::|^HK(LM|CU|U|CR|CC):') {
        Deny-Call -Reason 'a command for files or locations has no stand-in for the registry; see remediate docs clients'
    }
    if ($bare -notmatch '^([a-z]):(.*)$') {
        return $Path
    }
    if ('C' -ne $Matches[1]) {
        Deny-Call -Reason "the simulated client has no drive $($Matches[1].ToUpperInvariant()):, only C:"
    }
    $place = $root
    foreach ($name in @($Matches[2] -split '[\\/]+' | Where-Object { $_ -and '.' -ne $_ })) {
        $place = Find-ClientFile -Folder $place -Name $name
    }
    $place
}

# The path of a name in a folder, in the spelling of what is there; .. ends at the client's folder.
function Find-ClientFile {
    param([string] $Folder, [string] $Name)

    if ('..' -eq $Name) {
        return @($Folder, [IO.Path]::GetDirectoryName($Folder))[$Folder -ne $global:Client.drive]
    }
    $exact = [IO.Path]::Combine($Folder, $Name)
    if (-not [IO.Directory]::Exists($Folder) -or [IO.File]::Exists($exact) -or [IO.Directory]::Exists($exact)) {
        return $exact
    }
    $other = @([IO.Directory]::GetFileSystemEntries($Folder) | Where-Object { [IO.Path]::GetFileName($_) -eq $Name })
    @($other + $exact)[0]
}

# Puts the client's paths into the parameters of a command that reads or writes files.
function Set-ClientPath {
    param([Collections.IDictionary] $Bound)

    foreach ($parameter in 'Path', 'LiteralPath', 'FilePath', 'Destination') {
        if ($null -ne $Bound[$parameter]) {
            $paths = [string[]] @(foreach ($one in $Bound[$parameter]) { ConvertTo-ClientPath -Path $one })
            $Bound[$parameter] = @($paths, $paths[0])[$Bound[$parameter] -is [string]]
        }
    }
}

# The parameters for the command itself; what goes into variables of the script is written there by the stand-in.
function Select-FileParameter {
    param([Collections.IDictionary] $Bound)

    $with = @{}
    foreach ($name in @($Bound.Keys | Where-Object { $_ -notlike '*Variable' })) { $with[$name] = $Bound[$name] }
    Set-ClientPath -Bound $with
    $with
}
