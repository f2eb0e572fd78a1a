# Lets a script require or import this module of Windows; the commands are the stand-ins.
@{
    ModuleVersion     = '1.0.0.0'
    FunctionsToExport = @()
    CmdletsToExport   = @()
    AliasesToExport   = @()
}
