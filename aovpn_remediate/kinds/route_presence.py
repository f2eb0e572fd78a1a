"""The kind route-presence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from aovpn_remediate.kinds.parts import Strict, text_schema
from aovpn_remediate.kinds.profile import ProfileEntry
from aovpn_remediate.names import check_prefix, is_within

_PREFIX = "^[0-9A-Fa-f:.]+/[0-9]+$"
Prefix = Annotated[str, AfterValidator(check_prefix), text_schema(_PREFIX)]


class RouteEntry(Strict, title="Route"):
    """One route: ``10.20.0.0/16``, or a mapping with a metric or an exclusion."""

    prefix: Prefix = Field(title="Prefix", description="A network, e.g. 10.20.0.0/16 or 2001:db8::/32.")
    metric: int | None = Field(
        None, title="Metric", ge=1, le=9999, description="The route's metric. Default: any is fine."
    )
    exclude: bool = Field(
        False, title="Exclusion", description="Keeps the prefix out of the tunnel; see exclusions."
    )


def _long_form(value: Any) -> Any:
    return {"prefix": value} if isinstance(value, str) else value


class RoutePresence(ProfileEntry, title="route-presence"):
    """The routes of a profile, in the phonebook and while it is connected."""

    symptom = "Connected, but some networks are not reached: their routes are missing, or old ones linger."
    cause = (
        "Windows lost the profile's routes, never installed them at a connection, or kept routes that were "
        "removed from the profile."
    )
    touches = (
        "Routes of one entry of rasphone.pbk, by Add- and Remove-VpnConnectionRoute; live routes of the "
        "connected interface of the profile's name. The entry is put back if anything else in it changed."
    )

    short_forms: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "routes": {"type": "string", "pattern": _PREFIX}
    }

    kind: Literal["route-presence"] = Field(title="Kind", description="What is checked and repaired.")
    routes: list[Annotated[RouteEntry, BeforeValidator(_long_form)]] = Field(
        title="Routes", description="The networks that go through the tunnel, IPv4 and IPv6."
    )
    stale: Literal["keep", "remove"] = Field(
        "keep", title="Other routes", description="What to do about stored routes that are not in the list."
    )
    exclusions: Literal["report", "write"] = Field(
        "report",
        title="Exclusions",
        description="Windows has no command for them: report (needs repair: false), or write the phonebook.",
    )

    @model_validator(mode="after")
    def _routes_fit(self) -> Self:
        seen: set[str] = set()
        for route in self.routes:
            if route.prefix in seen:
                raise ValueError(f"route {route.prefix} is listed twice; remove one")
            seen.add(route.prefix)
        if not self.routes and self.stale == "remove":
            raise ValueError("an empty list with stale: remove would take every route away; list the routes")
        if any(route.exclude for route in self.routes) and self.repair and self.exclusions == "report":
            raise ValueError(
                "exclude needs exclusions: write, or repair: false; Windows has no command for it"
            )
        return self

    def script_settings(self) -> Mapping[str, object]:
        """The ``$Settings`` of both scripts."""
        routes = [
            {"Prefix": route.prefix, "Metric": route.metric, "Exclude": route.exclude}
            for route in self.routes
        ]
        settings = self.profile_settings()
        return {**settings, "Routes": routes, "Stale": self.stale, "Exclusions": self.exclusions}

    def case_values(self) -> Mapping[str, object]:
        """The settings; the routes as the phonebook would have them, all and all but the first.

        ``waits`` is whether the first one is around an exclusion, so that it is not added to an interface.
        """
        through = [route for route in self.routes if not route.exclude]
        stored = [f"{'!' * route.exclude}{route.prefix}@{route.metric or 1}" for route in self.routes]
        return {
            **super().case_values(),
            "routes": [f"{route.prefix}@{route.metric or 1}" for route in through],
            "rest": [f"{route.prefix}@{route.metric or 1}" for route in through[1:]],
            "stored_routes": stored,
            "stored_rest": stored[1:],
            "stored_through": [route for route in stored if not route.startswith("!")],
            "first_last": [*stored[1:], *stored[:1]],
            "count": len(self.routes),
            "excludes": len(through) < len(self.routes),
            "waits": any(
                is_within(one.prefix, first.prefix)
                for first in through[:1]
                for one in self.routes
                if one.exclude
            ),
            "with_stale": [*stored, "198.51.100.0/24@1"],
            "stale_rest": ["198.51.100.0/24@1", *stored[1:]],
            "stale_first": ["198.51.100.0/24@1", *stored[1:], *stored[:1]],
            "with_exclusion": [*stored, "!198.51.100.0/24@1"],
        }
