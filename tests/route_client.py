"""Devices with routes, and pairs that keep them."""

from __future__ import annotations

import base64
from pathlib import Path

from aovpn_remediate.client import SimulatedClient, live_interface
from tests.pairs import PROFILE, pair

TWO = ["10.20.0.0/16", "2001:db8:20::/48"]


def routes(*wanted: object, **settings: object):
    """A pair that wants these routes, by default for the device tunnel."""
    return pair(
        "route-presence", **({"profile": PROFILE, "scope": "device", "routes": list(wanted)} | settings)
    )


def connect(client: SimulatedClient, *prefixes: str, families: tuple[str, ...] = ("IPv4", "IPv6")) -> None:
    """A connected interface with these routes, beside another adapter's."""
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    client.interfaces += [live_interface(PROFILE, family) for family in families]
    client.routes = [live_route("0.0.0.0/0", 7), live_route("10.20.0.0/16", 7)]
    client.routes += [live_route(prefix) for prefix in prefixes]


def live_route(prefix: str, index: int = 23, metric: int = 1):
    family = "IPv6" if ":" in prefix else "IPv4"
    hop = "::" if family == "IPv6" else "0.0.0.0"
    return {
        "DestinationPrefix": prefix,
        "InterfaceIndex": index,
        "NextHop": hop,
        "RouteMetric": metric,
        "AddressFamily": family,
    }


def prefixes(client: SimulatedClient, index: int = 23) -> list[str]:
    return [one["DestinationPrefix"] for one in client.routes if one["InterfaceIndex"] == index]


def writing(path: Path, content: bytes) -> str:
    """A statement that makes this the content of a file."""
    digits = base64.b64encode(content).decode("ascii")
    return f"[IO.File]::WriteAllBytes('{path}', [Convert]::FromBase64String('{digits}'))"
