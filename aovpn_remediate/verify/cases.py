"""The cases that a pair is proven in: those of its kind, or of the client files of your own script pair.

The cases of a kind are in ``templates/ps1/kinds/<kind>/cases.yaml``; what many kinds share is written
once, in ``templates/ps1/cases/``. A case has these keys:

- ``case``: its name
- ``when``, ``unless``: settings or other ``$Names``, each with a value or a list of them, that it is for
- ``before``: a client description
- ``says``: the states of detect, remediate, detect, remediate
- ``after``: the parts of the client that change
- ``then``: ``reconnect``, ``restart`` or ``shut down``; that happens after the four runs, and ``says`` has a
  fifth state, of another detection

A text such as ``$Profile`` stands for a value of ``case_values``. ``with: $Wrong`` in a mapping stands for
all keys of that value; a list of them is possible. The client files of a ``custom`` pair have no such names;
there ``exits`` (exit codes) can replace ``says``, and the output can be anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from aovpn_remediate.documents.reading import read_tree
from aovpn_remediate.documents.tree import Tree
from aovpn_remediate.errors import ClientFileError
from aovpn_remediate.model import OwnPair, Remediation
from aovpn_remediate.problems import Problem
from aovpn_remediate.scripts.template_parts import templates_folder
from aovpn_remediate.verify.case import CASE_FILE, Case, KindCaseEntry, make_case
from aovpn_remediate.verify.case_values import case_values
from aovpn_remediate.verify.client_file import read_client_file


def read_cases(remediation: Remediation) -> list[Case]:
    """Return the cases of a remediation's kind, or of its own client files, filled with its settings.

    Raises ``ClientFileError`` with everything that is wrong with the files.
    """
    own = remediation.settings.own_pair()
    if own is not None:
        return _own_cases(own)
    values = case_values(remediation)
    cases: list[Case] = []
    for path in case_files(remediation.kind, is_generic="EntryKeys" in values):
        cases += _kind_cases(path, values)
    return cases


def case_files(kind: str, *, is_generic: bool) -> list[Path]:
    """Return the shared case files, whose conditions say which kinds they are for, and the kind's own.

    Only a generic kind, whose settings are keys of an entry as data, may have no file of its own: the shared
    cases repair it. Any other kind without one would be proved by cases in which nothing is repaired.
    """
    folder = templates_folder()
    shared = sorted((folder / "cases").glob("*.yaml"))
    own = folder / "kinds" / kind / "cases.yaml"
    if is_generic and not own.is_file():
        return shared
    return [*shared, own]


def case_names(path: Path) -> list[str]:
    """Return the name of each case of a kind's file."""
    return [str(item["case"]) for item in _items(_read_once(path, path.stat().st_mtime_ns))]


def _own_cases(pair: OwnPair) -> list[Case]:
    files = [read_client_file(path, runs=4 if pair.remediation else 1) for path in pair.clients]
    problems: list[Problem] = []
    cases: list[Case] = []
    for file in files:
        problems += file.problems
        cases += file.cases
    if problems:
        raise ClientFileError(problems)
    return cases


def _kind_cases(path: Path, values: Mapping[str, Any]) -> list[Case]:
    """The cases of a kind that fit the settings; a problem in them is our mistake."""
    tree = _read_once(path, path.stat().st_mtime_ns)
    cases: list[Case] = []
    problems: list[Problem] = []
    for index, item in enumerate(_items(tree)):
        if _fits(item, values):
            case = _kind_case(item, index, tree, values)
            if isinstance(case, list):
                problems += case
            else:
                cases.append(case)
    if problems:
        raise ClientFileError(problems)
    return cases


@lru_cache(maxsize=64)
def _read_once(path: Path, _: int) -> Tree:
    """The cases of a kind are read once for all its remediations, as long as the file does not change."""
    reading = read_tree(path, CASE_FILE)
    if reading.tree is None or reading.problems:
        raise ClientFileError(reading.problems)
    return reading.tree


def _items(tree: Tree) -> list[dict[str, Any]]:
    return tree.value if isinstance(tree.value, list) else []


def _kind_case(
    item: Mapping[str, Any], index: int, tree: Tree, values: Mapping[str, Any]
) -> Case | list[Problem]:
    clients = {key: _filled(item[key], values) for key in ("before", "after") if key in item}
    return make_case({**item, **clients}, (index,), tree, model=KindCaseEntry)


def _fits(item: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    wanted, unwanted = item.get("when", {}), item.get("unless", {})
    if not all(_is_one_of(values.get(name), one) for name, one in wanted.items()):
        return False
    return not any(_is_one_of(values.get(name), one) for name, one in unwanted.items())


def _is_one_of(value: object, wanted: object) -> bool:
    return value in wanted if isinstance(wanted, list) else value == wanted


def _filled(part: Any, values: Mapping[str, Any]) -> Any:
    """A part of a case with each ``$Name`` replaced; a longer text can contain only ``$Profile``."""
    if isinstance(part, dict):
        return _filled_mapping(part, values)
    if isinstance(part, list):
        return [_filled(one, values) for one in part]
    if isinstance(part, str) and part.startswith("$") and part[1:] in values:
        return values[part[1:]]
    if isinstance(part, str) and "$Profile" in part and "Profile" in values:
        return part.replace("$Profile", str(values["Profile"]))
    return part


def _filled_mapping(part: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for key, value in part.items():
        if key == "with" and values:
            for name in value if isinstance(value, list) else [value]:
                filled |= _filled(name, values) or {}
        else:
            filled[_filled(key, values)] = _filled(value, values)
    return filled
