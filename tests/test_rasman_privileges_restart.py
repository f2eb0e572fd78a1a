"""The pair of the kind rasman-privileges: restarts of RasMan, and what interrupts them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from aovpn_remediate.client import live_interface
from aovpn_remediate.client.phonebook import entry
from aovpn_remediate.kinds.rasman_privileges import WINDOWS, WORKAROUND
from tests.pairs import PROFILE, check, repair, say
from tests.rasman_client import FAILURE, OURS, SERVICE, STALE, install, listed, privileges
from tests.script_faults import REAL, around, failing, instead


def test_the_service_is_restarted_if_nothing_is_connected(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    client.write_phonebook("device", entry(PROFILE))
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"
    assert [run.state["events"] for run in said.runs] == [[], *[["service RasMan restarted"]] * 3]


def test_a_delayed_restart_is_done_when_nothing_is_connected(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    repair(client, shell, privileges())
    written = dict(client.registry[OURS])
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"
    assert [run.state["events"] for run in said.runs] == [[], *[["service RasMan restarted"]] * 3]
    assert client.registry[OURS]["RasManAtChange"] == written["RasManAtChange"]


def test_a_restart_never_creates_a_list(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    repair(client, shell, privileges())
    del client.registry[SERVICE]["RequiredPrivileges"]
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"
    assert client.registry[SERVICE] == {}


def test_a_restart_that_is_refused_is_not_tried_again_for_the_same_process(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    client.faults = {"Restart-Service": "The service cannot be stopped."}
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue failed pending pending" and listed(client) == list(WORKAROUND)
    begun = "this script has tried to restart this process before"
    assert said.runs[2].result["detail"] == f"{STALE}; RasMan is not restarted now: {begun}"
    client.faults = {}
    client.cim["Win32_Process"][0]["CreationDate"] = datetime.now(UTC).isoformat()
    client.registry[SERVICE]["RequiredPrivileges"]["data"] = list(WINDOWS)
    assert say(client, shell, privileges(restart="when-disconnected")).states == "issue fixed healthy healthy"


def test_a_restart_that_left_the_old_process_is_not_done_twice(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    does_nothing = "[CmdletBinding()] param($Name, [switch] $Force)"
    package = privileges(restart="when-disconnected")
    run = repair(client, shell, instead(package, "Restart-Service", does_nothing))
    assert (run.result["state"], client.events) == ("fixed", [])
    assert check(client, shell, privileges(restart="when-disconnected")).result["state"] == "pending"


HALF = f"Stop-Service -Name 'RasMan' -Force -ErrorAction Stop\n    throw '{FAILURE}'"
"""A restart that ends when the service has stopped."""
STOPPED = "RasMan is stopped since this package tried to restart it"


def break_restart(client, shell, *, then: str = HALF) -> None:
    """A device on which a restart of RasMan was interrupted."""
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    run = repair(client, shell, instead(privileges(restart="when-disconnected"), "Restart-Service", then))
    assert (run.result["state"], client.events) == ("failed", ["service RasMan stopped"])
    assert listed(client) == list(WORKAROUND)


@pytest.mark.parametrize("restart", ["never", "when-disconnected"])
def test_a_service_that_an_interrupted_restart_stopped_is_started(client, shell, restart):
    break_restart(client, shell)
    said = say(client, shell, privileges(restart=restart))
    assert (said.states, said.runs[0].result["detail"]) == ("issue fixed healthy healthy", STOPPED)
    assert client.events == ["service RasMan stopped", "service RasMan started"]
    assert client.registry[OURS]["RasManAtRestart"]["data"] == ""
    assert check(client, shell, privileges(restart=restart)).result["state"] == "healthy"


def test_a_service_stopped_after_a_good_restart_is_healthy(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    repair(client, shell, privileges(restart="when-disconnected"))
    client.cim["Win32_Service"][0] |= {"ProcessId": 0, "State": "Stopped"}
    assert say(client, shell, privileges()).states == "healthy healthy healthy healthy"


def test_a_restart_after_which_the_service_does_not_run_is_failed(client, shell):
    break_restart(client, shell, then="Stop-Service -Name 'RasMan' -Force -ErrorAction Stop")
    assert say(client, shell, privileges()).states == "issue fixed healthy healthy"


def test_a_service_not_started_since_windows_started_is_healthy(client, shell):
    break_restart(client, shell)
    born = datetime.now(UTC).isoformat()
    client.cim["Win32_Process"] = [{"ProcessId": 901, "CreationDate": born}]  # Windows is as old as this
    assert say(client, shell, privileges()).states == "healthy healthy healthy healthy"


def test_a_service_that_cannot_be_started_is_failed_each_time(client, shell):
    break_restart(client, shell)
    client.faults = {"Start-Service": "The service cannot be started."}
    said = say(client, shell, privileges())
    assert (said.states, said.runs[3].result["detail"]) == (
        "issue failed issue failed",
        f"not repaired: {STOPPED}: The service cannot be started.",
    )


def test_a_service_that_ends_at_once_is_started_once_in_a_run(client, shell):
    break_restart(client, shell)
    ends = f"{REAL} @args\nStop-Service -Name 'RasMan' -ErrorAction Stop"
    run = repair(client, shell, around(privileges(), "Start-Service", ends))
    assert (run.result["state"], run.result["detail"]) == (
        "failed",
        f"not repaired: {STOPPED}: RasMan does not run after it was started",
    )
    assert client.events[1:] == ["service RasMan started", "service RasMan stopped"]
    assert check(client, shell, privileges()).result["state"] == "issue"


def test_a_command_that_fails_to_start_the_service_ends_the_repair(client, shell):
    break_restart(client, shell)
    run = repair(client, shell, failing(privileges(), "Start-Service", FAILURE))
    assert (run.result["state"], run.result["detail"]) == ("failed", f"not repaired: {STOPPED}: {FAILURE}")
