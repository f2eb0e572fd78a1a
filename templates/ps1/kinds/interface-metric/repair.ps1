# Writes the wanted metric into the profile's entry of the phonebook. It counts from the next connection.
function Repair-StoredCondition {
    param([hashtable] $Settings, [hashtable] $Found)

    if (Restore-ScopePhonebook -Scope $Settings['Scope']) {
        return New-Outcome -Changed $true
    }
    $want = Get-Want -Settings $Settings
    $keys = @{}
    foreach ($family in @(Get-DifferentFamily -Found $Found['stored'] -Want $want)) {
        $keys[(Get-MetricKey -Family $family)] = "$($want[$family])" -replace 'automatic', '0'
    }
    $isChanged = Edit-ProfileEntry -Settings $Settings -Change {
        param([string] $Text, [hashtable] $Entry)

        foreach ($key in @($keys.Keys | Sort-Object)) {
            $Text = Set-EntryKey -Text $Text -Entry $Entry -Key $key -Value $keys[$key]
            $Entry = Find-PhonebookEntry -Text $Text -Name $Settings['Profile']
        }
        $Text
    }
    New-Outcome -Changed $isChanged
}

# Gives the connected interface the wanted metric. It lasts until the disconnect.
function Repair-LiveCondition {
    param([hashtable] $Settings, [hashtable] $Found, [hashtable] $Data)

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
