"""One simulated device: phonebooks as real files in a folder, and the state that the stand-ins work on."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from aovpn_remediate.client.host import PowerShell, Run
from aovpn_remediate.client.state import (
    ChangedFile,
    LockedFile,
    Network,
    NetworkInterface,
    RegistryValue,
    Route,
    State,
    empty_state,
)

LIMIT = 60
"""The most seconds for one script."""
_PHONEBOOK = Path("Microsoft", "Network", "Connections", "Pbk", "rasphone.pbk")
"""Below AppData or ProgramData (ld0614/DPC, ManageRasphonePBK.cs)."""
_HIDDEN = _PHONEBOOK.with_name("_hiddenPbk") / _PHONEBOOK.name
"""The hidden copy of a user (ld0614/DPC#21)."""
_APP = Path("Local", "Packages", "Microsoft.AzureVpn_8wekyb3d8bbwe", "LocalState", _PHONEBOOK.name)
"""The phonebook of the Azure VPN client (MicrosoftDocs/azure-docs#70350)."""


Registry = dict[str, dict[str, RegistryValue]]


def live_interface(
    alias: str, family: str, *, index: int = 23, metric: int = 25, automatic: bool = True
) -> NetworkInterface:
    """Return one address family (``IPv4`` or ``IPv6``) of a connected interface."""
    return {
        "InterfaceAlias": alias,
        "InterfaceIndex": index,
        "AddressFamily": family,
        "InterfaceMetric": metric,
        "AutomaticMetric": "Enabled" if automatic else "Disabled",
        "ConnectionState": "Connected",
    }


@dataclass(kw_only=True)
class SimulatedClient:
    """A Windows device below ``folder``; ``run`` runs a script on it as SYSTEM or as the signed-in user."""

    folder: Path
    interfaces: list[NetworkInterface] = field(default_factory=list)
    locks: list[LockedFile] = field(default_factory=list)
    routes: list[Route] = field(default_factory=list)
    persistent: list[str] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)
    reachable: tuple[str, ...] = ()
    registry: Registry = field(default_factory=dict)
    cim: dict[str, list[dict[str, object]]] = field(default_factory=lambda: empty_state()["cim"])
    events: list[str] = field(default_factory=list)
    changes: list[ChangedFile] = field(default_factory=list)
    denied: tuple[str, ...] = ()
    planted: list[str] = field(default_factory=list)
    disk_full: bool = False
    switches: tuple[str, ...] = ()
    faults: dict[str, str] = field(default_factory=dict)
    met: list[str] = field(default_factory=list)
    culture: str = "en-US"
    language_mode: str = "FullLanguage"
    user: str = "jdoe"
    computer: str = "LAPTOP-0815"

    @property
    def app_data(self) -> Path:
        """The signed-in user's roaming AppData."""
        return self.app_data_of(self.user)

    def app_data_of(self, user: str) -> Path:
        """The roaming AppData of a user of the device."""
        return self.folder / "Users" / user / "AppData" / "Roaming"

    @property
    def program_data(self) -> Path:
        """The folder that all users share."""
        return self.folder / "ProgramData"

    @property
    def hosts(self) -> Path:
        """The hosts file, which every Windows has."""
        return self.folder / "Windows" / "System32" / "drivers" / "etc" / "hosts"

    def phonebook(self, scope: str) -> Path:
        """Return the path of a phonebook.

        ``user``, ``all-users`` or ``device``; ``hidden`` is the signed-in user's hidden one, ``app`` that of
        the user's Azure VPN client, ``user NAME`` that of another user.
        """
        if scope.startswith("user "):
            return self.app_data_of(scope.removeprefix("user ")) / _PHONEBOOK
        places = {
            "user": self.app_data / _PHONEBOOK,
            "hidden": self.app_data / _HIDDEN,
            "app": self.app_data.parent / _APP,
        }
        return places.get(scope, self.program_data / _PHONEBOOK)

    def write_phonebook(self, scope: str, content: bytes) -> Path:
        """Put a phonebook there and return its path."""
        path = self.phonebook(scope)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def run(
        self, shell: PowerShell, script: bytes, *, run_as: str, then: str = "", apart: bool = False
    ) -> Run:
        """Run the exact bytes of a script; its changes become the device's state.

        ``then`` happens before it: ``reconnect``, ``restart`` or ``shut down``. ``apart`` gives it its own
        runspace, which is slower, for a script that may leave more than variables.
        """
        run = shell.run(
            shell.keep_script(script),
            apart=apart,
            environment=self._environment(run_as, script),
            state=self._state(then),
            culture=self.culture,
            language_mode=self.language_mode,
            limit=LIMIT,
        )
        self.folder.mkdir(parents=True, exist_ok=True)  # the script may have removed all of C:
        self.interfaces, self.routes = list(run.state["interfaces"]), list(run.state["routes"])
        self.persistent = list(run.state["persistent"])
        self.registry, self.cim = _unquoted(run.state["registry"]), run.state["cim"]
        self.events, self.changes = list(run.state["events"]), list(run.state["changes"])
        self.met += run.state["met"]
        return run

    def unmet(self) -> list[str]:
        """The faults and changes that no script has met so far."""
        unmet: list[str] = []
        for name in self.faults:
            if name not in self.met:
                unmet.append(f"the fault {name}")
        for change in self.changes:
            if change["adds"]:
                unmet.append(f"the change at {change['command']}")
        return unmet

    def _phonebooks(self) -> Iterator[str]:
        for folder, _, names in os.walk(self.folder):
            if _PHONEBOOK.name in names:
                yield str(Path(folder, _PHONEBOOK.name))

    @property
    def temporary(self) -> Path:
        """The folder for temporary files; what scripts leave there is not compared."""
        return self.folder.with_name(f"{self.folder.name}-temporary")

    def _environment(self, run_as: str, script: bytes) -> dict[str, str]:
        """The variables that Windows sets, in the spellings of the script."""
        is_system = run_as == "system"
        windows, users = self.folder / "Windows", self.folder / "Users"
        home = windows / "System32" / "config" / "systemprofile" if is_system else users / self.user
        self.temporary.mkdir(parents=True, exist_ok=True)
        variables = {
            "USERNAME": f"{self.computer}$" if is_system else self.user,
            "USERDOMAIN": "CONTOSO",
            "COMPUTERNAME": self.computer,
            "USERPROFILE": str(home),
            "APPDATA": str(home / "AppData" / "Roaming"),
            "LOCALAPPDATA": str(home / "AppData" / "Local"),
            "ProgramData": str(self.program_data),
            "ALLUSERSPROFILE": str(self.program_data),
            "PUBLIC": str(users / "Public"),
            "ProgramFiles": str(self.folder / "Program Files"),
            "SystemDrive": str(self.folder),
            "SystemRoot": str(windows),
            "windir": str(windows),
            "TEMP": str(self.temporary),
            "TMP": str(self.temporary),
        }
        if sys.platform == "win32":
            return on_windows(variables)
        return {"HOME": str(self.temporary), "TMPDIR": str(self.temporary)} | dict(
            _spelled(variables, script)
        )

    def _state(self, then: str) -> State:
        return empty_state() | {
            "drive": str(self.folder),
            "interfaces": self.interfaces,
            "routes": self.routes,
            "persistent": self.persistent,
            "networks": self.networks,
            "reachable": list(self.reachable),
            "registry": _quoted(self.registry),
            "cim": self.cim,
            "phonebooks": sorted(self._phonebooks()),
            "events": self.events,
            "locks": self.locks,
            "changes": self.changes,
            "denied": list(self.denied),
            "planted": self.planted,
            "isDiskFull": self.disk_full,
            "switches": dict.fromkeys(self.switches, True),
            "faults": self.faults,
            "then": then,
        }


def on_windows(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without those that .NET and every program of Windows need as they really are."""
    return {name: value for name, value in variables.items() if name not in ("SystemRoot", "windir")}


def _spelled(variables: Mapping[str, str], script: bytes) -> Iterator[tuple[str, str]]:
    """The variables under each spelling in a script: off Windows their names are case-sensitive."""
    yield from variables.items()
    known = {name.lower(): value for name, value in variables.items()}
    for name in _variable_names(script):
        if name.lower() in known:
            yield name, known[name.lower()]


@lru_cache(maxsize=64)
def _variable_names(script: bytes) -> tuple[str, ...]:
    """The environment variables that a script names, as it spells them; a case runs it again and again."""
    names = re.findall(rb"(?i)env:(\w+)", script)
    return tuple(name.decode() for name in dict.fromkeys(names))


def _quoted(registry: Registry) -> Registry:
    """The registry with a mark before each text, so that JSON does not convert one that looks like a time."""
    return _with_texts(registry, lambda text: f"'{text}")


def _unquoted(registry: Registry) -> Registry:
    return _with_texts(registry, lambda text: text[1:])


def _with_texts(registry: Registry, change: Callable[[str], str]) -> Registry:
    """The registry with each text changed."""
    changed: Registry = {}
    for key, values in registry.items():
        changed[key] = {}
        for name, value in values.items():
            is_text = value["type"] == "String"
            data = change(str(value["data"])) if is_text else value["data"]
            changed[key][name] = {"type": value["type"], "data": data}
    return changed
