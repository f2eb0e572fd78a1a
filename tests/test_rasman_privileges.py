"""The pair of the kind rasman-privileges, run in real PowerShell on the simulated client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from aovpn_remediate.client import SimulatedClient, live_interface
from aovpn_remediate.client.phonebook import entry
from aovpn_remediate.kinds.rasman_privileges import WINDOWS, WORKAROUND
from tests.pairs import PROFILE, check, files, pair, repair, say

SERVICE = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\RasMan"
OURS = "HKLM:\\SOFTWARE\\aovpn-remediate"
PROFILES = "HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"


def privileges(wanted: object = "workaround", **settings: object):
    """A pair that wants these privileges."""
    return pair("rasman-privileges", privileges=wanted, **settings)


def install(client: SimulatedClient, *listed: str, started: timedelta = timedelta(days=-1)) -> None:
    """RasMan with this list, in a process of its own; one user has a profile folder."""
    client.registry = {
        SERVICE: {"RequiredPrivileges": {"type": "MultiString", "data": list(listed)}},
        f"{PROFILES}\\S-1-5-21-1": {
            "ProfileImagePath": {"type": "String", "data": str(client.app_data.parents[1])}
        },
    }
    born = (datetime.now(UTC) + started).isoformat()
    client.cim = {
        "Win32_Service": [
            {"Name": "RasMan", "ProcessId": 900, "State": "Running"},
            {"Name": "Dhcp", "ProcessId": 901},
        ],
        "Win32_Process": [{"ProcessId": 900, "CreationDate": born}],
    }


def listed(client: SimulatedClient) -> list[str]:
    return list(client.registry[SERVICE]["RequiredPrivileges"]["data"])


def test_missing_privileges_are_added_and_count_from_the_next_start(client, shell):
    install(client, *WINDOWS)
    said = say(client, shell, privileges())
    assert said.states == "issue fixed pending pending"
    assert said.runs[0].result["found"] == {"stored": {"missing": list(WORKAROUND[6:])}}
    assert said.runs[0].result["want"] == {"privileges": 8}
    assert listed(client) == list(WORKAROUND)
    assert "restart, not shut down" in str(said.runs[2].result["detail"])


def test_after_the_next_start_it_is_healthy(client, shell):
    install(client, *WINDOWS)
    repair(client, shell, privileges())
    client.cim["Win32_Process"][0]["CreationDate"] = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert say(client, shell, privileges()).states == "healthy healthy healthy healthy"


def test_the_order_is_kept_and_nothing_is_removed(client, shell):
    own = ["SeBackupPrivilege", "setcbprivilege", WINDOWS[0]]
    install(client, *own)
    assert repair(client, shell, privileges("windows")).result["state"] == "fixed"
    assert listed(client) == [*own, *(one for one in WINDOWS[1:] if one != "SeTcbPrivilege")]


def test_the_right_list_is_healthy_and_nothing_is_written(client, shell):
    install(client, *WORKAROUND)
    assert say(client, shell, privileges()).states == "healthy healthy healthy healthy"
    assert OURS not in client.registry


def test_no_list_means_all_privileges_and_is_never_created(client, shell):
    install(client)
    client.registry[SERVICE] = {"Start": {"type": "DWord", "data": 3}}
    said = say(client, shell, privileges())
    assert said.states == "healthy healthy healthy healthy"
    assert "RequiredPrivileges" not in client.registry[SERVICE]


@pytest.mark.parametrize(
    "value", [{"type": "String", "data": "SeTcbPrivilege"}, {"type": "DWord", "data": 3}]
)
def test_a_value_that_is_no_list_is_unknown(client, shell, value):
    install(client)
    client.registry[SERVICE]["RequiredPrivileges"] = value
    assert say(client, shell, privileges()).states == "unknown unknown unknown unknown"


def test_a_device_without_the_service_is_unknown(client, shell):
    install(client)
    del client.registry[SERVICE]
    assert check(client, shell, privileges()).result["state"] == "unknown"


def test_a_process_whose_age_cannot_be_told_is_unknown(client, shell):
    install(client, *WINDOWS)
    repair(client, shell, privileges())
    client.cim["Win32_Process"] = []
    assert check(client, shell, privileges()).result["state"] == "unknown"


def test_a_service_that_does_not_run_needs_no_restart(client, shell):
    install(client, *WINDOWS)
    client.cim["Win32_Service"][0]["ProcessId"] = 0
    assert say(client, shell, privileges()).states == "issue fixed healthy healthy"


def test_the_service_is_restarted_when_asked_and_nothing_is_connected(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    client.write_phonebook("device", entry(PROFILE))
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"
    assert [run.state["events"] for run in said.runs] == [[], *[["service RasMan restarted"]] * 3]


@pytest.mark.parametrize("scope", ["user", "device"])
def test_the_service_is_not_restarted_while_any_tunnel_of_the_device_is_up(client, shell, scope):
    install(client, *WINDOWS)
    client.write_phonebook(scope, entry("Somebody's M\u00fcnchen"))
    client.interfaces = [live_interface("somebody's m\u00fcnchen", "IPv4")]
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed pending pending"
    assert client.events == []


@pytest.mark.parametrize("file", ["other.pbk", "_hiddenPbk/rasphone.pbk"])
def test_tunnels_of_every_phonebook_count_whatever_their_encoding(client, shell, file):
    install(client, *WINDOWS)
    client.culture = "de-DE"
    path = client.write_phonebook("user", entry("Another")).parent / file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(entry(b"M\xfcnchen", encoding=False))
    client.interfaces = [live_interface("M\u00fcnchen", "IPv4")]
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed pending pending" and client.events == []


def doubt_shared_process(client: SimulatedClient) -> None:
    client.cim["Win32_Service"][1]["ProcessId"] = 900


def doubt_link(client: SimulatedClient) -> None:
    path = client.write_phonebook("user", entry("x"))
    path.rename(client.folder / "elsewhere")
    path.symlink_to(client.folder / "elsewhere")


def doubt_interfaces(client: SimulatedClient) -> None:
    client.faults = {"Get-NetIPInterface": "RPC server unavailable"}


def doubt_profiles(client: SimulatedClient) -> None:
    client.faults = {"Get-ChildItem": "Access is denied"}


def doubt_redirected(client: SimulatedClient) -> None:
    (client.app_data / "Microsoft").rename(client.folder / "on a share")


def doubt_null(client: SimulatedClient) -> None:
    client.write_phonebook("device", b"[x]\0")


@pytest.mark.parametrize(
    "doubt",
    [doubt_shared_process, doubt_link, doubt_interfaces, doubt_profiles, doubt_redirected, doubt_null],
)
def test_any_doubt_means_that_something_is_connected(client, shell, doubt):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    doubt(client)
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed pending pending"
    assert client.events == []


def test_a_write_that_is_refused_is_failed(client, shell):
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


def test_a_restart_that_was_due_is_done_once_nothing_is_connected(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    repair(client, shell, privileges())
    written = client.registry[OURS]
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"
    assert [run.state["events"] for run in said.runs] == [[], *[["service RasMan restarted"]] * 3]
    assert client.registry[OURS] == written


def test_a_restart_never_creates_a_list(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    repair(client, shell, privileges())
    del client.registry[SERVICE]["RequiredPrivileges"]
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"
    assert client.registry[SERVICE] == {}
