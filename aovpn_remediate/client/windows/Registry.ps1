# The registry provider: keys below HKLM: and HKCU: are a table of the client. A standard user may not write
# below HKLM: (unconfirmed). Nobody can read or write a key that the client denies.

# The registry keys that a command's parameters name, as in the client's table; nothing if they name files.
function Get-RegistryName {
    param([Collections.IDictionary] $Bound)

    foreach ($parameter in 'LiteralPath', 'Path', 'Destination') {
        foreach ($path in @($Bound[$parameter])) {
            if ("$path" -match '^((Microsoft\.PowerShell\.Core\\)?Registry::)|^HK(LM|CU|U|CR|CC):') {
                ConvertTo-RegistryName -Path $path -HasWildcards ('Path' -eq $parameter)
            }
        }
    }
}

# Runs a command of the engine itself, in the scope of the script for variables and functions. An error is written
# again as the stand-in's own, so that the call does not look successful.
function Invoke-RealCommand {
    param($Cmdlet, [string] $Command, [Collections.IDictionary] $Bound)

    $with = Select-FileParameter -Bound $Bound
    $hasFailed = $false
    if ("$($Bound['Path'])$($Bound['LiteralPath'])" -match '^(variable|function|alias):') {
        $block = [scriptblock]::Create('param($CommandOfEngine, $With) & $CommandOfEngine @With 2>&1')
        $said = $Cmdlet.SessionState.InvokeCommand.InvokeScript($Cmdlet.SessionState, $block, @($Command, $with))
    } else {
        $said = & $Command @with 2>&1
        $hasFailed = -not $?
    }
    foreach ($one in $said) {
        if ($one -is [Management.Automation.ErrorRecord]) {
            $hasFailed = $false
            $Cmdlet.WriteError($one)
        } else {
            $one
        }
    }
    if ($hasFailed) {
        # The command was silent about it, and so is the caller.
        $Cmdlet.WriteError(@(@($global:Error) + (New-ClientError -Message $Command))[0])
    }
}

# A registry path in the one spelling that the table has.
function ConvertTo-RegistryName {
    param([string] $Path, [bool] $HasWildcards)

    if ($HasWildcards -and $Path -match '[*?\[]') {
        Deny-Call -Reason "the simulated registry knows no wildcards: $Path"
    }
    $name = ($Path -replace '^(Microsoft\.PowerShell\.Core\\)?Registry::') -replace '[\\/]+', '\'
    $hives = @{ HKEY_LOCAL_MACHINE = 'HKLM'; HKEY_CURRENT_USER = 'HKCU'; HKEY_USERS = 'HKU' }
    $hive, $key = $name -split '[:\\]+', 2
    if ($hives.ContainsKey($hive)) {
        $hive = $hives[$hive]
    }
    if (@($hives.Values) -notcontains $hive) {
        Deny-Call -Reason "the simulated registry has no hive of $Path"
    }
    if ('HKCU' -eq $hive -and $env:USERNAME -like '*$') {
        # SYSTEM has its own hive (unconfirmed).
        $hive = 'HKU:\S-1-5-18'
    } else {
        $hive += ':'
    }
    "$hive\$key".TrimEnd('\')
}

# Refuses a command that works with files only here.
function Deny-RegistryCommand {
    param([string] $Command, [string] $Key, [Collections.IDictionary] $Bound)

    Deny-Call -Reason "$Command has no stand-in for the registry; see remediate docs clients"
}

# Does to a key what a command does.
function Invoke-RegistryCommand {
    param([string] $Command, [string] $Key, [Collections.IDictionary] $Bound)

    $isWrite = $Command -match '^(New|Set|Remove)-'
    if ($isWrite -and $Key -notlike 'HKCU:*' -and -not (Confirm-System)) {
        return
    }
    if ($isWrite -and -not $PSCmdlet.ShouldProcess($Key)) {
        return
    }
    if ("$($Bound['Name'])" -match '[*?]') {
        Deny-Call -Reason "the simulated registry knows no wildcards: $($Bound['Name'])"
    }
    if ('Test-Path' -ne $Command -and @($global:Client.denied) -contains $Key) {
        $problem = @{
            Message  = 'Requested registry access is not allowed.'
            Category = 'PermissionDenied'
            ErrorId  = 'System.Security.SecurityException'
        }
        Write-ClientError @problem
        return
    }
    $entry = Find-RegistryKey -Key $Key
    if ('Test-Path' -eq $Command) {
        return $null -ne $entry
    }
    if ('New-Item' -eq $Command) {
        if ($Bound.ContainsKey('Name') -or $Bound.ContainsKey('Value')) {
            Deny-Call -Reason "the simulated registry creates a key only by its full path and without a value: $Key"
        }
        return New-RegistryKey -Key $Key -Force:([bool] $Bound['Force'])
    }
    if ($null -eq $entry) {
        Write-ClientError -Message "Cannot find path '$Key' because it does not exist." -Category ObjectNotFound -ErrorId 'PathNotFound'
        return
    }
    switch ($Command) {
        'Get-Item' { ConvertTo-RegistryItem -Key $Key }
        'Get-ChildItem' { Get-RegistryChild -Key $Key -Recurse:([bool] $Bound['Recurse']) }
        'Remove-Item' { Remove-RegistryKey -Key $Key -Recurse:([bool] $Bound['Recurse']) }
        'Get-ItemProperty' {
            $item = Get-RegistryData -Entry $entry.Value -Name $Bound['Name']
            if ($null -ne $item) {
                Add-RegistryPath -Object $item -Key $Key
                $item
            }
        }
        'Get-ItemPropertyValue' { (Get-RegistryData -Entry $entry.Value -Name $Bound['Name']).$($Bound['Name']) }
        'Remove-ItemProperty' { Remove-RegistryData -Key $Key -Entry $entry.Value -Name $Bound['Name'] }
        default {
            if ($null -eq $global:Client.registry.PSObject.Properties[$Key]) {
                $null = New-RegistryKey -Key $Key
                $entry = Find-RegistryKey -Key $Key
            }
            $isNew = 'New-ItemProperty' -eq $Command -and -not $Bound['Force']
            Set-RegistryData -Key $Key -Entry $entry.Value -Bound $Bound -IsNew:$isNew
        }
    }
}

# A key of the client as @{ Value }, or an empty one if only keys below it are named.
function Find-RegistryKey {
    param([string] $Key)

    $entry = $global:Client.registry.PSObject.Properties[$Key]
    if ($null -ne $entry) {
        return @{ Value = $entry.Value }
    }
    $below = @($global:Client.registry.PSObject.Properties | Where-Object {
            $_.Name.StartsWith("$Key\", [StringComparison]::OrdinalIgnoreCase)
        })
    if ($below.Count -gt 0) {
        @{ Value = New-Object -TypeName psobject }
    }
}

# A new key, or as the provider does with -Force, a new empty one in the place of the old (unconfirmed).
function New-RegistryKey {
    param([string] $Key, [switch] $Force)

    if (-not $Force -and $null -ne $global:Client.registry.PSObject.Properties[$Key]) {
        Write-ClientError -Message 'A key in this path already exists.' -Category ResourceExists
        return
    }
    if ($null -ne $global:Client.registry.PSObject.Properties[$Key]) {
        $global:Client.rewritten = @($global:Client.rewritten) + "registry $Key"
    }
    $empty = New-Object -TypeName psobject
    $global:Client.registry | Add-Member -MemberType NoteProperty -Name $Key -Value $empty -Force
    ConvertTo-RegistryItem -Key $Key
}

function ConvertTo-RegistryItem {
    param([string] $Key)

    $names = @((Find-RegistryKey -Key $Key).Value.PSObject.Properties | ForEach-Object { $_.Name })
    $children = @(Get-RegistryChildName -Key $Key)
    $item = [pscustomobject] @{
        Name        = $Key
        Property    = [string[]] $names
        ValueCount  = $names.Count
        SubKeyCount = $children.Count
    }
    Add-RegistryPath -Object $item -Key $Key
    foreach ($method in Get-RegistryMethod) { $item.PSObject.Methods.Add($method) }
    $item.PSObject.TypeNames.Insert(0, 'Microsoft.Win32.RegistryKey')
    $item
}

# What the provider adds to each object.
function Add-RegistryPath {
    param($Object, [string] $Key)

    $parent, $child = $Key -split '\\(?=[^\\]*$)'
    $more = [ordered] @{ PSPath = $Key; PSParentPath = $parent; PSChildName = "$child"; PSProvider = 'Microsoft.PowerShell.Core\Registry' }
    $property = [Management.Automation.PSNoteProperty]
    foreach ($name in $more.Keys) { $Object.PSObject.Properties.Add($property::new($name, $more[$name])) }
}

# The methods of a key that only read.
function Get-RegistryMethod {
    $method = [Management.Automation.PSScriptMethod]
    $method::new('GetValueNames', { , $this.Property })
    $method::new('GetSubKeyNames', { , [string[]] @(Get-RegistryChildName -Key $this.Name) })
    $method::new('GetValue', {
            if ($this.Property -notcontains $args[0]) {
                return $args[1]
            }
            , (Get-RegistryData -Entry (Find-RegistryKey -Key $this.Name).Value -Name $args[0]).$($args[0])
        })
    $method::new('Close', { })
    $method::new('Dispose', { })
}

# The names of the keys right below a key.
function Get-RegistryChildName {
    param([string] $Key)

    $below = @($global:Client.registry.PSObject.Properties.Name | Where-Object {
            $_.StartsWith("$Key\", [StringComparison]::OrdinalIgnoreCase)
        })
    $below | ForEach-Object { $_.Substring($Key.Length + 1).Split('\')[0] } | Sort-Object -Unique
}

# The keys right below a key, or all below it; those too of which only keys further below are named.
function Get-RegistryChild {
    param([string] $Key, [switch] $Recurse)

    $seen = @()
    foreach ($one in @($global:Client.registry.PSObject.Properties)) {
        if (-not $one.Name.StartsWith("$Key\", [StringComparison]::OrdinalIgnoreCase)) {
            continue
        }
        $child = $Key
        foreach ($part in $one.Name.Substring($Key.Length + 1).Split('\')) {
            $child = "$child\$part"
            if ($seen -notcontains $child) {
                $seen += $child
                ConvertTo-RegistryItem -Key $child
            }
            if (-not $Recurse) {
                break
            }
        }
    }
}

# Removes a key with all keys below it. If there are any and -Recurse is missing, Windows asks (unconfirmed).
function Remove-RegistryKey {
    param([string] $Key, [switch] $Recurse)

    $below = @(Get-RegistryChild -Key $Key -Recurse | ForEach-Object { $_.Name })
    if ($below.Count -gt 0 -and -not $Recurse) {
        Write-ClientError -Message "The key $Key has keys below it; use -Recurse, because nobody can answer the question."
        return
    }
    foreach ($name in @($Key) + $below) {
        $global:Client.registry.PSObject.Properties.Remove($name)
    }
}
