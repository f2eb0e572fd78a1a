"""Devices with the service RasMan, and pairs that keep its privileges."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aovpn_remediate.client import SimulatedClient
from aovpn_remediate.client.state import RegistryValue
from tests.pairs import pair

SERVICE = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\RasMan"
OURS = "HKLM:\\SOFTWARE\\aovpn-remediate"
FAILURE = "The device is not ready."
STALE = "the new privileges are stored; they count when Windows is restarted (Restart, not Shut down)"
SHELL_FOLDERS = "\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders"
PROFILES = "HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList"


def privileges(wanted: object = "workaround", **settings: object):
    """A pair that wants these privileges."""
    return pair("rasman-privileges", privileges=wanted, **settings)


def install(client: SimulatedClient, *listed: str, started: timedelta = timedelta(days=-1)) -> None:
    """RasMan with this list, in its own process; one user has a profile folder."""
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


def shell_folder(client: SimulatedClient, sid: str, place: str) -> None:
    """Let the loaded hive of a user say where AppData is."""
    value: RegistryValue = {"type": "ExpandString", "data": place}
    client.registry[f"HKU:\\{sid}{SHELL_FOLDERS}"] = {"AppData": value, "Desktop": value}
