"""The pair of the kind rasman-privileges: no restart while a tunnel may be connected."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

import pytest

from aovpn_remediate.client import SimulatedClient, live_interface
from aovpn_remediate.client.phonebook import entry
from aovpn_remediate.kinds.rasman_privileges import WINDOWS
from tests.pairs import repair, say
from tests.rasman_client import (
    FAILURE,
    PROFILES,
    SERVICE,
    SHELL_FOLDERS,
    STALE,
    install,
    privileges,
    shell_folder,
)
from tests.script_faults import REAL, around


@pytest.mark.parametrize("scope", ["user", "device"])
def test_no_restart_while_any_tunnel_is_connected(client, shell, scope):
    install(client, *WINDOWS)
    client.write_phonebook(scope, entry("Somebody's M\u00fcnchen"))
    client.interfaces = [live_interface("somebody's m\u00fcnchen", "IPv4")]
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed pending pending"
    assert client.events == []
    reason = "RasMan is not restarted now: a tunnel is connected"
    assert said.runs[2].result["detail"] == f"{STALE}; {reason}"


@pytest.mark.parametrize(
    "file", ["other.pbk", "_hiddenPbk/rasphone.pbk", "rasphone.pbk.aovpn-remediate.old", "rasphone.pbk.bak"]
)
def test_tunnels_of_every_phonebook_count_in_every_encoding(client, shell, file):
    install(client, *WINDOWS)
    client.culture = "de-DE"
    path = client.write_phonebook("user", entry("Another")).parent / file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(entry(b"M\xfcnchen", encoding=False))
    client.interfaces = [live_interface("M\u00fcnchen", "IPv4")]
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed pending pending" and client.events == []


@pytest.mark.parametrize("file", ["rasphone.pbk", "other.pbk", "rasphone.pbk.old"])
def test_tunnels_of_every_users_vpn_apps_count(client, shell, file):
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


def test_files_in_other_folders_are_not_phonebooks(client, shell):
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


@dataclass(frozen=True)
class Elsewhere:
    """The AppData of the signed-in user is in another place, and the old folder is still there."""

    place: str

    def __call__(self, client: SimulatedClient) -> None:
        shell_folder(client, "S-1-5-21-1", self.place)


def doubt_folder_of_another_user(client: SimulatedClient) -> None:
    other = client.app_data_of("asmith")
    (other / "Microsoft").mkdir(parents=True)
    shell_folder(client, "S-1-5-21-1", str(other))


def doubt_folder_below_the_usual_one(client: SimulatedClient) -> None:
    shell_folder(client, "S-1-5-21-1", str(client.app_data / "AppData" / "Roaming"))


def doubt_no_text(client: SimulatedClient) -> None:
    shell_folder(client, "S-1-5-21-1", "")
    client.registry[f"HKU:\\S-1-5-21-1{SHELL_FOLDERS}"]["AppData"] = {"type": "DWord", "data": 1}


def doubt_denied_hive(client: SimulatedClient) -> None:
    shell_folder(client, "S-1-5-21-1", "C:\\Users\\jdoe\\AppData\\Roaming")
    client.denied = (f"HKU:\\S-1-5-21-1{SHELL_FOLDERS}",)


def doubt_null(client: SimulatedClient) -> None:
    client.write_phonebook("device", b"[x]\0")


LINK = "a link is on the path to a phonebook"
SHARE = "the AppData of a user is not in its usual place; it may be on a share"
NULL = "the phonebook contains null characters, so it may be damaged"
DOUBTS = {
    doubt_shared_process: "it shares its process with another service",
    doubt_pending: "its state is Stop Pending",
    doubt_no_state: "its state is ",
} | {
    doubt: f"it is unclear whether a restart is safe: {why}"
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
        doubt_folder_of_another_user: SHARE,
        doubt_folder_below_the_usual_one: SHARE,
        doubt_no_text: SHARE,
        Elsewhere("\\\\files\\home\\jdoe\\AppData\\Roaming"): SHARE,
        Elsewhere("H:\\Roaming"): SHARE,
        Elsewhere("H:\\AppData\\Roaming"): SHARE,
        Elsewhere("D:\\Data\\jdoe\\AppData\\Roaming"): SHARE,
        Elsewhere("C:\\Users\\jdoe\\AppData\\Roaming"): SHARE,
        Elsewhere(""): SHARE,
        doubt_denied_hive: "Requested registry access is not allowed.",
        doubt_null: NULL,
    }.items()
}


@pytest.mark.parametrize(("doubt", "why"), DOUBTS.items())
def test_what_is_unclear_counts_as_connected(client, shell, doubt, why):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    doubt(client)
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed pending pending"
    assert client.events == []
    assert said.runs[2].result["detail"] == f"{STALE}; RasMan is not restarted now: {why}"


@pytest.mark.parametrize("has_list", [True, False])
def test_a_tunnel_that_connects_during_the_repair_stays(client, shell, has_list):
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


def test_an_incomplete_list_of_services_prevents_the_restart(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    ends = (
        f"if (\"$args\" -like '*Win32_Service*ProcessId =*') {{ 'RasMan'; throw '{FAILURE}' }}\n{REAL} @args"
    )
    run = repair(client, shell, around(privileges(restart="when-disconnected"), "Get-CimObject", ends))
    assert (run.result["state"], client.events) == ("fixed", [])
    assert STALE in str(run.result["detail"])


def own_folder(client: SimulatedClient) -> str:
    return str(client.app_data)


def own_folder_as_system_reads_it(client: SimulatedClient) -> str:
    return str(client.folder / "WINDOWS" / "system32" / "config" / "systemprofile" / "AppData" / "Roaming")


@pytest.mark.parametrize("where", [own_folder, own_folder_as_system_reads_it, None])
def test_an_appdata_folder_in_its_usual_place_allows_the_restart(client, shell, where):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    shell_folder(client, "S-1-5-21-1", where(client) if where else "")
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
def test_the_rest_of_a_deleted_user_allows_the_restart(client, shell, key, home):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    client.registry[f"{PROFILES}\\{key}"] = {"ProfileImagePath": {"type": "String", "data": home(client)}}
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"


def test_a_user_without_a_folder_allows_the_restart(client, shell):
    install(client, *WINDOWS)
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    client.registry[f"{PROFILES}\\S-1-5-21-2"] = {}
    said = say(client, shell, privileges(restart="when-disconnected"))
    assert said.states == "issue fixed healthy healthy"


def test_tunnels_of_service_accounts_count(client, shell):
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
