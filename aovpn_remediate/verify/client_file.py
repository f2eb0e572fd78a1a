"""The client files of your own script pair: a list of cases each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aovpn_remediate.client.checks import check_phonebooks, parts_of
from aovpn_remediate.documents.reading import read_tree
from aovpn_remediate.documents.tree import Tree
from aovpn_remediate.problems import Problem
from aovpn_remediate.problems.words import quoted
from aovpn_remediate.verify.case import CASE_FILE, Case, make_case


@dataclass(frozen=True)
class ClientFile:
    """The cases of a file that are valid, and the problems of the others."""

    cases: tuple[Case, ...]
    problems: tuple[Problem, ...]


def read_client_file(path: Path, *, runs: int) -> ClientFile:
    """Return the cases of a file, each of which describes this number of runs."""
    reading = read_tree(path, CASE_FILE)
    if reading.tree is None:
        return ClientFile((), reading.problems)
    items = reading.tree.value
    if not isinstance(items, list) or not items:
        text = f"the file must be a list of cases, not {quoted(items)}; start each case with - case: NAME"
        return ClientFile((), (*reading.problems, reading.tree.problem((), text, "client/not-a-list")))
    cases: list[Case] = []
    problems = [
        *reading.problems,
        *_repeated_names(items, reading.tree),
        *_repeated_phonebooks(items, reading.tree),
    ]
    for index, item in enumerate(items):
        case = make_case(item, (index,), reading.tree, runs=runs)
        if isinstance(case, list):
            problems += case
        else:
            cases.append(case)
    return ClientFile(tuple(cases), tuple(problems))


def _repeated_names(items: list[object], tree: Tree) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, item in enumerate(items):
        name = item.get("case") if isinstance(item, dict) else None
        if name is None:
            continue
        if str(name) in seen:
            text = f"there is another case {quoted(name)}; give each case its own name"
            yield tree.problem((index, "case"), text, "client/same-case-name")
        seen.add(str(name))


def _repeated_phonebooks(items: list[object], tree: Tree) -> Iterator[Problem]:
    for index, item in enumerate(items):
        case = item if isinstance(item, dict) else {}
        for key in ("before", "after"):
            yield from check_phonebooks(parts_of(case.get(key), (index, key)), tree)
