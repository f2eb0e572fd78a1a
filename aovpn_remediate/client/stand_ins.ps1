# All stand-ins for Windows, parsed once: as @{ Block; Commands }, what each runspace makes a module of, and the
# names that a script sees of it.
param([string] $Folder)

# Parameters that a provider adds to a command, those for files and for the registry.
$dynamic = @{
    'Add-Content'      = @{ Encoding = '[object]'; NoNewline = '[switch]'; Stream = '[string]' }
    'Clear-Content'    = @{ Stream = '[string]' }
    'Get-ChildItem'    = @{
        Directory  = '[Alias("ad", "d")] [switch]'; File = '[Alias("af")] [switch]'; Hidden = '[Alias("ah", "h")] [switch]'
        ReadOnly   = '[Alias("ar")] [switch]'; System = '[Alias("as")] [switch]'
        Attributes = '[Management.Automation.FlagsExpression[IO.FileAttributes]]'
    }
    'Get-Content'      = @{
        Encoding = '[object]'; Raw = '[switch]'; Delimiter = '[string]'; Stream = '[string]'; Wait = '[switch]'
    }
    'Set-Content'      = @{ Encoding = '[object]'; NoNewline = '[switch]'; Stream = '[string]' }
    'Set-ItemProperty' = @{ Type = '[string]' }
    'Test-Path'        = @{ NewerThan = '[DateTime]'; OlderThan = '[DateTime]' }
}

# The text of a command that uses the registry's stand-in for HKLM: and HKCU:, or refuses them. For everything else it
# calls the command itself, and has the same parameters.
function Get-ItemStandIn {
    param([string] $Command, [string] $Registry)

    $real = Get-Command -Name $Command -CommandType Cmdlet -ErrorAction SilentlyContinue
    if ($null -eq $real) {
        # Off Windows the engine leaves out what is for the registry alone.
        return "function $Command { Deny-RegistryCommand -Command '$Command' }"
    }
    $parts = @($Command) + (Get-HeadOf -Real $real) + $Registry
    @'
function {0} {{
    {1}
    param({2})

    process {{
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        $keys = @(Get-RegistryName -Bound $PSBoundParameters)
        if (0 -eq $keys.Count) {{
            return Invoke-RealCommand -Cmdlet $PSCmdlet -Command '{3}\{0}' -Bound $PSBoundParameters
        }}
        foreach ($key in $keys) {{
            {4} -Command '{0}' -Key $key -Bound $PSBoundParameters
        }}
    }}
}}
'@ -f $parts
}

# The attribute of a command, its parameters, and its module.
function Get-HeadOf {
    param($Real)

    $about = New-Object -TypeName Management.Automation.CommandMetadata -ArgumentList $Real
    $proxy = [Management.Automation.ProxyCommand]
    $parameters = $proxy::GetParamBlock($about)
    if ($dynamic.ContainsKey($Real.Name)) {
        foreach ($name in @($dynamic[$Real.Name].Keys | Where-Object { $parameters -notmatch "\$\{$_\}" })) {
            $parameters += ", $($dynamic[$Real.Name][$name]) `${$name}"
        }
    }
    $proxy::GetCmdletBindingAttribute($about), $parameters, $Real.Source
}

# The text of a command that reads or writes files: the command itself, with the client's paths. Nothing where the
# engine has no such command.
function Get-FileStandIn {
    param([string] $Command)

    # Some are functions in 5.1.
    $real = Get-Command -Name $Command -CommandType Cmdlet, Function -ErrorAction SilentlyContinue
    if ($null -eq $real) {
        return
    }
    $piped = '$_'
    $paths = @($real.Parameters['Path'] | Where-Object { $_ } | ForEach-Object { $_.ParameterSets.Values })
    if (@($paths | Where-Object { $_.ValueFromPipeline }).Count -gt 0) {
        $piped = '$(if ($_ -is [string]) { ConvertTo-ClientPath -Path $_ } else { $_ })'
    }
    $parts = @($Command) + (Get-HeadOf -Real $real) + $piped
    @'
function {0} {{
    {1}
    param({2})

    begin {{
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        $with = Select-FileParameter -Bound $PSBoundParameters
        $steps = {{ & '{3}\{0}' @with }}.GetSteppablePipeline($MyInvocation.CommandOrigin)
        $steps.Begin($PSCmdlet)
    }}
    process {{
        $steps.Process({4})
    }}
    end {{
        $steps.End()
    }}
}}
'@ -f $parts
}

$items = @(
    'Test-Path', 'Get-Item', 'Get-ChildItem', 'New-Item', 'Remove-Item'
    'Get-ItemProperty', 'Get-ItemPropertyValue', 'Set-ItemProperty', 'New-ItemProperty', 'Remove-ItemProperty'
)
$filesOnly = @(
    'Clear-Item', 'Copy-Item', 'Move-Item', 'Rename-Item', 'Set-Item'
    'Clear-ItemProperty', 'Copy-ItemProperty', 'Move-ItemProperty', 'Rename-ItemProperty'
)
$contents = @(
    'Get-Content', 'Set-Content', 'Add-Content', 'Clear-Content', 'Out-File', 'Tee-Object', 'Import-Csv', 'Export-Csv'
    'Import-Clixml', 'Export-Clixml', 'Select-String', 'Get-FileHash', 'Unblock-File'
    'Set-Location', 'Push-Location', 'Resolve-Path', 'Convert-Path'
)
# Aliases of 5.1 that the engine does not define off Windows.
$aliases = @{
    ac = 'Add-Content'; cat = 'Get-Content'; compare = 'Compare-Object'; cp = 'Copy-Item'; cpp = 'Copy-ItemProperty'
    curl = 'Invoke-WebRequest'; diff = 'Compare-Object'; gsv = 'Get-Service'; gwmi = 'Get-WmiObject'
    iwmi = 'Invoke-WmiMethod'; kill = 'Stop-Process'; ls = 'Get-ChildItem'; mount = 'New-PSDrive'; mv = 'Move-Item'
    ps = 'Get-Process'; rm = 'Remove-Item'; rmdir = 'Remove-Item'; sasv = 'Start-Service'; sleep = 'Start-Sleep'
    sort = 'Sort-Object'; spsv = 'Stop-Service'; start = 'Start-Process'; swmi = 'Set-WmiInstance'; tee = 'Tee-Object'
    wget = 'Invoke-WebRequest'; write = 'Write-Output'
}
if ('\' -eq [IO.Path]::DirectorySeparatorChar) {
    $aliases = @{}
}
# These would reach the machine that this runs on, and have no stand-in.
$refused = @(
    'Start-Process', 'Start-Job', 'shutdown', 'net', 'net1', 'netsh', 'sc', 'reg', 'wmic', 'route', 'rasphone', 'schtasks', 'powershell', 'cmd'
    'Get-WmiObject', 'Invoke-WmiMethod', 'Set-WmiInstance', 'Invoke-CimMethod', 'Set-CimInstance', 'Get-Process'
    'Get-ExecutionPolicy', 'Set-ExecutionPolicy'
)
$refused += @($refused | Where-Object { $_ -notmatch '-' } | ForEach-Object { "$_.exe" })
$parts = @(
    'Client', 'Ras', 'NetTCPIP', 'NetAdapter', 'NetConnection', 'VpnClient'
    'Files', 'Acl', 'Registry', 'RegistryValues', 'Services', 'Processes'
)
$texts = foreach ($part in $parts) {
    [IO.File]::ReadAllText((Join-Path -Path $Folder -ChildPath "$part.ps1"))
}
$texts += foreach ($item in $items) { Get-ItemStandIn -Command $item -Registry 'Invoke-RegistryCommand' }
$texts += foreach ($item in $filesOnly) { Get-ItemStandIn -Command $item -Registry 'Deny-RegistryCommand' }
$texts += foreach ($one in $contents) { Get-FileStandIn -Command $one }
$texts += foreach ($one in $refused) { "function $one { Deny-Call -Reason '$one has no stand-in on the simulated client; see remediate docs clients' }" }
$commands = @(
    'Start-Client', 'Stop-Client', 'Start-Sleep'
    'Get-NetIPInterface', 'Set-NetIPInterface', 'Get-NetRoute', 'New-NetRoute', 'Remove-NetRoute'
    'Get-NetAdapter', 'Get-NetConnectionProfile', 'Test-NetConnection'
    'Get-VpnConnection', 'Add-VpnConnectionRoute', 'Remove-VpnConnectionRoute'
    'Get-CimInstance', 'Get-Service', 'Restart-Service', 'Stop-Service', 'Start-Service'
    'Stop-Process', 'Restart-Computer', 'Stop-Computer', 'Get-Acl', 'Set-Acl'
    'rasdial', 'rasdial.exe', 'taskkill', 'taskkill.exe'
    $items
    $filesOnly
    $refused
).ForEach({ $_ })
$texts += foreach ($alias in $aliases.Keys) { "Set-Alias -Name $alias -Value $($aliases[$alias])" }
$exported = "Export-ModuleMember -Alias * -Function @({0})" -f (($commands + $contents).ForEach({ "'$_'" }) -join ', ')
$text = (@($texts) + 'Watch-Host' + $exported) -join "`n"
$block = [Management.Automation.Language.Parser]::ParseInput($text, [ref] $null, [ref] $null).GetScriptBlock()
@{ Block = $block; Commands = $commands }
