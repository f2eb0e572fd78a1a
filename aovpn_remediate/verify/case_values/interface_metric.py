"""What the cases of interface-metric need: the stored and live metrics in each state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LEFT_ALONE = 77
"""The metric of a family that the settings do not change."""


def values(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the states of the entry, with a family that is left alone, and of the connected interface."""
    ipv4, ipv6 = settings["Ipv4"], settings["Ipv6"]
    wrong = 26 if ipv4 == 25 else 25
    live6 = _LEFT_ALONE if ipv6 is None else ipv6
    return {
        "Right": _entry(ipv4, live6),
        "Wrong": _entry(wrong, live6),
        "Repaired": _entry(ipv4, live6),
        "LiveRight": _connected(settings, ipv4, live6),
        "LiveWrong": _connected(settings, wrong, _LEFT_ALONE),
        "LiveRepaired": _connected(settings, ipv4, live6),
        "LiveWrong6": None if ipv6 is None else _connected(settings, ipv4, 78),
        "LiveReads": "Get-NetIPInterface",
        "LiveWrites": "Set-NetIPInterface",
    }


def _entry(ipv4: object, ipv6: object) -> Mapping[str, Any]:
    return {"ipv4": _stored(ipv4), "ipv6": _stored(ipv6)}


def _stored(metric: object) -> object:
    return 0 if metric == "automatic" else metric


def _connected(settings: Mapping[str, Any], ipv4: object, ipv6: object) -> Mapping[str, Any]:
    ethernet = {"alias": "Ethernet", "ipv4": "automatic", "index": 7}
    return {"interfaces": [ethernet, {"alias": settings["Profile"], "ipv4": ipv4, "ipv6": ipv6}]}
