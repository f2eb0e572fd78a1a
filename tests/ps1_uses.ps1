# What the real parser sees in the script that USES_OF names: functions with their parameters, calls with
# theirs, types and members of .NET. One line of JSON.
Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$broken = $null
$root = [Management.Automation.Language.Parser]::ParseFile($env:USES_OF, [ref] $null, [ref] $broken)
if (@($broken).Count -gt 0) {
    throw "$($env:USES_OF): $($broken[0].Message)"
}

$nodes = @{}
foreach ($node in $root.FindAll({ $true }, $true)) {
    $type = $node.GetType().Name
    if (-not $nodes.ContainsKey($type)) {
        $nodes[$type] = New-Object -TypeName 'Collections.Generic.List[object]'
    }
    $nodes[$type].Add($node)
}

function Select-Node {
    param([string] $Type)

    if ($nodes.ContainsKey($Type)) {
        $nodes[$Type].ToArray()
    }
}

# Where the function begins that a node stands in.
function Get-Scope {
    param($Node)

    while ($null -ne $Node -and $Node.GetType().Name -ne 'FunctionDefinitionAst') {
        $Node = $Node.Parent
    }
    if ($null -eq $Node) { -1 } else { $Node.Extent.StartOffset }
}

function Get-TableKey {
    param($Command, [string] $Name)

    $scope = Get-Scope -Node $Command
    foreach ($one in Select-Node -Type 'AssignmentStatementAst') {
        if ((Get-Scope -Node $one) -ne $scope) { continue }
        if ($one.Left.Extent.Text -eq "`$$Name") {
            $table = $one.Right
            while ($table.GetType().Name -ne 'HashtableAst' -and $table.PSObject.Properties['Expression']) {
                $table = $table.Expression
            }
            if ($table.GetType().Name -eq 'HashtableAst') {
                $table.KeyValuePairs | ForEach-Object { $_.Item1.Value }
            }
        } elseif ($one.Left.GetType().Name -eq 'IndexExpressionAst' -and $one.Left.Target.Extent.Text -eq "`$$Name") {
            $one.Left.Index.Value
        }
    }
}

function Get-Parameter {
    param($Command)

    foreach ($part in $Command.CommandElements) {
        if ($part.GetType().Name -eq 'CommandParameterAst') {
            $part.ParameterName
        } elseif ($part.GetType().Name -eq 'VariableExpressionAst' -and $part.Splatted) {
            $name = $part.VariablePath.UserPath
            $keys = @(Get-TableKey -Command $Command -Name $name)
            if ($keys.Count -gt 0) { $keys | Sort-Object -Unique -CaseSensitive } else { "@$name" }
        }
    }
}

$functions = @{}
foreach ($one in Select-Node -Type 'FunctionDefinitionAst') {
    $block = $one.Body.ParamBlock
    $names = @()
    if ($null -ne $block) {
        $names = @($block.Parameters | ForEach-Object { $_.Name.VariablePath.UserPath.ToLowerInvariant() })
    }
    $functions[$one.Name.ToLowerInvariant()] = $names
}
$calls = foreach ($one in Select-Node -Type 'CommandAst') {
    if ($one.GetCommandName() -and $one.CommandElements[0].StringConstantType -eq 'BareWord') {
        @{ line = $one.Extent.StartLineNumber; command = $one.GetCommandName(); parameters = @(Get-Parameter -Command $one) }
    }
}
$types = foreach ($kind in 'TypeExpressionAst', 'TypeConstraintAst') {
    Select-Node -Type $kind | ForEach-Object { @{ line = $_.Extent.StartLineNumber; name = $_.TypeName.FullName } }
}
$types = @($types) + @(foreach ($one in Select-Node -Type 'CommandAst') {
    for ($i = 1; $i -lt $one.CommandElements.Count - 1; $i++) {
        $part = $one.CommandElements[$i]
        if ($part.GetType().Name -eq 'CommandParameterAst' -and $part.ParameterName -eq 'TypeName') {
            @{ line = $part.Extent.StartLineNumber; name = $one.CommandElements[$i + 1].Value }
        }
    }
})
$members = foreach ($one in @(Select-Node -Type 'MemberExpressionAst') + @(Select-Node -Type 'InvokeMemberExpressionAst')) {
    $type = ''
    if ($one.Static) {
        $type = $one.Expression.TypeName.FullName
    }
    $arguments = -1
    if ($one.GetType().Name -eq 'InvokeMemberExpressionAst') {
        $arguments = @($one.Arguments | Where-Object { $null -ne $_ }).Count
    }
    @{ line = $one.Member.Extent.StartLineNumber; type = $type; name = $one.Member.Value; arguments = $arguments }
}
$answer = @{ functions = $functions; calls = @($calls); types = @($types); members = @($members) }
ConvertTo-Json -InputObject $answer -Compress -Depth 5
