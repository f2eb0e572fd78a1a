"""Where the file names groups, filters and scope tags, for problems that only the tenant shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aovpn_remediate.documents.tree import Tree, Where

_NAMES = ("group", "exclude", "filter")


def name_places(tree: Tree) -> dict[str, str]:
    """Return the first place of each name, as ``file:line:column``; ``tree`` has whole entries."""
    places: dict[str, str] = {}
    for name, where in _names(tree):
        if name not in places:
            origin, there = tree.origin(where)
            line, column = origin.place(there)
            places[name] = f"{origin.path}:{line}:{column}"
    return places


def _names(tree: Tree) -> Iterator[tuple[str, Where]]:
    for key, entry in tree.section("remediations").items():
        if isinstance(entry, Mapping):
            yield from _names_in(entry, ("remediations", key))
    yield from _names_in(tree.section("defaults"), ("defaults",))


def _names_in(entry: Mapping[str, object], where: Where) -> Iterator[tuple[str, Where]]:
    assignments, tags = entry.get("assignments"), entry.get("scope_tags")
    for index, one in enumerate(assignments if isinstance(assignments, list) else ()):
        if not isinstance(one, Mapping):
            continue
        for name in _NAMES:
            value = one.get(name)
            if isinstance(value, str):
                yield value, (*where, "assignments", index, name)
    for index, tag in enumerate(tags if isinstance(tags, list) else ()):
        if isinstance(tag, str):
            yield tag, (*where, "scope_tags", index)
