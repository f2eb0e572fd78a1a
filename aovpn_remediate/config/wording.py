"""What pydantic found wrong, in our words: where, what, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from aovpn_remediate.config.problem import Problem, Problems, nearest, one_of, quoted
from aovpn_remediate.config.yaml_tree import Tree, Where

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_SECRET = re.compile(r"secret|passw|pass_?phrase|pwd|token|cert|private_?key|api_?key", re.IGNORECASE)
_TAG = re.compile(r"(?:literal|list)\[.*\]")
_HINTS = {
    "run_as": "scope decides the account; only the kind custom has run_as",
    "at": "at belongs into schedule",
    "every": "every belongs into schedule",
    "once": "once belongs into schedule",
    "<<": "merge keys are not taken, write the keys out",
} | {
    name: f"{name} belongs into an assignment"
    for name in ("group", "exclude", "all", "filter", "filter_mode", "schedule")
}
_FORMS = {
    "every": ("interval", "4 hours"),
    "at": ("time of day", '"06:30"'),
    "schedule": ("schedule", "{every: 4 hours}"),
}
"""What a value of another type is not, and how it is written."""


def explain(error: ValidationError, model: type[BaseModel], where: Where, tree: Tree) -> Problems:
    """Return every problem of one validated part of the file that stands at ``where``."""
    found: dict[Where, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        tags = [place for place, part in enumerate(detail["loc"]) if _is_tag(part)]
        found.setdefault(detail["loc"][: tags[0]] if tags else detail["loc"], []).append(detail)
    return [_problem(one, model, where, tree) for details in found.values() for one in _meant(details)]


def _untagged(location: Where) -> Where:
    """A location without pydantic's names for the alternatives of a value."""
    return tuple(part for part in location if not _is_tag(part))


def _is_tag(part: int | str) -> bool:
    return isinstance(part, str) and _TAG.fullmatch(part) is not None


def _meant(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """The problems of the alternative that was meant: a word of those that there are, or something else."""
    words = [one for one in details if one["type"] == "literal_error"]
    others = [one for one in details if one["type"] != "literal_error"]
    if not words or not others:
        return details
    return words if isinstance(words[0]["input"], str) else others


def _problem(detail: ErrorDetails, model: type[BaseModel], where: Where, tree: Tree) -> Problem:
    location: Where = (*where, *_untagged(detail["loc"]))
    name = _name(location)
    if detail["type"] == "missing":
        return Problem(*tree.key_place(location[:-1]), f"{name} is missing; add {name}: ...")
    if detail["type"] == "extra_forbidden":
        keys = _keys_at(model, detail["loc"][:-1])
        return Problem(*tree.key_place(location), _unknown_key(name, keys))
    return Problem(*tree.place(location), _WORDS.get(detail["type"], _other)(detail, name))


def explain_secrets(keys: Iterable[str], where: Where, tree: Tree) -> Problems:
    """Return the problems of those keys that look like secrets, where nothing else is known of them."""
    return [
        Problem(*tree.key_place((*where, key)), _unknown_key(key, ())) for key in keys if _SECRET.search(key)
    ]


def _unknown_key(key: str, known: Collection[str]) -> str:
    if _SECRET.search(key):
        return f"{quoted(key)} looks like a secret; secrets do not belong in this file, remove it"
    return f"unknown key {quoted(key)}; {_HINTS.get(key) or nearest(key, known)}"


def _name(location: Where) -> str:
    return next((part for part in reversed(location) if isinstance(part, str)), "the file")


def _value_error(detail: ErrorDetails, name: str) -> str:
    text = str(detail["ctx"]["error"])
    return text if isinstance(detail["input"], dict) else f"{name} {quoted(detail['input'])} {text}"


def _choice(detail: ErrorDetails, name: str) -> str:
    words = re.findall(r"'([^']*)'", str(detail["ctx"]["expected"]))
    close = nearest(detail["input"], words)
    advice = close if close.startswith("did") else f"write {one_of(words)}"
    return f"{name} {quoted(detail['input'])} is unknown; {advice}"


def _is(wrong: str) -> Callable[[ErrorDetails, str], str]:
    return lambda detail, name: f"{name} {quoted(detail['input'])} is {wrong}"


def _type(wrong: str) -> Callable[[ErrorDetails, str], str]:
    def text(detail: ErrorDetails, name: str) -> str:
        noun, form = _FORMS.get(name, ("", ""))
        return _is(f"no {noun}; write it as {form}" if noun else wrong)(detail, name)

    return text


def _string_type(detail: ErrorDetails, name: str) -> str:
    is_scalar = not isinstance(detail["input"], dict | list)
    return _type("no text; put it in quotes" if is_scalar else "no text; write one text")(detail, name)


def _too_long(detail: ErrorDetails, name: str) -> str:
    return _is(f"too long; {detail['ctx']['max_length']} characters is the limit")(detail, name)


def _no_value(_: ErrorDetails, name: str) -> str:
    return f"{name} has no value; write one or remove the key"


def _other(detail: ErrorDetails, name: str) -> str:
    return _is("not taken here; remediate schema says what is")(detail, name)


_NO_MAPPING = _type("no mapping; write keys and values below it")
_EMPTY = _is("empty; write something or remove the key")
_WORDS: Mapping[str, Callable[[ErrorDetails, str], str]] = {
    "no_value": _no_value,
    "value_error": _value_error,
    "literal_error": _choice,
    "enum": _choice,
    "string_type": _string_type,
    "bool_type": _is("neither true nor false; write one of them without quotes"),
    "list_type": _is("no list; write each item on a line with - before it"),
    "dict_type": _NO_MAPPING,
    "model_type": _NO_MAPPING,
    "date_type": _is("no day; write it as 2026-12-01"),
    "string_too_short": _EMPTY,
    "too_short": _EMPTY,
    "string_too_long": _too_long,
    "string_pattern_mismatch": _is("no id; write it as 11111111-1111-1111-1111-111111111111"),
}


@cache
def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _keys_at(model: type[BaseModel], location: Where) -> list[str]:
    """The keys that the part of the model at a location has."""
    part = schema = _schema_of(model)
    for step in location:
        part = _step(part, step)
        if "$ref" in part:
            part = schema["$defs"][part["$ref"].rsplit("/", 1)[1]]
    return list(part.get("properties", {}))


def _step(part: dict[str, Any], step: str | int) -> dict[str, Any]:
    if isinstance(step, int):
        return part.get("items") or {}
    return part.get("properties", {}).get(step) or part.get("additionalProperties") or {}
