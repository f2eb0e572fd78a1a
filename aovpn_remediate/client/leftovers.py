"""What exists while cases run, processes and temporary folders, so that an interruption leaves nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_SECONDS = 2.0
"""The longest wait for a process that was killed, or for a file that Windows still holds."""
_lock = threading.RLock()  # the handler of a signal may come while its own thread holds it
_processes: set[subprocess.Popen[str]] = set()
_folders: set[Path] = set()


def start_process(
    command: Sequence[str], *, errors: IO[bytes], environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    """Start a program that talks by lines of UTF-8, in a process group of its own.

    Ctrl-C then reaches only us, and the program is killed with what it started. Raises ``OSError``.
    """
    process = subprocess.Popen(  # noqa: S603  a list of our own, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        encoding="utf-8",
        errors="replace",
        env=environment,
        # Python, subprocess: a new session is a new group; on Windows a new group gets no Ctrl-C.
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    with _lock:
        _processes.add(process)
    return process


def kill(processes: Collection[subprocess.Popen[str]]) -> None:
    """Kill processes with all that they started, at once, and wait a moment until they are gone."""
    if sys.platform == "win32":
        _kill_trees([process for process in processes if process.poll() is None])
    else:
        for process in processes:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
    for process in processes:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS)
    with _lock:
        _processes.difference_update(processes)


def _kill_trees(processes: Collection[subprocess.Popen[str]]) -> None:
    """Kill processes of Windows and their children (Windows commands, taskkill /T)."""
    numbers: list[str] = []
    for process in processes:
        numbers += ["/PID", str(process.pid)]
    if numbers:
        command = ["taskkill", "/F", "/T", *numbers]
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    for process in processes:
        process.kill()


def new_folder(place: str | None = None) -> Path:
    """Return a new temporary folder, in a place or in the system's usual one, by its only path.

    Windows may name the usual one in short, such as ``ADMINI~1``, and scripts see the long name.
    """
    folder = Path(tempfile.mkdtemp(prefix="remediate-", dir=place)).resolve()
    with _lock:
        _folders.add(folder)
    return folder


def remove_folder(folder: Path) -> None:
    """Remove a temporary folder; on Windows a file may be held for a moment by a process that just ended."""
    deadline = time.monotonic() + _SECONDS
    shutil.rmtree(folder, ignore_errors=True)
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
        shutil.rmtree(folder, ignore_errors=True)
    with _lock:
        _folders.discard(folder)


@contextmanager
def temporary_folder(place: str | None = None) -> Iterator[Path]:
    """Yield a new temporary folder, which is removed afterwards."""
    folder = new_folder(place)
    try:
        yield folder
    finally:
        remove_folder(folder)


def clear_up() -> None:
    """Kill every process and remove every folder that is left."""
    kill(list(_processes))
    for folder in list(_folders):
        remove_folder(folder)
