# Stand-ins for the Windows commands that the scripts may call. They take the parameters of Windows
# PowerShell 5.1 and nothing else, and work on $global:Client. They live in a module, as the real ones do,
# so that they do not see the $ErrorActionPreference of the script.

foreach ($part in 'Client', 'NetTCPIP', 'VpnClient', 'Registry', 'Services') {
    . (Join-Path -Path $PSScriptRoot -ChildPath "$part.ps1")
}
Export-ModuleMember -Function @(
    'Start-Client', 'Stop-Client', 'Start-Sleep'
    'Get-NetIPInterface', 'Set-NetIPInterface', 'Get-NetRoute', 'New-NetRoute', 'Remove-NetRoute'
    'Add-VpnConnectionRoute', 'Remove-VpnConnectionRoute'
    'Get-ItemProperty', 'Set-ItemProperty', 'New-Item', 'Test-Path', 'Get-ChildItem'
    'Get-CimInstance', 'Restart-Service'
)
