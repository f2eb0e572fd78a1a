"""What the cases of interface-metric need beside the keys of the entry: the metrics of the live interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LEFT_ALONE = 77
"""The metric of a family that the settings leave alone, wherever it stands."""


def values(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the states of the interface, and those of the entry with a family that is left alone."""
    ipv4, ipv6 = settings["Ipv4"], settings["Ipv6"]
    wrong = 26 if ipv4 == 25 else 25
    live6 = _LEFT_ALONE if ipv6 is None else ipv6
    stored6 = 0 if live6 == "automatic" else live6
    stored4 = 0 if ipv4 == "automatic" else ipv4
    right = {"ipv4": stored4, "ipv6": stored6}
    return {
        "Right": right,
        "Wrong": {"ipv4": wrong, "ipv6": stored6},
        "Repaired": right,
        "WithoutKeys": None
        if ipv4 == "automatic" or ipv6 in ("automatic", None)
        else {"ipv4": None, "ipv6": None},
        "WithAddedKeys": {
            "ipv4": None,
            "ipv6": None,
            "last": [f"IpInterfaceMetric={stored4}", f"Ipv6InterfaceMetric={stored6}"],
        },
        "Unreadable": {"ipv4": "x"},
        "WithoutOptionalKeys": None,
        "Twice": {**right, "last": [f"IpInterfaceMetric={stored4}"]},
        "Accepted": None,
        "LiveRight": _connected(settings, ipv4, live6),
        "LiveWrong": _connected(settings, wrong, _LEFT_ALONE),
        "LiveRepaired": _connected(settings, ipv4, live6),
        "LiveWrong6": None if ipv6 is None else _connected(settings, ipv4, 78),
        "LiveReads": "Get-NetIPInterface",
        "LiveWrites": "Set-NetIPInterface",
    }


def _both_added(ipv4: object, ipv6: object) -> bool:
    return ipv4 != "automatic" and ipv6 not in ("automatic", None)


def _connected(settings: Mapping[str, Any], ipv4: object, ipv6: object) -> Mapping[str, Any]:
    ethernet = {"alias": "Ethernet", "ipv4": "automatic", "index": 7}
    return {"interfaces": [ethernet, {"alias": settings["Profile"], "ipv4": ipv4, "ipv6": ipv6}]}
