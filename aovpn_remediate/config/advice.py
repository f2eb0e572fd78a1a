"""What is allowed in a config but probably not meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from aovpn_remediate.documents.tree import Tree
from aovpn_remediate.kinds import Entry
from aovpn_remediate.problems import Problem
from aovpn_remediate.problems.words import quoted


def advise(entries: Mapping[str, Entry], tree: Tree) -> list[Problem]:
    """Return what a second look is worth, each with its place."""
    found = [*_overlaps(entries), *_own_advice(entries), *_unsigned(entries)]
    return sorted(_warning(key, text, tree) for key, text in found)


def _warning(key: str, text: str, tree: Tree) -> Problem:
    place = tree.key_place(("remediations", key))
    return Problem(str(tree.path), *place, text, "config/advice", is_warning=True)


def _overlaps(entries: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    """Two entries that want other values in one place undo each other; with the same values one is idle."""
    first: dict[tuple[str, str], tuple[str, object]] = {}
    for key, entry in entries.items():
        conflicts: dict[tuple[str, str], list[str]] = defaultdict(list)
        duplicates: dict[tuple[str, str], list[str]] = defaultdict(list)
        for (place, name), value in entry.wants().items():
            earlier, wanted = first.setdefault((place.casefold(), name.casefold()), (key, value))
            if earlier != key:
                found = duplicates if wanted == value else conflicts
                found[earlier, place].append(name)
        for (earlier, place), names in conflicts.items():
            what = _named(names, place)
            yield key, f"{quoted(earlier)} wants another value of {what}; make both alike or remove one"
        for (earlier, place), names in duplicates.items():
            yield key, f"{quoted(earlier)} keeps {_named(names, place)} correct too; remove one"


def _named(names: list[str], place: str) -> str:
    shown = names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]
    return f"{', '.join(shown)} in {place}"


def _own_advice(entries: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    """What each kind says about an entry alone, and about it beside those above it."""
    earlier: list[Entry] = []
    for key, entry in entries.items():
        for text in (*entry.advice(), *entry.advice_beside(earlier)):
            yield key, text
        earlier.append(entry)


def _unsigned(entries: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    """Nobody can have signed what is rendered at each publish; files of one's own have to be signed."""
    for key, entry in entries.items():
        if entry.signature_check and entry.own_pair() is None:
            yield key, "with signature_check a device refuses the rendered scripts, which have no signature"
