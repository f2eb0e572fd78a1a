"""A described client made on disk."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aovpn_remediate.client.description import (
    Description,
    EntryDescription,
    InterfaceDescription,
    NetworkDescription,
    ServiceDescription,
)
from aovpn_remediate.client.device import Registry, SimulatedClient, live_interface
from aovpn_remediate.client.links import put_link
from aovpn_remediate.client.phonebook import entry
from aovpn_remediate.client.state import (
    ChangedFile,
    LockedFile,
    Network,
    NetworkInterface,
    RegistryValue,
    Route,
)
from aovpn_remediate.errors import ClientError

_PROFILES = r"HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"
_HOSTS = b"# localhost name resolution is handled within DNS itself.\r\n#\t127.0.0.1       localhost\r\n"
_FIRST_PROCESS = 5_000_000
"""The number of the first simulated process: more than any process of the machine underneath can have."""

Rows = dict[str, list[dict[str, object]]]


def make_client(description: Description, folder: Path) -> SimulatedClient:
    """Return the device that is described, its files below a new folder.

    Raises ``ClientError`` where this machine cannot create the files.
    """
    client = SimulatedClient(
        folder=folder,
        interfaces=_interfaces(description.interfaces),
        routes=[_route(text) for text in description.routes],
        networks=[_network(one) for one in description.networks],
        reachable=tuple(description.reachable),
        cim=_services(description) | _windows(str(description.build)),
        events=list(description.events),
        denied=tuple(description.denied),
        disk_full=description.disk is not None,
        switches=tuple(description.switches),
        faults=dict(description.faults),
        culture=description.culture,
        language_mode=description.language,
    )
    client.registry = _profile_list(client, description.phonebooks) | _registry(description)
    client.locks = _locks(client, description)
    client.changes = _changes(client, description)
    try:
        _make_files(client, description)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise ClientError(f"the files of the simulated client cannot be created: {reason}") from error
    return client


def _make_files(client: SimulatedClient, description: Description) -> None:
    (client.app_data / "Microsoft").mkdir(parents=True)
    client.program_data.mkdir(parents=True)
    client.hosts.parent.mkdir(parents=True)
    client.hosts.write_bytes(_HOSTS)
    for scope, entries in description.phonebooks.items():
        client.write_phonebook(scope, _phonebook(entries))
    for name, content in description.files.items():
        _make_file(client, name, content)
    for name, content in description.planted.items():
        client.planted.append(str(_make_file(client, name, content)))
    if description.link is not None:
        put_link(client.phonebook(description.link), client.folder / "elsewhere.pbk")


def _make_file(client: SimulatedClient, name: str, content: str | bytes) -> Path:
    path = client.folder.joinpath(*name.replace("\\", "/").split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _phonebook(entries: Iterable[EntryDescription]) -> bytes:
    return b"".join(_entry(one) for one in entries)


def _entry(one: EntryDescription) -> bytes:
    return entry(
        one.name,
        ipv4=one.ipv4,
        ipv6=one.ipv6,
        kind=one.kind,
        encoding=one.encoding,
        keys=one.keys,
        last=tuple(line.encode() for line in one.last),
        routes=tuple(one.routes),
        time=one.time,
    )


def _interfaces(described: Iterable[InterfaceDescription]) -> list[NetworkInterface]:
    found: list[NetworkInterface] = []
    for one in described:
        for family, metric in (("IPv4", one.ipv4), ("IPv6", one.ipv6)):
            if metric is not None:
                found.append(_interface(one, family, metric))
    return found


def _interface(one: InterfaceDescription, family: str, metric: object) -> NetworkInterface:
    number = metric if isinstance(metric, int) else 25
    is_automatic = metric == "automatic"
    made = live_interface(one.alias, family, index=one.index, metric=number, automatic=is_automatic)
    made["ConnectionState"] = one.state
    return made


def _network(one: NetworkDescription) -> Network:
    return {"Name": one.name, "InterfaceAlias": one.interface, "NetworkCategory": one.category}


def _route(text: str) -> Route:
    prefix, _, metric = text.partition("@")
    family, hop = ("IPv6", "::") if ":" in prefix else ("IPv4", "0.0.0.0")  # noqa: S104  a next hop
    return {
        "DestinationPrefix": prefix,
        "InterfaceIndex": 23,
        "NextHop": hop,
        "RouteMetric": int(metric or 1),
        "AddressFamily": family,
    }


def _profile_list(client: SimulatedClient, phonebooks: Iterable[str]) -> Registry:
    """The users of the device, as Windows lists them."""
    others = [scope.removeprefix("user ") for scope in phonebooks if scope.startswith("user ")]
    found: Registry = {_PROFILES: {}}
    for number, user in enumerate([client.user, *others], 1001):
        home = str(client.app_data_of(user).parents[1])
        key = f"{_PROFILES}\\S-1-5-21-1-{number}"
        found[key] = {"ProfileImagePath": {"type": "String", "data": home}}
    return found


def _registry(description: Description) -> Registry:
    found: Registry = {}
    for key, values in description.registry.items():
        found[key] = {name: _registry_value(data) for name, data in values.items()}
    return found


def _registry_value(data: object) -> RegistryValue:
    if isinstance(data, bytes):
        return {"type": "Binary", "data": list(data)}
    if isinstance(data, list):
        return {"type": "MultiString", "data": data}
    return {"type": "DWord" if isinstance(data, int) else "String", "data": data}


def _windows(build: str) -> Rows:
    return {"Win32_OperatingSystem": [{"BuildNumber": build, "Version": f"10.0.{build}"}]}


def _services(description: Description) -> Rows:
    services: Mapping[str, ServiceDescription] = {"RasMan": ServiceDescription(), **description.services}
    found: Rows = {"Win32_Service": [], "Win32_Process": []}
    for process, (name, service) in enumerate(services.items(), _FIRST_PROCESS):
        own_process = 0 if service.state == "Stopped" else process
        found["Win32_Service"].append({"Name": name, "ProcessId": own_process, "State": service.state})
        if service.shared:
            found["Win32_Service"].append({"Name": "Dhcp", "ProcessId": process, "State": "Running"})
        born = datetime.now(UTC) + timedelta(minutes=service.started)
        found["Win32_Process"].append(
            {"ProcessId": process, "CreationDate": born.isoformat(), "Privileges": service.privileges}
        )
    return found


def _locks(client: SimulatedClient, description: Description) -> list[LockedFile]:
    return [
        {"path": str(client.phonebook(scope)), "tries": tries} for scope, tries in description.locked.items()
    ]


def _changes(client: SimulatedClient, description: Description) -> list[ChangedFile]:
    found: list[ChangedFile] = []
    for scope, change in description.changes.items():
        adds = base64.b64encode(_phonebook(change.adds)).decode("ascii")
        found.append({"path": str(client.phonebook(scope)), "command": change.at, "adds": adds})
    return found
