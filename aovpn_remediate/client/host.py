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
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TypedDict, cast

from aovpn_remediate.client.state import State
from aovpn_remediate.errors import ClientError, ScriptEndedError

_FOLDER = Path(__file__).parent
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
        self._folder = tempfile.TemporaryDirectory(prefix="remediate-")
        self._scripts = itertools.count()
        try:
            self._start()
        except OSError as error:
            self._folder.cleanup()
            reason = (error.strerror or "unknown reason").lower()
            raise ClientError(
                f"{executable}: PowerShell cannot be started ({reason}); name its path in REMEDIATE_PWSH"
            ) from error

    def _start(self) -> None:
        errors = Path(self._folder.name, "errors.txt")
        with errors.open("wb") as stderr:
            self._process = subprocess.Popen(  # noqa: S603  a list of our own, no shell
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                encoding="utf-8",
                errors="replace",
                # Temporary files of PowerShell itself are deleted with ours.
                env=_QUICK_START | os.environ | {"TMPDIR": self._folder.name},
            )
        self._errors = errors.open("rb")
        self._has_ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if not self._has_ended:
            self._end(patience=10)
        self._folder.cleanup()

    def _end(self, patience: float) -> None:
        """Give the process some seconds to end by itself, then kill it."""
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # it may have ended already
                if stream:
                    stream.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(patience)
        self.kill()
        self._process.wait()
        self._errors.close()
        self._has_ended = True

    def kill(self) -> None:
        """Kill the process; a thread that waits for a script gets ``ScriptEndedError``."""
        self._process.kill()

    def keep_script(self, content: bytes) -> Path:
        """Return where a script lies; the same one always has the same place, so that it is compiled once.

        One that defines types gets a new place each time: they would keep what an earlier run left in them.
        """
        name, defines_types = _script_name(content)
        if defines_types:
            name += f"-{next(self._scripts)}"
        path = Path(self._folder.name) / f"{name}.ps1"
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
        if self._has_ended:
            self._start()
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

    def _read_line(self, stdout: IO[str]) -> str:
        """The next line, or a part of it if the process ended; other programs may still hold the pipe."""
        if sys.platform == "win32":
            return stdout.readline()
        line = b""
        while not line.endswith(b"\n"):
            has_ended = self._process.poll() is not None
            if select.select([stdout], [], [], 0 if has_ended else 0.5)[0]:
                part = os.read(stdout.fileno(), 1 << 16)
                line += part
                if not part:
                    break
            elif has_ended:
                break
        return line.decode("utf-8", errors="replace")

    def _ask(self, job: Mapping[str, object], limit: float) -> _Answer:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise ClientError("PowerShell has no pipes")
        is_late = threading.Event()

        def give_up() -> None:
            is_late.set()
            self.kill()

        watch = threading.Timer(limit or threading.TIMEOUT_MAX, give_up)
        watch.start()
        try:
            stdin.write(json.dumps(job) + "\n")
            stdin.flush()
            answer = json.loads(self._read_line(stdout))
            if "broken" not in answer and answer["id"] != job["id"]:
                raise ValueError("not the answer to this job")
        except (OSError, ValueError, TypeError, KeyError) as error:
            why = "it ended PowerShell, or a program that it started wrote between"
            if is_late.is_set():
                why = f"it did not end within {limit} s"
            self._end(patience=0)
            raise ScriptEndedError(f"the script could not be run to its end: {why}") from error
        finally:
            watch.cancel()
        if "broken" in answer:
            raise ClientError(f"the simulated client failed: {answer['broken']}")
        return cast("_Answer", answer)
