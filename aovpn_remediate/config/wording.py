"""What pydantic found wrong, in our words: where, what, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from aovpn_remediate.config.problem import Problem, Problems, nearest, quoted
from aovpn_remediate.config.yaml_tree import Tree, Where

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_SECRET = re.compile(r"secret|password|passphrase|token|certificate|private_?key|api_?key", re.IGNORECASE)
_HINTS = {
    "run_as": "scope decides the account; only the kind custom has run_as",
    "schedule": "a schedule belongs to an assignment",
    "at": "at belongs into schedule",
    "every": "every belongs into schedule",
}


def explain(error: ValidationError, model: type[BaseModel], where: Where, tree: Tree) -> Problems:
    """Return every problem of one validated part of the file that stands at ``where``."""
    return [_problem(detail, model, where, tree) for detail in error.errors(include_url=False)]


def _problem(detail: ErrorDetails, model: type[BaseModel], where: Where, tree: Tree) -> Problem:
    location: Where = (*where, *detail["loc"])
    name = str(location[-1]) if location else ""
    if detail["type"] == "missing":
        return Problem(*tree.key_place(location[:-1]), f"{name} is missing; add {name}: ...")
    if detail["type"] == "extra_forbidden":
        keys = _keys_at(model, detail["loc"][:-1])
        return Problem(*tree.key_place(location), unknown_key(name, keys))
    text = _WORDS.get(detail["type"], _other)(detail, _subject(detail, location))
    return Problem(*tree.place(location), text)


def unknown_key(key: str, keys: Iterable[str]) -> str:
    """Return what to say of a key that is not there to be set."""
    if _SECRET.search(key):
        return f"{quoted(key)} looks like a secret; secrets do not belong in this file, remove it"
    known = list(keys)
    advice = _HINTS[key] if key in _HINTS and key not in known else nearest(key, known)
    return f"unknown key {quoted(key)}; {advice}"


def _subject(detail: ErrorDetails, location: Where) -> str:
    names = [part for part in location if isinstance(part, str)]
    name = names[-1] if names else "the file"
    return f"{name} {quoted(detail['input'])}"


def _value_error(detail: ErrorDetails, subject: str) -> str:
    text = str(detail["ctx"]["error"])
    return text if isinstance(detail["input"], dict) else f"{subject} {text}"


def _choice(detail: ErrorDetails, subject: str) -> str:
    words = re.findall(r"'([^']*)'", str(detail["ctx"]["expected"]))
    name = subject.split(" ", 1)[0]
    close = nearest(detail["input"], words)
    advice = close if close.startswith("did") else f"write {' or '.join([', '.join(words[:-1]), words[-1]])}"
    return f"{subject} is no {name}; {advice}"


def _kind_of(expected: str) -> Callable[[ErrorDetails, str], str]:
    return lambda _, subject: f"{subject} is {expected}"


def _too_long(detail: ErrorDetails, subject: str) -> str:
    return f"{subject} is too long; {detail['ctx']['max_length']} characters is the limit"


def _other(_: ErrorDetails, subject: str) -> str:
    return f"{subject} is not taken here; remediate schema says what is"


_WORDS: Mapping[str, Callable[[ErrorDetails, str], str]] = {
    "value_error": _value_error,
    "literal_error": _choice,
    "string_type": _kind_of("no text; put it in quotes"),
    "bool_type": _kind_of("neither true nor false; write one of them without quotes"),
    "int_type": _kind_of("no whole number; write it without quotes"),
    "list_type": _kind_of("no list; write each item on a line with - before it"),
    "dict_type": _kind_of("no mapping; write keys and values below it"),
    "model_type": _kind_of("no mapping; write keys and values below it"),
    "model_attributes_type": _kind_of("no mapping; write keys and values below it"),
    "date_type": _kind_of("no day; write it as 2026-12-01"),
    "string_too_short": _kind_of("empty; write something or remove the key"),
    "string_too_long": _too_long,
    "string_pattern_mismatch": _kind_of("no id; write it as 11111111-1111-1111-1111-111111111111"),
}


def _keys_at(model: type[BaseModel], location: tuple[str | int, ...]) -> list[str]:
    """The keys that the part of the model at a location has."""
    schema = model.model_json_schema()
    part: Mapping[str, object] = schema
    for step in location:
        part = _step(part, step, schema)
    properties = part.get("properties")
    return list(properties) if isinstance(properties, dict) else []


def _step(part: Mapping[str, object], step: str | int, schema: Mapping[str, object]) -> Mapping[str, object]:
    found: object = part.get("items")
    if isinstance(step, str):
        properties = part.get("properties")
        found = properties.get(step) if isinstance(properties, dict) else None
        found = part.get("additionalProperties") if found is None else found
    return _resolved(found, schema)


def _resolved(found: object, schema: Mapping[str, object]) -> Mapping[str, object]:
    if not isinstance(found, dict):
        return {}
    for option in [found, *found.get("anyOf", [])]:
        if "$ref" in option:
            definitions = schema.get("$defs")
            name = option["$ref"].rsplit("/", 1)[1]
            return definitions[name] if isinstance(definitions, dict) else {}
    return found
