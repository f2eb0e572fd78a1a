"""Memory as a place for files: a simulated client is many small files that live for a moment."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_PLACE = Path("/dev/shm")  # noqa: S108  the folders in it have random names, as everywhere
"""Where Linux has it (manual page shm_overview(7)); other systems have no such folder."""
_ENOUGH = 32 << 20
"""Bytes that must be free; in a container all of it may be 64 MiB, and a client takes about 0.1 MiB."""


def memory_folder() -> str | None:
    """Return the folder in memory to make temporary folders in, or nothing for the system's usual one.

    A folder that the user chose for temporary files comes first.
    """
    is_chosen = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    if is_chosen or not _PLACE.is_dir() or not os.access(_PLACE, os.W_OK | os.X_OK):
        return None
    return str(_PLACE) if shutil.disk_usage(_PLACE).free >= _ENOUGH else None
