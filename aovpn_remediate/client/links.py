"""A link in the place of a phonebook, in the way that this machine allows."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from aovpn_remediate.errors import CaseNotRunError

_SECONDS = 10


def put_link(path: Path, target: Path) -> None:
    """Move a file to a target and put a link to it into its place; without the right, a link to its folder.

    Windows lets only administrators and, in developer mode, others make links to files. Everybody may make a
    junction, which leads to a folder (Windows commands, mklink). Raises ``CaseNotRunError`` without either.
    """
    path.rename(target)
    try:
        path.symlink_to(target)
    except OSError as error:
        target.rename(path)
        if not _put_junction(path.parent, target.with_suffix("")):
            raise CaseNotRunError(
                "no link can be made here; turn on the developer mode of Windows, or run as an administrator"
            ) from error


def _put_junction(path: Path, target: Path) -> bool:
    """Move a folder to a target and put a junction into its place, and return whether that was possible."""
    if sys.platform == "win32":
        path.rename(target)
        command = ["cmd", "/d", "/c", "mklink", "/J", str(path), str(target)]
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
        return done.returncode == 0
    return False


def is_link(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry of a folder is a link or a junction, which Python knows since 3.12."""
    is_junction = getattr(entry, "is_junction", None)
    return entry.is_symlink() or bool(is_junction and is_junction())
