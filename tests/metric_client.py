"""Devices with connected interfaces and their metrics."""

from __future__ import annotations

from aovpn_remediate.client import SimulatedClient, live_interface
from tests.pairs import PROFILE

LIVE_ONLY = {"stored": "ignore", "live": "repair"}


def connect(client: SimulatedClient, alias: str = PROFILE, *, ipv6: bool = True) -> None:
    """Give the device a connected interface of that alias beside two others."""
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7), live_interface(alias, "IPv4")]
    client.interfaces += [live_interface(alias, "IPv6")] if ipv6 else []


def metrics(client: SimulatedClient, alias: str = PROFILE) -> list[object]:
    """The live metric of each family: a number, or automatic."""
    return [
        "automatic" if one["AutomaticMetric"] == "Enabled" else one["InterfaceMetric"]
        for one in client.interfaces
        if one["InterfaceAlias"] == alias
    ]
