"""PowerShell's own parser, asked about one script."""

from __future__ import annotations

import json
import os
import re
import subprocess

from aovpn_remediate.client.host import find_powershell
from aovpn_remediate.client.leftovers import temporary_folder

_SECONDS = 120
_PARSE = """
$errors = $null
$null = [Management.Automation.Language.Parser]::ParseFile($env:REMEDIATE_PARSES, [ref] $null, [ref] $errors)
foreach ($one in $errors) {
    ConvertTo-Json -InputObject @($one.Extent.StartLineNumber, $one.Message) -Compress
}
"version $($PSVersionTable.PSVersion.Major)"
"""


def syntax_errors(script: bytes) -> list[tuple[int, str]] | None:
    """Return what PowerShell finds wrong in a script, by line.

    ``None`` without a PowerShell, and where one newer than 5.1 finds nothing: it accepts more syntax.
    """
    executable = find_powershell()
    if executable is None:
        return None
    with temporary_folder() as folder:
        path = folder / "script.ps1"
        path.write_bytes(script)
        command = [executable, "-NoProfile", "-NonInteractive", "-Command", _PARSE]
        environment = {**os.environ, "REMEDIATE_PARSES": str(path)}
        try:
            done = subprocess.run(  # noqa: S603  a list of our own, no shell
                command, capture_output=True, env=environment, timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    lines = done.stdout.decode("utf-8", errors="replace").splitlines()
    problems: list[tuple[int, str]] = []
    for answer in lines[:-1]:
        line, text = json.loads(answer)
        problems.append((line, f"is not valid PowerShell: {_without_script(text)}"))
    if not problems and lines[-1:] != ["version 5"]:
        return None
    return problems


def _without_script(text: str) -> str:
    """A message of the parser without the piece of the script that it quotes: no script body is printed."""
    return re.sub(r"['\"].*['\"]", "'...'", text, flags=re.DOTALL)
