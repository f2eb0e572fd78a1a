"""The places that keep a sign-in on this computer: the platform's encrypted one, or a file of its owner."""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

LONGEST = 16 * 1024 * 1024
"""Bytes of a file with sign-ins; a longer one is not read."""

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Store(Protocol):
    """A place that keeps one text."""

    def load(self) -> str:
        """Return the text, empty without one."""

    def save(self, content: str) -> None:
        """Keep a text in the place of the earlier one."""


class ForeignFileError(Exception):
    """A file that another account wrote, or could have written."""


@dataclass(frozen=True)
class PlainFile:
    """A file that only its owner may read."""

    path: Path

    def load(self) -> str:
        """Return the text; raises ``ForeignFileError``, ``OSError``, and ``ValueError`` for other content."""
        if self.path.exists() and not self.path.is_file():
            raise ValueError("not a file")
        with self.path.open("rb") as file:
            _check_owner(os.fstat(file.fileno()))
            content = file.read(LONGEST + 1)
        if len(content) > LONGEST:
            raise ValueError("too long")
        return content.decode("utf-8")

    def save(self, content: str) -> None:
        """Keep a text in the place of the earlier one; raises ``OSError``."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}.tmp")
        file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(file, "w", encoding="utf-8") as stream:
                stream.write(content)
            temporary.replace(self.path)
        except BaseException:  # Ctrl-C too
            temporary.unlink(missing_ok=True)
            raise


def encrypted_store(path: Path) -> Store | None:
    """Return the platform's encrypted store, None where there is none.

    Only on Windows the text is in this file; elsewhere an empty file there shows that something is kept.
    """
    try:
        from msal_extensions import build_encrypted_persistence

        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        store: Store = build_encrypted_persistence(str(path))
    except Exception:  # no libsecret, no desktop session, no folder: each fails in its own way
        return None
    return store


def is_plain(path: Path) -> bool:
    """Return whether a file has a text that is not encrypted; a damaged one counts as such.

    What is not a file is not opened, because a pipe there would never answer.
    """
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            start = file.read(1)
    except OSError:
        return False
    return start == b"{" if os.name == "nt" else bool(start)


def is_absent(error: Exception) -> bool:
    """Return whether an error of a store means that nothing is kept there."""
    from msal_extensions.persistence import PersistenceNotFound

    return isinstance(error, FileNotFoundError | PersistenceNotFound)


def _check_owner(found: os.stat_result) -> None:
    """Refuse a file that others could have written: its account would publish in the place of ours."""
    if os.name == "nt":
        return
    if found.st_uid not in (os.geteuid(), 0) or found.st_mode & _OTHERS_WRITE:
        raise ForeignFileError
