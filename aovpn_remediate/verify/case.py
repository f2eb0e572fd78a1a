"""One case: a client before and after, with what the pair must say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from aovpn_remediate.client.checks import Parts, check_parts, parts_of
from aovpn_remediate.client.description import Description
from aovpn_remediate.client.values import Word
from aovpn_remediate.documents.file_type import FileType
from aovpn_remediate.documents.strict import StrictPart
from aovpn_remediate.documents.tree import Tree, Where
from aovpn_remediate.documents.validation import validate
from aovpn_remediate.problems import Problem
from aovpn_remediate.problems.words import quoted

_NOT_HERE = "only the cases of the built-in kinds have it, remove it"
CASE_FILE = FileType(
    unknown_key="client/unknown-key",
    missing_key="client/missing-key",
    choose_file="correct its path in clients",
    example="remediate docs clients shows an example",
    hints={"when": _NOT_HERE, "unless": _NOT_HERE, "<<": "merge keys are not accepted, write the keys out"},
    forms={
        "says": ("list of states", "issue fixed healthy healthy"),
        "exits": ("list of exit codes", "[1, 0, 0, 0]"),
    },
    samples={
        "case": "case: NAME",
        "before": "before: {} for an empty client",
        "name": "name: NAME",
        "alias": "alias: NAME",
        "interface": "interface: NAME",
        "at": "at: COMMAND",
        "adds": "adds: [{name: NAME}]",
    },
    accepts_aliases=True,
    accepts_binary=True,
    reads_dates=False,
)
_CLIENT = replace(CASE_FILE, unknown_key="client/unknown-part")
_PARTS_HERE = {
    name: f"{name} is a part of a client; write it inside {'after' if name == 'events' else 'before'}:"
    for name in Description.model_fields
}
_CASE = replace(CASE_FILE, hints={**CASE_FILE.hints, **_PARTS_HERE})

_ONLY_BEFORE = ("locked", "changes")


def _split(value: object) -> object:
    """The states of a text are its words."""
    return value.split() if isinstance(value, str) else value


State = Literal["healthy", "issue", "pending", "absent", "unknown", "fixed", "failed"]


class CaseEntry(StrictPart):
    """A case as a client file has it; ``before`` and ``after`` are validated by themselves."""

    nullable = frozenset({"before", "after"})

    case: Word
    before: object
    after: object = None
    exits: list[int] = Field(default_factory=list)
    says: Annotated[list[State], BeforeValidator(_split)] = Field(default_factory=list)
    then: Literal["reconnect", "restart", "shut down"] | None = None


class KindCaseEntry(CaseEntry):
    """A case of a kind; ``when`` and ``unless`` are the settings that it is for, and not for."""

    when: dict[str, object] = Field(default_factory=dict)
    unless: dict[str, object] = Field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One state or fault of a client, with what the pair has to say and to leave behind."""

    name: str
    before: Description
    after: Description
    says: tuple[str, ...]
    exits: tuple[int, ...] = ()
    then: str = ""


def make_case(
    item: object, where: Where, tree: Tree, *, model: type[CaseEntry] = CaseEntry, runs: int = 4
) -> Case | list[Problem]:
    """Return a case that is at a place of a file, or everything that is wrong with it.

    ``runs`` is how many runs of scripts it describes.
    """
    if not isinstance(item, dict):
        text = f"a case must be a mapping, not {quoted(item)}; start it with case: NAME"
        return [tree.problem(where, text, "value/wrong-type")]
    entry = validate(model, item, where, tree, _CASE)
    before = _client(item, "before", where, tree)
    after = _client(item, "after", where, tree)
    problems = [*_run_problems(item, where, tree, runs), *_client_problems(item, where, tree)]
    for part in (entry, before, after):
        problems += part if isinstance(part, list) else []
    if problems or isinstance(entry, list) or isinstance(before, list) or isinstance(after, list):
        return problems
    return Case(
        entry.case, before, before.after(after), tuple(entry.says), tuple(entry.exits), entry.then or ""
    )


def _client(item: Mapping[str, object], key: str, where: Where, tree: Tree) -> Description | list[Problem]:
    value = item.get(key)
    return validate(Description, {} if value is None else value, (*where, key), tree, _CLIENT)


def _client_problems(item: Mapping[str, object], where: Where, tree: Tree) -> Iterator[Problem]:
    """What is wrong between the parts of the client before the first run, and of the client afterwards."""
    before = parts_of(item.get("before"), (*where, "before"))
    yield from check_parts(before, tree)
    if "events" in before:
        text = "events is for after only: nothing has happened before the first run; remove it"
        yield tree.key_problem(before["events"].where, text, "client/events-before")
    unchanged: Parts = {name: part for name, part in before.items() if name not in _ONLY_BEFORE}
    after: Parts = {**unchanged, **parts_of(item.get("after"), (*where, "after"))}
    yield from check_parts(after, tree)


def _run_problems(item: Mapping[str, object], where: Where, tree: Tree, runs: int) -> Iterator[Problem]:
    """A case that says nothing about its runs, or only about some of them."""
    wanted = runs + bool(item.get("then") and runs > 1)
    if "exits" not in item and "says" not in item:
        text = "exits is missing; add exits: [1, 0, 0, 0], or says"
        yield tree.problem(where, text, "client/missing-key")
    for key in ("exits", "says"):
        said = _split(item.get(key))
        if isinstance(said, list) and len(said) < wanted:
            text = f"{key} describes {len(said)} of {wanted} runs; write one value for each run"
            yield tree.problem((*where, key), text, "client/too-few-runs")
