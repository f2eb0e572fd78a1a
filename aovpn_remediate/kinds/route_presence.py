"""The kind route-presence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from aovpn_remediate.documents.strict import Misfit
from aovpn_remediate.kinds.common.conditions import (
    Rules,
    equal,
    equal_or_missing,
    explained,
    items,
    rule,
    value,
)
from aovpn_remediate.kinds.common.entry import Advice
from aovpn_remediate.kinds.common.fields import NAME_OF_A_LIST, ShortForm
from aovpn_remediate.kinds.common.profile import ConnectedProfileEntry
from aovpn_remediate.kinds.common.routes import Route, RouteEntry
from aovpn_remediate.kinds.common.values import is_within, network_order

_NOT_WRITTEN = "exclude needs exclusions: write, or repair: false; Windows has no command for exclusions"
_MANY = 600
"""Routes from which a list is called long: a check takes two to six times as long as of 60 (measured)."""
_TOO_MANY = (
    "routes are listed; each makes the check slower and the scripts larger, and Intune takes scripts of at "
    "most 200,000 bytes; join neighboring networks"
)
_KEYS = ("stored", "repair", "exclusions")
"""What decides whether exclusions must be written."""


class RoutePresence(ConnectedProfileEntry, title="route-presence"):
    """The routes of a tunnel, in the phonebook and while it is connected."""

    example = """\
user-routes:
  kind: route-presence
  profile: Contoso User VPN
  scope: user
  routes:
    - 10.0.0.0/8
    - {prefix: 172.16.0.0/12, metric: 5}
    - {prefix: 13.107.6.152/31, exclude: true}
  exclusions: write
"""
    symptom = "Connected, but some networks cannot be reached: routes are missing. Or old routes stay."
    cause = (
        "Windows lost the profile's routes, never installed them at a connection, or kept routes that were "
        "removed from the profile."
    )
    touches = (
        "Routes of one entry of rasphone.pbk, by Add- and Remove-VpnConnectionRoute; live routes of the "
        "connected interface with the profile's name. The entry is put back if anything else in it changed."
    )

    # the provider behind the commands has no exclusions and no change of a metric: vpnclientpsprov,
    # PS_VpnConnectionRoute; richardhicks/aovpn#25 lists a device tunnel with -AllUserConnection
    unconfirmed = (
        "Add- and Remove-VpnConnectionRoute accept a device tunnel with -AllUserConnection",
        "the route commands change only routes and time stamps of the entry",
        "the route commands keep every byte of other entries",
        "a stored route is an exclusion if its next-to-last word says so, also one that was written",
    )

    named_lists = ("routes",)

    kind: Literal["route-presence"] = Field(title="Kind", description="What is checked and repaired.")
    routes: list[Annotated[Route, ShortForm(NAME_OF_A_LIST)]] = Field(
        title="Routes", description="The networks that go through the tunnel, IPv4 and IPv6."
    )
    stale: Literal["keep", "remove"] = Field(
        "keep",
        title="Other routes",
        description="What to do about stored routes that are not in the list.",
        json_schema_extra=explained("Leave them.", "Remove them."),
    )
    exclusions: Literal["report", "write"] = Field(
        "report",
        title="Exclusions",
        description="Windows has no command for exclusions: report them (needs repair: false), or write.",
        json_schema_extra=explained("Say what differs; needs repair: false.", "Edit the phonebook itself."),
    )

    rules: ClassVar[Rules] = (
        value("routes", {"uniqueItems": True}),
        rule(
            equal_or_missing(exclusions="report", repair=True, stored="repair"),
            then=items("routes", equal_or_missing(exclude=False)),
        ),
        rule(equal(stale="remove"), then=value("routes", {"minItems": 1})),
    )

    def misfits(self) -> Iterable[Misfit]:
        """What does not fit together, also in the list of routes."""
        yield from super().misfits()
        seen: set[str] = set()
        is_not_written = self.repair and "Stored" in self.repairs() and self.exclusions == "report"
        for index, route in enumerate(self.routes):
            if route.prefix in seen:
                text = f"route {route.prefix} is listed twice; remove one"
                yield Misfit("route/listed-twice", text, at=("routes", index))
            seen.add(route.prefix)
            if route.exclude and is_not_written:
                yield Misfit("route/exclusion-not-written", _NOT_WRITTEN, _KEYS, ("routes", index))
        if not self.routes and self.stale == "remove":
            text = "stale: remove with an empty list would remove every route; list the routes"
            yield Misfit("route/all-removed", text, ("routes", "stale"))

    def script_settings(self) -> Mapping[str, object]:
        """The ``$Settings`` of both scripts."""
        return {
            **self.profile_settings(),
            "Routes": [_route_setting(route) for route in self.routes],
            "Stale": self.stale,
            "Exclusions": self.exclusions,
        }

    def features(self) -> Mapping[str, bool]:
        """Whether the routes have exclusions and metrics, and whether other routes are removed."""
        features = super().features()
        return {
            **features,
            "exclusions": any(route.exclude for route in self.routes),
            "metrics": any(route.metric is not None for route in self.routes),
            "stale": self.stale == "remove" and features["stored"],
        }

    def wanted_values(self, state: str) -> Mapping[str, object]:  # noqa: ARG002  the same in both
        """The routes as one value, because one entry may remove what another one adds."""
        return {"routes": (self.stale, *sorted(route.in_words() for route in self.routes))}

    def stored_keys(self) -> Iterable[str]:
        """The keys that hold the routes of the entry."""
        return ("NumRoutes", "Routes")

    def traces(self) -> Iterable[tuple[str, ...]]:
        """The keys, and the commands that write them."""
        yield from super().traces()
        if "Stored" in self.repairs():
            yield ("Add-VpnConnectionRoute",)
            yield ("Remove-VpnConnectionRoute",)

    def advice(self) -> Iterable[Advice]:
        """A list without routes, a very long one, and overlapping routes with different metrics."""
        if not self.routes:
            yield "route/none", "no routes are listed, so every device is healthy; list the routes"
        if len(self.routes) >= _MANY:
            yield "route/many", f"{len(self.routes)} {_TOO_MANY}"
        routes = [route for route in self.routes if not route.exclude]
        for outer, inner in _overlaps(routes):
            named = inner[0].in_words()
            if len(inner) > 1:
                named = f"{len(inner)} routes with other metrics, such as {named},"
            yield (
                "route/overlap",
                f"{outer.in_words()} and {named} overlap; the longer prefix wins, with any metrics",
            )


def _overlaps(routes: Iterable[RouteEntry]) -> Iterable[tuple[RouteEntry, list[RouteEntry]]]:
    """Each route with those inside it that have another metric."""
    found: list[tuple[RouteEntry, list[RouteEntry]]] = []
    around: list[tuple[RouteEntry, list[RouteEntry]]] = []
    for route in sorted(routes, key=lambda one: network_order(one.prefix)):
        while around and not is_within(route.prefix, around[-1][0].prefix):
            around.pop()
        for outer, inner in around:
            if outer.metric != route.metric:
                inner.append(route)
        around.append((route, []))
        found.append(around[-1])
    return [one for one in found if one[1]]


def _route_setting(route: RouteEntry) -> str:
    """A route as the scripts read it: ``10.20.0.0/16``, ``…@5`` with a metric, ``!…`` an exclusion."""
    metric = "" if route.metric is None else f"@{route.metric}"
    return f"{'!' if route.exclude else ''}{route.prefix}{metric}"
