"""What the stand-ins work on: the simulated device as JSON, under the names that Windows uses."""

from __future__ import annotations

from typing import TypedDict


class NetworkInterface(TypedDict):
    """One address family of a live interface."""

    InterfaceAlias: str
    InterfaceIndex: int
    AddressFamily: str
    InterfaceMetric: int
    AutomaticMetric: str
    ConnectionState: str


class Route(TypedDict):
    """One live route."""

    DestinationPrefix: str
    InterfaceIndex: int
    NextHop: str
    RouteMetric: int
    AddressFamily: str


class Network(TypedDict):
    """The network that an interface is in, and its category."""

    Name: str
    InterfaceAlias: str
    NetworkCategory: str


class RegistryValue(TypedDict):
    """One registry value: its data, and ``String``, ``MultiString``, ``DWord`` or ``Binary`` (a list).

    ``Damaged`` is one whose data does not fit its type, so that it cannot be read.
    """

    type: str
    data: object


class LockedFile(TypedDict):
    """A file that another program holds until a script has waited ``tries`` times."""

    path: str
    tries: int


class ChangedFile(TypedDict):
    """A file that another program adds bytes (Base64) to, once, as a script calls a command."""

    path: str
    command: str
    adds: str


class State(TypedDict):
    """The device; the folder ``windows`` says what each command does with it.

    ``drive`` is the folder that is C: for scripts, ``slept`` the seconds that a script slept,
    ``planted`` the files that a standard user owns.
    """

    drive: str
    interfaces: list[NetworkInterface]
    routes: list[Route]
    persistent: list[str]
    networks: list[Network]
    reachable: list[str]
    registry: dict[str, dict[str, RegistryValue]]
    cim: dict[str, list[dict[str, object]]]
    phonebooks: list[str]
    events: list[str]
    locks: list[LockedFile]
    changes: list[ChangedFile]
    denied: list[str]
    planted: list[str]
    isDiskFull: bool
    switches: dict[str, bool]
    faults: dict[str, str]
    met: list[str]
    refused: list[str]
    rewritten: list[str]
    then: str
    sleeps: int
    slept: float


def empty_state() -> State:
    """Return a Windows without connections, services and registry."""
    return {
        "drive": "",
        "interfaces": [],
        "routes": [],
        "persistent": [],
        "networks": [],
        "reachable": [],
        "registry": {},
        "cim": {"Win32_Service": [], "Win32_Process": [], "Win32_OperatingSystem": []},
        "phonebooks": [],
        "events": [],
        "locks": [],
        "changes": [],
        "denied": [],
        "planted": [],
        "isDiskFull": False,
        "switches": {},
        "faults": {},
        "met": [],
        "refused": [],
        "rewritten": [],
        "then": "",
        "sleeps": 0,
        "slept": 0,
    }
