# The long-lived PowerShell of the simulated client: reads one job a line as JSON, runs its script, answers
# with one line of JSON. A job has a runspace of its own, or the last one with its variables reset if both scripts
# are known to leave nothing but variables.
#
# A job names the script file, whether it stays apart, the environment variables, the culture, the language mode
# and the state that the stand-ins work on. The answer holds exit code, output lines, error texts and new state.
param([string] $StandIns)

$ErrorActionPreference = 'Stop'

function Invoke-Job {
    param($Job)

    Set-ProcessVariable -Variable $Job.environment
    [Threading.Thread]::CurrentThread.CurrentCulture = [Globalization.CultureInfo]::GetCultureInfo($Job.culture)
    $runspace = Get-NewRunspace -Apart $Job.apart
    $script:isReusable = $false
    $runspace.SessionStateProxy.SetVariable('global:Client', $Job.state)
    $isSpecial = Test-SpecialState -State $Job.state
    if ($isSpecial) {
        $null = Invoke-Own -Runspace $runspace -Command 'Start-Client'
    }
    $runspace.SessionStateProxy.LanguageMode = $Job.languageMode
    $answer = Invoke-Script -Runspace $runspace -Path $Job.script
    $runspace.SessionStateProxy.LanguageMode = 'FullLanguage'
    if ($isSpecial) {
        $null = Invoke-Own -Runspace $runspace -Command 'Stop-Client'
    }
    $script:isReusable = -not $Job.apart
    $Job.state.refused = @($Job.state.refused) + @(Get-Misuse -Runspace $runspace)
    $answer['state'] = $Job.state
    $answer['id'] = $Job.id
    $answer
}

# Whether something happened to the client since the last script, or is to happen to this one.
function Test-SpecialState {
    param($State)

    $State.then -or $State.isDiskFull -or @($State.locks).Count + @($State.changes).Count -gt 0 -or
        @($State.faults.PSObject.Properties).Count -gt 0
}

# Runs the script. What it writes to the console itself is output or error text too, and never an answer of ours;
# nobody types anything.
function Invoke-Script {
    param($Runspace, [string] $Path)

    $out, $errors = [IO.StringWriter]::new(), [IO.StringWriter]::new()
    [Console]::SetIn([IO.TextReader]::Null)
    [Console]::SetOut($out)
    [Console]::SetError($errors)
    $script:exited.Value = $false
    $answer = Invoke-Step -Runspace $Runspace -Command $Path
    [Console]::SetOut($script:writer)
    if (-not $script:exited.Value -and 0 -eq $answer['errors'].Count) {
        # It ran to its end; what $LASTEXITCODE is then is nobody's exit code.
        $answer['exit'] = 0
    }
    $answer['output'] += @($out.ToString() -split '\r?\n' | Where-Object { $_ })
    $answer['errors'] += @($errors.ToString() -split '\r?\n' | Where-Object { $_ })
    $answer
}

# The calls of a script that could not work here, whatever it made of the error.
function Get-Misuse {
    param($Runspace)

    foreach ($one in @($Runspace.SessionStateProxy.GetVariable('Error'))) {
        if ($one -is [Management.Automation.ErrorRecord]) {
            Get-MisuseText -Problem $one
        }
    }
}

# What an error says of a call that could not work here: of a command that is not there, of a method that an object of
# Windows has and ours does not, of the registry where there is none, of what only Windows can do, or with what a
# stand-in does not take. Nothing for any other error.
function Get-MisuseText {
    param($Problem)

    $what, $command = $Problem.FullyQualifiedErrorId -split ',', 2
    $text = "$Problem".TrimEnd('.')
    if ('CommandNotFoundException' -eq $what -and -not $command) {
        "$($Problem.TargetObject) is no command of the simulated client; docs/clients.md lists those that there are"
    } elseif ('MethodNotFound' -eq $what -and $text -match $script:ofWindows) {
        "$($Matches[1]) of the simulated client has no method $($Problem.TargetObject); docs/clients.md says what it does"
    } elseif ('DriveNotFound', 'ProviderNotFound' -contains $what -and "$($Problem.TargetObject)" -match '^(HK(LM|CU|U|CR|CC)|Registry)$') {
        "$($Problem.CategoryInfo.Activity) has no stand-in for the registry; docs/clients.md lists those that there are"
    } elseif ($script:notHere -contains $what -or ('TypeNotFound' -eq $what -and $text -match $script:typeOfWindows) -or
        ('NamedParameterNotFound' -eq $what -and 'ComObject' -eq $Problem.Exception.ParameterName)) {
        "the simulated client has nothing that stands in for it: $text; docs/clients.md says what it has"
    } elseif ($made['Commands'] -notcontains $command) {
        return
    } elseif ('NamedParameterNotFound' -eq $what) {
        "the stand-in of $command does not know -$($Problem.Exception.ParameterName); docs/clients.md says what it does"
    } elseif ($script:notTaken -contains $what) {
        "the stand-in of $command does not take what it is given: $text; docs/clients.md says what it does"
    }
}

# The engine carries out an exit by an exception. It is the only way to tell one from a script that ran to its end
# after a program that failed.
function Watch-Exit {
    $script:exited = [Runtime.CompilerServices.StrongBox[bool]]::new($false)
    $make = [Linq.Expressions.Expression]
    $type = [Runtime.ExceptionServices.FirstChanceExceptionEventArgs]
    $parameters = [Linq.Expressions.ParameterExpression[]] @($make::Parameter([object]), $make::Parameter($type))
    $isExit = $make::TypeIs($make::Property($parameters[1], 'Exception'), [Management.Automation.ExitException])
    $flag = $make::Field($make::Constant($script:exited), 'Value')
    $body = $make::IfThen($isExit, $make::Assign($flag, $make::Constant($true)))
    $handler = $make::Lambda([EventHandler[Runtime.ExceptionServices.FirstChanceExceptionEventArgs]], $body, $parameters)
    [AppDomain]::CurrentDomain.add_FirstChanceException($handler.Compile())
}

# The environment of this process and the job's variables, and nothing that an earlier script left. Names that
# differ in case only are two variables, but on Windows.
function Set-ProcessVariable {
    param($Variable)

    $comparer = [StringComparer]::Ordinal
    if ('\' -eq [IO.Path]::DirectorySeparatorChar) {
        $comparer = [StringComparer]::OrdinalIgnoreCase
    }
    $wanted = [Collections.Hashtable]::new($script:environment, $comparer)
    foreach ($one in $Variable) {
        $wanted[$one[0]] = $one[1]
    }
    $there = [Environment]::GetEnvironmentVariables()
    foreach ($name in @($there.Keys)) {
        if (-not $wanted.ContainsKey($name)) {
            [Environment]::SetEnvironmentVariable($name, [NullString]::Value)
        }
    }
    foreach ($name in $wanted.Keys) {
        if ($there[$name] -cne $wanted[$name]) {
            [Environment]::SetEnvironmentVariable($name, $wanted[$name])
        }
    }
}

# A runspace that nothing was left in: the last one if it can be used again, else another with the stand-ins.
function Get-NewRunspace {
    param([bool] $Apart)

    if ($script:isReusable -and -not $Apart) {
        $script:runspace.ResetRunspaceState()
        return $script:runspace
    }
    if ($null -ne $script:runspace) {
        $script:runspace.Dispose()
    }
    $script:runspace = [runspacefactory]::CreateRunspace([initialsessionstate]::CreateDefault())
    $script:runspace.ThreadOptions = 'UseCurrentThread'
    $script:runspace.Open()
    $null = Invoke-Own -Runspace $script:runspace -Command 'New-Module' -Argument $made['Block']
    $script:runspace
}

# Runs a command of our own, which must not fail: what it should have made ready would be missing.
function Invoke-Own {
    param($Runspace, [string] $Command, $Argument)

    $done = Invoke-Step -Runspace $Runspace -Command $Command -Argument $Argument
    if ($done['errors'].Count -gt 0) {
        throw ('{0}: {1}' -f $Command, ($done['errors'] -join '; '))
    }
    $done['output']
}

# Runs one command as a process would: an error that nobody catches is exit code 1 and text on stderr. What a
# script file defines is gone with it.
function Invoke-Step {
    param($Runspace, [string] $Command, $Argument)

    $shell = [powershell]::Create()
    $shell.Runspace = $Runspace
    $null = $shell.AddCommand($Command, 'New-Module' -ne $Command)
    if ($Argument) {
        $null = $shell.AddArgument($Argument)
    }
    $output = [Collections.ObjectModel.Collection[psobject]]::new()
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
        $inner = $_.Exception.InnerException
        $errors += $inner.Message
        $record = $inner.PSObject.Properties['ErrorRecord']
        # Where the script was, not where a stand-in was that it called.
        $place = [regex]::Escape($Command) + '\D+(\d+)'
        if ($null -ne $record -and $record.Value.ScriptStackTrace -match $place) {
            $errors[-1] += " (line $($Matches[1]))"
        }
    }
    $errors += @($shell.Streams.Error | ForEach-Object { "$_" })
    $lines = @($shell.Streams.Warning) + @($shell.Streams.Information) + @($output)
    @{ exit = $exit; output = @($lines | ForEach-Object { "$_" }); errors = $errors }
}

# Off Windows the engine notes the start and the end of every command in the system's log, where those of a
# simulated client mean nothing and take a tenth of the time. It has no public switch for a running process.
function Disable-CommandLog {
    $hidden = [Reflection.BindingFlags] 'Instance, Static, NonPublic'
    $type = [psobject].Assembly.GetType('System.Management.Automation.Tracing.PSSysLogProvider')
    if ($null -ne $type) {
        $log = $type.GetField('s_provider', $hidden).GetValue($null)
        $log.GetType().GetField('_levelFilter', $hidden).SetValue($log, [byte] 0)
    }
}

# What the engine says of a call that it cannot make. That a parameter may not be empty is Windows' own word too.
$script:notTaken = @(
    'AmbiguousParameter', 'AmbiguousParameterSet', 'CannotConvertArgument', 'CannotConvertArgumentNoMessage'
    'InputObjectNotBound', 'MismatchedPSTypeName', 'MissingArgument', 'MissingMandatoryParameter', 'ParameterAlreadyBound'
    'ParameterArgumentTransformationError', 'ParameterArgumentValidationError', 'PositionalParameterNotFound'
)
# What .NET says of what only Windows can do, and of programs and libraries that are there alone.
$script:notHere = @(
    'CannotLoadComObjectType', 'DllNotFoundException', 'EntryPointNotFoundException', 'PlatformNotSupportedException', 'Win32Exception'
)
$script:typeOfWindows = '\[((System|Microsoft|ServiceProcess|Management|DirectoryServices)\.[\w.]+|wmi\w*|adsi\w*)\]'
# How the engine writes the types of our objects.
$script:ofWindows = '\[(?:Microsoft\.Management\.Infrastructure\.)?(CimInstance#\w+|Microsoft\.Win32\.RegistryKey|System\.ServiceProcess\.\w+)\]'
$made = & (Join-Path -Path $PSScriptRoot -ChildPath 'stand_ins.ps1') -Folder $StandIns
try {
    Disable-CommandLog
} catch {
    # Another version of the engine, which logs.
    $null = $_
}
# Before the modules of Windows themselves, whose commands would replace the stand-ins.
$env:PSModulePath = (Join-Path -Path $PSScriptRoot -ChildPath 'modules') + [IO.Path]::PathSeparator + $env:PSModulePath
$script:environment = [Environment]::GetEnvironmentVariables()
[Console]::OutputEncoding = [Text.UTF8Encoding]::new($false)
Watch-Exit
$reader, $script:writer = [Console]::In, [Console]::Out
$script:runspace = $null
$script:isReusable = $false
$null = Get-NewRunspace -Apart $false
$script:isReusable = $true

while ($null -ne ($line = $reader.ReadLine())) {
    try {
        $answer = Invoke-Job -Job (ConvertFrom-Json -InputObject $line)
    } catch {
        $answer = @{ broken = "$($_.Exception.Message) $($_.ScriptStackTrace)" }
    }
    $script:writer.WriteLine((ConvertTo-Json -InputObject $answer -Compress -Depth 8))
}
