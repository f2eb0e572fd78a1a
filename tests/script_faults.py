"""Faults that are put into rendered scripts."""

from __future__ import annotations

from dataclasses import replace

from aovpn_remediate.model import ScriptPackage


def surgery(script: bytes, old: str, new: str) -> bytes:
    """The script with one statement changed, to let something happen in the middle of it."""
    assert script.count(old.encode()) == 1, old
    return script.replace(old.encode(), new.replace("\n", "\r\n").encode())


WRITE = "[IO.File]::AppendAllText($Path, '[Other]')"
REPLACE = "                    [IO.File]::Replace($temporary, $Path, $old)"
BETWEEN = WRITE + "\n" + REPLACE
PUT_BACK = "[IO.File]::Replace($old, $Path, $temporary)"
DOOR = "Complete-Remediation -Settings"
REPAIRS = "        $data = $after['Data']"
META = "Set-StrictMode -Version 2.0"


def happening(package: ScriptPackage, place: str, what: str) -> ScriptPackage:
    """The pair with something that happens in the middle of its repair, before a statement."""
    return replace(package, remediation=surgery(package.remediation, place, f"{what}\n{place}"))


def instead(package: ScriptPackage, command: str, happens: str) -> ScriptPackage:
    """A pair whose repair does this instead of a command, to let something happen in the middle of it."""
    function = f"function {command} {{\r\n    {happens}\r\n}}\r\n"
    door = b"Complete-Remediation -Settings"
    return replace(package, remediation=package.remediation.replace(door, function.encode() + door))
