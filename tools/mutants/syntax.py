"""Whether PowerShell itself can parse a mutant: one that it cannot parse does not test the tests."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from aovpn_remediate.client import PowerShell, empty_state
from tools.mutants.sites import Mutant
from tools.mutants.trial import TEMPLATES

_SCRIPT = """
foreach ($line in [IO.File]::ReadAllLines('{path}')) {{
    $problems = $null
    $text = ConvertFrom-Json -InputObject $line
    $null = [Management.Automation.Language.Parser]::ParseInput($text, [ref] $null, [ref] $problems)
    @($problems).Count
}}
"""


def parsed(mutants: Sequence[Mutant], powershell: str) -> list[Mutant]:
    """Return those that the real parser finds nothing wrong with."""
    with tempfile.TemporaryDirectory() as place, PowerShell(powershell) as shell:
        texts = Path(place, "texts")
        texts.write_text("".join(json.dumps(_mutated(one)) + "\n" for one in mutants), "ascii")
        script = Path(place, "parse.ps1")
        script.write_text(_SCRIPT.format(path=texts), "ascii")
        run = shell.run(script, environment={}, state=empty_state())
    return [one for one, problems in zip(mutants, run.output, strict=True) if problems == "0"]


def _mutated(mutant: Mutant) -> str:
    return mutant.apply((TEMPLATES / mutant.path).read_text("ascii"))
