# All stand-ins for Windows, parsed once: as @{ Block; Commands }, what each runspace makes a module of, and the
# names that a script sees of it.
param([string] $Folder)

# Parameters that a provider adds to a command, those for files and for the registry.
$dynamic = @{
    'Get-ChildItem'    = @{
        Directory  = '[Alias("ad", "d")] [switch]'; File = '[Alias("af")] [switch]'; Hidden = '[Alias("ah", "h")] [switch]'
        ReadOnly   = '[Alias("ar")] [switch]'; System = '[Alias("as")] [switch]'
        Attributes = '[Management.Automation.FlagsExpression[IO.FileAttributes]]'
    }
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
    $about = New-Object -TypeName Management.Automation.CommandMetadata -ArgumentList $real
    $proxy = [Management.Automation.ProxyCommand]
    $parameters = $proxy::GetParamBlock($about)
    if ($dynamic.ContainsKey($Command)) {
        foreach ($name in @($dynamic[$Command].Keys | Where-Object { $parameters -notmatch "\$\{$_\}" })) {
            $parameters += ", $($dynamic[$Command][$name]) `${$name}"
        }
    }
    $parts = $Command, $proxy::GetCmdletBindingAttribute($about), $parameters, $real.Source, $Registry
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

$items = @(
    'Test-Path', 'Get-Item', 'Get-ChildItem', 'New-Item', 'Remove-Item'
    'Get-ItemProperty', 'Get-ItemPropertyValue', 'Set-ItemProperty', 'New-ItemProperty', 'Remove-ItemProperty'
)
$filesOnly = @(
    'Clear-Item', 'Copy-Item', 'Move-Item', 'Rename-Item', 'Set-Item'
    'Clear-ItemProperty', 'Copy-ItemProperty', 'Move-ItemProperty', 'Rename-ItemProperty'
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
)
$refused += @($refused | Where-Object { $_ -notmatch '-' } | ForEach-Object { "$_.exe" })
$parts = @(
    'Client', 'Ras', 'NetTCPIP', 'NetAdapter', 'NetConnection', 'VpnClient'
    'Registry', 'RegistryValues', 'Services', 'Processes'
)
$texts = foreach ($part in $parts) {
    [IO.File]::ReadAllText((Join-Path -Path $Folder -ChildPath "$part.ps1"))
}
$texts += foreach ($item in $items) { Get-ItemStandIn -Command $item -Registry 'Invoke-RegistryCommand' }
$texts += foreach ($item in $filesOnly) { Get-ItemStandIn -Command $item -Registry 'Deny-RegistryCommand' }
$texts += foreach ($one in $refused) { "function $one { Deny-Call -Reason '$one has no stand-in on the simulated client; see remediate docs clients' }" }
$commands = @(
    'Start-Client', 'Stop-Client', 'Start-Sleep'
    'Get-NetIPInterface', 'Set-NetIPInterface', 'Get-NetRoute', 'New-NetRoute', 'Remove-NetRoute'
    'Get-NetAdapter', 'Get-NetConnectionProfile', 'Test-NetConnection'
    'Get-VpnConnection', 'Add-VpnConnectionRoute', 'Remove-VpnConnectionRoute'
    'Get-CimInstance', 'Get-Service', 'Restart-Service', 'Stop-Service', 'Start-Service'
    'Stop-Process', 'Restart-Computer', 'Stop-Computer'
    'rasdial', 'rasdial.exe', 'taskkill', 'taskkill.exe'
    $items
    $filesOnly
    $refused
).ForEach({ $_ })
$texts += foreach ($alias in $aliases.Keys) { "Set-Alias -Name $alias -Value $($aliases[$alias])" }
$exported = "Export-ModuleMember -Alias * -Function @({0})" -f ($commands.ForEach({ "'$_'" }) -join ', ')
$text = (@($texts) + 'Watch-Host' + $exported) -join "`n"
$block = [Management.Automation.Language.Parser]::ParseInput($text, [ref] $null, [ref] $null).GetScriptBlock()
@{ Block = $block; Commands = $commands }
