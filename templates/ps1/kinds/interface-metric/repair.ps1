# Writes the wanted metric into the profile's entry of the phonebook. It counts from the next connection.
function Repair-StoredCondition {
    param([hashtable] $Settings, [hashtable] $Found)

    Repair-EntryKey -Settings $Settings
}

# Gives the connected interface the wanted metric. It lasts until the disconnect.
function Repair-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Found, [int] $Round)

    $isChanged = $false
    $want = Get-Want -Settings $Settings
    $families = @(Get-DifferentFamily -Found $Found['live'] -Want $want)
    foreach ($interface in @(Get-LiveInterface -Alias $Settings['Profile'])) {
        $family = "$($interface.AddressFamily)".ToLowerInvariant()
        if ($families -contains $family) {
            Set-LiveMetric -Interface $interface -Metric $want[$family]
            $isChanged = $true
        }
    }
    New-Outcome -Changed $isChanged
}
