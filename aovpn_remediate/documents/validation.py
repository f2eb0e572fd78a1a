"""A part of a file as its model, or every problem of it at once.

A model finds either what is wrong with single values or what does not fit together. To report both, what is
wrong is left out, and the rest is validated again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from aovpn_remediate.documents.explanation import Model, explain, without_alternatives
from aovpn_remediate.documents.file_type import FileType
from aovpn_remediate.documents.reading import example_values
from aovpn_remediate.documents.strict import COLLECTS, Misfit, StrictPart
from aovpn_remediate.documents.tree import Tree, Where
from aovpn_remediate.problems import Problem

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails


@dataclass(frozen=True)
class Validated(Generic[Model]):
    """A part of a file and its problems; with problems, the part is without what is wrong, if it can be."""

    part: Model | None
    problems: tuple[Problem, ...] = ()
    left_out: frozenset[Where] = frozenset()


def validate(
    model: type[Model], value: object, where: Where, tree: Tree, file_type: FileType
) -> Model | list[Problem]:
    """Return a part of a file as its model, or every problem that the model has with it.

    Validators find the file's folder, at which paths in it start, in their context.
    """
    found = check(model, value, where, tree, file_type)
    if found.part is None or found.problems:
        return list(found.problems)
    return found.part


def check(
    model: type[Model], value: object, where: Where, tree: Tree, file_type: FileType
) -> Validated[Model]:
    """Return a part of a file with every problem; keys that are required but wrong are as in its example."""
    from pydantic import ValidationError

    context = {"folder": tree.path.parent, COLLECTS: True}
    problems: list[Problem] = []
    left_out: set[Where] = set()
    while True:
        try:
            part = model.model_validate(_rest(value, left_out, model), context=context)
        except ValidationError as error:
            problems = problems or explain(error, model, where, tree, file_type)
            more = set(_wrong_parts(error, value, left_out)) - left_out
            if not more:
                return Validated(None, tuple(problems), frozenset(left_out))
            left_out |= more
        else:
            problems += _misfit_problems(part, where, tree, left_out)
            return Validated(part, tuple(problems), frozenset(left_out))


def _rest(value: object, left_out: Collection[Where], model: type[BaseModel]) -> object:
    """A value without some of its parts; a stand-in is in the place of a key at the top."""
    rest = _without(value, left_out, ())
    example = getattr(model, "example", "")
    if isinstance(rest, dict) and example and left_out:
        rest |= {key: one for key, one in example_values(example).items() if (key,) in left_out}
    return rest


def _without(value: object, left_out: Collection[Where], where: Where) -> object:
    if not left_out:
        return value
    if isinstance(value, dict):
        return {
            key: _without(one, left_out, (*where, key))
            for key, one in value.items()
            if (*where, key) not in left_out
        }
    if isinstance(value, list):
        return [
            _without(one, left_out, (*where, index))
            for index, one in enumerate(value)
            if (*where, index) not in left_out
        ]
    return value


def _wrong_parts(error: ValidationError, value: object, left_out: Collection[Where]) -> Iterator[Where]:
    """The parts of the whole value to leave out next."""
    for detail in error.errors(include_url=False):
        found = _before(without_alternatives(detail["loc"]), left_out)
        yield _in_the_file(found, value, detail)


def _in_the_file(where: Where, value: object, detail: ErrorDetails) -> Where:
    """The part that is written: a key that is missing in a list's item takes the item with it."""
    if detail["type"] == "missing" and len(where) > 1:
        return where[:-1]
    for length, step in enumerate(where):
        is_there = isinstance(value, dict) and step in value
        if isinstance(value, list) and isinstance(step, int):
            is_there = step < len(value)
        if not is_there:
            return where[: max(length, 1)]
        value = value[step]  # type: ignore[index]  # a mapping or a list
    return where


def _before(where: Where, left_out: Collection[Where]) -> Where:
    """A place in the rest of a value as the place in the whole value."""
    found: Where = ()
    for step in where:
        found = (*found, _index_before(step, found, left_out) if isinstance(step, int) else step)
    return found


def _index_before(index: int, where: Where, left_out: Collection[Where]) -> int:
    gone = sorted(int(one[-1]) for one in left_out if len(one) == len(where) + 1 and one[:-1] == where)
    for one in gone:
        index += one <= index
    return index


def _misfit_problems(
    part: object, where: Where, tree: Tree, left_out: Collection[Where]
) -> Iterator[Problem]:
    for inner, owner, misfit in _misfits(part, ()):
        place = _before(inner, left_out)
        if misfit.at:
            at = _before((*inner, *misfit.at), left_out)
            if not _is_unclear(misfit, owner, place, left_out) and at[: len(place) + 1] not in left_out:
                yield tree.problem((*where, *at), misfit.text, misfit.code)
        elif not _is_unclear(misfit, owner, place, left_out):
            yield tree.last_key_problem((*where, *place), misfit.keys, misfit.text, misfit.code)


def _is_unclear(misfit: Misfit, owner: StrictPart, place: Where, left_out: Collection[Where]) -> bool:
    """Whether one of the keys is wrong, or is perhaps the unknown key that was left out."""
    inside = [one[len(place)] for one in left_out if len(one) > len(place) and one[: len(place)] == place]
    if any(key in inside for key in misfit.keys):
        return True
    is_written = any(key in owner.model_fields_set for key in misfit.keys)
    return not is_written and any(key not in type(owner).model_fields for key in inside)


def _misfits(part: object, where: Where) -> Iterator[tuple[Where, StrictPart, Misfit]]:
    """The misfits of a part and of every part in it, each with its part and the part's place."""
    if isinstance(part, StrictPart):
        for misfit in part.misfits():
            yield where, part, misfit
        for name in type(part).model_fields:
            yield from _misfits(getattr(part, name), (*where, name))
    elif isinstance(part, list):
        for index, one in enumerate(part):
            yield from _misfits(one, (*where, index))
    elif isinstance(part, dict):
        for key, one in part.items():
            yield from _misfits(one, (*where, key))
