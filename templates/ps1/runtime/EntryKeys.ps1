# Keys of a profile's entry that $Settings['EntryKeys'] names as data. A row has these parts:
# Setting: the name in the result line. Key: the key of the entry. Wanted: the accepted numbers, of which the
# first is written. Missing: the number that a missing key stands for. Words: the names of numbers. Mask: the
# bits that count, in a row where not all do.

# The wanted value of each setting: a word or a number, or a list of those that are accepted.
function Get-WantedKey {
    param([hashtable] $Settings)

    $want = [ordered] @{}
    foreach ($row in $Settings['EntryKeys']) {
        $words = @(foreach ($number in $row['Wanted']) { ConvertTo-KeyWord -Row $row -Number $number })
        $want[$row['Setting']] = $words
        if (1 -eq $words.Count) {
            $want[$row['Setting']] = $words[0]
        }
    }
    $want
}

# A number as the result line has it: its word, or the number itself.
function ConvertTo-KeyWord {
    param([hashtable] $Row, [int] $Number)

    if ($Row['Words'].ContainsKey("$Number")) {
        return $Row['Words']["$Number"]
    }
    $Number
}

# What the entry has for a row, as @{ Number; IsMissing; IsWanted }. An empty value is a missing one.
function Read-EntryNumber {
    param([string] $Entry, [hashtable] $Row)

    $value = ''
    $place = Find-EntryKey -Entry $Entry -Key $Row['Key']
    if ($null -ne $place) {
        $value = $place.Value.Trim([char[]] " `t")
    }
    $isMissing = 0 -eq $value.Length
    if ($isMissing) {
        $value = $Row['Missing']
    } elseif ($value -notmatch '\A[0-9]{1,9}\z') {
        throw ('the stored value of {0} is not a number' -f $Row['Key'])
    }
    $number = [int] $value
    $counting = $number
    #region only: masks
    if ($null -ne $Row['Mask']) {
        $counting = $number -band $Row['Mask']
    }
    #endregion
    @{
        Number    = $number
        Counting  = $counting
        IsMissing = $isMissing
        IsWanted  = $Row['Wanted'] -contains $counting
    }
}

# Compares the keys with what is wanted. If several rows have the same setting, the result shows a wrong one.
function Test-EntryKey {
    param([hashtable] $Settings)

    $open = Open-ProfileEntry -Settings $Settings
    if ($null -ne $open['Refusal']) {
        return $open['Refusal']
    }
    $want = Get-WantedKey -Settings $Settings
    $found = [ordered] @{}
    $differences = [ordered] @{}
    foreach ($row in $Settings['EntryKeys']) {
        $name = $row['Setting']
        $stored = Read-EntryNumber -Entry $open['Entry'].Value -Row $row
        if ($found.Contains($name) -and $stored['IsWanted']) {
            continue
        }
        $found[$name] = 'missing'
        if (-not $stored['IsMissing']) {
            $found[$name] = ConvertTo-KeyWord -Row $row -Number $stored['Counting']
        }
        if (-not $stored['IsWanted']) {
            $wanted = @($want[$name]) -join ' or '
            # In lower case, so that true and false read as in the config.
            $difference = '{0} is {1}, wanted {2}' -f $name, $found[$name], $wanted
            $differences[$name] = $difference.ToLowerInvariant()
        }
    }
    if ($differences.Count -gt 0) {
        $detail = 'stored: {0}' -f (@($differences.Values) -join ', ')
        return New-Finding -State 'issue' -Detail $detail -Found @{ stored = $found }
    }
    New-Finding -State 'healthy' -Detail 'the phonebook entry is as configured' -Found @{ stored = $found }
}

# Writes all keys that differ at once. Bits outside a mask stay.
function Repair-EntryKey {
    param([hashtable] $Settings)

    if (Restore-ScopePhonebook -Scope $Settings['Scope']) {
        return New-Outcome -Changed $true
    }
    $isChanged = Edit-ProfileEntry -Settings $Settings -Change {
        param([string] $Entry)

        foreach ($row in $Settings['EntryKeys']) {
            $stored = Read-EntryNumber -Entry $Entry -Row $row
            if (-not $stored['IsWanted']) {
                $number = @($row['Wanted'])[0]
                #region only: masks
                if ($null -ne $row['Mask']) {
                    $number = $number -bor ($stored['Number'] -band (-bnot $row['Mask']))
                }
                #endregion
                $Entry = Set-EntryKey -Entry $Entry -Key $row['Key'] -Value "$number"
            }
        }
        $Entry
    }
    New-Outcome -Changed $isChanged
}
