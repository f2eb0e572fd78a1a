"""What a repair of the interface metric must make of a phonebook, written a second time in Python: bytes in, bytes out.

Shares nothing with the templates, so that a mistake has to be made twice to stay unseen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

KEYS = {"ipv4": b"IpInterfaceMetric", "ipv6": b"Ipv6InterfaceMetric"}
WHITE = b" \t\r\n\x0b\x0c\x85\xa0"
BOM = b"\xef\xbb\xbf"

Wants = Mapping[str, int | str | None]
"""The wanted metric of ``ipv4`` and ``ipv6``: a number, ``automatic``, or ``None`` for: leave it alone."""


@dataclass(frozen=True)
class Line:
    """One line: its text, and what ends it."""

    text: bytes
    end: bytes


@dataclass(frozen=True)
class Expected:
    """What the detection script must say, and the bytes after the repair."""

    state: str
    after: bytes


def expect(before: bytes, name: str, wants: Wants) -> Expected:
    """Return what must become of a phonebook; what cannot be understood is ``unknown`` and stays."""
    lines = split_lines(before)
    entries = find_entries(lines, name)
    if b"\0" in before or entries is None or len(entries) > 1:
        return Expected("unknown", before)
    if not entries:
        return Expected("absent", before)
    entry = entries[0]
    found = {family: _metric(lines, entry, family) for family in KEYS if wants.get(family) is not None}
    if "odd" in found.values():
        return Expected("unknown", before)
    wrong = [family for family, is_now in found.items() if is_now != str(wants[family])]
    after = list(lines)
    for family in wrong:
        entry = _set(after, entry, KEYS[family], str(wants[family]).replace("automatic", "0").encode())
    return Expected("issue" if wrong else "healthy", b"".join(line.text + line.end for line in after))


def split_lines(content: bytes) -> list[Line]:
    """Return the lines of a file; CR, LF and CRLF each end one."""
    parts = re.split(rb"(\r\n|\r|\n)", content)
    return [Line(text, end) for text, end in zip(parts[::2], [*parts[1::2], b""], strict=True)]


def find_entries(lines: Sequence[Line], name: str) -> list[range] | None:
    """Return the VPN entries of a name, as line numbers; nothing if one of them has two types."""
    heads = [(number, head) for number, line in enumerate(lines) if (head := _head(line)) is not None]
    found = []
    for (number, head), (end, _) in pairwise([*heads, (len(lines), b"")]):
        if _upper(_decode(head)) == _upper(name):
            types = [value for _, value in find_values(lines, range(number, end), b"Type")]
            if len(types) > 1:
                return None
            found += [range(number, end)] if [one.strip(WHITE) for one in types] == [b"2"] else []
    return found


def _head(line: Line) -> bytes | None:
    text = line.text.removeprefix(BOM).rstrip(b" \t")
    return text[1:-1] if len(text) > 1 and text.startswith(b"[") and text.endswith(b"]") else None


def _decode(head: bytes) -> str:
    try:
        return head.decode()
    except UnicodeDecodeError:
        return head.decode("cp1252", "replace")


def _upper(text: str) -> str:
    """Each character by itself, as Windows compares names."""
    return "".join(one.upper() if len(one.upper()) == 1 else one for one in text)


def find_values(lines: Sequence[Line], entry: range, key: bytes) -> list[tuple[int, bytes]]:
    """Return the lines of an entry that set a key, as number and value."""
    pairs = [(number, lines[number].text.partition(b"=")) for number in entry]
    return [(number, value) for number, (k, sign, value) in pairs if sign and _same(k, key)]


def _same(text: bytes, key: bytes) -> bool:
    return text.strip(b" \t").lower() == key.lower()


def _metric(lines: Sequence[Line], entry: range, family: str) -> str:
    """The stored metric; a key that is missing or empty means automatic, as 0 does."""
    values = [value.strip(b" \t") for _, value in find_values(lines, entry, KEYS[family])]
    if len(values) > 1 or any(not re.fullmatch(rb"[0-9]{0,9}", value) for value in values):
        return "odd"
    number = int(values[0] or b"0") if values else 0
    return str(number) if number else "automatic"


def _set(lines: list[Line], entry: range, key: bytes, value: bytes) -> range:
    """Set a key and return where the entry's lines are then."""
    places = find_values(lines, entry, key)
    if places:
        number = places[0][0]
        text = lines[number].text.partition(b"=")[0] + b"=" + value
        lines[number] = Line(text, lines[number].end)
        return entry
    # The last key of the first block that has any; a line without an end gets that of the header.
    last = entry.start
    for number in entry[1:]:
        if b"=" in lines[number].text:
            last = number
        elif last > entry.start and not lines[number].text.strip(WHITE):
            break
    new = Line(key + b"=" + value, lines[last].end)
    if lines[last].end:
        lines.insert(last + 1, new)
    else:
        lines[last] = Line(lines[last].text, lines[entry.start].end)
        lines.insert(last + 1, new)
    return range(entry.start, entry.stop + 1)
