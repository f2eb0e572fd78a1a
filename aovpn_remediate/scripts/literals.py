"""Python values as PowerShell source: the only quoting in the project.

Every ``{{ }}`` of the templates passes through ``literal``. What comes out is ASCII, one expression, and
evaluates in Windows PowerShell 5.1 to exactly the value that went in; no value can become code.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping

_PLAIN_KEY = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_RUN = re.compile("[ -~]+|[^ -~]+")
_INT32 = range(-(2**31), 2**31)


class Source(str):
    """PowerShell text of our own templates, which goes into a script as it is; never a value."""

    __slots__ = ()


def literal(value: object) -> str:
    """Return PowerShell source that evaluates to the value.

    Accepts ``None``, bool, int (32 bit), str, lists or tuples, and mappings with text keys. Raises
    ``TypeError`` for any other type and ``ValueError`` for a number or a key that PowerShell would change.
    """
    match value:
        case Source():
            return str(value)
        case None:
            return "$null"
        case bool():
            return "$true" if value else "$false"
        case int() if value in _INT32:
            return str(value)
        case int():
            raise ValueError(f"PowerShell would not keep {value} as a 32-bit number")
        case str():
            return _text(value)
        case list() | tuple():
            return _list(value)
        case Mapping():
            return _table(value)
    raise TypeError(f"no PowerShell literal for a value of type {type(value).__name__}")


def _text(value: str) -> str:
    # Five characters close a single-quoted string, the typographic ones too (about_Quoting_Rules). A script
    # without a byte order mark is read in the ANSI code page (about_Character_Encoding). So everything but
    # plain ASCII is written as numbers.
    parts: list[str] = []
    for run in _RUN.findall(value):
        if run.isascii() and run.isprintable():
            parts.append("'" + run.replace("'", "''") + "'")
        else:
            units = struct.iter_unpack("<H", run.encode("utf-16-le", "surrogatepass"))
            parts += [f"[char] 0x{unit:04X}" for (unit,) in units]
    if not parts or not parts[0].startswith("'"):
        parts.insert(0, "''")  # text first, so that + joins text
    return parts[0] if len(parts) == 1 else f"({' + '.join(parts)})"


def _list(values: list[object] | tuple[object, ...]) -> str:
    # Without the comma PowerShell would unroll a list that is the only item.
    items: list[str] = []
    for item in values:
        comma = ", " if isinstance(item, list | tuple) else ""
        items.append(comma + literal(item))
    return f"@({', '.join(items)})"


def _table(values: Mapping[str, object]) -> str:
    if not values:
        return "@{}"
    if len(set(map(str.casefold, values))) < len(values):
        raise ValueError(f"for PowerShell these keys are the same: {', '.join(values)}")
    names = {key: _key(key) for key in values}
    width = max(map(len, names.values()))
    lines = ["@{"]
    for key, value in values.items():
        line = f"{names[key]:{width}} = {literal(value)}"
        lines.append("    " + line.replace("\n", "\n    "))
    return "\n".join([*lines, "}"])


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) else _text(key)
