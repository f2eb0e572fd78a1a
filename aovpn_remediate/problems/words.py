"""How a message shows a value."""

from __future__ import annotations

_WIDTH = 60


def quoted(value: object) -> str:
    """Return a value as a message shows it: text in quotes, on one line, at most 60 characters."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bytes):
        return "binary data"
    if not isinstance(value, str):
        return str(value)[:_WIDTH]
    text = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in value)
    return f'"{text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."}"'
