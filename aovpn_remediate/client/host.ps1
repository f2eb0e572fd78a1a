# The long-lived PowerShell of the simulated client: reads one job a line as JSON, runs its script, answers
# with one line of JSON. A job has its own runspace, or the last one with its variables reset if both scripts
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
    if ($Job.apart) {
        Add-ClientDrive -Runspace $runspace -Root $Job.state.drive
    }
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

# Off Windows a drive C: for what has no stand-in, such as > and Set-Location; Windows has one, which no path of the
# client could leave out.
function Add-ClientDrive {
    param($Runspace, [string] $Root)

    if ($Root -and '/' -eq [IO.Path]::DirectorySeparatorChar) {
        $provider = $Runspace.SessionStateProxy.Provider.GetOne('FileSystem')
        $drive = [Management.Automation.PSDriveInfo]::new('C', $provider, $Root, '', $null)
        $null = $Runspace.SessionStateProxy.Drive.New($drive, 'global')
    }
}

# Whether something happened to the client since the last script, or is to happen to this one.
function Test-SpecialState {
    param($State)

    $State.then -or $State.isDiskFull -or @($State.locks).Count + @($State.changes).Count -gt 0 -or
        @($State.faults.PSObject.Properties).Count -gt 0
}

# Runs the script. What it writes to the console itself is output or error text, too, and never our own answer.
# Nothing is typed in.
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
        # It ran to its end; then $LASTEXITCODE is not its exit code.
        $answer['exit'] = 0
    }
    $answer['output'] += @($out.ToString() -split '\r?\n' | Where-Object { $_ })
    $answer['errors'] += @($errors.ToString() -split '\r?\n' | Where-Object { $_ })
    $answer
}

# The calls of a script that cannot work here, even if it caught the error.
function Get-Misuse {
    param($Runspace)

    foreach ($one in @($Runspace.SessionStateProxy.GetVariable('Error'))) {
        if ($one -is [Management.Automation.ErrorRecord]) {
            Get-MisuseText -Problem $one
        }
    }
}

# The message for a call that cannot work here: an unknown command, a method that our objects do not have, the
# registry off Windows, something that only Windows can do, or input that a stand-in does not accept. Nothing for
# any other error.
function Get-MisuseText {
    param($Problem)

    $what, $command = $Problem.FullyQualifiedErrorId -split ',', 2
    $text = "$Problem".TrimEnd('.')
    if ('CommandNotFoundException' -eq $what -and -not $command) {
        "$($Problem.TargetObject) is not a command of the simulated client; see remediate docs clients"
    } elseif ('MethodNotFound' -eq $what -and $text -match $script:ofWindows) {
        "$($Matches[1]) of the simulated client has no method $($Problem.TargetObject); see remediate docs clients"
    } elseif ('DriveNotFound', 'ProviderNotFound' -contains $what -and "$($Problem.TargetObject)" -match '^(HK(LM|CU|U|CR|CC)|Registry)$') {
        "$($Problem.CategoryInfo.Activity) has no stand-in for the registry; see remediate docs clients"
    } elseif ('DriveNotFound' -eq $what -and "$($Problem.TargetObject)" -match '^[a-z]$') {
        "the simulated client has no drive $($Problem.TargetObject):, only C:"
    } elseif ($script:notHere -contains $what -or ('TypeNotFound' -eq $what -and $text -match $script:typeOfWindows) -or
        ('NamedParameterNotFound' -eq $what -and 'ComObject' -eq $Problem.Exception.ParameterName)) {
        "the simulated client does not have this: $text; see remediate docs clients"
    } elseif ($made['Commands'] -notcontains $command) {
        return
    } elseif ('NamedParameterNotFound' -eq $what) {
        "the stand-in of $command does not know -$($Problem.Exception.ParameterName); see remediate docs clients"
    } elseif ($script:notTaken -contains $what) {
        "the stand-in of $command does not accept this input: $text; see remediate docs clients"
    }
}

# The engine implements exit with an exception. There is nothing else to distinguish it from a script that
# ran to its end after a program that failed.
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
# differ in case only are two variables, except on Windows.
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

# A clean runspace: the last one if it can be used again, else a new one with the stand-ins.
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

# Runs one of our own commands, which must not fail: what it prepares would be missing.
function Invoke-Own {
    param($Runspace, [string] $Command, $Argument)

    $done = Invoke-Step -Runspace $Runspace -Command $Command -Argument $Argument
    if ($done['errors'].Count -gt 0) {
        throw ('{0}: {1}' -f $Command, ($done['errors'] -join '; '))
    }
    $done['output']
}

# Runs one command as a process would: an uncaught error is exit code 1 and text on stderr. What a script file
# defines is removed afterwards.
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
        # The place in the script, not in a stand-in that it called.
        $place = [regex]::Escape($Command) + '\D+(\d+)'
        if ($null -ne $record -and $record.Value.ScriptStackTrace -match $place) {
            $errors[-1] += " (line $($Matches[1]))"
        }
    }
    $errors += @($shell.Streams.Error | ForEach-Object { "$_" })
    $lines = @($shell.Streams.Warning) + @($shell.Streams.Information) + @($output)
    @{ exit = $exit; output = @($lines | ForEach-Object { "$_" }); errors = $errors }
}

# Off Windows the engine writes the start and the end of every command into the system's log. For a simulated client
# that is useless and costs a tenth of the time. A running process has no public switch for it.
function Disable-CommandLog {
    $hidden = [Reflection.BindingFlags] 'Instance, Static, NonPublic'
    $type = [psobject].Assembly.GetType('System.Management.Automation.Tracing.PSSysLogProvider')
    if ($null -ne $type) {
        $log = $type.GetField('s_provider', $hidden).GetValue($null)
        $log.GetType().GetField('_levelFilter', $hidden).SetValue($log, [byte] 0)
    }
}

# The engine's errors for a call that it cannot make. "A parameter may not be empty" is an error of Windows, too.
$script:notTaken = @(
    'AmbiguousParameter', 'AmbiguousParameterSet', 'CannotConvertArgument', 'CannotConvertArgumentNoMessage'
    'InputObjectNotBound', 'MismatchedPSTypeName', 'MissingArgument', 'MissingMandatoryParameter', 'ParameterAlreadyBound'
    'ParameterArgumentTransformationError', 'ParameterArgumentValidationError', 'PositionalParameterNotFound'
)
# The errors of .NET for what only Windows can do, and for programs and libraries that only Windows has.
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

$script:writer.WriteLine((ConvertTo-Json -InputObject @{ ready = "$($PSVersionTable.PSVersion)" } -Compress))
while ($null -ne ($line = $reader.ReadLine())) {
    try {
        $answer = Invoke-Job -Job (ConvertFrom-Json -InputObject $line)
    } catch {
        $answer = @{ broken = "$($_.Exception.Message) $($_.ScriptStackTrace)" }
    }
    $script:writer.WriteLine((ConvertTo-Json -InputObject $answer -Compress -Depth 8))
}
