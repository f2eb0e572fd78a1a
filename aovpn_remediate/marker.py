"""The ownership marker: the last line of a package's description names its owner.

A package without it is foreign, even if it has the same name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = "[A-Za-z0-9][A-Za-z0-9_-]*"
_MARKER = re.compile(rf"\[aovpn-remediate (?P<config>{_NAME})/(?P<key>{_NAME}) (?P<hash>[0-9a-f]{{16}})\]")


@dataclass(frozen=True)
class Marker:
    """The owner of a package: the config's name, the remediation's key, the hash of what was published."""

    config: str
    key: str
    content_hash: str


def write_marker(description: str, marker: Marker) -> str:
    """Return the description with the marker as its last line."""
    line = f"[aovpn-remediate {marker.config}/{marker.key} {marker.content_hash}]"
    return f"{description}\n{line}" if description else line


def read_marker(text: str) -> tuple[str, Marker | None]:
    """Return the description without its marker, and the marker if the last line is one."""
    description, _, last = text.rstrip().rpartition("\n")
    match = _MARKER.fullmatch(last.strip())
    if match is None:
        return text, None
    return description.removesuffix("\r"), Marker(match["config"], match["key"], match["hash"])


def find_marker(text: str) -> Marker | None:
    """Return the marker at any place of a description."""
    match = _MARKER.search(text)
    return Marker(match["config"], match["key"], match["hash"]) if match else None
