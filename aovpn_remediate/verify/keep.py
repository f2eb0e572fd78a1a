"""The client of a failing case, left in a folder for inspection."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from aovpn_remediate.verify.record import Record


def keep_client(record: Record, problems: Sequence[str], folder: Path) -> None:
    """Write the files of the client into a folder, and ``proof.txt`` with the problems and all the rest."""
    state: list[str] = []
    for name, value in record.end.items():
        what, _, path = name.partition(" ")
        if isinstance(value, bytes):
            _write(folder / path, value)
            continue
        if what == "folder":
            (folder / path).mkdir(parents=True, exist_ok=True)
        state.append(f"{name}: {value}")
    lines = ["differences:", *problems, "", "runs:", *record.output_lines, "", "state:", *state, ""]
    _write(folder / "proof.txt", "\n".join(lines).encode())


def folder_name(text: str) -> str:
    """Return a text as the name of a folder that every system accepts."""
    return re.sub(r"[^\w .,-]", "-", text)[:80].strip(" .")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
