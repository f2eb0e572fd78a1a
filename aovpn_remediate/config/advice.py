"""What is allowed in a config but probably not meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import combinations

from aovpn_remediate.config.problem import Problem, Problems, quoted
from aovpn_remediate.config.yaml_tree import Tree
from aovpn_remediate.kinds import Entry, InterfaceMetric, RoutePresence
from aovpn_remediate.kinds.profile import ProfileEntry


def advise(entries: Mapping[str, Entry], tree: Tree) -> Problems:
    """Return what a second look is worth, each with its place."""
    found = [*_same_care(entries), *_same_metric(entries), *_nested_routes(entries)]
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
            routes = [(ip_network(one.prefix), one.metric) for one in entry.routes if not one.exclude]
            for (inner, inner_metric), (outer, outer_metric) in combinations(routes, 2):
                if inner_metric != outer_metric and (_within(inner, outer) or _within(outer, inner)):
                    yield key, f"routes {inner} and {outer} lie in each other with different metrics"


def _within(inner: IPv4Network | IPv6Network, outer: IPv4Network | IPv6Network) -> bool:
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)
