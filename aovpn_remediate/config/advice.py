"""What is allowed in a config but probably not meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations

from aovpn_remediate.config.problem import Problem, Problems, quoted
from aovpn_remediate.config.yaml_tree import Tree
from aovpn_remediate.kinds import Entry, InterfaceMetric, RoutePresence
from aovpn_remediate.kinds.common.profile import ProfileEntry
from aovpn_remediate.kinds.common.values import is_within
from aovpn_remediate.kinds.route_presence import RouteEntry


def advise(entries: Mapping[str, Entry], tree: Tree) -> Problems:
    """Return what a second look is worth, each with its place."""
    found = [
        *_same_care(entries),
        *_same_metric(entries),
        *_nested_routes(entries),
        *_no_routes(entries),
        *_unsigned(entries),
    ]
    return sorted(Problem(*tree.key_place(("remediations", key)), text) for key, text in found)


def _same_care(entries: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    """Two entries that repair the same state of one profile undo each other, or one is idle."""
    seen: dict[tuple[str, ...], str] = {}
    for key, entry in entries.items():
        if isinstance(entry, ProfileEntry):
            for state in entry.repairs():
                care = (entry.kind, entry.profile.casefold(), entry.scope, state)
                earlier = seen.setdefault(care, key)
                if earlier != key:
                    yield key, f"{quoted(earlier)} repairs the {state.lower()} state of this profile too"


def _same_metric(entries: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    """With one metric for two tunnels it is open which of them names and routes go through."""
    profiles: dict[object, dict[str, str]] = defaultdict(dict)
    for key, entry in entries.items():
        if isinstance(entry, InterfaceMetric) and entry.ipv4 != "automatic":
            others = [name for name in profiles[entry.ipv4] if name != entry.profile]
            if others:
                yield (
                    key,
                    f"the profile {quoted(others[0])} has the metric {entry.ipv4} too; the two would tie",
                )
            profiles[entry.ipv4].setdefault(entry.profile, key)


def _nested_routes(entries: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    """A route within another one is fine, but another metric rarely does what is hoped for."""
    for key, entry in entries.items():
        if isinstance(entry, RoutePresence):
            routes = [one for one in entry.routes if not one.exclude]
            for one, other in combinations(routes, 2):
                is_nested = is_within(one.prefix, other.prefix) or is_within(other.prefix, one.prefix)
                if one.metric != other.metric and is_nested:
                    both = f"{_named(one)} and {_named(other)}"
                    yield key, f"{both} overlap; the longer one wins, whatever the metrics"


def _no_routes(entries: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    """Without routes nothing is missing, and stale ones that are kept are no issue."""
    for key, entry in entries.items():
        if isinstance(entry, RoutePresence) and not entry.routes:
            yield key, "no routes are listed, so every device is healthy"


def _unsigned(entries: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    """Nobody can have signed what is rendered at each publish; files of one's own have to be signed."""
    for key, entry in entries.items():
        if entry.signature_check and entry.own_pair() is None:
            yield key, "with signature_check a device refuses the rendered scripts, which have no signature"


def _named(route: RouteEntry) -> str:
    return f"route {route.prefix} ({'any metric' if route.metric is None else f'metric {route.metric}'})"
