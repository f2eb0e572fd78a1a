"""What is allowed in a config but probably not meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from aovpn_remediate.documents.tree import Tree
from aovpn_remediate.kinds import Entry
from aovpn_remediate.problems import Problem
from aovpn_remediate.problems.words import quoted
from aovpn_remediate.wording import all_of

Place = tuple[str, str]
"""Where a kind keeps a value correct, and the value's name."""


def advise(entries: Mapping[str, Entry], tree: Tree) -> list[Problem]:
    """Return the warnings about a config, each at the key of its entry."""
    if not entries:
        return [_empty(tree)]
    found = [*_overlaps(entries), *_own_advice(entries), *_unsigned(entries)]
    return sorted(_warning(key, code, text, tree) for key, code, text in found)


def _warning(key: str, code: str, text: str, tree: Tree) -> Problem:
    place = tree.key_place(("remediations", key))
    return Problem(str(tree.path), *place, text, code, is_warning=True)


def _empty(tree: Tree) -> Problem:
    place = tree.key_place(("remediations",))
    text = "the config has no remediations; publish --allow-delete would delete every package of this config"
    return Problem(str(tree.path), *place, text, "config/no-remediations", is_warning=True)


def _overlaps(entries: Mapping[str, Entry]) -> Iterator[tuple[str, str, str]]:
    """Entries that want other values in one place undo each other; with the same values one is idle."""
    first: dict[Place, tuple[str, object]] = {}
    repaired = {key for key, entry in entries.items() if entry.repair}
    for key, entry in entries.items():
        conflicts: dict[Place, list[str]] = defaultdict(list)
        duplicates: dict[Place, list[str]] = defaultdict(list)
        for (place, name), value in entry.wants().items():
            earlier, wanted = first.setdefault((place.casefold(), name.casefold()), (key, value))
            if earlier != key:
                found = duplicates if wanted == value else conflicts
                found[earlier, place].append(name)
        for (earlier, place), names in conflicts.items():
            text = f"{quoted(earlier)} wants a different value for {_named(names, place)}; "
            yield key, "config/conflict", f"{text}use the same value in both, or remove one"
        for (earlier, place), names in duplicates.items():
            if not {earlier, key} <= repaired:  # a detection beside a repair keeps nothing correct
                continue
            text = f"{quoted(earlier)} keeps {_named(names, place)} correct, too; remove one"
            yield key, "config/duplicate", text


def _named(names: list[str], place: str) -> str:
    shown = names if len(names) <= 3 else [*names[:2], f"{len(names) - 2} more"]
    return f"{all_of(shown)} in {place}"


def _own_advice(entries: Mapping[str, Entry]) -> Iterator[tuple[str, str, str]]:
    """What each kind says about an entry alone, and about it beside those above it."""
    earlier: list[Entry] = []
    for key, entry in entries.items():
        for code, text in (*entry.advice(), *entry.advice_beside(earlier)):
            yield key, code, text
        earlier.append(entry)


def _unsigned(entries: Mapping[str, Entry]) -> Iterator[tuple[str, str, str]]:
    """Nobody can have signed what is rendered at each publish; your own files have to be signed."""
    for key, entry in entries.items():
        if entry.signature_check and entry.own_pair() is None:
            text = "with signature_check, devices refuse the rendered scripts, which have no signature"
            yield key, "config/unsigned", text
