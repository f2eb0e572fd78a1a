"""The long-lived PowerShell that runs one script after another, in runspaces that are new or reset."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import re
import secrets
import select
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypedDict, cast

from aovpn_remediate.client.leftovers import kill, new_folder, remove_folder, start_process
from aovpn_remediate.client.state import State
from aovpn_remediate.errors import ClientError, NotPowerShellError, ScriptEndedError
from aovpn_remediate.problems.words import quoted

_FOLDER = Path(__file__).parent
_START = 60
"""The most seconds for the start; the first one after an update is slow."""
_QUICK_START = {
    "DOTNET_TieredCompilation": "0",
    "DOTNET_JITMinOpts": "1",
    "DOTNET_EnableDiagnostics": "0",
}
""".NET compiles thousands of small methods once and without optimizing, and no debugger can attach."""


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
            raise ClientError(f"the script's last line is not a JSON object: {self.output[-1]!r}")
        return line


def find_powershell() -> str | None:
    """Return the PowerShell to use: ``REMEDIATE_PWSH``, else the first on ``PATH``, else nothing."""
    named = os.environ.get("REMEDIATE_PWSH")
    if named:
        return named
    if sys.platform == "win32":
        return shutil.which("powershell") or shutil.which("pwsh")
    return shutil.which("pwsh")


@lru_cache(maxsize=64)
def _script_name(content: bytes) -> tuple[str, bool]:
    """A name for a script, and whether it defines types; a case runs the same script again and again."""
    defines_types = re.search(rb"(?im)^\s*(class|enum)\s", content) is not None
    return hashlib.sha256(content).hexdigest()[:16], defines_types


class PowerShell:
    """A running PowerShell; use it with ``with``. Raises ``ClientError`` where it cannot be started."""

    def __init__(self, executable: str) -> None:
        # Only Windows has an execution policy (about_Execution_Policies).
        policy = ["-ExecutionPolicy", "Bypass"] if sys.platform == "win32" else []
        host, stand_ins = str(_FOLDER / "host.ps1"), str(_FOLDER / "windows")
        self._command = [executable, "-NoProfile", "-NonInteractive", *policy, "-File", host, stand_ins]
        self._scripts = itertools.count()
        self._process: subprocess.Popen[str] | None = None
        self._folder: Path | None = None

    def start(self) -> None:
        """Start the process, which gets ready while the caller does something else."""
        if self._folder is None:
            self._folder = new_folder()
        errors = self._folder / "errors.txt"
        place = str(self._folder)
        # Temporary files of PowerShell itself are deleted with ours.
        environment = _QUICK_START | os.environ | {"TMPDIR": place, "TEMP": place, "TMP": place}
        try:
            with errors.open("wb") as stderr:
                self._process = start_process(self._command, errors=stderr, environment=environment)
        except OSError as error:
            reason = (error.strerror or "unknown reason").lower()
            advice = "name its path in REMEDIATE_PWSH"
            raise ClientError(
                f"{self._command[0]}: PowerShell cannot be started ({reason}); {advice}"
            ) from error
        self._errors = errors.open("rb")
        self._is_ready = False

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its folder."""
        self._end()
        if self._folder is not None:
            remove_folder(self._folder)

    def _end(self) -> None:
        """End the process, which has nothing to lose."""
        process, self._process = self._process, None
        if process is None:
            return
        kill([process])
        for stream in (process.stdin, process.stdout, self._errors):
            with contextlib.suppress(OSError):  # it may have ended already
                if stream:
                    stream.close()

    @property
    def processes(self) -> tuple[subprocess.Popen[str], ...]:
        """The process while it runs; if it is killed, ``run`` raises ``ScriptEndedError``."""
        return (self._process,) if self._process else ()

    def keep_script(self, content: bytes) -> Path:
        """Return where a script lies; the same one always has the same place, so that it is compiled once.

        One that defines types gets a new place each time: they would keep what an earlier run left in them.
        """
        name, defines_types = _script_name(content)
        if defines_types:
            name += f"-{next(self._scripts)}"
        if self._folder is None:
            raise ClientError("PowerShell was not started")
        path = self._folder / f"{name}.ps1"
        if not path.exists():
            path.write_bytes(content)
        return path

    def run(  # noqa: PLR0913  each is a part of the job
        self,
        script: Path,
        *,
        environment: Mapping[str, str],
        state: State,
        apart: bool = True,
        culture: str = "en-US",
        language_mode: str = "FullLanguage",
        limit: float = 0,
    ) -> Run:
        """Run one script file against the stand-ins and return what it did.

        ``apart`` gives it its own runspace. Otherwise it may get the last one with its variables reset,
        which is faster, and right for scripts that leave nothing else, as rendered ones do. After
        ``limit`` seconds the whole PowerShell is ended. Raises ``ScriptEndedError``; the next script then has
        another PowerShell.
        """
        if self._process is None:
            self.start()
        job = {
            "id": secrets.token_hex(8),
            "script": str(script),
            "apart": apart,
            "environment": list(environment.items()),
            "state": state,
            "culture": culture,
            "languageMode": language_mode,
        }
        answer = self._ask(job, limit)
        return Run(
            exit_code=answer["exit"],
            output=tuple(answer["output"]),
            errors=(*answer["errors"], *self._written_past()),
            state=answer["state"],
        )

    def _written_past(self) -> list[str]:
        """The lines on stderr since the last script that did not come through PowerShell."""
        text = self._errors.read().decode("utf-8", errors="replace")
        return [line for line in text.splitlines() if line.strip()]

    def _ask(self, job: Mapping[str, object], limit: float) -> _Answer:
        if self._process is None:
            raise ClientError("PowerShell was not started")
        process = self._process
        if not self._is_ready:
            self._meet(process)
        with _watch(process, limit) as is_late:
            try:
                answer = json.loads(_talk(process, json.dumps(job) + "\n"))
                if "broken" not in answer and answer["id"] != job["id"]:
                    raise ValueError("not the answer to this job")
            except (OSError, ValueError, TypeError, KeyError) as error:
                why = "it ended PowerShell, or a program that it started wrote between"
                if is_late.is_set():
                    why = f"it did not end within {limit} s"
                self._end()
                raise ScriptEndedError(f"the script could not be run to its end: {why}") from error
        if "broken" in answer:
            raise ClientError(f"the simulated client failed: {answer['broken']}")
        return cast("_Answer", answer)

    def _meet(self, process: subprocess.Popen[str]) -> None:
        """Wait until PowerShell is ready; any other program does not say so."""
        with _watch(process, _START):
            try:
                self._is_ready = bool(json.loads(_talk(process))["ready"])
            except (OSError, ValueError, TypeError, KeyError) as error:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(1)
                said = " ".join(self._written_past())[:100]
                code = process.returncode
                self._end()
                how = "it does not answer" if code is None else f"it ended with exit code {code}"
                if said:
                    how += f" and said {quoted(said)}"
                raise NotPowerShellError(
                    f"{self._command[0]}: this is not a PowerShell: {how}; name the path of pwsh in "
                    "REMEDIATE_PWSH"
                ) from error


@contextmanager
def _watch(process: subprocess.Popen[str], limit: float) -> Iterator[threading.Event]:
    """Kill a process after some seconds, 0 for never; the event says whether that happened."""
    is_late = threading.Event()

    def give_up() -> None:
        is_late.set()
        kill([process])

    watch = threading.Timer(limit or threading.TIMEOUT_MAX, give_up)
    watch.daemon = True
    watch.start()
    try:
        yield is_late
    finally:
        watch.cancel()


def _talk(process: subprocess.Popen[str], line: str = "") -> str:
    """Send a line and return the next one, or a part of it if the process ended."""
    stdin, stdout = process.stdin, process.stdout
    if stdin is None or stdout is None:
        raise ClientError("PowerShell has no pipes")
    if line:
        stdin.write(line)
        stdin.flush()
    if sys.platform == "win32":
        return stdout.readline()
    return _read_line(process, stdout)


def _read_line(process: subprocess.Popen[str], stdout: IO[str]) -> str:
    """The next line, or a part of it if the process ended; other programs may still hold the pipe."""
    line = b""
    while not line.endswith(b"\n"):
        has_ended = process.poll() is not None
        if select.select([stdout], [], [], 0 if has_ended else 0.5)[0]:
            part = os.read(stdout.fileno(), 1 << 16)
            line += part
            if not part:
                break
        elif has_ended:
            break
    return line.decode("utf-8", errors="replace")
