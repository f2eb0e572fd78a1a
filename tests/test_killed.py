"""A script whose process ends in the middle of a write, after each statement that could be its last."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import pytest
from tree_sitter import Node

from aovpn_remediate.client import SimulatedClient, find_powershell
from aovpn_remediate.client.phonebook import entry
from aovpn_remediate.scripts.powershell51 import text
from aovpn_remediate.scripts.rules import parse
from tests.golden_files import ROOT
from tests.pairs import PROFILE, check, metric_pair, repair
from tests.script_faults import on_replacement

PACKAGE = metric_pair(live="ignore")
SCRIPT = PACKAGE.remediation
OLD = entry("Other") + entry(PROFILE)
NEW = entry("Other") + entry(PROFILE, ipv4=3, ipv6=3)
EARLIER = b"of an older repair, not of this one"
WINDOWS = ROOT / "aovpn_remediate" / "client" / "windows"
KILL = b"\r\n[Environment]::Exit(9)\r\n"
WRITERS = (
    "Write-PhonebookText", "Switch-Phonebook", "Confirm-Switch", "Write-NewFile", "Clear-CopyPlace",
    "Complete-PhonebookCopy", "Move-File", "Remove-File", "Remove-UnneededFile",
)  # fmt: skip
NEVER = (
    "return",
    "throw",
    "continue",
    "[IO.File]::Replace($Old",
    "if (Test-Content -Path $Old",
    "try { if (Test-Content -Path $Old",
    "Invoke-WithRetry -Action { [IO.File]::Replace($Old",
    "Move-File -Path $Temporary -Target $Old",
    "Remove-UnneededFile -Path $Old",
    "if (Restore-Phonebook",
    "$false",
    "Move-File -Path $Old -Target (Find-KeptPlace",
    "Move-File -Path $old -Target (Find-KeptPlace",
    "$problem = ConvertTo-PlainError",
    "$null = Restore-Phonebook",
)
"""What ends its block anyway, and what only happens when another program writes meanwhile or the disk is full."""
COMMANDS = f"""\
$global:Client = @{{ drive = ''; planted = @() }}
function Get-CallerPreference {{ 'Stop' }}
. '{WINDOWS / "Files.ps1"}'
. '{WINDOWS / "Acl.ps1"}'
"""
"""The commands of Windows that a write needs, for a process without the other stand-ins."""
HALF = ("Write-NewFile", "[IO.File]::Delete($Path)")
"""That of a file that could not be written whole; other functions delete with the same words."""
QUIET = (
    "$rights =",
    "$security",
    "$backup =",
    "$files =",
    "$old =",
    "$temporary =",
    "$places = @{ Path",
    "$latin1 =",
    "$bytes =",
    "$folder =",
    "$name =",
)  # fmt: skip
"""What only computes: the files are as after the statement before it, which is a step."""


def walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from walk(child)


def statements(script: bytes, functions: Collection[str]) -> Iterator[tuple[str, str, Node]]:
    """Each statement of these functions: the function, the statement in one line, and where it is."""
    for function in (one for one in walk(parse(script)[0]) if one.type == "function_statement"):
        name = text(function.children[1])
        if name in functions:
            lists = (one for one in walk(function) if one.type == "statement_list")
            for one in (statement for part in lists for statement in part.children):
                if one.type != "comment":
                    yield name, " ".join(text(one).split()), one


def ends(found: Iterable[Node]) -> dict[str, int]:
    """Where each statement ends, by its line and its first words.

    One that has another of them in it is left out: the files are as after the inner one.
    """
    nodes = list(found)
    return {
        f"{one.end_point[0] + 1}: {' '.join(text(one).split())[:40]}": one.end_byte
        for one in nodes
        if not any(holds(one, other) for other in nodes)
    }


def holds(outer: Node, inner: Node) -> bool:
    """Whether a statement has another one in it."""
    is_within = outer.start_byte <= inner.start_byte and inner.end_byte <= outer.end_byte
    return is_within and outer.id != inner.id


STEPS = ends(
    one
    for name, words, one in statements(SCRIPT, WRITERS)
    if not words.startswith(NEVER + QUIET) and (name, words) != HALF
)


def killed(client: SimulatedClient, script: bytes) -> int:
    """Run a script in its own process and return how it ended."""
    file = client.folder / "script.ps1"
    file.write_bytes(COMMANDS.encode() + script)
    environment = {**os.environ, "APPDATA": str(client.app_data), "USERNAME": "jdoe"}
    command = [str(find_powershell()), "-NoProfile", "-File", str(file)]
    return subprocess.run(command, capture_output=True, env=environment, check=False).returncode


def dying(step: str) -> bytes:
    """The script that ends its process after a statement."""
    return SCRIPT[: STEPS[step]] + KILL + SCRIPT[STEPS[step] :]


def beside(path: Path) -> dict[str, bytes]:
    """What lies beside a phonebook, the random part of names left out."""
    others = [one for one in path.parent.iterdir() if one != path]
    names = [one.suffix.removeprefix(".") for one in others]
    assert len(names) == len(set(names)), f"more than one of a kind: {others}"
    return {name: one.read_bytes() for name, one in zip(names, others, strict=True)}


def test_every_statement_that_writes_is_a_step():
    words = " ".join(STEPS)
    for statement in (
        "New-Object", "$stream.Write(", "$stream.Flush(", "$stream.Dispose(", "Remove-File -Path $backup",
        "[IO.File]::Replace($Temporary", "Remove-OwnFile -Path $places['", "Remove-UnneededFile -Path $file",
        "Remove-File -Path $old", "Move-File -Path $Copy", "[IO.File]::Delete($Path)",
    ):  # fmt: skip
        assert statement in words.replace("$stream = New-Object", "New-Object"), statement
    assert len(STEPS) >= 15


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_any_statement_the_phonebook_is_old_or_new(client, shell, step):
    path = client.write_phonebook("user", OLD)
    path.with_name("rasphone.pbk.aovpn-remediate.x1y2.tmp").write_bytes(NEW[:99])
    path.with_name("rasphone.pbk.aovpn-remediate.old").write_bytes(OLD)
    assert killed(client, dying(step)) == 9, "the step was not reached"
    assert path.read_bytes() in (OLD, NEW)
    left = beside(path)
    assert set(left) <= {"tmp", "bak", "old"}
    assert NEW.startswith(left.get("tmp", b"")), "the new file is never another one either"
    assert left.get("bak", OLD) == left.get("old", OLD) == OLD
    is_new = path.read_bytes() == NEW
    assert repair(client, shell, PACKAGE).result["state"] == ("healthy" if is_new else "fixed")
    assert path.read_bytes() == NEW
    assert list(beside(path).values()) == [OLD]


def test_killed_again_and_again_no_file_piles_up(client, shell):
    path = client.write_phonebook("user", OLD)
    path.with_name("rasphone.pbk.aovpn-remediate.bak").write_bytes(EARLIER)
    step = next(step for step in STEPS if "$stream.Flush" in step)
    for _ in range(2):
        assert killed(client, dying(step)) == 9
        assert path.read_bytes() == OLD and beside(path) == {"tmp": NEW, "bak": EARLIER}
    assert repair(client, shell, PACKAGE).result["state"] == "fixed"
    assert path.read_bytes() == NEW and beside(path) == {"bak": OLD}


def test_killed_between_both_renames_the_old_phonebook_comes_back(client, shell):
    """Windows' own replacement is not atomic: the old file is renamed first, then the new one."""
    path = client.write_phonebook("user", OLD)
    half = on_replacement(PACKAGE, new=f"[IO.File]::Move($Path, $Aside){KILL.decode()}")
    for _ in range(2):
        assert killed(client, half.remediation) == 9
        assert not path.exists() and beside(path) == {"tmp": NEW, "old": OLD}
        assert check(client, shell, PACKAGE).result["reason"] == "interrupted"
    assert repair(client, shell, PACKAGE).result["state"] == "fixed"
    assert path.read_bytes() == NEW and beside(path) == {"bak": OLD}


def test_a_script_that_is_not_killed_repairs_the_phonebook(client, shell):
    path = client.write_phonebook("user", OLD)
    assert killed(client, SCRIPT) == 0
    assert path.read_bytes() == NEW and beside(path) == {"bak": OLD}
