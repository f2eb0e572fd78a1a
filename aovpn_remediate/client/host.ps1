# The long-lived PowerShell of the simulated client: reads one job a line as JSON, runs it in a fresh
# runspace, answers with one line of JSON.
#
# A job names the script file, the environment variables, the culture, the language mode and the state
# that the stand-ins work on. The answer holds exit code, output lines, error texts and the new state.
param([string] $StandIns)

$ErrorActionPreference = 'Stop'

function Invoke-Job {
    param($Job)

    foreach ($variable in $Job.environment.PSObject.Properties) {
        [Environment]::SetEnvironmentVariable($variable.Name, $variable.Value)
    }
    [Threading.Thread]::CurrentThread.CurrentCulture = [Globalization.CultureInfo]::GetCultureInfo($Job.culture)
    $session = [initialsessionstate]::CreateDefault()
    $runspace = [runspacefactory]::CreateRunspace($session)
    $runspace.ThreadOptions = 'UseCurrentThread'
    $runspace.Open()
    try {
        $null = Invoke-Step -Runspace $runspace -Command 'New-Module' -Argument $module
        $runspace.SessionStateProxy.SetVariable('global:Client', $Job.state)
        $null = Invoke-Step -Runspace $runspace -Command 'Start-Client'
        $runspace.SessionStateProxy.LanguageMode = $Job.languageMode
        $answer = Invoke-Step -Runspace $runspace -Command $Job.script
        $runspace.SessionStateProxy.LanguageMode = 'FullLanguage'
        $null = Invoke-Step -Runspace $runspace -Command 'Stop-Client'
        $answer['state'] = $Job.state
        $answer
    } finally {
        $runspace.Dispose()
    }
}

# Runs one command as a process would: an error that nobody catches is exit code 1 and text on stderr.
function Invoke-Step {
    param($Runspace, [string] $Command, $Argument)

    $shell = [powershell]::Create()
    $shell.Runspace = $Runspace
    $null = $shell.AddCommand($Command)
    if ($Argument) {
        $null = $shell.AddArgument($Argument)
    }
    $output = New-Object -TypeName 'Collections.ObjectModel.Collection[psobject]'
    $exit = 0
    $errors = @()
    try {
        $shell.Invoke($null, $output)
        $last = $Runspace.SessionStateProxy.GetVariable('LASTEXITCODE')
        if ($null -ne $last) {
            $exit = $last
        }
    } catch {
        $exit = 1
        $errors += "$($_.Exception.InnerException)"
    }
    $errors += @($shell.Streams.Error | ForEach-Object { "$_" })
    $lines = @($shell.Streams.Warning) + @($shell.Streams.Information) + @($output)
    @{ exit = $exit; output = @($lines | ForEach-Object { "$_" }); errors = $errors }
}

# The stand-ins are parsed once; each runspace makes a module of them.
$texts = foreach ($part in 'Client', 'NetTCPIP', 'VpnClient', 'Registry', 'Services') {
    [IO.File]::ReadAllText((Join-Path -Path $StandIns -ChildPath "$part.ps1"))
}
$exported = 'Export-ModuleMember -Function @({0})' -f (@(
        'Start-Client', 'Stop-Client', 'Start-Sleep'
        'Get-NetIPInterface', 'Set-NetIPInterface', 'Get-NetRoute', 'New-NetRoute', 'Remove-NetRoute'
        'Add-VpnConnectionRoute', 'Remove-VpnConnectionRoute'
        'Get-ItemProperty', 'Set-ItemProperty', 'New-Item', 'Test-Path', 'Get-ChildItem'
        'Get-CimInstance', 'Restart-Service'
    ).ForEach({ "'$_'" }) -join ', ')
$text = (@($texts) + $exported) -join "`n"
$module = [Management.Automation.Language.Parser]::ParseInput($text, [ref] $null, [ref] $null).GetScriptBlock()

while ($null -ne ($line = [Console]::In.ReadLine())) {
    try {
        $answer = Invoke-Job -Job (ConvertFrom-Json -InputObject $line)
    } catch {
        $answer = @{ broken = "$($_.Exception.Message) $($_.ScriptStackTrace)" }
    }
    [Console]::Out.WriteLine((ConvertTo-Json -InputObject $answer -Compress -Depth 8))
}
