"""The long-lived PowerShell that runs one script after another, each in a fresh runspace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict, cast

from aovpn_remediate.errors import ClientError

_FOLDER = Path(__file__).parent


class NetworkInterface(TypedDict):
    """One address family of a live interface, under the names that Windows gives its properties."""

    InterfaceAlias: str
    InterfaceIndex: int
    AddressFamily: str
    InterfaceMetric: int
    AutomaticMetric: str
    ConnectionState: str


class LockedFile(TypedDict):
    """A file that another program holds until a script has waited so many times."""

    path: str
    tries: int


class Route(TypedDict):
    """One live route, under the names that Windows gives its properties."""

    DestinationPrefix: str
    InterfaceIndex: int
    NextHop: str
    RouteMetric: int
    AddressFamily: str


class RegistryValue(TypedDict):
    """One registry value: ``String`` or ``MultiString``, and its data."""

    type: str
    data: object


class State(TypedDict):
    """What the stand-ins work on; see the folder ``windows``."""

    interfaces: list[NetworkInterface]
    locks: list[LockedFile]
    routes: list[Route]
    registry: dict[str, dict[str, RegistryValue]]
    cim: dict[str, list[dict[str, object]]]
    switches: dict[str, bool]
    faults: dict[str, str]
    sleeps: int
    restarts: int


class _Answer(TypedDict):
    exit: int
    output: list[str]
    errors: list[str]
    state: State


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one script did: exit code, output lines, lines on stderr, and the device's state after it."""

    exit_code: int
    output: tuple[str, ...]
    errors: tuple[str, ...]
    state: State

    @property
    def result(self) -> dict[str, object]:
        """The last output line, read as the JSON object that every script ends with."""
        line = json.loads(self.output[-1])
        if not isinstance(line, dict):
            raise ClientError(f"the script's last line is no JSON object: {self.output[-1]!r}")
        return line


def find_powershell() -> str | None:
    """Return the PowerShell to use: ``REMEDIATE_PWSH``, else the first on ``PATH``; nothing without one."""
    named = os.environ.get("REMEDIATE_PWSH")
    if named:
        return named
    names = ("powershell", "pwsh") if sys.platform == "win32" else ("pwsh",)
    return next((found for name in names if (found := shutil.which(name))), None)


class PowerShell:
    """A running PowerShell; use it with ``with``. Raises ``ClientError`` where it cannot be started."""

    def __init__(self, executable: str) -> None:
        command = [
            executable, "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Bypass", "-File",
            str(_FOLDER / "host.ps1"), str(_FOLDER / "windows"),
        ]  # fmt: skip
        if sys.platform != "win32":
            del command[3:5]  # there is no execution policy elsewhere
        try:
            self._process = subprocess.Popen(  # noqa: S603  a list of our own, no shell
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8", errors="replace"
            )
        except OSError as error:
            raise ClientError(f"{executable}: cannot be started as PowerShell; {error.strerror}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                stream.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def run(
        self,
        script: Path,
        *,
        environment: Mapping[str, str],
        state: State,
        culture: str = "en-US",
        language_mode: str = "FullLanguage",
    ) -> Run:
        """Run one script file against the stand-ins and return what it did."""
        job = {
            "script": str(script),
            "environment": dict(environment),
            "state": state,
            "culture": culture,
            "languageMode": language_mode,
        }
        answer = self._ask(json.dumps(job))
        return Run(
            exit_code=answer["exit"],
            output=tuple(answer["output"]),
            errors=tuple(answer["errors"]),
            state=answer["state"],
        )

    def _ask(self, line: str) -> _Answer:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ClientError("PowerShell has no pipes")
        stdin.write(line + "\n")
        stdin.flush()
        text = stdout.readline()
        if not text:
            raise ClientError("PowerShell ended while it ran a script")
        answer = json.loads(text)
        if "broken" in answer:
            raise ClientError(f"the simulated client broke: {answer['broken']}")
        return cast("_Answer", answer)


def empty_state() -> State:
    """Return a Windows without connections, services and registry."""
    return {
        "interfaces": [],
        "locks": [],
        "routes": [],
        "registry": {},
        "cim": {"Win32_Service": [], "Win32_Process": []},
        "switches": {},
        "faults": {},
        "sleeps": 0,
        "restarts": 0,
    }
