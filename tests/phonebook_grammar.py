"""Random phonebooks: mostly as Windows writes them, then bent, then with noise in their bytes."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from tests.phonebook_model import BOM, Wants

NAMES = (
    "V", "Contoso VPN", "a[b]c", "M\u00fcnchen", "VPN I", "x=y", "O'N $x {0}", "[x]", "\u6771", "a.b+(^c)",
    "St. Stra\u00dfe",
)  # fmt: skip
VALUES = (b"0", b"3", b"25", b"", b" 3 ", b"0003", b"9999")
ODD_VALUES = (b"abc", b"3\xa0", b"-1", b"99999999999", b"3;x", b"+3", b"\xd9\xa3", b"\x0b3", b"0x3")
WANTS: tuple[Wants, ...] = (
    {"ipv4": 3, "ipv6": 3}, {"ipv4": 25, "ipv6": None}, {"ipv4": "automatic", "ipv6": 3},
    {"ipv4": 3, "ipv6": "automatic"}, {"ipv4": "automatic", "ipv6": "automatic"},
)  # fmt: skip
ODD_LINES = (
    b"XIpInterfaceMetric=1", b"IpInterfaceMetricX=1", b"; IpInterfaceMetric=1", b"IpInterfaceMetric",
    b"Ip InterfaceMetric=1", b"A=IpInterfaceMetric=1", b"IpInterfaceMetric:3", b"[x]", b"[]", b"[", b"]",
    b" [V]", b"[V]x", b"[V] ", b"x[V]", b"[[V]]", b"=", b"=3",
)  # fmt: skip
PLAIN_KEYS = (b"A", b"PBVersion", b"CustomAuthData", b"MEDIA", b"DEVICE")


@dataclass(frozen=True)
class Case:
    """One phonebook and what is wanted of it."""

    name: str
    scope: str
    culture: str
    wants: Wants
    before: bytes


def random_case(random: Random) -> Case:
    """Return a case; the same random numbers make the same case."""
    setup = random.randrange(len(NAMES))  # few different scripts, since compiling them takes longest
    name = NAMES[setup]
    return Case(
        name=name,
        scope=("user", "device")[setup % 2],
        culture=random.choice(("en-US", "tr-TR", "de-DE")),
        wants=WANTS[setup % len(WANTS)],
        before=_book(random, name),
    )


def _book(random: Random, name: str) -> bytes:
    names = [*NAMES, name + "2", name[:-1] or "q"]
    entries = [_entry(random, random.choice(names)) for _ in range(random.randrange(3))]
    entries += [_entry(random, name)] if random.random() < 0.92 else []
    entries += [_entry(random, random.choice(names)) for _ in range(random.randrange(3))]
    entries += [_entry(random, name)] if random.random() < 0.05 else []
    book = (BOM if random.random() < 0.15 else b"") + b"".join(entries)
    if random.random() < 0.25:
        book = book.rstrip(b"\r\n")
    if random.random() < 0.1:
        place = random.randrange(len(book) + 1)
        book = book[:place] + noise(random, 6) + book[place:]
    return book + (b"\0" if random.random() < 0.01 else b"")


def _entry(random: Random, name: str) -> bytes:
    lines = [b"[" + encoded(random, name) + b"]" + random.choices((b"", b" ", b"\t"), (12, 1, 1))[0]]
    lines += [b"Encoding=1"] if random.random() < 0.7 else []
    lines += [bent(random, b"Type") + b"=2"] if random.random() < 0.9 else []
    if random.random() < 0.75:
        keys = (b"IpInterfaceMetric", b"Ipv6InterfaceMetric")
        lines += [_metric(random, key) for key in keys if random.random() < 0.5]
        lines += [plain(random) for _ in range(random.randrange(5))]
        lines += [b"", *(plain(random) for _ in range(random.randrange(3)))]
    else:
        lines += [_odd(random) for _ in range(random.randrange(9))]
    lines += [b""] * random.randrange(3)
    return b"".join(line + line_end(random) for line in lines)


def line_end(random: Random) -> bytes:
    """Return what ends a line: mostly as Windows does."""
    return random.choices((b"\r\n", b"\n", b"\r", b"\r\r\n", b"\n\r"), (12, 3, 1.5, 0.3, 0.3))[0]


def encoded(random: Random, name: str) -> bytes:
    """Return a name in UTF-8 or an ANSI code page, in any case."""
    text = random.choice((name, name, name, name.upper(), name.lower()))
    try:
        return text.encode(random.choice(("utf-8", "utf-8", "utf-8", "cp1252")))
    except UnicodeEncodeError:
        return text.encode()


def bent(random: Random, key: bytes) -> bytes:
    """Return a key, sometimes in another case or with spaces."""
    bends = (key, key.upper(), key.lower(), b" " + key, key + b" ", b"\t" + key)
    return random.choices(bends, (10, 1, 1, 0.5, 0.5, 0.3))[0]


def _metric(random: Random, key: bytes) -> bytes:
    return bent(random, key) + b"=" + random.choice(random.choices((VALUES, ODD_VALUES), (12, 1))[0])


def plain(random: Random, keys: tuple[bytes, ...] = (*PLAIN_KEYS, b"NumRoutes")) -> bytes:
    """Return a line that means nothing here."""
    key = random.choice(keys)
    return key + b"=" + bytes(random.choice(b"0123456789ABCDEF=[] ") for _ in range(random.randrange(20)))


def _odd(random: Random) -> bytes:
    match random.randrange(8):
        case 0:
            kind = random.choices((b"2", b"1", b"5", b" 2", b"2 ", b""), (8, 1, 1, 1, 1, 0.3))[0]
            return bent(random, b"Type") + b"=" + kind
        case 1 | 2:
            return _metric(random, random.choice((b"IpInterfaceMetric", b"Ipv6InterfaceMetric")))
        case 3:
            return random.choice((b"", b" ", b"\t", b" \t ", b"\xa0"))
        case 4:
            return random.choice(ODD_LINES)
        case 5:
            return noise(random, 12)
        case 6:
            return b"Long=" + b"A" * random.randrange(20_000)
    return plain(random)


def noise(random: Random, length: int) -> bytes:
    """Return some random bytes, none of them null."""
    some = (
        random.choice((random.randrange(1, 256), random.choice(b"=[] \t\r\nTIpv6"))) for _ in range(length)
    )
    return bytes(list(some)[: random.randrange(length)])
