"""A client described in a few words, as cases and client files do: made on disk, and compared afterwards.

A description is a mapping; every part may be missing:

    phonebooks: {device: [{name: VPN, ipv4: 0, ipv6: 25, routes: [10.0.0.0/8, 10.1.0.0/16@5]}]}
    interfaces: [{alias: VPN, ipv4: automatic, ipv6: 3, index: 23}]
    routes: [10.0.0.0/8]                   of the connected interface 23
    registry: {'HKLM:\\SOFTWARE\\X': {Name: text, Other: [a, list]}}
    services: {RasMan: {started: -60, shared: false}}     minutes from now
    faults: {Get-NetIPInterface: a text}   calls that fail
    switches: [refusesRoutes]              what Windows has not settled
    locked: {device: 2}                    phonebooks that another program holds for so many tries
    link: device                           a link stands where this phonebook should be
    culture: tr-TR, language: ConstrainedLanguage, account: other
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aovpn_remediate.client.device import SimulatedClient, live_interface
from aovpn_remediate.client.host import NetworkInterface, RegistryValue, Route
from aovpn_remediate.client.phonebook import entry
from aovpn_remediate.errors import ClientError

Description = Mapping[str, Any]

PARTS = frozenset(
    {
        "account", "culture", "faults", "interfaces", "language", "link", "locked", "phonebooks", "registry",
        "routes", "services", "switches",
    }
)  # fmt: skip

ANY = "*"
"""A registry value that may be whatever it is."""


def make_client(description: Description, folder: Path) -> SimulatedClient:
    """Return the device that a description asks for, its files below a new folder."""
    unknown = set(description) - PARTS
    if unknown:
        raise ClientError(f"client: there is no part {', '.join(sorted(unknown))}; see client/description.py")
    client = SimulatedClient(folder=folder)
    client.app_data.mkdir(parents=True)
    client.program_data.mkdir(parents=True)
    for scope, entries in description.get("phonebooks", {}).items():
        client.write_phonebook(scope, b"".join(entry(**_entry(one)) for one in entries))
    client.interfaces = [one for part in description.get("interfaces", ()) for one in _interface(**part)]
    client.routes = [_route(prefix) for prefix in description.get("routes", ())]
    client.registry = {
        key: _values(values, client) for key, values in description.get("registry", {}).items()
    }
    client.cim = _services(description.get("services", {}))
    client.faults = dict(description.get("faults", {}))
    client.switches = tuple(description.get("switches", ()))
    client.culture = description.get("culture", client.culture)
    client.language_mode = description.get("language", client.language_mode)
    for scope, tries in description.get("locked", {}).items():
        client.locks.append({"path": str(client.phonebook(scope)), "tries": tries})
    if "link" in description:
        path = client.phonebook(description["link"])
        path.rename(folder / "elsewhere.pbk")
        path.symlink_to(folder / "elsewhere.pbk")
    return client


def snapshot(client: SimulatedClient) -> dict[str, object]:
    """Return everything that a script could have changed, by name; the one backup of ours aside."""
    found: dict[str, object] = {}
    for path in sorted(client.folder.rglob("*")):
        is_ours = path.name in ("script.ps1", "rasphone.pbk.aovpn-remediate.bak")
        if not is_ours and (path.is_file() or path.is_symlink()):
            content = path.read_bytes() if path.exists() else b""
            found[f"file {path.relative_to(client.folder).as_posix()}"] = content
    for one in client.interfaces:
        metric = "automatic" if one["AutomaticMetric"] == "Enabled" else one["InterfaceMetric"]
        found[f"interface {one['InterfaceAlias']} {one['InterfaceIndex']} {one['AddressFamily']}"] = metric
    for route in client.routes:
        found[f"route {route['DestinationPrefix']} on {route['InterfaceIndex']}"] = route["NextHop"]
    for key, values in client.registry.items():
        found |= {f"registry {key} {name}": value["data"] for name, value in values.items()}
    return found


def differences(expected: Mapping[str, object], found: Mapping[str, object]) -> list[str]:
    """Return, a line each, how two snapshots differ."""
    lines: list[str] = []
    for name in sorted(expected.keys() | found.keys()):
        wanted, is_there = expected.get(name), found.get(name)
        if wanted == is_there or (wanted == ANY and is_there is not None):
            continue
        if isinstance(wanted, bytes) and isinstance(is_there, bytes):
            lines += _byte_differences(name, wanted, is_there)
        else:
            lines.append(f"{name}: expected {_shown(wanted)}, found {_shown(is_there)}")
    return lines


def _byte_differences(name: str, wanted: bytes, is_there: bytes) -> list[str]:
    import difflib

    before, after = (content.decode("latin-1").splitlines(keepends=True) for content in (wanted, is_there))
    delta = difflib.unified_diff(
        [repr(one) for one in before], [repr(one) for one in after], lineterm="", n=0
    )
    return [f"{name}: {line}" for line in list(delta)[2:] if not line.startswith("@")]


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)[:200]


def _entry(part: Mapping[str, Any]) -> dict[str, Any]:
    lines = {
        "last": tuple(line.encode() for line in part.get("last", ())),
        "routes": tuple(part.get("routes", ())),
    }
    return {**part, **lines}


def _interface(
    alias: str, ipv4: object = None, ipv6: object = None, index: int = 23, state: str = "Connected"
) -> list[NetworkInterface]:
    found = []
    for family, metric in (("IPv4", ipv4), ("IPv6", ipv6)):
        if metric is not None:
            number = metric if isinstance(metric, int) else 25
            one = live_interface(alias, family, index=index, metric=number, automatic=metric == "automatic")
            one["ConnectionState"] = state
            found.append(one)
    return found


def _route(prefix: str) -> Route:
    family, hop = ("IPv6", "::") if ":" in prefix else ("IPv4", "0.0.0.0")  # noqa: S104  a next hop
    return {
        "DestinationPrefix": prefix,
        "InterfaceIndex": 23,
        "NextHop": hop,
        "RouteMetric": 1,
        "AddressFamily": family,
    }


def _values(values: Mapping[str, object], client: SimulatedClient) -> dict[str, RegistryValue]:
    kinds = {list: "MultiString", int: "DWord"}
    return {
        name: {
            "type": kinds.get(type(data), "String"),
            "data": str(client.app_data.parents[1]) if data == "$home" else data,
        }
        for name, data in values.items()
    }


def _services(services: Mapping[str, Mapping[str, Any]]) -> dict[str, list[dict[str, object]]]:
    cim: dict[str, list[dict[str, object]]] = {"Win32_Service": [], "Win32_Process": []}
    for number, (name, facts) in enumerate(services.items(), 900):
        cim["Win32_Service"].append({"Name": name, "ProcessId": number})
        if facts.get("shared"):
            cim["Win32_Service"].append({"Name": "Dhcp", "ProcessId": number})
        born = datetime.now(UTC) + timedelta(minutes=facts.get("started", -60))
        cim["Win32_Process"].append({"ProcessId": number, "CreationDate": born.isoformat()})
    return cim
