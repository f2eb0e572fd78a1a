# The literals of the file that VALUES names, one a line, read back: the hex digits of each value's UTF-16
# units. One line of JSON. The parser says that there are as many statements as lines, PowerShell's own check
# that they name no command, variable or method: no value has become code.
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$broken = $null
$root = [Management.Automation.Language.Parser]::ParseFile($env:VALUES, [ref] $null, [ref] $broken)
if (@($broken).Count -gt 0) {
    throw "$($broken[0].Extent.StartLineNumber): $($broken[0].Message)"
}
if ($root.EndBlock.Statements.Count -ne [IO.File]::ReadAllLines($env:VALUES).Count) {
    throw 'there are not as many statements as values'
}
$script = $root.GetScriptBlock()
$script.CheckRestrictedLanguage([string[]] @(), [string[]] @(), $false)
$read = foreach ($value in & $script) {
    # The bytes as they lie there: an encoding would replace half of a surrogate pair.
    $bytes = New-Object -TypeName 'byte[]' -ArgumentList (2 * $value.Length)
    [Buffer]::BlockCopy($value.ToCharArray(), 0, $bytes, 0, $bytes.Length)
    [BitConverter]::ToString($bytes).Replace('-', '')
}
ConvertTo-Json -Compress -InputObject @($read)
