"""A script whose process ends while Windows' route commands change the phonebook."""

from __future__ import annotations

import base64
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from aovpn_remediate.client import SimulatedClient
from aovpn_remediate.client.phonebook import entry
from tests.pairs import PROFILE, files, repair
from tests.route_client import TWO, routes
from tests.script_faults import instead
from tests.test_killed import KILL, killed, statements

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
STEPS = {
    f"{one.end_point[0] + 1}: {words[:40]}": one.end_byte
    for _, words, one in statements(SCRIPT, FUNCTIONS)
    if not words.startswith(("return", "throw"))
}


@pytest.fixture(scope="module")
def dead(shell, tmp_path_factory) -> dict[str, tuple[SimulatedClient, int]]:
    """A device for each step with what a script that was killed there left, and how its process ended."""

    def kill(step: str) -> tuple[SimulatedClient, int]:
        client = SimulatedClient(folder=tmp_path_factory.mktemp("dead"))
        client.write_phonebook("user", OLD)
        script = SCRIPT[: STEPS[step]] + KILL + SCRIPT[STEPS[step] :]
        return client, killed(client, script)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(STEPS, pool.map(kill, STEPS), strict=True))


def test_the_script_that_nobody_kills_is_killed_nowhere_and_repairs(client, shell):
    path = client.write_phonebook("user", OLD)
    assert killed(client, SCRIPT) == 0
    assert path.read_bytes() == NEW and len(files(client)) == 2


def test_each_important_step_is_reached(dead):
    reached = " ".join(step for step, (_, exit_code) in dead.items() if exit_code == 9)
    for words in ("$copy = Save-PhonebookCopy", "$set = Set-StoredRoute", "$check = Confirm-OtherContent",
                  "Write-NewFile -Path $temporary", "Move-File -Path $temporary", "Move-File -Path $Copy"):  # fmt: skip
        assert words in reached
    assert {exit_code for _, exit_code in dead.values()} == {0, 9}


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_old_phonebook_is_in_a_file(dead, shell, step):
    client, _ = dead[step]
    path = client.phonebook("user")
    left = set(files(client).values())
    assert OLD in left and path.read_bytes() in (OLD, NEW)
    state = "fixed" if path.read_bytes() == OLD else "healthy"
    assert repair(client, shell, PACKAGE).result["state"] == state
    assert path.read_bytes() == NEW
    assert OLD in files(client).values()
