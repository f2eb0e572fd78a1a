"""Text from a tenant, a device or a config made safe to print: one line, no commands."""

from __future__ import annotations

import re
import unicodedata

_COMMAND = re.compile(r"##(?=vso\[|\[)", re.IGNORECASE)
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def clean(text: str) -> str:
    """Return the text on one line in which no terminal and no pipeline agent finds a command.

    Control characters, bidirectional overrides and other invisible ones become ``\\uXXXX``; Azure
    Pipelines acts on ``##vso[`` and ``##[`` anywhere in a line, so a space goes between.
    """
    visible = text if text.isprintable() else "".join(map(_visible, text))
    return _COMMAND.sub("# #", visible) if "##" in visible else visible


def _visible(character: str) -> str:
    is_visible = character == " " or unicodedata.category(character) not in _INVISIBLE
    return character if is_visible else f"\\u{ord(character):04x}"
