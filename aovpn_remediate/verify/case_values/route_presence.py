"""What the cases of route-presence need: the stored and live routes in each state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from typing import Any

Route = Mapping[str, Any]
_STALE = "198.51.100.0/24@1"


def values(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the states of the entry and of the connected profile.

    The first route that is not an exclusion is the missing one. Without such a route nothing can be wrong.
    """
    routes: Sequence[Route] = [_route(text) for text in settings["Routes"]]
    stored = [_stored(route) for route in routes]
    live = [route for route in stored if not route.startswith("!")]
    exclusions = [route for route in stored if route.startswith("!")]
    first = live[:1]
    rest = [route for route in stored if route not in first]
    return {
        "Right": {"routes": stored},
        "Wrong": {"routes": rest} if first else None,
        "Repaired": {"routes": [*rest, *first], "time": 1},
        "ChangesAt": "Confirm-OtherContent",
        "OnlyExclusions": exclusions,
        "WithoutExclusions": live if exclusions else None,
        "ExclusionsLast": [*live, *exclusions],
        "WithStale": [*stored, _STALE],
        "StaleRest": [_STALE, *rest],
        "StaleFirst": [_STALE, *rest, *first],
        "WithExclusion": [*stored, "!198.51.100.0/24@1"],
        "InsideFirst": [*stored, *(f"!{_last_address(route)}@1" for route in first)],
        "Rest": rest,
        "FirstLast": [*rest, *first],
        **_with_other_metric(routes, stored),
        **_live_values(settings, live, waits=_waits(routes)),
    }


def _route(text: str) -> Route:
    """A route of the settings in its parts."""
    prefix, _, metric = text.removeprefix("!").partition("@")
    return {"Prefix": prefix, "Metric": int(metric) if metric else None, "Exclude": text.startswith("!")}


def _live_values(settings: Mapping[str, Any], live: list[str], *, waits: bool) -> Mapping[str, Any]:
    """The connected profile; a route that ``waits`` for the next connection is not added live."""
    interfaces = [{"alias": settings["Profile"], "ipv4": 3, "ipv6": 3}]
    right = {"interfaces": interfaces, "routes": live}
    return {
        "LiveRight": right,
        "LiveWrong": {"interfaces": interfaces, "routes": live[1:]} if live else None,
        "LiveRepaired": right if live and not waits else None,
        "Waits": waits,
        "LiveReads": "Get-NetRoute",
        "LiveWrites": "New-NetRoute",
    }


def _waits(routes: Sequence[Route]) -> bool:
    """Whether the first route contains an exclusion."""
    first = next((route for route in routes if not route["Exclude"]), None)
    if first is None:
        return False
    outer = ip_network(first["Prefix"])
    for route in routes:
        network = ip_network(route["Prefix"])
        if route["Exclude"] and network.version == outer.version and network.subnet_of(outer):  # type: ignore[arg-type]
            return True
    return False


def _with_other_metric(routes: Sequence[Route], stored: list[str]) -> Mapping[str, Any]:
    """The stored routes while the first of those with a metric has another one, and after its repair."""
    for place, route in enumerate(routes):
        if route["Metric"] is not None and not route["Exclude"]:
            other = f"{route['Prefix']}@{route['Metric'] % 9999 + 1}"
            before, behind = stored[:place], stored[place + 1 :]
            return {
                "MetricWrong": [*before, other, *behind],
                "MetricRepaired": [*before, *behind, stored[place]],
            }
    return {"MetricWrong": None, "MetricRepaired": None}


def _last_address(route: str) -> str:
    """The last address of a route, as a network."""
    network = ip_network(route.partition("@")[0])
    return f"{network[-1]}/{network.max_prefixlen}"


def _stored(route: Route) -> str:
    return f"{'!' if route['Exclude'] else ''}{route['Prefix']}@{route['Metric'] or 1}"
