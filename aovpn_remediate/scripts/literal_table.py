"""A table of literals read back: nothing else may be the ``$Settings`` of a script.

It is a second and independent check of what ``literals`` writes. Text, numbers, ``$true``, ``$false``,
``$null``, lists and tables of these are accepted, in printable ASCII and with CRLF line ends; names,
commands and operators are not, except the ``+`` between two pieces of one text.
"""

from __future__ import annotations

import re

_TEXT = rb"'(?:[ -&(-~]|'')*'"
_JOINED = rb"\(" + _TEXT + rb"(?: \+ (?:" + _TEXT + rb"|\[char\] 0x[0-9A-F]{4}))+\)"
_SINGLE = re.compile(_TEXT + rb"|\$(?:null|true|false)|-?[0-9]+|" + _JOINED)
_KEY = re.compile(rb"\r\n *([A-Za-z][A-Za-z0-9]*|" + _TEXT + rb"|" + _JOINED + rb") *= ")
_TABLE_END = re.compile(rb"(?:\r\n *)?\}")
_DEEPEST = 20


def end_of_table(code: bytes, start: int) -> int | None:
    """Return where the table of literals that begins at ``start`` ends; nothing if there is none."""
    try:
        return _read_table(code, start, depth=0)
    except ValueError:
        return None


def _read_table(code: bytes, place: int, depth: int) -> int:
    place = _after(b"@{", code, place)
    entry = _KEY.match(code, place)
    keys: set[bytes] = set()
    while entry:
        key = entry[1].strip(b"'").lower()
        if key in keys:
            raise ValueError("PowerShell does not accept a key twice, in any case")
        keys.add(key)
        place = _read_value(code, entry.end(), depth)
        entry = _KEY.match(code, place)
    end = _TABLE_END.match(code, place)
    if end is None:
        raise ValueError("the table does not end")
    return end.end()


def _read_value(code: bytes, place: int, depth: int) -> int:
    single = _SINGLE.match(code, place)
    if single:
        return single.end()
    if depth == _DEEPEST:
        raise ValueError("too many tables and lists within each other")
    if code.startswith(b"@{", place):
        return _read_table(code, place, depth + 1)
    return _read_list(code, place, depth + 1)


def _read_list(code: bytes, place: int, depth: int) -> int:
    place = _after(b"@(", code, place)
    if code.startswith(b")", place):
        return place + 1
    while True:
        if code.startswith(b", @(", place):  # the comma without which PowerShell unrolls an inner list
            place += len(b", ")
        place = _read_value(code, place, depth)
        if code.startswith(b")", place):
            return place + 1
        place = _after(b", ", code, place)


def _after(expected: bytes, code: bytes, place: int) -> int:
    if not code.startswith(expected, place):
        raise ValueError(f"{expected.decode()} is missing")
    return place + len(expected)
