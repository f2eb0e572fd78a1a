"""What a repair of stored routes must make of a phonebook, written a second time in Python: bytes in, verdicts out.

Shares nothing with the templates, so that a mistake must be made twice to stay unnoticed. The route commands may refuse
a route, so this says what is expected of a repair that worked and of one that failed.
"""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network

from tests.phonebook_model import WHITE, find_entries, find_values, split_lines
from tests.route_grammar import RouteSettings, Wanted

OURS = (b"Routes", b"NumRoutes", b"LowDateTime", b"HighDateTime")
SIZES = {2: 4, 23: 16}

Place = tuple[bytes, int, bool]
"""Which route a record is about: address, prefix length, exclusion."""


@dataclass(frozen=True)
class Record:
    """One stored route, with its digits as they are written."""

    place: Place
    metric: int
    digits: bytes


@dataclass(frozen=True)
class Entry:
    """A profile's entry: its routes, and the file without the lines that a repair may change."""

    routes: tuple[Record, ...]
    rest: bytes


def state_of(content: bytes, settings: RouteSettings) -> str:
    """Return what the detection must say of a phonebook."""
    entry = read_entry(content, settings.name)
    if isinstance(entry, str):
        return entry
    return "issue" if any(differences(entry.routes, settings)) else "healthy"


def read_entry(content: bytes, name: str) -> Entry | str:
    """Return a profile's entry, or ``absent`` or ``unknown``."""
    lines = split_lines(content)
    found = find_entries(lines, name)
    if b"\0" in content or found is None or len(found) > 1:
        return "unknown"
    if not found:
        return "absent"
    entry = found[0]
    routes = _records(
        b"".join(value.strip(WHITE) for _, value in find_values(lines, entry, b"Routes")),
        [value.strip(WHITE) for _, value in find_values(lines, entry, b"NumRoutes")],
    )
    ours = {number for key in OURS for number, _ in find_values(lines, entry, key)}
    if lines[-1].text and not lines[-1].end and entry.stop == len(lines):
        lines[-1] = type(lines[-1])(lines[-1].text, lines[entry.start].end)  # what comes behind it needs it
    rest = b"".join(line.text + line.end for number, line in enumerate(lines) if number not in ours)
    return "unknown" if routes is None else Entry(routes, rest)


def _records(digits: bytes, counts: Sequence[bytes]) -> tuple[Record, ...] | None:
    count = counts[0] if counts else b"0"
    if (
        len(counts) > 1
        or not re.fullmatch(rb"[0-9]{1,4}", count)
        or not re.fullmatch(rb"[0-9A-Fa-f]*", digits)
    ):
        return None
    if len(digits) != 72 * int(count):
        return None
    records = [_record(digits[place : place + 72]) for place in range(0, len(digits), 72)]
    known = tuple(record for record in records if record)
    return known if len(known) == len(records) else None


def _record(digits: bytes) -> Record | None:
    data = bytes.fromhex(digits.decode())
    metric, family, length = struct.unpack("<III", data[:12])
    size = SIZES.get(family, 0)
    if not size or length > 8 * size:
        return None
    return Record((data[12 : 12 + size], length, data[28:32] != b"\0" * 4), metric, digits)


def place_of(route: Wanted) -> Place:
    """Return where the record of a wanted route says what it is about."""
    network = ip_network(route.prefix)
    return network.network_address.packed, network.prefixlen, route.exclude


def differences(
    routes: Sequence[Record], settings: RouteSettings
) -> tuple[set[Place], set[Place], set[Place]]:
    """Return which routes are missing, have another metric, and are stale."""
    stored = {record.place for record in routes}
    wanted = {place_of(route): route.metric for route in settings.routes}
    metric = {record.place for record in routes if wanted.get(record.place) not in (None, record.metric)}
    listed = {place[:2] for place in wanted}
    stale = {place for place in stored if place[:2] not in listed and not place[2]}
    return set(wanted) - stored, metric, stale if settings.stale == "remove" else set()


def faults_after(
    before: bytes, after: bytes, said: str, settings: RouteSettings, *, may_be_right: bool = False
) -> Iterator[str]:
    """Yield what is wrong with a phonebook after a repair of an issue that said this.

    ``may_be_right``: the repair may have failed for another reason than the routes.
    """
    old, new = read_entry(before, settings.name), read_entry(after, settings.name)
    if isinstance(old, str) or isinstance(new, str):
        yield f"the entry is now {new}"
        return
    missing, metric, stale = differences(old.routes, settings)
    touched = missing | metric | stale
    others, left = (
        [one.digits for one in part if one.place not in touched] for part in (old.routes, new.routes)
    )
    if left != others:
        yield f"the other records were {others} and are {left}"
    is_right = not any(differences(new.routes, settings))
    if is_right != (said == "fixed") and not (is_right and may_be_right):
        yield f"{said}, and the routes are {'' if is_right else 'not '}as wanted"
    counts = Counter(one.place for one in new.routes if one.place in touched)
    if said == "fixed" and counts != Counter(missing | metric):
        yield f"the wanted routes are stored {counts}"
    if said == "failed":
        yield from _half_done(old.routes, new.routes, settings)


def faults_around(before: bytes, after: bytes, settings: RouteSettings) -> Iterator[str]:
    """Yield what is wrong with the rest of a phonebook, which no repair may change."""
    old, new = read_entry(before, settings.name), read_entry(after, settings.name)
    if not isinstance(old, str) and not isinstance(new, str) and new.rest != old.rest:
        yield f"the file around the routes was {old.rest!r} and is {new.rest!r}"


def _half_done(old: Sequence[Record], new: Sequence[Record], settings: RouteSettings) -> Iterator[str]:
    """What a repair that failed may not have done: lost or invented a route."""
    missing, metric, stale = differences(old, settings)
    was, now = {one.place for one in old}, {one.place for one in new}
    if lost := was - now - (stale if missing <= now else set()):
        yield f"lost {lost}"
    if invented := now - was - missing:
        yield f"invented {invented}"
    wanted = {place_of(route): route.metric or 1 for route in settings.routes}
    for one in new:
        if one.place in metric | missing and one.metric not in (
            wanted[one.place], *(other.metric for other in old if other.place == one.place)
        ):  # fmt: skip
            yield f"a metric that nobody asked for: {one}"


def must_work(before: bytes, settings: RouteSettings) -> bool:
    """Return whether a repair has no excuse: the phonebook is as Windows writes it, or no command is needed."""
    entry = read_entry(before, settings.name)
    if isinstance(entry, str):
        return False
    missing, metric, stale = differences(entry.routes, settings)
    if all(place[2] for place in missing | metric) and not stale:
        return True
    plain = (
        rb"(?:\[[^\r\n]+\]\r\nEncoding=1\r\nType=2\r\n(?:[^\r\n\[][^\r\n]*\r\n)*\r\nMEDIA=rastapi\r\n\r\n)+"
    )
    is_plain = re.fullmatch(plain, before) and b"[" + settings.name.encode() + b"]\r\n" in before
    added = {place for place in missing if not place[2]}
    return bool(is_plain) and _each_has_one_meaning(entry.routes, added)


def _each_has_one_meaning(routes: Sequence[Record], added: set[Place]) -> bool:
    """Whether no prefix is both a route and an exclusion, and no address has bytes behind it."""
    both = Counter(place[:2] for place in {one.place for one in routes} | added)
    return max(both.values(), default=0) < 2 and all(
        one.digits[24 + 2 * len(one.place[0]) : 56] == b"0" * (32 - 2 * len(one.place[0])) for one in routes
    )
