"""The pair of the kind rasman-privileges: whether RasMan runs with the list."""

from __future__ import annotations

from datetime import timedelta

import pytest

from aovpn_remediate.client import live_interface
from aovpn_remediate.kinds.rasman_privileges import WINDOWS, WORKAROUND
from tests.pairs import check, repair, say
from tests.rasman_client import FAILURE, OURS, SERVICE, STALE, install, listed, privileges
from tests.script_faults import REAL, around


@pytest.mark.parametrize(
    "process",
    [
        {"ProcessId": 900, "CreationDate": "2020-01-01T00:00:00Z"},
        {"ProcessId": 900, "CreationDate": "2040-01-01T00:00:00Z"},
        {"ProcessId": 77, "CreationDate": None},
    ],
)
def test_a_new_process_is_healthy_at_any_time_of_the_clock(client, shell, process):
    install(client, *WINDOWS)
    repair(client, shell, privileges())
    born = client.cim["Win32_Process"][0]["CreationDate"]
    client.cim["Win32_Process"] = [process | {"CreationDate": process["CreationDate"] or born}]
    client.cim["Win32_Service"][0]["ProcessId"] = process["ProcessId"]
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "healthy healthy healthy healthy" and client.events == []


def test_a_clock_that_was_ahead_at_the_change_restarts_once(client, shell):
    install(client, *WINDOWS, started=timedelta(days=365))
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"
    assert client.events == ["service RasMan restarted"]


def test_a_second_change_belongs_to_the_next_process(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    repair(client, shell, privileges(restart="when-disconnected"))
    client.registry[SERVICE]["RequiredPrivileges"]["data"] = list(WINDOWS)
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"
    assert client.events == ["service RasMan restarted"] * 2


@pytest.mark.parametrize(
    ("what", "there_is", "why"),
    [
        ("Win32_Service", [], "the service RasMan is not there"),
        ("Win32_Process", [], "the process of the service RasMan cannot be determined"),
        (
            "Win32_Process",
            [{"ProcessId": 900, "CreationDate": None}],
            "the process of the service RasMan cannot be determined",
        ),
    ],
)
def test_a_service_with_an_unclear_process_is_unknown(client, shell, what, there_is, why):
    install(client, *WINDOWS)
    repair(client, shell, privileges())
    client.cim[what] = there_is
    run = check(client, shell, privileges())
    assert (run.result["state"], run.result["detail"]) == ("unknown", why)


def test_nothing_is_written_while_the_process_is_unclear(client, shell):
    install(client, *WINDOWS)
    client.cim["Win32_Process"] = []
    run = repair(client, shell, privileges())
    assert run.result["detail"] == "the process of the service RasMan cannot be determined"
    assert (run.result["state"], listed(client), OURS in client.registry) == ("failed", list(WINDOWS), False)


def test_a_service_that_does_not_run_needs_no_restart(client, shell):
    install(client, *WINDOWS)
    client.cim["Win32_Service"][0] |= {"ProcessId": 0, "State": "Stopped"}
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy" and client.events == []
    detail = str(said.runs[2].result["detail"])
    assert detail.endswith("RasMan was started after the last change, or nothing was changed")


def test_a_change_of_a_stopped_service_counts_from_its_start(client, shell):
    install(client, *WINDOWS)
    service = client.cim["Win32_Service"][0]
    service |= {"ProcessId": 0, "State": "Stopped"}
    repair(client, shell, privileges())
    client.cim["Win32_Service"][0] |= {"ProcessId": 900, "State": "Running"}
    assert check(client, shell, privileges()).result["state"] == "healthy"


WRITE = "$args -contains 'RequiredPrivileges'"
"""Around Set-RegistryValue: whether it writes the list."""


def test_a_service_that_restarts_just_before_the_write_has_the_old_list(client, shell):
    install(client, *WINDOWS)
    restarts = f"if ({WRITE}) {{ Restart-Service -Name 'RasMan' }}\n{REAL} @args"
    run = repair(client, shell, around(privileges(), "Set-RegistryValue", restarts))
    assert run.result["detail"] == f"repaired: RasMan lacks 2 of 8 configured privileges; now: {STALE}"
    assert check(client, shell, privileges()).result["state"] == "pending"


def test_a_repair_that_ends_right_after_the_write_leaves_the_mark(client, shell):
    install(client, *WINDOWS)
    ends = f"{REAL} @args\nif ({WRITE}) {{ throw '{FAILURE}' }}"
    run = repair(client, shell, around(privileges(), "Set-RegistryValue", ends))
    assert (run.result["state"], listed(client)) == ("failed", list(WORKAROUND))
    assert check(client, shell, privileges()).result["state"] == "pending"


def test_privileges_lost_during_the_restart_are_added_again(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    taken = "Set-RegistryValue -Key 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\RasMan' -Name 'RequiredPrivileges'"
    taken += " -Type 'MultiString' -Value @('SeTcbPrivilege')"
    package = privileges(restart="when-disconnected")
    run = repair(client, shell, around(package, "Restart-Service", f"{REAL} @args\n{taken}"))
    assert (run.result["state"], client.events) == ("fixed", ["service RasMan restarted"])
    assert run.result["detail"] == f"repaired: RasMan lacks 2 of 8 configured privileges; now: {STALE}"
    assert sorted(listed(client)) == sorted(WORKAROUND)


def test_a_list_that_cannot_be_written_restarts_nothing(client, shell):
    """Else each run would mark the process, fail, and restart it for nothing."""
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    package = privileges(restart="when-disconnected")
    refused = f"if ({WRITE}) {{ throw 'no' }}\n{REAL} @args"
    run = repair(client, shell, around(package, "Set-RegistryValue", refused))
    assert (run.result["state"], run.result["detail"]) == ("failed", "no")
    assert client.events == []
