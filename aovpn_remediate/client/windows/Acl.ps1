# Owners and access rights of files. Files of this machine cannot show a foreign owner, so the client says it: SYSTEM,
# except where it names another one. The rights are those of the file itself: off Windows its mode, as one entry for
# everybody.

function Get-Acl {
    [CmdletBinding(DefaultParameterSetName = 'ByPath')]
    param(
        [Parameter(Position = 0, ParameterSetName = 'ByPath', ValueFromPipeline = $true, ValueFromPipelineByPropertyName = $true)]
        [string[]] $Path,
        [Parameter(ParameterSetName = 'ByLiteralPath', ValueFromPipelineByPropertyName = $true)]
        [Alias('PSPath')] [string[]] $LiteralPath
    )

    process {
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        foreach ($one in @($Path) + $LiteralPath | Where-Object { $_ }) {
            $place = ConvertTo-ClientPath -Path $one
            if ([IO.File]::Exists($place) -or [IO.Directory]::Exists($place)) {
                New-FileSecurity -Path $place
            } else {
                Write-ClientError -Message "Cannot find path '$one' because it does not exist." -Category ObjectNotFound -ErrorId 'PathNotFound'
            }
        }
    }
}

function Set-Acl {
    [CmdletBinding(SupportsShouldProcess = $true, DefaultParameterSetName = 'ByPath')]
    param(
        [Parameter(Mandatory = $true, Position = 0, ParameterSetName = 'ByPath', ValueFromPipelineByPropertyName = $true)]
        [string[]] $Path,
        [Parameter(Mandatory = $true, ParameterSetName = 'ByLiteralPath', ValueFromPipelineByPropertyName = $true)]
        [Alias('PSPath')] [string[]] $LiteralPath,
        [Parameter(Mandatory = $true, Position = 1, ValueFromPipeline = $true)]
        [PSTypeName('System.Security.AccessControl.FileSecurity')] $AclObject
    )

    process {
        $ErrorActionPreference = Get-CallerPreference -Cmdlet $PSCmdlet -Bound $PSBoundParameters
        foreach ($one in @($Path) + $LiteralPath | Where-Object { $_ -and $PSCmdlet.ShouldProcess($_) }) {
            if ($AclObject.OwnerForm -ne (Get-FileOwner -Path (ConvertTo-ClientPath -Path $one))) {
                Deny-Call -Reason 'the simulated client cannot change the owner of a file'
            }
            Set-FileRight -Path (ConvertTo-ClientPath -Path $one) -Right $AclObject.AccessForm
        }
    }
}

# The security of a file as Windows shows it, in SDDL, the security descriptor definition language.
function New-FileSecurity {
    param([string] $Path)

    $parts = @{ OwnerForm = Get-FileOwner -Path $Path; AccessForm = Get-FileRight -Path $Path }
    $security = [pscustomobject] $parts
    $method = [Management.Automation.PSScriptMethod]
    $security.PSObject.Methods.Add($method::new('GetSecurityDescriptorSddlForm', {
                @{ Owner = $this.OwnerForm; Access = $this.AccessForm; All = $this.Sddl }["$($args[0])"]
            }))
    $security.PSObject.Methods.Add($method::new('SetSecurityDescriptorSddlForm', {
                if ('Access' -ne $args[1]) {
                    Deny-Call -Reason 'the simulated client sets only the access rights of a file'
                }
                $this.AccessForm = $args[0]
            }))
    $property = [Management.Automation.PSScriptProperty]
    $account = @{ 'O:SY' = 'NT AUTHORITY\SYSTEM' }[$security.OwnerForm]
    $security | Add-Member -MemberType NoteProperty -Name Owner -Value @($account, 'CONTOSO\jdoe')[$null -eq $account]
    $security.PSObject.Properties.Add($property::new('Sddl', { $this.OwnerForm + $this.AccessForm }))
    $security.PSObject.TypeNames.Insert(0, 'System.Security.AccessControl.FileSecurity')
    $security
}

# SYSTEM, or the user who has planted the file.
function Get-FileOwner {
    param([string] $Path)

    if (@($global:Client.planted) -contains $Path) {
        return 'O:S-1-5-21-1-1001'
    }
    'O:SY'
}

function Get-FileRight {
    param([string] $Path)

    if ('\' -eq [IO.Path]::DirectorySeparatorChar) {
        return (Microsoft.PowerShell.Security\Get-Acl -LiteralPath $Path).GetSecurityDescriptorSddlForm('Access')
    }
    'D:P(A;;0x{0:x};;;WD)' -f [int] [IO.File]::GetUnixFileMode($Path)
}

function Set-FileRight {
    param([string] $Path, [string] $Right)

    if ('\' -eq [IO.Path]::DirectorySeparatorChar) {
        $security = Microsoft.PowerShell.Security\Get-Acl -LiteralPath $Path
        $security.SetSecurityDescriptorSddlForm($Right, 'Access')
        Microsoft.PowerShell.Security\Set-Acl -LiteralPath $Path -AclObject $security
    } else {
        $mode = [IO.UnixFileMode] [Convert]::ToInt32($Right.Split(';')[2], 16)
        [IO.File]::SetUnixFileMode($Path, $mode)
    }
}
