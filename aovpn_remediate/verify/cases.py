"""The cases that a pair is proven in: those of its kind, or of the client files of your own script pair.

The cases of a kind stand in ``templates/ps1/kinds/<kind>/cases.yaml``; what many kinds share is written
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
there ``exits`` (exit codes) may stand for ``says``, and the output is the pair's own.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aovpn_remediate.client.description import Description, make_client
from aovpn_remediate.errors import ClientError, ClientFileError
from aovpn_remediate.model import Remediation
from aovpn_remediate.scripts.template_parts import templates_folder
from aovpn_remediate.verify.case_file import read_items, states
from aovpn_remediate.verify.case_values import case_values


@dataclass(frozen=True)
class Case:
    """One state or fault of a client, with what the pair has to say and to leave behind."""

    name: str
    before: Description
    after: Description
    says: tuple[str, ...]
    exits: tuple[int, ...] = ()
    then: str = ""


def read_cases(remediation: Remediation) -> list[Case]:
    """Return the cases of a remediation's kind, or of its own client files, filled with its settings.

    Raises ``ClientFileError`` with everything that is wrong with the files.
    """
    own = remediation.settings.own_pair()
    values = case_values(remediation) if own is None else {}
    cases: list[Case] = []
    problems: list[str] = []
    for path in case_files(remediation.kind) if own is None else own.clients:
        try:
            items = read_items(path)
            found = list(_fitting(items, values))
        except ClientError as error:
            problems.append(f"{path}: {error}")
            continue
        except RecursionError:
            problems.append(f"{path}: a part of it holds itself; docs/clients.md shows each part")
            continue
        cases += found
        if own is not None:
            problems += [f"{path}: {text}" for item in items for text in _condition_problems(item)]
            runs = 1 if own.remediation is None else 4
            problems += [f"{path}: {problem}" for case in found for problem in _case_problems(case, runs)]
    if problems:
        raise ClientFileError(problems)
    return cases


def case_files(kind: str) -> list[Path]:
    """Return the shared case files, whose conditions say which kinds they are for, and the kind's own."""
    folder = templates_folder()
    own = folder / "kinds" / kind / "cases.yaml"
    return [*sorted((folder / "cases").glob("*.yaml")), *([own] if own.is_file() else [])]


def _fitting(items: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> Iterator[Case]:
    for item in items:
        if _fits(item.get("when", {}), values) and not _matches_any(item.get("unless", {}), values):
            yield _case(item, values)


def _condition_problems(item: Mapping[str, Any]) -> Iterator[str]:
    """Conditions on settings, which a pair of one's own does not have: its case would vanish."""
    for key in ("when", "unless"):
        if key in item:
            yield f"case {item['case']!r}: {key} is for the kinds' own cases; remove it, see docs/clients.md"


def _case_problems(case: Case, runs: int) -> Iterator[str]:
    """What of a case cannot be made or is not said; tried with a client that nobody uses."""
    wanted = runs + bool(case.then and runs > 1)
    for key, said in (("exits", case.exits), ("says", case.says)):
        if said and len(said) < wanted:
            yield f"case {case.name!r}: {key} has {len(said)} of {wanted}, a run each; see docs/clients.md"
    if not case.exits and not case.says:
        yield f"case {case.name!r}: exits and says are empty; docs/clients.md shows what they hold"
    for name, part in (("before", case.before), ("after", case.after)):
        problems = [f"case {case.name!r}, {name}: {problem}" for problem in _client_problems(part)]
        yield from problems
        if problems:
            return


def _client_problems(description: Description) -> list[str]:
    """What of a client cannot be made: of the whole, and if it cannot, of each part by itself."""
    whole = _client_problem(description)
    if not whole:
        return []
    needed = {"phonebooks": description["phonebooks"]} if "phonebooks" in description else {}
    found = [_client_problem(needed)] if needed else []
    if not any(found):
        found = [_client_problem(needed | {part: description[part]}) for part in description]
    return [problem for problem in dict.fromkeys(found) if problem] or [whole]


def _client_problem(description: Description) -> str:
    with tempfile.TemporaryDirectory(prefix="remediate-") as folder:
        try:
            make_client(description, Path(folder) / "client")
        except ClientError as error:
            return str(error)
    return ""


def _case(item: Mapping[str, Any], values: Mapping[str, Any]) -> Case:
    before = _filled(item["before"] or {}, values)
    stays = {part: value for part, value in before.items() if part not in ("locked", "changes")}
    after = stays | _filled(item.get("after") or {}, values)
    says, exits = tuple(states(item.get("says", ""))), tuple(item.get("exits", ()))
    return Case(str(item["case"]), before, after, says, exits, item.get("then", ""))


def _fits(condition: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return all(_is_one_of(values.get(name), wanted) for name, wanted in condition.items())


def _matches_any(condition: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    return any(_is_one_of(values.get(name), wanted) for name, wanted in condition.items())


def _is_one_of(value: object, wanted: object) -> bool:
    return value in wanted if isinstance(wanted, list) else value == wanted


def _filled(part: Any, values: Mapping[str, Any]) -> Any:
    """A part of a case with each ``$Name`` replaced; a longer text can hold ``$Profile`` only."""
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
