"""The pair of the kind rasman-privileges: its list of privileges."""

from __future__ import annotations

import re

import pytest

from aovpn_remediate.client import live_interface
from aovpn_remediate.client.phonebook import entry
from aovpn_remediate.client.state import RegistryValue
from aovpn_remediate.kinds.rasman_privileges import WINDOWS, WORKAROUND
from tests.pairs import PROFILE, check, files, repair, say
from tests.rasman_client import FAILURE, OURS, SERVICE, STALE, install, listed, privileges
from tests.script_faults import failing


def test_missing_privileges_are_added_and_wait_for_a_restart(client, shell):
    install(client, *WINDOWS)
    said = say(client, shell, privileges())
    assert said.states == "issue fixed pending pending"
    assert said.runs[0].result["found"] == {"stored": {"missing": list(WORKAROUND[6:])}}
    assert said.runs[0].result["want"] == {"privileges": 8}
    assert listed(client) == list(WORKAROUND)
    (mark,) = client.registry[OURS].values()
    assert mark["type"] == "String" and re.fullmatch(r"900 since \d{4}-[\d:.T-]+Z", str(mark["data"]))
    assert said.runs[0].result["detail"] == "RasMan lacks 2 of 8 configured privileges"
    assert said.runs[2].result["detail"] == STALE


def test_the_order_is_kept_and_nothing_is_removed(client, shell):
    own = ["SeBackupPrivilege", "setcbprivilege", WINDOWS[0]]
    install(client, *own)
    assert repair(client, shell, privileges("windows")).result["state"] == "fixed"
    assert listed(client) == [*own, *(one for one in WINDOWS[1:] if one != "SeTcbPrivilege")]


def test_a_correct_list_is_healthy_and_nothing_is_written(client, shell):
    install(client, *WORKAROUND)
    assert say(client, shell, privileges()).states == "healthy healthy healthy healthy"
    assert OURS not in client.registry


def test_a_missing_list_means_all_privileges_and_stays_missing(client, shell):
    install(client)
    client.registry[SERVICE] = {"Start": {"type": "DWord", "data": 3}}
    said = say(client, shell, privileges())
    assert said.states == "healthy healthy healthy healthy"
    assert "RequiredPrivileges" not in client.registry[SERVICE]


@pytest.mark.parametrize(
    "value", [{"type": "String", "data": "SeTcbPrivilege"}, {"type": "DWord", "data": 3}]
)
def test_a_value_of_another_type_is_unknown(client, shell, value):
    install(client)
    client.registry[SERVICE]["RequiredPrivileges"] = value
    assert say(client, shell, privileges()).states == "unknown unknown unknown unknown"


DAMAGED: RegistryValue = {"type": "Damaged", "data": None}


def test_a_damaged_value_beside_the_list_is_not_read(client, shell):
    install(client, *WINDOWS)
    client.registry[SERVICE]["DelayedAutostart"] = DAMAGED
    client.registry[OURS] = {"Other": DAMAGED}
    assert say(client, shell, privileges()).states == "issue fixed pending pending"
    assert listed(client) == list(WORKAROUND)


def test_a_damaged_list_is_unknown_and_stays(client, shell):
    install(client)
    client.registry[SERVICE]["RequiredPrivileges"] = DAMAGED
    said = say(client, shell, privileges())
    assert said.states == "unknown unknown unknown unknown"
    assert said.runs[0].result["detail"] == "Specified cast is not valid."
    assert client.registry[SERVICE]["RequiredPrivileges"] == DAMAGED


def test_a_device_without_the_service_is_unknown(client, shell):
    install(client)
    del client.registry[SERVICE]
    assert check(client, shell, privileges()).result["state"] == "unknown"


def test_a_key_that_cannot_be_read_is_unknown(client, shell):
    install(client, *WINDOWS)
    client.denied = (SERVICE,)
    said = say(client, shell, privileges())
    assert said.states == "unknown unknown unknown unknown"
    assert said.runs[0].result["detail"] == "Requested registry access is not allowed."


@pytest.mark.parametrize(
    "call",
    [
        "New-Item",
        "Set-ItemProperty",
        "Get-CimInstance",
        "Restart-Service",
    ],
)
def test_a_failing_command_ends_the_repair_and_is_named(client, shell, call):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    run = repair(client, shell, failing(privileges(restart="when-disconnected"), call, FAILURE))
    assert (run.result["state"], run.result["detail"]) == ("failed", FAILURE)
    assert client.events == []


def test_a_refused_write_is_failed(client, shell):
    install(client, *WINDOWS)
    client.faults = {"Set-ItemProperty": "Requested registry access is not allowed."}
    run = repair(client, shell, privileges())
    assert (run.result["state"], run.exit_code) == ("failed", 1)
    assert listed(client) == list(WINDOWS)


def test_it_runs_as_system_only(client, shell):
    install(client, *WINDOWS)
    run = check(client, shell, privileges(), run_as="user")
    assert (run.result["state"], run.result["reason"]) == ("unknown", "wrong-account")


def test_no_file_is_touched(client, shell):
    install(client, *WINDOWS)
    client.write_phonebook("device", entry(PROFILE))
    before = files(client)
    say(client, shell, privileges(restart="when-disconnected"))
    assert files(client) == before


def test_one_missing_privilege_is_added(client, shell):
    install(client, *WORKAROUND[:-1])
    assert say(client, shell, privileges()).states == "issue fixed pending pending"
    assert listed(client) == list(WORKAROUND)
