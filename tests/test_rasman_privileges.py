"""The pair of the kind rasman-privileges, run in real PowerShell on the simulated client."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aovpn_remediate.client import SimulatedClient, live_interface
from aovpn_remediate.client.phonebook import entry
from aovpn_remediate.client.state import RegistryValue
from aovpn_remediate.kinds.rasman_privileges import WINDOWS, WORKAROUND
from tests.pairs import PROFILE, check, files, orderly, pair, repair, say
from tests.test_interface_metric import surgery

SERVICE = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\RasMan"
OURS = "HKLM:\\SOFTWARE\\aovpn-remediate"
FAILURE = "The device is not ready."
STALE = "RasMan still runs with its old privileges until Windows is restarted (restart, not shut down)"
SHELL_FOLDERS = "\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders"
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
            {"Name": "Dhcp", "ProcessId": 901, "State": "Running"},
        ],
        "Win32_Process": [{"ProcessId": 900, "CreationDate": born}],
        "Win32_OperatingSystem": [{"BuildNumber": "22631", "Version": "10.0.22631"}],
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
    (mark,) = client.registry[OURS].values()
    assert mark["type"] == "String" and re.fullmatch(r"900 since \d{4}-[\d:.T-]+Z", str(mark["data"]))
    assert said.runs[0].result["detail"] == "RasMan lacks 2 of 8 wanted privileges"
    assert said.runs[2].result["detail"] == STALE


@pytest.mark.parametrize(
    "process",
    [
        {"ProcessId": 900, "CreationDate": "2020-01-01T00:00:00Z"},
        {"ProcessId": 900, "CreationDate": "2040-01-01T00:00:00Z"},
        {"ProcessId": 77, "CreationDate": None},
    ],
)
def test_in_another_process_it_is_healthy_whatever_the_clock_says(client, shell, process):
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


def test_a_second_change_is_that_of_another_process(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    repair(client, shell, privileges(restart="when-disconnected"))
    client.registry[SERVICE]["RequiredPrivileges"]["data"] = list(WINDOWS)
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"
    assert client.events == ["service RasMan restarted"] * 2


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


def test_a_key_that_nobody_may_read_is_unknown_and_the_line_says_so(client, shell):
    install(client, *WINDOWS)
    client.denied = (SERVICE,)
    said = say(client, shell, privileges())
    assert said.states == "unknown unknown unknown unknown"
    assert said.runs[0].result["detail"] == "Requested registry access is not allowed."


@pytest.mark.parametrize(
    ("what", "there_is", "why"),
    [
        ("Win32_Service", [], "the service RasMan is not there"),
        ("Win32_Process", [], "the process of the service RasMan cannot be told"),
        (
            "Win32_Process",
            [{"ProcessId": 900, "CreationDate": None}],
            "the process of the service RasMan cannot be told",
        ),
    ],
)
def test_a_service_whose_process_cannot_be_told_is_unknown(client, shell, what, there_is, why):
    install(client, *WINDOWS)
    repair(client, shell, privileges())
    client.cim[what] = there_is
    run = check(client, shell, privileges())
    assert (run.result["state"], run.result["detail"]) == ("unknown", why)


def test_nothing_is_written_while_the_process_cannot_be_told(client, shell):
    install(client, *WINDOWS)
    client.cim["Win32_Process"] = []
    run = repair(client, shell, privileges())
    assert run.result["detail"] == "the process of the service RasMan cannot be told"
    assert (run.result["state"], listed(client), OURS in client.registry) == ("failed", list(WINDOWS), False)


def test_a_service_that_does_not_run_needs_no_restart(client, shell):
    install(client, *WINDOWS)
    client.cim["Win32_Service"][0] |= {"ProcessId": 0, "State": "Stopped"}
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy" and client.events == []
    detail = str(said.runs[2].result["detail"])
    assert detail.endswith("RasMan runs in no process that is older than the last change of this script")


def test_a_change_while_it_was_stopped_is_in_force_once_it_runs(client, shell):
    install(client, *WINDOWS)
    service = client.cim["Win32_Service"][0]
    service |= {"ProcessId": 0, "State": "Stopped"}
    repair(client, shell, privileges())
    client.cim["Win32_Service"][0] |= {"ProcessId": 900, "State": "Running"}
    assert check(client, shell, privileges()).result["state"] == "healthy"


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
    reason = "RasMan alone is not restarted now: a tunnel is connected"
    assert said.runs[2].result["detail"] == f"{STALE}; {reason}"


@pytest.mark.parametrize(
    "file", ["other.pbk", "_hiddenPbk/rasphone.pbk", "rasphone.pbk.aovpn-remediate.old", "rasphone.pbk.bak"]
)
def test_tunnels_of_every_phonebook_count_whatever_their_encoding(client, shell, file):
    install(client, *WINDOWS)
    client.culture = "de-DE"
    path = client.write_phonebook("user", entry("Another")).parent / file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(entry(b"M\xfcnchen", encoding=False))
    client.interfaces = [live_interface("M\u00fcnchen", "IPv4")]
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed pending pending" and client.events == []


@pytest.mark.parametrize("file", ["rasphone.pbk", "other.pbk", "rasphone.pbk.old"])
def test_tunnels_of_vpn_apps_count_of_every_user(client, shell, file):
    install(client, *WINDOWS)
    home = client.folder / "Users" / "asmith"
    client.registry[f"{PROFILES}\\S-1-12-1-2"] = {"ProfileImagePath": {"type": "String", "data": str(home)}}
    (home / "AppData" / "Roaming" / "Microsoft").mkdir(parents=True)
    path = home / "AppData" / "Local" / "Packages" / "Some.Vpn_0123456789abc" / "LocalState" / file
    path.parent.mkdir(parents=True)
    path.write_bytes(entry("Another"))
    (path.parents[2] / "Without.State_0123456789abc").mkdir()
    client.interfaces = [live_interface("Another", "IPv4")]
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed pending pending" and client.events == []


def test_a_file_where_ras_keeps_no_phonebooks_holds_no_tunnels(client, shell):
    install(client, *WINDOWS)
    (client.app_data / "Microsoft" / "other.pbk").write_bytes(entry("Another"))
    (client.write_phonebook("app", entry("x")).parents[1] / "other.pbk").write_bytes(entry("Another"))
    client.interfaces = [live_interface("Another", "IPv4")]
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"


def link(path: Path, elsewhere: Path) -> None:
    """Put a link in the place of a file or folder, and that elsewhere."""
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def doubt_shared_process(client: SimulatedClient) -> None:
    client.cim["Win32_Service"][1]["ProcessId"] = 900


def doubt_pending(client: SimulatedClient) -> None:
    client.cim["Win32_Service"][0]["State"] = "Stop Pending"


def doubt_no_state(client: SimulatedClient) -> None:
    client.cim["Win32_Service"][0]["State"] = None


def doubt_link(client: SimulatedClient) -> None:
    link(client.write_phonebook("user", entry("x")), client.folder / "elsewhere")


def doubt_linked_folder(client: SimulatedClient) -> None:
    client.write_phonebook("user", entry("x"))
    link(client.app_data / "Microsoft" / "Network", client.folder / "elsewhere")


def doubt_linked_other(client: SimulatedClient) -> None:
    path = client.write_phonebook("user", entry("x")).with_name("other.pbk")
    path.write_bytes(entry("y"))
    link(path, client.folder / "elsewhere")


def doubt_linked_hidden(client: SimulatedClient) -> None:
    client.write_phonebook("user", entry("x"))
    link(client.write_phonebook("hidden", entry("y")).parent, client.folder / "elsewhere")


def doubt_linked_app(client: SimulatedClient) -> None:
    link(client.write_phonebook("app", entry("y")), client.folder / "elsewhere")


def doubt_linked_app_folder(client: SimulatedClient) -> None:
    link(client.write_phonebook("app", entry("y")).parent, client.folder / "elsewhere")


def doubt_linked_package(client: SimulatedClient) -> None:
    link(client.write_phonebook("app", entry("y")).parents[1], client.folder / "elsewhere")


def doubt_linked_packages(client: SimulatedClient) -> None:
    link(client.write_phonebook("app", entry("y")).parents[2], client.folder / "elsewhere")


def doubt_interfaces(client: SimulatedClient) -> None:
    client.faults = {"Get-NetIPInterface": "RPC server unavailable"}


def doubt_no_interface(client: SimulatedClient) -> None:
    client.interfaces = []


def doubt_denied_profiles(client: SimulatedClient) -> None:
    client.denied = (PROFILES,)


def doubt_profiles(client: SimulatedClient) -> None:
    client.faults = {"Get-ChildItem": "Access is denied"}


def doubt_redirected(client: SimulatedClient) -> None:
    (client.app_data / "Microsoft").rename(client.folder / "on a share")


def shell_folder(client: SimulatedClient, sid: str, place: str) -> None:
    """Let the loaded hive of a user say where AppData is."""
    value: RegistryValue = {"type": "ExpandString", "data": place}
    client.registry[f"HKU:\\{sid}{SHELL_FOLDERS}"] = {"AppData": value, "Desktop": value}


def doubt_share(client: SimulatedClient) -> None:
    shell_folder(client, "S-1-5-21-1", "\\\\files\\home\\jdoe\\AppData\\Roaming")


def doubt_other_folder(client: SimulatedClient) -> None:
    shell_folder(client, "S-1-5-21-1", "H:\\Roaming")


def doubt_denied_hive(client: SimulatedClient) -> None:
    shell_folder(client, "S-1-5-21-1", "C:\\Users\\jdoe\\AppData\\Roaming")
    client.denied = (f"HKU:\\S-1-5-21-1{SHELL_FOLDERS}",)


def doubt_null(client: SimulatedClient) -> None:
    client.write_phonebook("device", b"[x]\0")


LINK = "a link stands in the way of a phonebook"
SHARE = "the AppData of a user is not where it belongs; it may be on a share"
NULL = "the phonebook holds null characters, which Windows never writes"
DOUBTS = {
    doubt_shared_process: "it shares its process with another service",
    doubt_pending: "its state is Stop Pending",
    doubt_no_state: "its state is ",
} | {
    doubt: f"it cannot be told whether that is safe: {why}"
    for doubt, why in {
        doubt_link: LINK,
        doubt_linked_folder: LINK,
        doubt_linked_other: LINK,
        doubt_linked_hidden: LINK,
        doubt_linked_app: LINK,
        doubt_linked_app_folder: LINK,
        doubt_linked_package: LINK,
        doubt_linked_packages: LINK,
        doubt_interfaces: "RPC server unavailable",
        doubt_no_interface: "No MSFT_NetIPInterface objects found.",
        doubt_profiles: "Access is denied",
        doubt_denied_profiles: "Requested registry access is not allowed.",
        doubt_redirected: SHARE,
        doubt_share: SHARE,
        doubt_other_folder: SHARE,
        doubt_denied_hive: "Requested registry access is not allowed.",
        doubt_null: NULL,
    }.items()
}


@pytest.mark.parametrize(("doubt", "why"), DOUBTS.items())
def test_any_doubt_means_that_something_is_connected_and_the_line_says_why(client, shell, doubt, why):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    doubt(client)
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed pending pending"
    assert client.events == []
    assert said.runs[2].result["detail"] == f"{STALE}; RasMan alone is not restarted now: {why}"


@pytest.mark.parametrize("has_list", [True, False])
def test_what_is_connected_meanwhile_stays_and_nothing_is_called_fixed(client, shell, has_list):
    install(client, *WINDOWS)
    repair(client, shell, privileges())
    if not has_list:
        del client.registry[SERVICE]["RequiredPrivileges"]
    path = client.write_phonebook("user", entry("x"))
    client.interfaces = [live_interface("Another", "IPv4")]
    added = base64.b64encode(entry("Another")).decode("ascii")
    client.changes = [{"path": str(path), "command": "Repair-LiveCondition", "adds": added}]
    run = repair(client, shell, privileges(restart="when-disconnected"))
    assert (run.result["state"], client.events, client.unmet()) == ("pending", [], [])


def failing(script: bytes, call: str, answer: str = "") -> bytes:
    """The script with a command, the last word of the call, that fails as Windows's own do: by an error that
    ends nothing by itself."""
    takes = "[CmdletBinding()] param([Parameter(ValueFromRemainingArguments = $true)] $All)"
    does = f"function Stop-Short {{ {takes}\n{answer}\nWrite-Error '{FAILURE}' }}"
    mode = "$ErrorActionPreference = 'Stop'"
    script = surgery(script, mode, f"{mode}\n{does}")
    return surgery(script, call, re.sub(r"[\w-]+$", "Stop-Short", call))


@pytest.mark.parametrize(
    "call",
    [
        "$null = New-Item",
        "Set-ItemProperty",
        "    Get-CimInstance",
        "Restart-Service",
    ],
)
def test_a_command_that_fails_ends_the_repair_and_the_line_says_why(client, shell, call):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    script = failing(privileges(restart="when-disconnected").remediation, call)
    run = orderly(client.run(shell, script, run_as="system"))
    assert (run.result["state"], run.result["detail"]) == ("failed", FAILURE)
    assert client.events == []


def test_a_list_of_services_that_breaks_off_is_no_proof_that_the_process_is_not_shared(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    script = privileges(restart="when-disconnected").remediation
    script = failing(script, "$inProcess = @(Get-CimObject", answer="'RasMan'")
    run = orderly(client.run(shell, script, run_as="system"))
    assert (run.result["state"], client.events) == ("fixed", [])
    assert STALE in str(run.result["detail"])


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


@pytest.mark.parametrize("where", ["C:\\Windows\\System32\\config\\systemprofile\\AppData\\Roaming", None])
def test_a_user_whose_appdata_is_where_it_belongs_is_no_doubt(client, shell, where):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    shell_folder(client, "S-1-5-21-1", where or "")
    if not where:
        del client.registry[f"HKU:\\S-1-5-21-1{SHELL_FOLDERS}"]["AppData"]
    shell_folder(client, "S-1-5-19", "elsewhere")
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"


def folder_is_gone(client: SimulatedClient) -> str:
    return str(client.folder / "Users" / "gone")


def folder_was_left(client: SimulatedClient) -> str:
    (client.folder / "Users" / "left").mkdir(parents=True)
    return str(client.folder / "Users" / "left")


@pytest.mark.parametrize(
    ("key", "home"), [("S-1-5-21-2", folder_is_gone), ("S-1-5-21-2.bak", folder_was_left)]
)
def test_what_is_left_of_a_user_is_no_doubt(client, shell, key, home):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    client.registry[f"{PROFILES}\\{key}"] = {"ProfileImagePath": {"type": "String", "data": home(client)}}
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"


def test_a_user_without_a_folder_in_the_list_is_no_doubt(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    client.registry[f"{PROFILES}\\S-1-5-21-2"] = {}
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"


def test_the_account_of_a_service_needs_no_appdata_but_its_tunnels_count(client, shell):
    install(client, *WINDOWS)
    home = client.folder / "Windows" / "ServiceProfiles" / "LocalService"
    home.mkdir(parents=True)
    client.registry[f"{PROFILES}\\S-1-5-19"] = {"ProfileImagePath": {"type": "String", "data": str(home)}}
    path = home / "AppData" / "Roaming" / "Microsoft" / "Network" / "Connections" / "Pbk" / "rasphone.pbk"
    path.parent.mkdir(parents=True)
    path.write_bytes(entry("Another"))
    client.interfaces = [live_interface("Another", "IPv4")]
    assert say(client, shell, privileges(restart="when-disconnected")).states == "issue fixed pending pending"
    path.unlink()
    for folder in path.parents[:5]:
        folder.rmdir()
    assert say(client, shell, privileges(restart="when-disconnected")).states == "issue fixed healthy healthy"


def test_a_restart_that_was_due_is_done_once_nothing_is_connected(client, shell):
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
    begun = "a restart was begun before and it still runs in the same process"
    assert said.runs[2].result["detail"] == f"{STALE}; RasMan alone is not restarted now: {begun}"
    client.faults = {}
    client.cim["Win32_Process"][0]["CreationDate"] = datetime.now(UTC).isoformat()
    client.registry[SERVICE]["RequiredPrivileges"]["data"] = list(WINDOWS)
    assert say(client, shell, privileges(restart="when-disconnected")).states == "issue fixed healthy healthy"


def test_a_restart_that_left_the_old_process_is_not_done_twice(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    kept = "function Restart-Service { [CmdletBinding()] param($Name, [switch] $Force) }"
    mode = "$ErrorActionPreference = 'Stop'"
    script = surgery(privileges(restart="when-disconnected").remediation, mode, f"{mode}\n{kept}")
    run = orderly(client.run(shell, script, run_as="system"))
    assert (run.result["state"], client.events) == ("fixed", [])
    assert check(client, shell, privileges(restart="when-disconnected")).result["state"] == "pending"


RESTART = "Restart-Service -Name 'RasMan' -Force -WarningAction SilentlyContinue -ErrorAction Stop"
HALF = f"Stop-Service -Name 'RasMan' -Force -ErrorAction Stop\n    throw '{FAILURE}'"
"""A restart that ends when the service has stopped."""
START = "Start-Service -Name 'RasMan' -WarningAction SilentlyContinue -ErrorAction Stop"
STOPPED = "a restart of RasMan was begun before and it does not run"


def break_restart(client, shell, *, then: str = HALF) -> None:
    """A device whose restart of RasMan broke off."""
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    script = surgery(privileges(restart="when-disconnected").remediation, RESTART, then)
    run = orderly(client.run(shell, script, run_as="system"))
    assert (run.result["state"], client.events) == ("failed", ["service RasMan stopped"])
    assert listed(client) == list(WORKAROUND)


@pytest.mark.parametrize("restart", ["never", "when-disconnected"])
def test_a_service_that_a_restart_left_stopped_is_started(client, shell, restart):
    break_restart(client, shell)
    said = say(client, shell, privileges(restart=restart))
    assert (said.states, said.runs[0].result["detail"]) == ("issue fixed healthy healthy", STOPPED)
    assert client.events == ["service RasMan stopped", "service RasMan started"]
    assert client.registry[OURS]["RasManAtRestart"]["data"] == ""
    assert check(client, shell, privileges(restart=restart)).result["state"] == "healthy"


def test_a_service_that_is_stopped_after_a_restart_that_went_well_is_nobodys_fault(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    repair(client, shell, privileges(restart="when-disconnected"))
    client.cim["Win32_Service"][0] |= {"ProcessId": 0, "State": "Stopped"}
    assert say(client, shell, privileges()).states == "healthy healthy healthy healthy"


def test_a_restart_after_which_the_service_does_not_run_is_failed(client, shell):
    break_restart(client, shell, then="Stop-Service -Name 'RasMan' -Force -ErrorAction Stop")
    assert say(client, shell, privileges()).states == "issue fixed healthy healthy"


def test_a_service_that_does_not_run_since_windows_started_is_nobodys_fault(client, shell):
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


def test_a_service_that_ends_as_it_starts_is_started_once_a_run_and_failed(client, shell):
    break_restart(client, shell)
    script = surgery(
        privileges().remediation, START, f"{START}\n    Stop-Service -Name 'RasMan' -ErrorAction Stop"
    )
    run = orderly(client.run(shell, script, run_as="system"))
    assert (run.result["state"], run.result["detail"]) == (
        "failed",
        f"not repaired: {STOPPED}: RasMan does not run after it was started",
    )
    assert client.events[1:] == ["service RasMan started", "service RasMan stopped"]
    assert check(client, shell, privileges()).result["state"] == "issue"


def test_a_command_that_fails_to_start_the_service_ends_the_repair(client, shell):
    break_restart(client, shell)
    run = orderly(client.run(shell, failing(privileges().remediation, "Start-Service"), run_as="system"))
    assert (run.result["state"], run.result["detail"]) == ("failed", f"not repaired: {STOPPED}: {FAILURE}")


WRITE = "Set-RegistryValue @change"


def test_a_service_that_restarts_just_before_the_write_has_the_old_list(client, shell):
    install(client, *WINDOWS)
    script = surgery(privileges().remediation, WRITE, f"Restart-Service -Name 'RasMan'\n    {WRITE}")
    run = orderly(client.run(shell, script, run_as="system"))
    assert run.result["detail"] == f"repaired: RasMan lacks 2 of 8 wanted privileges; now: {STALE}"
    assert check(client, shell, privileges()).result["state"] == "pending"


def test_a_repair_that_ends_right_after_the_write_leaves_the_mark(client, shell):
    install(client, *WINDOWS)
    script = surgery(privileges().remediation, WRITE, f"{WRITE}\n    throw '{FAILURE}'")
    run = orderly(client.run(shell, script, run_as="system"))
    assert (run.result["state"], listed(client)) == ("failed", list(WORKAROUND))
    assert check(client, shell, privileges()).result["state"] == "pending"


def test_what_is_taken_away_as_it_restarts_is_added_and_waits(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    taken = "Set-RegistryValue -Key 'HKLM:\\SYSTEM\\CurrentControlSet\\Services\\RasMan' -Name 'RequiredPrivileges'"
    taken += " -Type 'MultiString' -Value @('SeTcbPrivilege')"
    script = privileges(restart="when-disconnected").remediation
    script = surgery(script, RESTART, f"{RESTART}\n    {taken}")
    run = orderly(client.run(shell, script, run_as="system"))
    assert (run.result["state"], client.events) == ("fixed", ["service RasMan restarted"])
    assert run.result["detail"] == f"repaired: RasMan lacks 2 of 8 wanted privileges; now: {STALE}"
    assert sorted(listed(client)) == sorted(WORKAROUND)


def test_a_list_that_cannot_be_written_restarts_nothing(client, shell):
    """Else each run would mark the process, fail, and restart it for nothing."""
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    package = privileges(restart="when-disconnected")
    script = surgery(package.remediation, "    Set-RegistryValue @change", "    throw 'no'")
    run = client.run(shell, script, run_as="system")
    assert (run.result["state"], run.result["detail"]) == ("failed", "no")
    assert client.events == []
