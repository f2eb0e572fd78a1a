"""What must be right between the parts of a config: keys and display names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from aovpn_remediate.config.remediation import display_name
from aovpn_remediate.documents.tree import Tree
from aovpn_remediate.kinds import Entry
from aovpn_remediate.kinds.common.values import check_key
from aovpn_remediate.problems import InvalidValue, Problem
from aovpn_remediate.problems.words import quoted


def check_config(entries: Mapping[str, Entry], tree: Tree) -> Iterator[Problem]:
    """Yield the problems that no part of the file has alone."""
    yield from _check_keys(tree)
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


def _check_display_names(entries: Mapping[str, Entry], tree: Tree) -> Iterator[Problem]:
    names = {key: display_name(key, entry) for key, entry in entries.items()}
    counts = Counter(names.values())
    for key, name in names.items():
        if counts[name] > 1:
            text = f"display name {quoted(name)} is used more than once; give each remediation its own"
            yield tree.key_problem(("remediations", key, "name"), text, "config/same-display-name")
