"""The log of requests: a line for each in a file, and on stderr with ``-v``."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aovpn_remediate.cli.options import PATIENCE
from aovpn_remediate.errors import OutputError

if TYPE_CHECKING:
    from aovpn_remediate.graph.trace import Exchange

Say = Callable[[str], None]


@dataclass(frozen=True)
class RequestOptions:
    """What options say about requests: the seconds that one is tried, and where its line goes."""

    patience: float = PATIENCE
    log: Path | None = None
    verbose: bool = False


def recorder(options: RequestOptions, say: Say) -> Callable[[Exchange], None]:
    """Return what writes the line of a request; the file is new and empty.

    Raises ``OutputError`` if it cannot be written.
    """
    writers: list[Say] = [say] if options.verbose else []
    if options.log is not None:
        writers.append(_file_writer(options.log, say))

    def record(exchange: Exchange) -> None:
        for write in writers:
            write(exchange.line())

    return record


def _file_writer(path: Path, say: Say) -> Say:
    lock = threading.Lock()
    has_failed = threading.Event()
    _check(path)

    def write(line: str) -> None:
        with lock:
            try:
                with path.open("a", encoding="utf-8", newline="\n") as file:
                    file.write(line + "\n")
            except OSError as error:
                if not has_failed.is_set():
                    say(f"warning: {_unwritable(path, error)}; the log is not complete")
                has_failed.set()

    return write


def _check(path: Path) -> None:
    """Empty the file."""
    try:
        path.write_bytes(b"")
    except OSError as error:
        raise OutputError(f"{_unwritable(path, error)}; name another file with --log") from None


def _unwritable(path: Path, error: OSError) -> str:
    return f"{path}: the log cannot be written ({(error.strerror or 'unknown error').lower()})"
