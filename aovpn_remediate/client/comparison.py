"""How two snapshots of a client differ, a line each."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from aovpn_remediate.client.snapshot import ANY, Snapshot

_LINES = 12
"""How many changed lines of a file are shown; the others are counted."""
_LENGTH = 80
"""How many characters of a changed line are shown."""


def differences(expected: Snapshot, found: Snapshot) -> list[str]:
    """Return how two snapshots differ, a line each; a line of a phonebook is shown with its entry."""
    lines: list[str] = []
    for name in sorted(expected.keys() | found.keys()):
        wanted, is_there = expected.get(name), found.get(name)
        if _is_same(wanted, is_there):
            continue
        if isinstance(wanted, bytes) and isinstance(is_there, bytes):
            lines += [f"{name}: {line}" for line in _byte_differences(wanted, is_there)]
        else:
            lines.append(f"{name}: expected {_shown(wanted)}, found {_shown(is_there)}")
    return lines


def _is_same(wanted: object, is_there: object) -> bool:
    may_be_anything = wanted in (ANY, ANY.encode())
    return wanted == is_there or (may_be_anything and is_there is not None)


def _byte_differences(wanted: bytes, is_there: bytes) -> list[str]:
    if wanted.replace(b"\r", b"") == is_there.replace(b"\r", b""):
        return [f"line ends: expected {_line_ends(wanted)}, found {_line_ends(is_there)}"]
    old, new = _texts(wanted, is_there)
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    lines = [*_changed_entries(before, after), *_changed_lines(before, after)]
    if len(lines) > _LINES:
        return [*lines[:_LINES], f"... {len(lines) - _LINES} more lines"]
    return lines


def _changed_lines(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for what, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if what != "equal":
            yield from _marked("-", before, old_start, old_end)
            yield from _marked("+", after, new_start, new_end)


def _texts(one: bytes, other: bytes) -> tuple[str, str]:
    """Both as UTF-8 if both are valid; else a character for each byte, so that all differences show."""
    try:
        return one.decode("utf-8"), other.decode("utf-8")
    except UnicodeDecodeError:
        return one.decode("latin-1"), other.decode("latin-1")


def _changed_entries(before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    """Whole entries that are gone or new, which is clearer than their lines."""
    old, new = _headers(before), _headers(after)
    for header in old:
        if header not in new:
            yield f"{header} is gone"
    for header in new:
        if header not in old:
            yield f"{header} is new"


def _headers(lines: Sequence[str]) -> list[str]:
    return [line.rstrip() for line in lines if line.startswith("[")]


def _line_ends(content: bytes) -> str:
    pairs = content.count(b"\r\n")
    bare = content.count(b"\n") - pairs
    return f"{pairs} CRLF and {bare} LF"


def _marked(mark: str, lines: Sequence[str], start: int, end: int) -> Iterator[str]:
    for place in range(start, end):
        line = repr(lines[place])
        shown = line if len(line) <= _LENGTH else line[:_LENGTH] + "..."
        yield f"{_entry_of(lines, place)}{mark}{shown}"


def _entry_of(lines: Sequence[str], place: int) -> str:
    """The header of the entry that a line is in; nothing for a header itself."""
    headers = _headers(lines[: place + 1])
    if not headers or lines[place].startswith("["):
        return ""
    return f"{headers[-1]} "


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)[:200]
