"""A script whose process ends while Windows' route commands change the phonebook."""

from __future__ import annotations

import base64

import pytest

from aovpn_remediate.client.phonebook import entry
from tests.pairs import PROFILE, files, repair
from tests.route_client import TWO, routes
from tests.script_faults import instead
from tests.test_killed import KILL, ends, killed, statements

PACKAGE = routes(*TWO, scope="user", live="report")
OLD = entry("Other") + entry(PROFILE)
NEW = entry("Other") + entry(PROFILE, routes=tuple(TWO), time=2)
WRITES = (
    "$path = Join-Path $env:APPDATA 'Microsoft/Network/Connections/Pbk/rasphone.pbk'; "
    f"[IO.File]::WriteAllBytes($path, [Convert]::FromBase64String('{base64.b64encode(NEW).decode('ascii')}'))"
)
DEVICE = instead(PACKAGE, "Add-VpnConnectionRoute", WRITES)
SCRIPT = instead(DEVICE, "Get-NetIPInterface", "param($ErrorAction)").remediation
FUNCTIONS = ("Repair-StoredCondition", "Save-PhonebookCopy", "Complete-PhonebookCopy")
STEPS = ends(
    one for _, words, one in statements(SCRIPT, FUNCTIONS) if not words.startswith(("return", "throw"))
)


IMPORTANT = (
    "$copy = Save-PhonebookCopy", "Set-StoredRoute -Settings", "Confirm-OtherContent",
    "Write-NewFile -Path $temporary", "Move-File -Path $temporary", "Move-File -Path $Copy",
)  # fmt: skip
"""What this repair passes by; a step that is not among them may be of another one."""


def test_a_script_that_is_not_killed_repairs_the_routes(client, shell):
    path = client.write_phonebook("user", OLD)
    assert killed(client, SCRIPT) == 0
    assert path.read_bytes() == NEW and len(files(client)) == 2


@pytest.mark.parametrize("words", IMPORTANT)
def test_each_important_statement_is_a_step(words):
    assert any(words in step for step in STEPS)


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_old_phonebook_is_in_a_file(client, shell, step):
    path = client.write_phonebook("user", OLD)
    exit_code = killed(client, SCRIPT[: STEPS[step]] + KILL + SCRIPT[STEPS[step] :])
    assert exit_code == 9 or (exit_code == 0 and not any(words in step for words in IMPORTANT))
    left = set(files(client).values())
    assert OLD in left and path.read_bytes() in (OLD, NEW)
    state = "fixed" if path.read_bytes() == OLD else "healthy"
    assert repair(client, shell, PACKAGE).result["state"] == state
    assert path.read_bytes() == NEW
    assert OLD in files(client).values()
