"""The state of a client at one moment, and the files that were written since."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from aovpn_remediate.client.device import SimulatedClient
from aovpn_remediate.client.links import is_link

Snapshot: TypeAlias = Mapping[str, object]
"""Everything that a script can change, by name, e.g. ``file ProgramData/x.log`` or ``service RasMan``.

The content of a file is bytes, everything else is text. The folder of the client appears nowhere in it.
"""

Marks: TypeAlias = Mapping[str, tuple[int, int]]
"""The inode and the time of change of each file, by path."""

_PERSISTENT = "kept for the next start of Windows; New-NetRoute -PolicyStore ActiveStore does not keep it"
ANY = "*"
"""A registry value or a content of a file that may be anything."""


def snapshot(client: SimulatedClient) -> Snapshot:
    """Return everything that a script can change, by name."""
    place = str(client.folder)
    found = {
        **_interfaces(client),
        **_routes(client),
        **_registry(client),
        **_services(client),
        **_events(client),
    }
    found.update(_items_below(place))
    for name, value in found.items():
        if isinstance(value, str):
            found[name] = value.replace(place, "")
    return found


def _interfaces(client: SimulatedClient) -> dict[str, object]:
    found: dict[str, object] = {}
    for one in client.interfaces:
        metric = "automatic" if one["AutomaticMetric"] == "Enabled" else one["InterfaceMetric"]
        name = f"interface {one['InterfaceAlias']} {one['InterfaceIndex']} {one['AddressFamily']}"
        found[name] = f"{one['ConnectionState']}, metric {metric}"
    return found


def _routes(client: SimulatedClient) -> dict[str, object]:
    found: dict[str, object] = {}
    for route in client.routes:
        name = f"route {route['DestinationPrefix']} on {route['InterfaceIndex']} via {route['NextHop']}"
        found[name] = f"metric {route['RouteMetric']}"
    for title in client.persistent:
        found[f"persistent route {title}"] = _PERSISTENT
    return found


def _registry(client: SimulatedClient) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, values in client.registry.items():
        found[f"registry {key}"] = "a key"
        for name, value in values.items():
            shown = ANY if value["data"] == ANY else f"{value['type']} {value['data']}"
            found[f"registry {key} {name}"] = shown
    return found


def _services(client: SimulatedClient) -> dict[str, object]:
    """The privileges that each service runs with."""
    processes: dict[object, object] = {}
    for process in client.cim["Win32_Process"]:
        processes[process["ProcessId"]] = process.get("Privileges") or "all privileges"
    found: dict[str, object] = {}
    for service in client.cim["Win32_Service"]:
        process_id = service["ProcessId"]
        is_running = process_id in processes
        found[f"service {service['Name']}"] = (
            f"runs with {processes[process_id]}" if is_running else "is stopped"
        )
    return found


def _events(client: SimulatedClient) -> dict[str, object]:
    """How often each event happened."""
    found: dict[str, object] = {}
    for event, count in Counter(client.events).items():
        found[f"event {event}"] = "once" if count == 1 else f"{count} times"
    return found


def _items_below(folder: str, place: str = "") -> Iterator[tuple[str, object]]:
    """Every file, folder and link below a folder; ``place`` is its path below the client's own folder."""
    with os.scandir(folder) as items:
        for one in items:
            name = place + one.name
            if is_link(one):
                yield f"link {name}", str(Path(one.path).readlink())
            elif one.is_dir():
                yield f"folder {name}", "a folder"
                yield from _items_below(one.path, f"{name}/")
            elif one.is_file():
                yield f"file {name}", Path(one.path).read_bytes()
            else:
                yield f"special file {name}", "a file that cannot be read"


def mark_files(client: SimulatedClient) -> Marks:
    """Subtract a microsecond from the time of every file and return the marks; a write removes the mark."""
    for path, stat in _regular_files(str(client.folder)):
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns - 1000))
    return _marks(client)


def written_files(client: SimulatedClient, marks: Marks) -> list[str]:
    """Return the names of the files without their mark: they were written, perhaps with the same content."""
    names: list[str] = []
    for path, mark in _marks(client).items():
        if marks.get(path, mark) != mark:
            names.append(f"file {Path(path).relative_to(client.folder).as_posix()}")
    return names


def _marks(client: SimulatedClient) -> Marks:
    marks: dict[str, tuple[int, int]] = {}
    for path, stat in _regular_files(str(client.folder)):
        marks[path] = (stat.st_ino, stat.st_mtime_ns)
    return marks


def _regular_files(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as items:
        for one in items:
            if is_link(one):
                continue
            if one.is_dir(follow_symlinks=False):
                yield from _regular_files(one.path)
            elif one.is_file(follow_symlinks=False):
                # The entry's own answer has no inode on Windows. (Python, os.DirEntry.stat)
                yield one.path, os.stat(one.path)  # noqa: PTH116  faster than a Path
