"""Mutants: small faults put into the PowerShell templates, to see whether the tests notice them."""
