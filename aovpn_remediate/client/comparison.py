"""Two moments of a client compared: everything that a script could have changed, and how it differs."""

from __future__ import annotations

import difflib
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from aovpn_remediate.client.device import SimulatedClient

ANY = "*"
"""A registry value, or what a file holds, that may be whatever it is."""

_LINES = 12
"""So many changed lines of a file are shown; what comes behind them is counted."""
_LENGTH = 80
"""So much is shown of one."""


def snapshot(client: SimulatedClient) -> dict[str, object]:
    """Return everything that a script could have changed, by name."""
    found = dict(_files(str(client.folder)))
    for one in client.interfaces:
        metric = "automatic" if one["AutomaticMetric"] == "Enabled" else one["InterfaceMetric"]
        name = f"interface {one['InterfaceAlias']} {one['InterfaceIndex']} {one['AddressFamily']}"
        found[name] = f"{one['ConnectionState']}, metric {metric}"
    for route in client.routes:
        name = f"route {route['DestinationPrefix']} on {route['InterfaceIndex']} via {route['NextHop']}"
        found[name] = f"metric {route['RouteMetric']}"
    for key, values in client.registry.items():
        found[f"registry {key}"] = "a key"
        for name, value in values.items():
            found[f"registry {key} {name}"] = (
                ANY if value["data"] == ANY else f"{value['type']} {value['data']}"
            )
    return found | _running(client) | _events(client)


def _files(folder: str, place: str = "") -> Iterator[tuple[str, object]]:
    """What lies below a folder; ``place`` is where that is, below the client's."""
    with os.scandir(folder) as items:
        for one in items:
            name = place + one.name
            if one.is_symlink():
                yield f"link {name}", str(Path(one.path).readlink())
            elif one.is_dir():
                yield f"folder {name}", "a folder"
                yield from _files(one.path, f"{name}/")
            elif one.is_file():
                yield f"file {name}", Path(one.path).read_bytes()
            else:
                yield f"special file {name}", "no file that can be read"


def mark_files(client: SimulatedClient) -> dict[str, tuple[int, int]]:
    """Take a microsecond off the time of every file, which any write undoes, and return the marks by path."""
    for path, stat in _regular_files(str(client.folder)):
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns - 1000))
    return {path: _mark(stat) for path, stat in _regular_files(str(client.folder))}


def written_again(client: SimulatedClient, marks: Mapping[str, tuple[int, int]]) -> list[str]:
    """Return the names of the files whose mark is gone, though they may have the same content as before."""
    found = ((path, _mark(stat)) for path, stat in _regular_files(str(client.folder)))
    return [
        f"file {Path(path).relative_to(client.folder).as_posix()}"
        for path, mark in found
        if marks.get(path, mark) != mark
    ]


def _mark(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_ino, stat.st_mtime_ns


def _regular_files(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as items:
        for one in items:
            if one.is_dir(follow_symlinks=False):
                yield from _regular_files(one.path)
            elif one.is_file(follow_symlinks=False):
                # Not the entry's own answer, which has no inode on Windows.
                yield one.path, os.stat(one.path)  # noqa: PTH116  as fast as it can be


def _events(client: SimulatedClient) -> dict[str, object]:
    """How often each thing happened."""
    counts = Counter(client.events)
    return {f"event {one}": "once" if count == 1 else f"{count} times" for one, count in counts.items()}


def _running(client: SimulatedClient) -> dict[str, object]:
    """What each service runs with."""
    processes = {one["ProcessId"]: one.get("Privileges") for one in client.cim["Win32_Process"]}
    return {
        f"service {one['Name']}": f"runs with {processes[one['ProcessId']] or 'all privileges'}"
        if one["ProcessId"] in processes
        else "is stopped"
        for one in client.cim["Win32_Service"]
    }


def differences(expected: Mapping[str, object], found: Mapping[str, object]) -> list[str]:
    """Return, a line each, how two snapshots differ; lines of a phonebook with the entry that they are in."""
    lines: list[str] = []
    for name in sorted(expected.keys() | found.keys()):
        wanted, is_there = expected.get(name), found.get(name)
        if wanted == is_there or (wanted in (ANY, ANY.encode()) and is_there is not None):
            continue
        if isinstance(wanted, bytes) and isinstance(is_there, bytes):
            lines += [f"{name}: {line}" for line in _byte_differences(wanted, is_there)]
        else:
            lines.append(f"{name}: expected {_shown(wanted)}, found {_shown(is_there)}")
    return lines


def _byte_differences(wanted: bytes, is_there: bytes) -> list[str]:
    if wanted.replace(b"\r", b"") == is_there.replace(b"\r", b""):
        return [f"line ends: expected {_line_ends(wanted)}, found {_line_ends(is_there)}"]
    before, after = (text.splitlines(keepends=True) for text in _texts(wanted, is_there))
    lines = _entries(before, after)
    for what, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what != "equal":
            lines += [*_marked("-", before, i, j), *_marked("+", after, k, m)]
    more = [f"... {len(lines) - _LINES} more lines"] if len(lines) > _LINES else []
    return lines[:_LINES] + more


def _texts(*contents: bytes) -> list[str]:
    """Contents as text, in UTF-8 if they all are; else a character for each byte, lest two look the same."""
    try:
        return [content.decode("utf-8") for content in contents]
    except UnicodeDecodeError:
        return [content.decode("latin-1") for content in contents]


def _entries(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Whole entries that came or went, which says more than their lines."""
    old, new = ([line.rstrip() for line in lines if line.startswith("[")] for lines in (before, after))
    gone = [f"{header} is gone" for header in old if header not in new]
    return gone + [f"{header} is new" for header in new if header not in old]


def _line_ends(content: bytes) -> str:
    pairs = content.count(b"\r\n")
    bare = content.count(b"\n") - pairs
    return f"{pairs} CRLF and {bare} LF"


def _marked(mark: str, lines: Sequence[str], start: int, end: int) -> Iterator[str]:
    for place in range(start, end):
        headers = [line.rstrip() for line in lines[: place + 1] if line.startswith("[")]
        inside = f"{headers[-1]} " if headers and not lines[place].startswith("[") else ""
        line = repr(lines[place])
        yield f"{inside}{mark}{line if len(line) <= _LENGTH else line[:_LENGTH] + '...'}"


def _shown(value: object) -> str:
    return "nothing" if value is None else repr(value)[:200]
