# The scripts that the JSON list in the file SCRIPTS names, parsed but not run: where the statement that sets
# $Settings starts and ends, and what it sets, each text as 'text:' and its UTF-16 units in hex digits. One line
# of JSON. The value is evaluated in a data section, where the parser refuses all code.
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function ConvertTo-Unit {
    param($Value)

    if ($Value -is [string]) {
        $units = foreach ($character in $Value.ToCharArray()) { '{0:X4}' -f [int] $character }
        return 'text:' + (-join $units)
    }
    if ($Value -is [hashtable]) {
        $table = @{}
        foreach ($key in @($Value.psbase.Keys)) {
            $table[$key] = ConvertTo-Unit -Value $Value[$key]
        }
        return $table
    }
    if ($Value -is [array]) {
        return , @(foreach ($item in $Value) { ConvertTo-Unit -Value $item })
    }
    $Value
}

function Read-Setting {
    param([string] $Path)

    $broken = $null
    $root = [Management.Automation.Language.Parser]::ParseFile($Path, [ref] $null, [ref] $broken)
    $set = @($root.EndBlock.Statements | Where-Object { $_.Extent.Text.StartsWith('$Settings') })
    if (@($broken).Count -gt 0 -or $set.Count -ne 1) {
        return @{ fault = "$(@($broken).Count) errors, $($set.Count) statements that set it" }
    }
    $text = 'data { ' + $set[0].Right.Extent.Text + ' }'
    $section = [Management.Automation.Language.Parser]::ParseInput($text, [ref] $null, [ref] $broken)
    if (@($broken).Count -gt 0 -or $section.EndBlock.Statements.Count -ne 1) {
        return @{ fault = 'its value is not a constant' }
    }
    @{
        start      = $set[0].Extent.StartOffset
        end        = $set[0].Extent.EndOffset
        statements = $root.EndBlock.Statements.Count
        value      = ConvertTo-Unit -Value (& $section.GetScriptBlock())
    }
}

$paths = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($env:SCRIPTS))
$read = foreach ($path in $paths) { Read-Setting -Path $path }
ConvertTo-Json -Compress -Depth 12 -InputObject @($read)
