# The literals of the file that VALUES names, one a line, read back: the number of UTF-16 units of each value,
# and the units of all in one base64 text. One line of JSON. They are evaluated in a data section, where the
# parser refuses commands, variables but $true, $false and $null, and methods; that there is this section alone,
# with as many statements as lines, says that no value has become code.
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$lines = [IO.File]::ReadAllLines($env:VALUES)
$text = "data {`n" + ($lines -join "`n") + "`n}"
$broken = $null
$root = [Management.Automation.Language.Parser]::ParseInput($text, [ref] $null, [ref] $broken)
if (@($broken).Count -gt 0) {
    throw "$($broken[0].Extent.StartLineNumber): $($broken[0].Message)"
}
$statements = $root.EndBlock.Statements
if ($statements.Count -ne 1 -or $statements[0].Body.Statements.Count -ne $lines.Count) {
    throw 'there are not as many statements as values'
}
$values = @(& $root.GetScriptBlock())
# The bytes as they lie there: an encoding would replace half of a surrogate pair.
$all = -join $values
$bytes = New-Object -TypeName 'byte[]' -ArgumentList (2 * $all.Length)
[Buffer]::BlockCopy($all.ToCharArray(), 0, $bytes, 0, $bytes.Length)
$lengths = @(foreach ($value in $values) { $value.Length })
ConvertTo-Json -Compress -InputObject @{ lengths = $lengths; units = [Convert]::ToBase64String($bytes) }
