"""The remediations of a file, each validated by the settings model of its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aovpn_remediate.config.file import CONFIG_FILE, File
from aovpn_remediate.documents.explanation import explain_secrets
from aovpn_remediate.documents.tree import Tree, Where
from aovpn_remediate.documents.validation import Validated, check, validate
from aovpn_remediate.kinds import KINDS, Entry
from aovpn_remediate.problems import Problem
from aovpn_remediate.problems.words import close_word, nearest, quoted


@dataclass(frozen=True)
class Entries:
    """The entries of a file by key, and the problems of all.

    ``readable`` are also those that have problems, without what is wrong in them.
    """

    valid: Mapping[str, Entry]
    readable: Mapping[str, Entry]
    problems: tuple[Problem, ...]


def read_file(tree: Tree) -> File | list[Problem]:
    """Return the file without its entries, or what is wrong with it."""
    return validate(File, tree.value, (), tree, CONFIG_FILE)


def read_entries(tree: Tree) -> Entries:
    """Return every entry of a file, with all problems of those that are not valid."""
    valid: dict[str, Entry] = {}
    readable: dict[str, Entry] = {}
    problems: list[Problem] = []
    for key, value in tree.section("remediations").items():
        found = _read_entry(value, ("remediations", key), tree)
        problems += found.problems
        if found.part is not None:
            readable[key] = found.part
            if not found.problems:
                valid[key] = found.part
    return Entries(valid, readable, tuple(problems))


def _read_entry(value: object, where: Where, tree: Tree) -> Validated[Entry]:
    if not isinstance(value, dict):
        text = f"{where[-1]} must be a mapping, not {quoted(value)}; write keys and values below it"
        return Validated(None, (tree.problem(where, text, "value/wrong-type"),))
    model = KINDS.get(str(value.get("kind")))
    if model is None:
        secrets = explain_secrets(value, where, tree, CONFIG_FILE)
        return Validated(None, (_kind_problem(value, where, tree), *secrets))
    return check(model, value, where, tree, CONFIG_FILE)


def _kind_problem(value: Mapping[str, object], where: Where, tree: Tree) -> Problem:
    if "kind" not in value:
        for key in value:
            if close_word(key, ("kind",)):
                text = f'unknown key {quoted(key)}; did you mean "kind"?'
                return tree.key_problem((*where, key), text, "config/unknown-key")
        text = "kind is missing; add kind: interface-metric"
        return tree.key_problem(where, text, "config/missing-key")
    kind = value["kind"]
    text = f"unknown kind {quoted(kind)}; {nearest(kind, KINDS)}"
    return tree.problem((*where, "kind"), text, "config/unknown-kind")
