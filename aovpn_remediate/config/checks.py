"""What must be right between the parts of a config: keys and display names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from aovpn_remediate.config.remediation import display_name
from aovpn_remediate.documents.tree import Tree
from aovpn_remediate.kinds import Entry
from aovpn_remediate.kinds.common.values import KEY_LIMIT, check_key
from aovpn_remediate.problems import InvalidValue, Problem
from aovpn_remediate.problems.words import quoted


def check_config(entries: Mapping[str, Entry], tree: Tree) -> Iterator[Problem]:
    """Yield the problems that no part of the file has alone."""
    yield from _check_keys(tree)
    yield from _check_companions(entries, tree)
    yield from _check_former_keys(entries, tree)
    yield from _check_display_names(entries, tree)


def _check_keys(tree: Tree) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for key in tree.section("remediations"):
        where = ("remediations", key)
        try:
            check_key(key)
        except InvalidValue as error:
            yield tree.key_problem(where, f"key {quoted(key)} {error}", error.code)
        earlier = seen.setdefault(key.casefold(), key)
        if earlier != key:
            text = f"key {quoted(key)} differs from {quoted(earlier)} only by case; rename one"
            yield tree.key_problem(where, text, "config/similar-keys")


def _check_companions(entries: Mapping[str, Entry], tree: Tree) -> Iterator[Problem]:
    """The keys of further packages of an entry: another entry has one, or one is too long."""
    keys = {key.casefold(): key for key in tree.section("remediations")}
    for key, suffix in _companions(entries):
        taken = keys.get(f"{key}{suffix}".casefold())
        if taken is not None:
            text = f"{quoted(taken)} is the key of the second package of {quoted(key)}; rename or remove one"
            yield tree.key_problem(("remediations", taken), text, "config/companion-key")
        limit = KEY_LIMIT - len(suffix)
        if limit < len(key) <= KEY_LIMIT:
            text = f"key {quoted(key)} is too long for its second package; use at most {limit} characters"
            yield tree.key_problem(("remediations", key), text, "key/characters")


def _companions(entries: Mapping[str, Entry]) -> Iterator[tuple[str, str]]:
    for key, entry in entries.items():
        for part in entry.parts():
            if part.suffix:
                yield key, part.suffix


def _check_former_keys(entries: Mapping[str, Entry], tree: Tree) -> Iterator[Problem]:
    """A former key that is still the key of a package, or that two entries have."""
    keys = {*tree.section("remediations"), *(f"{key}{suffix}" for key, suffix in _companions(entries))}
    seen: set[str] = set()
    for key, entry in entries.items():
        for part in entry.parts() if entry.formerly else ():
            former = f"{entry.formerly}{part.suffix}"
            text, code = "", "config/formerly-in-use"
            if former in keys:
                text = f"formerly {quoted(former)} is still a key in this file; remove one of the two"
            elif former in seen:
                text = f"formerly {quoted(former)} is used twice; keep one of the two"
                code = "config/formerly-twice"
            seen.add(former)
            if text:
                yield tree.problem(("remediations", key, "formerly"), text, code)


def _check_display_names(entries: Mapping[str, Entry], tree: Tree) -> Iterator[Problem]:
    names: list[tuple[str, str]] = []
    for key, entry in entries.items():
        names += [(key, part.name(display_name(key, entry))) for part in entry.parts()]
    counts = Counter(name for _, name in names)
    for key, name in names:
        if counts[name] > 1:
            text = f"display name {quoted(name)} is used more than once; give each remediation its own"
            yield tree.key_problem(("remediations", key, "name"), text, "config/same-display-name")
