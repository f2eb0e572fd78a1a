# Runs the scripts of the JSON file that JOBS names, one after the other in this runspace, each with its own
# environment variables and culture. One line of JSON: exit code, output and errors of each.
$ErrorActionPreference = 'Stop'

$jobs = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText($env:JOBS))
$runs = foreach ($job in $jobs) {
    foreach ($variable in $job.environment.PSObject.Properties) {
        [Environment]::SetEnvironmentVariable($variable.Name, $variable.Value)
    }
    [Threading.Thread]::CurrentThread.CurrentCulture = [Globalization.CultureInfo]::GetCultureInfo($job.culture)
    $errors = @()
    $output = @()
    $global:LASTEXITCODE = -1
    try {
        $output = @(& $job.script 2>&1)
    } catch {
        $errors += "$_ $($_.ScriptStackTrace)"
    }
    $errors += @($output | Where-Object { $_ -is [Management.Automation.ErrorRecord] } | ForEach-Object { "$_" })
    @{ exit = $global:LASTEXITCODE; output = @($output | ForEach-Object { "$_" }); errors = $errors }
}
ConvertTo-Json -Compress -Depth 3 -InputObject @($runs)
