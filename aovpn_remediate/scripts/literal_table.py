"""A table of literals read back: nothing else may be the ``$Settings`` of a script.

It is a second and independent check of what ``literals`` writes. Text, numbers, ``$true``, ``$false``,
``$null``, lists and tables of these are accepted, in printable ASCII and with CRLF line ends; names,
commands and operators are not, except the ``+`` between two pieces of one text.
"""

from __future__ import annotations

import re
from typing import TypeAlias

_TEXT = rb"'(?:[ -&(-~]|'')*'"
_JOINED = rb"\(" + _TEXT + rb"(?: \+ (?:" + _TEXT + rb"|\[char\] 0x[0-9A-F]{4}))+\)"
_SINGLE = re.compile(_TEXT + rb"|\$(?:null|true|false)|-?[0-9]+|" + _JOINED)
_KEY = re.compile(rb"\r\n *([A-Za-z][A-Za-z0-9]*|" + _TEXT + rb"|" + _JOINED + rb") *= ")
_TABLE_END = re.compile(rb"(?:\r\n *)?\}")
_PIECE = re.compile(rb"'((?:[ -&(-~]|'')*)'|\[char\] 0x([0-9A-F]{4})")
_WORDS: dict[bytes, object] = {b"$null": None, b"$true": True, b"$false": False}
_DEEPEST = 20


Table: TypeAlias = dict[str, object]
"""A table as Python values: text, int, bool, ``None``, lists and tables of these."""


def end_of_table(code: bytes, start: int) -> int | None:
    """Return where the table of literals that begins at ``start`` ends; nothing if there is none."""
    found = read_table(code, start)
    return None if found is None else found[1]


def read_table(code: bytes, start: int) -> tuple[Table, int] | None:
    """Return the table of literals that begins at ``start``, and where it ends; nothing if there is none."""
    try:
        return _table(code, start, depth=0)
    except ValueError:
        return None


def _table(code: bytes, place: int, depth: int) -> tuple[Table, int]:
    place = _after(b"@{", code, place)
    entry = _KEY.match(code, place)
    table: Table = {}
    keys: set[str] = set()
    while entry:
        key = _key(entry[1])
        if key.lower() in keys:
            raise ValueError("PowerShell does not accept a key twice, in any case")
        keys.add(key.lower())
        table[key], place = _value(code, entry.end(), depth)
        entry = _KEY.match(code, place)
    end = _TABLE_END.match(code, place)
    if end is None:
        raise ValueError("the table does not end")
    return table, end.end()


def _value(code: bytes, place: int, depth: int) -> tuple[object, int]:
    single = _SINGLE.match(code, place)
    if single:
        return _single(single[0]), single.end()
    if depth == _DEEPEST:
        raise ValueError("too many tables and lists within each other")
    if code.startswith(b"@{", place):
        return _table(code, place, depth + 1)
    return _list(code, place, depth + 1)


def _list(code: bytes, place: int, depth: int) -> tuple[list[object], int]:
    place = _after(b"@(", code, place)
    items: list[object] = []
    if code.startswith(b")", place):
        return items, place + 1
    while True:
        if code.startswith(b", @(", place):  # the comma without which PowerShell unrolls an inner list
            place += len(b", ")
        item, place = _value(code, place, depth)
        items.append(item)
        if code.startswith(b")", place):
            return items, place + 1
        place = _after(b", ", code, place)


def _single(code: bytes) -> object:
    if code in _WORDS:
        return _WORDS[code]
    return _text(code) if code[:1] in (b"'", b"(") else int(code)


def _key(code: bytes) -> str:
    return _text(code) if code[:1] in (b"'", b"(") else code.decode("ascii")


def _text(code: bytes) -> str:
    """The text of one literal, or of several that are joined; characters beyond ASCII are UTF-16 units."""
    units = b""
    for piece in _PIECE.finditer(code):
        if piece[2]:
            units += int(piece[2], 16).to_bytes(2, "little")
        else:
            units += piece[1].replace(b"''", b"'").decode("ascii").encode("utf-16-le")
    return units.decode("utf-16-le", "surrogatepass")


def _after(expected: bytes, code: bytes, place: int) -> int:
    if not code.startswith(expected, place):
        raise ValueError(f"{expected.decode()} is missing")
    return place + len(expected)
