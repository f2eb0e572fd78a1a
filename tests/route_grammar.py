"""Random phonebooks with routes, and random settings: mostly as Windows and people write them, then bent."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_interface
from random import Random

from tests.phonebook_grammar import NAMES, PLAIN_KEYS, bent, encoded, line_end, noise, plain
from tests.phonebook_model import BOM

SETUPS = 12
"""How many different settings one seed has: compiling a script takes longer than running it."""
PREFIXES = (
    "10.20.0.0/16", "172.16.0.0/12", "10.0.0.0/8", "192.0.2.1/32", "128.0.0.0/1", "2001:db8:20::/48", "2001:db8::1/128",
    "::ffff:102:300/120", "13.107.6.152/31", "2000::/3",
)  # fmt: skip
OTHERS = ("10.9.0.0/16", "10.20.0.0/17", "2001:db8:9::/48", "0.0.0.0/0", "::/0", "10.1.2.3/8", "10.0.0.0/32")
ODD_COUNTS = (b"", b"x", b"-1", b"99999", b"1 2", b"0x1", b"\xb2", b"\xd9\xa3")


@dataclass(frozen=True)
class Wanted:
    """One route of the settings; no metric means that any is fine."""

    prefix: str
    metric: int | None = None
    exclude: bool = False


@dataclass(frozen=True)
class RouteSettings:
    """The settings of one pair that the phonebook alone matters to."""

    name: str
    scope: str
    routes: tuple[Wanted, ...]
    stale: str


@dataclass(frozen=True)
class RouteCase:
    """One phonebook and the settings that it meets."""

    settings: RouteSettings
    culture: str
    before: bytes


def random_route_case(random: Random, seed: str = "") -> RouteCase:
    """Return a case; the same random numbers make the same case, and the same seed the same dozen settings."""
    settings = _settings(seed, random.randrange(SETUPS))
    return RouteCase(settings, random.choice(("en-US", "tr-TR", "de-DE")), _book(random, settings))


@cache
def _settings(seed: str, setup: int) -> RouteSettings:
    random = Random(f"{seed}/{setup}")
    prefixes = random.sample(PREFIXES, random.choice((0, 1, 1, 1, 2, 2, 3, 3, 5)))
    routes = tuple(
        Wanted(prefix, random.choice((None, None, 1, 5, 9999)), random.random() < 0.25) for prefix in prefixes
    )
    return RouteSettings(
        name=NAMES[setup % len(NAMES)],
        scope=("user", "device", "all-users")[setup % 3],
        routes=routes,
        stale=random.choice(("keep", "remove")) if routes else "keep",
    )


def _book(random: Random, settings: RouteSettings) -> bytes:
    name = settings.name
    others = (*NAMES, name + "2", name[:-1] or "q")
    is_plain = random.random() < 0.5  # a phonebook as Windows writes it, but for its routes
    entries = [_entry(random, settings, random.choice(others), is_plain) for _ in range(random.randrange(3))]
    entries += [_entry(random, settings, name, is_plain)] if random.random() < 0.95 else []
    entries += [_entry(random, settings, random.choice(others), is_plain) for _ in range(random.randrange(3))]
    if is_plain:
        return b"".join(entries)
    entries += [_entry(random, settings, name, is_plain)] if random.random() < 0.05 else []
    book = (BOM if random.random() < 0.1 else b"") + b"".join(entries)
    if random.random() < 0.25:
        book = book.rstrip(b"\r\n")
    if random.random() < 0.2:
        place = random.randrange(len(book) + 1)
        book = book[:place] + noise(random, 6) + book[place:]
    return book + (b"\0" if random.random() < 0.01 else b"")


def _entry(random: Random, settings: RouteSettings, name: str, is_plain: bool) -> bytes:
    digits, count = _routes(random, settings)
    times = [b"LowDateTime=%d" % random.randrange(-(2**31), 2**31 - 9), b"HighDateTime=31109912"]
    if is_plain:
        keys = [*times, plain(random, PLAIN_KEYS), b"NumRoutes=%d" % count, *_pieces(digits)]
        keys += [plain(random, PLAIN_KEYS) for _ in range(random.randrange(2))]
        lines = [b"[" + name.encode() + b"]", b"Encoding=1", b"Type=2", *keys, b"", b"MEDIA=rastapi", b""]
        return b"".join(line + b"\r\n" for line in lines)
    lines = [b"[" + encoded(random, name) + b"]" + random.choice((b"", b"", b"", b" "))]
    lines += [bent(random, b"Type") + b"=" + random.choice((b"2", b"2", b"2", b"2", b"1", b"2 "))]
    lines += times if random.random() < 0.8 else []
    routes = [bent(random, b"Routes") + b"=" + piece[7:] for piece in _pieces(digits, random)]
    number = [bent(random, b"NumRoutes") + b"=" + _count(random, count)] if random.random() < 0.9 else []
    number *= 2 if random.random() < 0.04 else 1
    lines += [plain(random, PLAIN_KEYS) for _ in range(random.randrange(3))]
    lines += [*number, *routes] if random.random() < 0.8 else [*routes, *number]
    if random.random() < 0.2:  # whatever else has strayed into it
        lines.insert(random.randrange(1, len(lines) + 1), random.choice(_strays(random)))
    lines += [b"", plain(random, PLAIN_KEYS)] * random.randrange(2)
    end = line_end(random)
    return b"".join(line + (end if random.random() < 0.95 else line_end(random)) for line in lines)


def _strays(random: Random) -> tuple[bytes, ...]:
    return (
        b"", b" ", b"; Routes=00", b"XRoutes=00", b"RoutesX=00", b"Routes", b"NumRoutes", b"[x", b"A=Routes=00",
        b"Num Routes=1", b"Routes=", b"Long=" + b"A" * 9000, noise(random, 12),
    )  # fmt: skip


def _count(random: Random, count: int) -> bytes:
    if random.random() < 0.9:
        return random.choice((b"%d", b"%d", b"%d", b" %d ", b"%03d", b"%d\t")) % count
    return random.choice((*ODD_COUNTS, b"%d" % (count + 1)))


def _pieces(digits: str, random: Random | None = None) -> list[bytes]:
    """The lines of 128 digits each, or sometimes of any other number."""
    size = random.choice((128, 128, 128, 72, 1 + random.randrange(200))) if random else 128
    return [b"Routes=" + digits[place : place + size].encode() for place in range(0, len(digits), size)]


def _routes(random: Random, settings: RouteSettings) -> tuple[str, int]:
    """The digits of the stored routes and their number: those that are wanted, some of them, others."""
    stored = [
        _record(random, Wanted(one.prefix, one.metric or random.choice((1, 7)), one.exclude), settings.routes)
        for one in settings.routes
        if random.random() < 0.75
    ]
    stored += [
        _record(
            random, Wanted(random.choice(OTHERS), random.choice((1, 5, 2**32 - 1)), random.random() < 0.3), ()
        )
        for _ in range(random.choice((0, 0, 1, 2, 4)))
    ]
    stored += [random.choice(stored)] if stored and random.random() < 0.08 else []
    random.shuffle(stored)
    digits = "".join(stored)
    if random.random() < 0.04:
        digits = digits[: random.randrange(len(digits) + 1)] + random.choice(("0", "G", " ", "\xb2"))
    return random.choice((digits, digits, digits, digits.lower(), digits.swapcase())), len(stored)


def _record(random: Random, route: Wanted, wanted: Sequence[Wanted]) -> str:
    metric, exclude = route.metric or 1, route.exclude
    if wanted and random.random() < 0.2:
        metric = random.choice((2, 5, 70_000))
    if wanted and random.random() < 0.08:
        exclude = not exclude
    interface = ip_interface(route.prefix)
    family, length = {4: 2, 6: 23}[interface.version], interface.network.prefixlen
    address = interface.ip.packed.ljust(16, b"\0")
    last = 0
    match random.randrange(60):
        case 0:
            family = random.choice((0, 3, 22, 2**32 - 1))
        case 1:
            length = random.choice((33, 129, 2**32 - 1))
        case 2:
            address = address[:12] + b"\x07\x00\x00\x01"
        case 3:
            last = 0xAB
    words = struct.pack("<III", metric, family, length)
    return (
        (words + address + struct.pack("<II", random.choice((1, 1, 256)) if exclude else 0, last))
        .hex()
        .upper()
    )
