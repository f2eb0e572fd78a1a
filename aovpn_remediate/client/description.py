"""A client described in a few words, as cases and client files do, and made on disk.

A description is a mapping; every part may be missing:

    phonebooks: {device: [{name: VPN, ipv4: 0, ipv6: 25, routes: [10.0.0.0/8, 10.1.0.0/16@5]}]}
                                           also user, all-users, hidden, app, and user NAME for another user
    interfaces: [{alias: VPN, ipv4: automatic, ipv6: 3, index: 23}]
    routes: [10.0.0.0/8, 10.1.0.0/16@5]    of the connected interface 23
    networks: [{name: Cafe, interface: Ethernet, category: Public}]
    reachable: [dc01.corp.contoso.com, 'dc01.corp.contoso.com:389']    by a ping, and a connection to a port
    files: {ProgramData/Contoso/vpn.log: a text}    below the client's folder; !!binary for bytes
    registry: {'HKLM:\\SOFTWARE\\X': {Text: a, List: [a, b], Number: 1, Bytes: !!binary AAE=}}
    services: {RasMan: {started: -60, shared: false, privileges: [a, b], state: Stop Pending}}
                                           started is minutes from now
    build: 22631                           of Windows
    events: [service RasMan restarted]     what happened to the client
    faults: {Get-NetIPInterface: a text}   calls that fail
    denied: ['HKLM:\\SOFTWARE\\X']         registry keys that nobody may read or write
    disk: full
    locked: {device: 2}                    phonebooks that another program holds for so many tries
    changes: {device: {at: Write-PhonebookText, adds: [{name: New}]}}
                                           another program adds entries as the script calls a command
    link: device                           a link stands where this phonebook should be
    switches: [refusesRoutes]              what Windows has not settled
    culture: tr-TR, language: ConstrainedLanguage, account: other
"""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from aovpn_remediate.client.device import SimulatedClient, live_interface
from aovpn_remediate.client.phonebook import entry
from aovpn_remediate.client.state import Network, NetworkInterface, RegistryValue, Route
from aovpn_remediate.errors import ClientError

Description = Mapping[str, Any]

PARTS = frozenset(
    {
        "account", "build", "changes", "culture", "denied", "disk", "events", "faults", "files", "interfaces",
        "language", "link", "locked", "networks", "phonebooks", "reachable", "registry", "routes",
        "services", "switches",
    }
)  # fmt: skip

SWITCHES = frozenset({"refusesRoutes", "resetsMetric", "dropsExclusions", "reencodes"})
_SCOPES = frozenset({"user", "all-users", "device", "hidden", "app"})
_WORDS = {"disk": {"full"}, "account": {"other"}, "language": {"FullLanguage", "ConstrainedLanguage"}}
_LISTS = frozenset({"denied", "events", "interfaces", "networks", "reachable", "routes", "switches"})
_CATEGORIES = frozenset({"Public", "Private", "DomainAuthenticated"})
_USER = re.compile(r"user \w[\w .-]*")
_EVENT = re.compile(
    r"connection .+ (dropped|dialed)|service .+ (restarted|started|stopped)"
    r"|the process of service .+ killed|Windows (restarted|shut down)"
)
_STATES = frozenset({"Running", "Stopped", "Start Pending", "Stop Pending"})
_PROFILES = r"HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList"
_BUILD = 22631
_CULTURE = r"[a-z]{2,3}(-[A-Za-z]{4})?(-([A-Z]{2}|[0-9]{3}))?"
_FIRST_PROCESS = 5_000_000
"""The number of the first simulated process: more than any process of the machine underneath can have."""


def make_client(description: Description, folder: Path) -> SimulatedClient:
    """Return the device that a description asks for, its files below a new folder.

    Raises ``ClientError`` with the part that is not as it has to be.
    """
    client = SimulatedClient(folder=folder)
    try:
        _check_words(description)
        _check_phonebooks(description)
        _make_files(client, description)
        _make_network(client, description)
        _make_system(client, description)
        _make_faults(client, description)
    except (ArithmeticError, AttributeError, KeyError, OSError, TypeError, ValueError, struct.error) as error:
        parts = " or ".join(sorted(set(description) - {"phonebooks"} or set(description)))
        raise ClientError(f"{parts}: {_plain(error)}; docs/clients.md shows each part") from error
    return client


def _check_words(description: Description) -> None:
    """Raise ``ClientError`` for a word that would mean nothing, lest a case shows less than it says."""
    _known("part", description, PARTS)
    for part in sorted(_LISTS & description.keys()):
        if not isinstance(description[part], list):
            raise ClientError(f"{part} is no list; docs/clients.md shows each part")
    for part in ("phonebooks", "locked", "changes"):
        scopes = [one for one in description.get(part) or () if not _USER.fullmatch(str(one))]
        _known(f"phonebook in {part}", scopes, _SCOPES)
    _known("phonebook in link", [description["link"]] if "link" in description else [], _SCOPES)
    _known("switch", description.get("switches", ()), SWITCHES)
    for name, facts in dict(description.get("services") or {}).items():
        if not isinstance(facts or {}, dict):
            shape = "a mapping such as {state: Stopped}"
            raise ClientError(f"services {name}: {facts!r} is not {shape}; docs/clients.md shows each part")
        _known("fact about a service", facts or (), {"started", "shared", "privileges", "state"})
        _known("state of a service", [facts["state"]] if "state" in (facts or ()) else [], _STATES)
    for part, words in _WORDS.items():
        _known(part, [description[part]] if part in description else [], words)


def _check_phonebooks(description: Description) -> None:
    """Raise ``ClientError`` where something happens to a phonebook that the client does not have."""
    named = {part: description.get(part, ()) for part in ("locked", "changes")}
    named["link"] = [description["link"]] if "link" in description else ()
    for part, scopes in named.items():
        for scope in scopes:
            if scope not in description.get("phonebooks", {}):
                raise ClientError(
                    f"{part} names the phonebook {scope}, which is not there; add it to phonebooks"
                )


def _known(what: str, found: Iterable[object], known: Collection[str]) -> None:
    unknown = [str(one) for one in found if one not in known]
    if unknown:
        raise ClientError(
            f"there is no {what} {', '.join(unknown)}; docs/clients.md lists {', '.join(sorted(known))}"
        )


def _plain(error: Exception) -> str:
    """What Python says about a part, as far as it says anything to a reader of client files."""
    text = f"there is no {error}" if isinstance(error, KeyError) else str(error)
    if isinstance(error, OSError):
        text = f"a file cannot be made: {error.strerror or 'there is something else'}"
    said = (
        text.replace("got an unexpected keyword argument", "has no")
        .replace("entry() ", "an entry of a phonebook ")
        .replace("_interface() ", "an interface ")
        .replace("_network() ", "a network ")
    )
    is_python = isinstance(error, AttributeError | TypeError) and (said == text or "**" in text)
    return "is not written as it has to be" if is_python else said


def _make_files(client: SimulatedClient, description: Description) -> None:
    (client.app_data / "Microsoft").mkdir(parents=True)
    client.program_data.mkdir(parents=True)
    for scope, entries in description.get("phonebooks", {}).items():
        client.write_phonebook(scope, _phonebook(entries))
    for name, content in description.get("files", {}).items():
        _write_file(client.folder, name, content)
    if "link" in description:
        path = client.phonebook(description["link"])
        path.rename(client.folder / "elsewhere.pbk")
        path.symlink_to(client.folder / "elsewhere.pbk")


def _write_file(folder: Path, name: str, content: object) -> None:
    parts = name.replace("\\", "/").split("/")
    if not all(parts) or ":" in name or {".", ".."} & set(parts):
        raise ValueError(f"{name} is no file such as ProgramData/Contoso/vpn.log")
    path = folder.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else str(content).encode())


def _make_network(client: SimulatedClient, description: Description) -> None:
    client.interfaces = [one for part in description.get("interfaces", ()) for one in _interface(**part)]
    client.routes = [_route(route) for route in description.get("routes", ())]
    client.networks = [_network(**part) for part in description.get("networks", ())]
    client.reachable = tuple(str(one) for one in description.get("reachable", ()))


def _make_system(client: SimulatedClient, description: Description) -> None:
    client.registry = _profile_list(client, description.get("phonebooks", {}))
    client.registry |= {_key(key): _values(values) for key, values in description.get("registry", {}).items()}
    client.cim = _services({"RasMan": {}} | description.get("services", {}))
    build = str(description.get("build", _BUILD))
    client.cim["Win32_OperatingSystem"] = [{"BuildNumber": build, "Version": f"10.0.{build}"}]
    if not build.isdecimal():
        raise ValueError(f"{build!r} is no number of a build")
    client.events = list(description.get("events", ()))
    for event in client.events:
        if not _EVENT.fullmatch(str(event)):
            raise ValueError(f"there is no event {event!r}")
    client.culture = description.get("culture", client.culture)
    if not re.fullmatch(_CULTURE, client.culture):
        raise ValueError(f"{client.culture!r} is no culture such as de-DE")
    client.language_mode = description.get("language", client.language_mode)


def _make_faults(client: SimulatedClient, description: Description) -> None:
    client.faults = dict(description.get("faults", {}))
    client.denied = tuple(description.get("denied", ()))
    client.disk_full = description.get("disk") == "full"
    client.switches = tuple(description.get("switches", ()))
    for scope, tries in description.get("locked", {}).items():
        if not isinstance(tries, int):
            raise ValueError(f"{tries!r} is no number of tries")
        client.locks.append({"path": str(client.phonebook(scope)), "tries": tries})
    for scope, change in description.get("changes", {}).items():
        adds = base64.b64encode(_phonebook(change["adds"])).decode("ascii")
        client.changes.append({"path": str(client.phonebook(scope)), "command": change["at"], "adds": adds})


def _phonebook(entries: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(entry(**_entry(one)) for one in entries)


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
            if metric != "automatic" and not isinstance(metric, int):
                raise ValueError(f"the metric {metric!r} of {alias} is neither a number nor automatic")
            number = metric if isinstance(metric, int) else 25
            one = live_interface(alias, family, index=index, metric=number, automatic=metric == "automatic")
            one["ConnectionState"] = state
            found.append(one)
    return found


def _network(name: str, interface: str, category: str = "Public") -> Network:
    _known("category of a network", [category], _CATEGORIES)
    return {"Name": name, "InterfaceAlias": interface, "NetworkCategory": category}


def _route(text: str) -> Route:
    prefix, _, metric = text.partition("@")
    ip_network(prefix)
    family, hop = ("IPv6", "::") if ":" in prefix else ("IPv4", "0.0.0.0")  # noqa: S104  a next hop
    return {
        "DestinationPrefix": prefix,
        "InterfaceIndex": 23,
        "NextHop": hop,
        "RouteMetric": int(metric or 1),
        "AddressFamily": family,
    }


def _profile_list(
    client: SimulatedClient, phonebooks: Mapping[str, object]
) -> dict[str, dict[str, RegistryValue]]:
    """The users of the device, as Windows lists them."""
    others = [scope.removeprefix("user ") for scope in phonebooks if scope.startswith("user ")]
    found: dict[str, dict[str, RegistryValue]] = {_PROFILES: {}}
    for number, user in enumerate([client.user, *others], 1001):
        home = str(client.app_data_of(user).parents[1])
        key = f"{_PROFILES}\\S-1-5-21-1-{number}"
        found[key] = {"ProfileImagePath": {"type": "String", "data": home}}
    return found


def _key(name: str) -> str:
    """The name of a registry key; one in another form would be a key that no script can ask for."""
    if not re.fullmatch(r"(?i)HK(LM|CU|U):(\\[^\\/]+)+", name):
        raise ValueError(f"{name} is no key such as HKLM:\\SOFTWARE\\X")
    return name


def _values(values: Mapping[str, object]) -> dict[str, RegistryValue]:
    return {name: _value(data) for name, data in values.items()}


def _value(data: object) -> RegistryValue:
    if isinstance(data, bytes):
        return {"type": "Binary", "data": list(data)}
    kinds = {list: "MultiString", int: "DWord"}
    return {"type": kinds.get(type(data), "String"), "data": data}


def _services(services: Mapping[str, Mapping[str, Any]]) -> dict[str, list[dict[str, object]]]:
    cim: dict[str, list[dict[str, object]]] = {"Win32_Service": [], "Win32_Process": []}
    for number, (name, facts) in enumerate(services.items(), _FIRST_PROCESS):
        state = facts.get("state", "Running")
        has_process = number if state != "Stopped" else 0
        cim["Win32_Service"].append({"Name": name, "ProcessId": has_process, "State": state})
        if facts.get("shared"):
            cim["Win32_Service"].append({"Name": "Dhcp", "ProcessId": number, "State": "Running"})
        born = datetime.now(UTC) + timedelta(minutes=facts.get("started", -60))
        process = {"CreationDate": born.isoformat(), "Privileges": facts.get("privileges")}
        cim["Win32_Process"].append({"ProcessId": number, **process})
    return cim
