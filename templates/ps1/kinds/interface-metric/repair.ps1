# Writes the wanted metric into the profile's entry of the phonebook. It counts from the next connection.
function Repair-StoredCondition {
    param([hashtable] $Settings, [hashtable] $Found)

    $want = Get-Want -Settings $Settings
    $keys = @{}
    foreach ($family in @(Get-DifferentFamily -Found $Found['stored'] -Want $want)) {
        $keys[(Get-MetricKey -Family $family)] = "$($want[$family])" -replace 'automatic', '0'
    }
    Edit-PhonebookEntry -Scope $Settings['Scope'] -Name $Settings['Profile'] -Key $keys
}

# Gives the connected interface the wanted metric. It lasts until the disconnect.
function Repair-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Found)

    $want = Get-Want -Settings $Settings
    $families = @(Get-DifferentFamily -Found $Found['live'] -Want $want)
    foreach ($interface in @(Get-LiveInterface -Alias $Settings['Profile'])) {
        $family = "$($interface.AddressFamily)".ToLowerInvariant()
        if ($families -contains $family) {
            Set-LiveMetric -Interface $interface -Metric $want[$family]
            $true
        }
    }
}
