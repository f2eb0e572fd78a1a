"""Shapes: scripts without the value of their ``$Settings``, which is all that differs between two configs.

The rules run once for each shape. ``shapes.json`` beside the templates lists the shapes that the settings of
the kinds can give and that follow all rules. ``make golden`` writes the file; a test makes it again and runs
every rule for that. A shape that is not in the file, such as one of an edited template, is parsed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from aovpn_remediate.scripts.literal_table import end_of_table
from aovpn_remediate.scripts.template_parts import templates_folder

SIZE_LIMIT = 200_000
"""Bytes of a script; Intune documents 200 KB for scripts of its agent and shows a bare error far above it."""
SETTINGS = b"$Settings = "
_EMPTY_TABLE = b"@{}"
_LINE_END = b"\r\n"


@dataclass(frozen=True)
class Shapes:
    """The content of ``shapes.json``: frames of the shells by key, digests of the valid shapes."""

    frames: Mapping[str, tuple[str, ...]]
    digests: frozenset[str]


@cache
def read_shapes() -> Shapes:
    """Return what is committed with the templates; nothing without the file."""
    try:
        found = json.loads((templates_folder() / "shapes.json").read_text(encoding="ascii"))
    except FileNotFoundError:
        found = {"frames": {}, "shapes": {}}
    frames = {key: tuple(frame) for key, frame in found["frames"].items()}
    return Shapes(frames, frozenset(found["shapes"]))


def shape_of(script: bytes) -> bytes | None:
    """Return a script's shape: the script with an empty table as its settings.

    Nothing if the script has no ``$Settings`` or if they are anything but a table of literals.
    """
    start = script.find(_LINE_END + SETTINGS)
    if start < 0:
        return None
    start += len(_LINE_END + SETTINGS)
    end = end_of_table(script, start)
    if end is None or not script.startswith(_LINE_END, end):
        return None
    return script[:start] + _EMPTY_TABLE + script[end:]


def digest(shape: bytes, end: str) -> str:
    """Return the digest of a shape that must end with a call of the function ``end``."""
    return hashlib.sha256(end.encode() + b"\n" + shape).hexdigest()
