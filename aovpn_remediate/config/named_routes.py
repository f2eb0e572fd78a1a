"""The routes of an entry with the names of lists written out; the same route of two lists is one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aovpn_remediate.config.shared import LISTS, Item
from aovpn_remediate.documents.tree import Tree, Where
from aovpn_remediate.kinds.common.routes import RouteEntry, read_route
from aovpn_remediate.problems import Problem
from aovpn_remediate.problems.words import nearest, quoted

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""A network is never like this: it has a point or a colon."""

Lists = Mapping[str, tuple[tuple[Item, ...], ...]]


@dataclass(frozen=True)
class NamedRoutes:
    """Routes with the places where they are written, problems of names, and the names that were used."""

    items: tuple[Item, ...]
    problems: tuple[Problem, ...]
    used: frozenset[Where]


def write_out_routes(values: list[object], where: Where, tree: Tree, lists: Lists) -> NamedRoutes:
    """Return the routes of a list in which names of lists may be."""
    holders: list[tuple[Item, ...]] = []
    problems: list[Problem] = []
    used: set[Where] = set()
    for index, value in enumerate(values):
        at = (*where, index)
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            holders.append((Item(value, tree, at),))
        elif value not in lists:
            text = f"there is no route list {quoted(value)}; {nearest(value, lists)}"
            problems.append(tree.problem(at, text, "config/unknown-name"))
        elif (LISTS, value) in used:
            text = f"the route list {quoted(value)} is named twice; remove one"
            problems.append(tree.problem(at, text, "route/listed-twice"))
        else:
            used.add((LISTS, value))
            holders += lists[value]
    items = tuple(_merged(holders, problems))
    return NamedRoutes(items, tuple(problems), frozenset(used))


def _merged(holders: list[tuple[Item, ...]], problems: list[Problem]) -> Iterator[Item]:
    """Each route once, if it is in several lists; a route twice in one list is left to the model."""
    seen: dict[str, tuple[RouteEntry, Item, Where]] = {}
    for items in holders:
        for item in items:
            route = read_route(item.value)
            holder = item.where[:-1]
            if route is None:
                yield item
                continue
            first, earlier, earlier_holder = seen.setdefault(route.prefix, (route, item, holder))
            if earlier is item or (earlier.tree is item.tree and earlier_holder == holder):
                yield item
            elif first != route:
                problems.append(_differs(route, item, first, earlier))


def _differs(route: RouteEntry, item: Item, first: RouteEntry, earlier: Item) -> Problem:
    tree, _ = earlier.tree.origin(earlier.where)
    place = f"{tree.path.name}, line {earlier.tree.place(earlier.where)[0]}"
    text = f"{route.in_words()} is {first.in_words()} in {place}; write the same in both, or remove one"
    return item.tree.problem(item.where, text, "route/differs")
