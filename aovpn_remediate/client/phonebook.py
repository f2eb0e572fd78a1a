"""Phonebooks as Windows writes them, built from parts.

The shape is that of a real PBVersion 8 file (snwaters/test, rasphone.pbk).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from ipaddress import ip_network

CRLF = b"\r\n"
HEX_PIECE = b"31444243190000000A" + b"0" * 110
"""Windows cuts hex values into pieces of 128 digits (snwaters/test, rasphone.pbk)."""


def entry(  # noqa: PLR0913  each is a part of an entry
    name: str | bytes,
    *,
    ipv4: object = 0,
    ipv6: object = 0,
    kind: int | None = 2,
    encoding: bool = True,
    last: tuple[bytes, ...] = (),
    routes: tuple[str, ...] = (),
    time: int = 0,
    keys: Mapping[str, object] = {},
) -> bytes:
    """Return one entry; a metric of ``None`` leaves its key out, ``last`` ends the first block.

    ``keys`` are further keys of the first block, or other values of its keys; ``None`` leaves one out.
    """
    first = _head(name, encoding=encoding, kind=kind)
    first += [b"AutoLogon=0", b"UseRasCredentials=1"]
    first += [b"LowDateTime=%d" % (-1180434704 + time), b"HighDateTime=31109912"]
    first += [b"CustomAuthData=" + HEX_PIECE, b"CustomAuthData=" + HEX_PIECE, b"CustomAuthData=00AB"]
    first += [*_metric(b"IpInterfaceMetric", ipv4), b"IpDnsFlags=3", *_metric(b"Ipv6InterfaceMetric", ipv6)]
    first += [b"PreSharedKey=", b"IpDnsSuffix=corp.contoso.com", b"NumRoutes=%d" % len(routes)]
    for piece in re.findall(".{1,128}", "".join(map(record, routes))):
        first.append(b"Routes=" + piece.encode())
    first = [*_with_keys(first, keys), *last]
    net = [b"NETCOMPONENTS=", b"ms_msclient=1", b"ms_server=1"]
    media = [b"MEDIA=rastapi", b"Port=VPN2-0", b"Device=WAN Miniport (IKEv2)"]
    device = [b"DEVICE=vpn", b"PhoneNumber=vpn.contoso.com", b"AreaCode=", b"LastSelectedPhone=0"]
    content = b""
    for block in (first, net, media, device):
        content += CRLF.join(block) + CRLF * 2
    return content


def _with_keys(lines: list[bytes], keys: Mapping[str, object]) -> list[bytes]:
    names = [line.partition(b"=")[0].decode("latin-1") for line in lines]
    found: list[bytes] = []
    for name, line in zip(names, lines, strict=True):
        found += _metric(name.encode(), keys[name]) if name in keys else [line]
    for name in keys:
        found += _metric(name.encode(), keys[name]) if name not in names else []
    return found


def _head(name: str | bytes, *, encoding: bool, kind: int | None) -> list[bytes]:
    """The first lines of an entry: its header, how it is encoded, and which kind of connection it is."""
    header = name if isinstance(name, bytes) else name.encode()
    lines = [b"[" + header + b"]"]
    if encoding:
        lines.append(b"Encoding=1")
    lines.append(b"PBVersion=8")
    if kind is not None:
        lines.append(b"Type=%d" % kind)
    return lines


def _metric(key: bytes, value: object) -> list[bytes]:
    if value is None:
        return []
    return [key + b"=" + (value if isinstance(value, bytes) else str(value).encode())]


def record(text: str) -> str:
    """Return a route as RAS stores it: ``10.0.0.0/8``, ``…@5`` with a metric, ``!…`` an exclusion.

    (ld0614/DPC, Route.cs; Server Fault question 1051424; the mark of an exclusion: Route.cs alone)
    """
    prefix, _, metric = text.removeprefix("!").partition("@")
    network = ip_network(prefix)
    family = 2 if network.version == 4 else 23
    words = struct.pack("<III", int(metric or 1), family, network.prefixlen)
    address = network.network_address.packed.ljust(16, b"\0")
    return (words + address + struct.pack("<II", text.startswith("!"), 0)).hex().upper()
