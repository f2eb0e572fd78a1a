"""What must be right between the parts of a config: keys, display names, the assignments of an entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from aovpn_remediate.config.remediation import display_name
from aovpn_remediate.documents.tree import Tree, Where
from aovpn_remediate.kinds import AssignmentEntry, Entry
from aovpn_remediate.kinds.common.values import check_key
from aovpn_remediate.problems import InvalidValue, Problem
from aovpn_remediate.problems.words import quoted


def check_config(entries: Mapping[str, Entry], tree: Tree) -> Iterator[Problem]:
    """Yield the problems that no part of the file has alone."""
    yield from _check_keys(tree)
    yield from _check_display_names(entries, tree)
    for key, entry in entries.items():
        yield from _check_assignments(entry.assignments, ("remediations", key, "assignments"), tree)


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


def _check_assignments(entries: list[AssignmentEntry], where: Where, tree: Tree) -> Iterator[Problem]:
    # A group that is included and excluded never runs a package, nor does a package that only excludes.
    # Source: fadwen/IntuneScriptLab, Findings.md.
    seen: dict[str, AssignmentEntry] = {}
    for index, entry in enumerate(entries):
        name = entry.group or entry.exclude or f"all {entry.all}"
        earlier = seen.setdefault(name.casefold(), entry)
        if earlier is entry:
            continue
        if (earlier.exclude is None) == (entry.exclude is None):
            text, code = f"{quoted(name)} is listed twice; remove one", "assignment/listed-twice"
        else:
            text = f"{quoted(name)} is both included and excluded; remove one"
            code = "assignment/included-and-excluded"
        yield tree.problem((*where, index), text, code)
    if entries and all(entry.exclude for entry in entries):
        text = "all assignments are exclusions, so no device runs the package; add a group or all"
        yield tree.key_problem(where, text, "assignment/only-exclusions")
