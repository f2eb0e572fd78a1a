"""One simulated device: phonebooks as real files in a folder, and the state that the stand-ins work on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from aovpn_remediate.client.host import (
    LockedFile,
    NetworkInterface,
    PowerShell,
    RegistryValue,
    Route,
    Run,
    State,
    empty_state,
)

_PHONEBOOK = Path("Microsoft", "Network", "Connections", "Pbk", "rasphone.pbk")


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
    registry: dict[str, dict[str, RegistryValue]] = field(default_factory=dict)
    cim: dict[str, list[dict[str, object]]] = field(default_factory=lambda: empty_state()["cim"])
    switches: tuple[str, ...] = ()
    faults: dict[str, str] = field(default_factory=dict)
    culture: str = "en-US"
    language_mode: str = "FullLanguage"
    user: str = "jdoe"
    computer: str = "LAPTOP-0815"

    @property
    def app_data(self) -> Path:
        """The signed-in user's roaming AppData."""
        return self.folder / "Users" / self.user / "AppData" / "Roaming"

    @property
    def program_data(self) -> Path:
        """The folder that all users share."""
        return self.folder / "ProgramData"

    def phonebook(self, scope: str) -> Path:
        """Return where the phonebook of ``user``, ``all-users`` or ``device`` lies."""
        return (self.app_data if scope == "user" else self.program_data) / _PHONEBOOK

    def write_phonebook(self, scope: str, content: bytes) -> Path:
        """Put a phonebook there and return its path."""
        path = self.phonebook(scope)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def run(self, shell: PowerShell, script: bytes, *, run_as: str) -> Run:
        """Run the exact bytes of a script; the interfaces are those that it leaves behind."""
        path = self.folder / "script.ps1"
        path.write_bytes(script)
        run = shell.run(
            path,
            environment=self._environment(run_as),
            state=self._state(),
            culture=self.culture,
            language_mode=self.language_mode,
        )
        self.interfaces = list(run.state["interfaces"])
        self.routes = list(run.state["routes"])
        self.registry = run.state["registry"]
        self.cim = run.state["cim"]
        return run

    def _environment(self, run_as: str) -> dict[str, str]:
        is_system = run_as == "system"
        system_data = (
            self.folder / "Windows" / "System32" / "config" / "systemprofile" / "AppData" / "Roaming"
        )
        return {
            "USERNAME": f"{self.computer}$" if is_system else self.user,
            "USERDOMAIN": "CONTOSO",
            "COMPUTERNAME": self.computer,
            "APPDATA": str(system_data if is_system else self.app_data),
            "ProgramData": str(self.program_data),
        }

    def _state(self) -> State:
        return empty_state() | {
            "interfaces": self.interfaces,
            "locks": self.locks,
            "routes": self.routes,
            "registry": self.registry,
            "cim": self.cim,
            "switches": dict.fromkeys(self.switches, True),
            "faults": self.faults,
        }
