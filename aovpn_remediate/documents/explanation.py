"""What pydantic refused, in our words: where, what is wrong, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from aovpn_remediate.documents.file_type import FileType
from aovpn_remediate.documents.secrets import is_secret_key
from aovpn_remediate.documents.tree import Tree, Where
from aovpn_remediate.problems import InvalidPart, InvalidValue, Problem
from aovpn_remediate.problems.words import close_word, nearest, quoted
from aovpn_remediate.wording import any_of

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic_core import ErrorDetails

_OF_THE_KEY = "[key]"
"""How pydantic ends the location of a problem that a key of a mapping has."""
_ALTERNATIVE = re.compile(r"(?:literal|list)\[.*\]")


Model = TypeVar("Model", bound="BaseModel")


class Refusal(NamedTuple):
    """What is wrong with a value, and the code of the problem."""

    text: str
    code: str


def explain(
    error: ValidationError, model: type[BaseModel], where: Where, tree: Tree, file_type: FileType
) -> list[Problem]:
    """Return every problem of a validated part of a file; the part is at ``where``."""
    by_value: dict[Where, list[ErrorDetails]] = {}
    for detail in error.errors(include_url=False):
        by_value.setdefault(_before_alternatives(detail["loc"]), []).append(detail)
    problems: list[Problem] = []
    misspelt = _misspelt(error, model, file_type)
    for details in by_value.values():
        for detail in _meant(details):
            if detail["type"] != "missing" or detail["loc"] not in misspelt:
                problems.append(_problem(detail, model, where, tree, file_type))
    return problems


def _misspelt(error: ValidationError, model: type[BaseModel], file_type: FileType) -> set[Where]:
    """The locations of keys that are there, but misspelt: the unknown key says what was meant."""
    found: set[Where] = set()
    for detail in error.errors(include_url=False):
        inner = without_alternatives(detail["loc"])
        if detail["type"] == "extra_forbidden":
            known = _keys_at(model, inner[:-1])
            text = _unknown_key(_name(inner), known, file_type).text
            meant = close_word(_name(inner), known)
            if text.endswith(f'did you mean "{meant}"?'):
                found.add((*detail["loc"][:-1], meant))
    return found


def explain_secrets(keys: Iterable[str], where: Where, tree: Tree, file_type: FileType) -> list[Problem]:
    """Return the problems of the keys that look like secrets, where nothing else is known of them."""
    secrets = [key for key in keys if is_secret_key(key)]
    return [tree.key_problem((*where, key), *_secret(key, file_type)) for key in secrets]


def _before_alternatives(location: Where) -> Where:
    """A location as far as the value that pydantic tried in several ways."""
    for index, part in enumerate(location):
        if _is_alternative(part):
            return location[:index]
    return location


def without_alternatives(location: Where) -> Where:
    """Return pydantic's location of a value as the way to it in the file."""
    return tuple(part for part in location if not _is_alternative(part))


def _is_alternative(part: int | str) -> bool:
    return isinstance(part, str) and _ALTERNATIVE.fullmatch(part) is not None


def _meant(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """The problems of the alternative that was meant: one of its valid words, or something else."""
    words = [one for one in details if one["type"] == "literal_error"]
    others = [one for one in details if one["type"] != "literal_error"]
    if not words or not others:
        return details
    return words if isinstance(words[0]["input"], str) else others


def _problem(
    detail: ErrorDetails, model: type[BaseModel], where: Where, tree: Tree, file_type: FileType
) -> Problem:
    inner = without_alternatives(detail["loc"])
    location: Where = (*where, *inner)
    name = _name(location)
    if detail["type"] == "missing":
        sample = file_type.samples.get(name) or _sample(name, model)
        return tree.key_problem(location[:-1], f"{name} is missing; add {sample}", file_type.missing_key)
    if detail["type"] == "extra_forbidden":
        refusal = _unknown_key(name, _keys_at(model, inner[:-1]), file_type)
        return tree.key_problem(location, *refusal)
    if inner[-1:] == (_OF_THE_KEY,):
        key_location = location[:-1]
        return tree.key_problem(key_location, *_refusal(detail, _name(key_location[:-1])))
    if detail["type"] == "no_value" and name in _part_at(model, inner[:-1]).get("required", ()):
        return tree.problem(location, f"{name} has no value; write one", "value/none")
    if not location and detail["type"] in ("dict_type", "model_type"):
        text = f"the file is {quoted(detail['input'])}; {file_type.first_keys}"
        return tree.problem(location, text, "value/wrong-type")
    form = file_type.forms.get(name)
    if form is not None and detail["type"] in _WRONG_TYPES:
        text = f"{name} {quoted(detail['input'])} is not a valid {form[0]}; write it as {form[1]}"
        return tree.problem(location, text, "value/wrong-type")
    return tree.problem(location, *_refusal(detail, name))


def _sample(name: str, model: type[BaseModel]) -> str:
    """The line with a key in the example of its kind, if there is one."""
    found = re.search(rf"^ +({name}: .+)$", getattr(model, "example", ""), re.MULTILINE)
    return found[1] if found else f"{name}: ..."


def _refusal(detail: ErrorDetails, name: str) -> Refusal:
    return _REFUSALS.get(detail["type"], _other)(detail, name)


def _secret(key: str, file_type: FileType) -> Refusal:
    text = f"{quoted(key)} looks like a secret; secrets do not belong in this file, remove it"
    return Refusal(text, file_type.secret_key)


def _unknown_key(key: str, known: Collection[str], file_type: FileType) -> Refusal:
    if file_type.secret_key and is_secret_key(key):
        return _secret(key, file_type)
    advice = file_type.hints.get(key) or nearest(key, known)
    return Refusal(f"unknown key {quoted(key)}; {advice}", file_type.unknown_key)


def _name(location: Where) -> str:
    for part in reversed(location):
        if isinstance(part, str):
            return part
    return "the file"


def _refused_by_us(detail: ErrorDetails, name: str) -> Refusal:
    """What one of our own validators said; its text follows the value, if it is not a whole sentence."""
    error = detail["ctx"]["error"]
    is_sentence = isinstance(error, InvalidPart)
    code = "value/invalid"
    if isinstance(error, InvalidValue):
        code = error.code
    elif isinstance(detail["input"], dict):
        is_sentence = True
    if is_sentence:
        return Refusal(str(error), code)
    if isinstance(detail["input"], dict | list):
        return Refusal(f"{name} {error}", code)
    return Refusal(f"{name} {quoted(detail['input'])} {error}", code)


def _unknown_word(detail: ErrorDetails, name: str) -> Refusal:
    expected = str(detail["ctx"]["expected"])
    words = re.findall(r"'([^']*)'", expected) or [expected]  # numbers have no quotes
    close = close_word(detail["input"], words)
    advice = f'did you mean "{close}"?' if close else f"write {any_of(words)}"
    return Refusal(f"{name} {quoted(detail['input'])} is not valid; {advice}", "value/unknown-word")


def _must_be(what: str, advice: str) -> Callable[[ErrorDetails, str], Refusal]:
    def refusal(detail: ErrorDetails, name: str) -> Refusal:
        text = f"{name} must be {what}, not {quoted(detail['input'])}; {advice}"
        return Refusal(text, "value/wrong-type")

    return refusal


def _not_text(detail: ErrorDetails, name: str) -> Refusal:
    is_scalar = not isinstance(detail["input"], dict | list)
    return _must_be("text", "put it in quotes" if is_scalar else "write a single text")(detail, name)


def _not_a_boolean(detail: ErrorDetails, name: str) -> Refusal:
    word = _BOOLEANS.get(str(detail["input"]).casefold(), "")
    is_quoted = word == str(detail["input"]).casefold()
    advice = f"write {word}" if word else "write one of them"
    return _must_be("true or false", f"{advice} without quotes" if is_quoted else advice)(detail, name)


def _not_a_date(detail: ErrorDetails, name: str) -> Refusal:
    text = f"{name} {quoted(detail['input'])} is not a valid date; write it as 2026-12-01"
    return Refusal(text, "value/wrong-type")


def _not_an_id(detail: ErrorDetails, name: str) -> Refusal:
    example = "11111111-1111-1111-1111-111111111111"
    text = f"{name} {quoted(detail['input'])} is not a valid id; write it as {example}"
    return Refusal(text, "value/not-an-id")


def _empty(_: ErrorDetails, name: str) -> Refusal:
    return Refusal(f"{name} is empty; write a value or remove the key", "value/empty")


def _no_value(_: ErrorDetails, name: str) -> Refusal:
    return Refusal(f"{name} has no value; write one or remove the key", "value/none")


def _too_long(detail: ErrorDetails, name: str) -> Refusal:
    limit = detail["ctx"]["max_length"]
    text = f"{name} {quoted(detail['input'])} is too long; the limit is {limit} characters"
    return Refusal(text, "value/too-long")


def _out_of_range(detail: ErrorDetails, name: str) -> Refusal:
    bounds = detail["ctx"]
    limit = f"at least {bounds['ge']:.0f}" if "ge" in bounds else f"at most {bounds['le']:.0f}"
    text = f"{name} {quoted(detail['input'])} is out of range; write a number of {limit}"
    return Refusal(text, "value/out-of-range")


def _other(detail: ErrorDetails, name: str) -> Refusal:
    text = f"{name} {quoted(detail['input'])} is not valid; correct it or remove the key"
    return Refusal(text, "value/invalid")


_BOOLEANS = {
    **dict.fromkeys(("true", "yes", "y", "on", "1"), "true"),
    **dict.fromkeys(("false", "no", "n", "off", "0"), "false"),
}
_WRONG_TYPES = frozenset({"string_type", "bool_type", "list_type", "dict_type", "model_type", "int_type"})
_NOT_A_MAPPING = _must_be("a mapping", "write keys and values below it")
_NOT_A_LIST = _must_be("a list", "write each item on a line with - before it")
_REFUSALS: Mapping[str, Callable[[ErrorDetails, str], Refusal]] = {
    "no_value": _no_value,
    "value_error": _refused_by_us,
    "literal_error": _unknown_word,
    "enum": _unknown_word,
    "string_type": _not_text,
    "bool_type": _not_a_boolean,
    "int_type": _must_be("a whole number", "write it without quotes"),
    "int_from_float": _must_be("a whole number", "write it without a point"),
    "float_type": _must_be("a number", "write it without quotes"),
    "list_type": _NOT_A_LIST,
    "tuple_type": _NOT_A_LIST,
    "dict_type": _NOT_A_MAPPING,
    "model_type": _NOT_A_MAPPING,
    "date_type": _not_a_date,
    "string_too_short": _empty,
    "too_short": _empty,
    "string_too_long": _too_long,
    "string_pattern_mismatch": _not_an_id,
    "greater_than_equal": _out_of_range,
    "less_than_equal": _out_of_range,
}


@cache
def _schema_of(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema()


def _keys_at(model: type[BaseModel], location: Where) -> list[str]:
    """The keys that the part of the model at a location has."""
    return list(_part_at(model, location).get("properties", {}))


def _part_at(model: type[BaseModel], location: Where) -> dict[str, Any]:
    """The part of the model's schema at a location."""
    part = schema = _schema_of(model)
    for step in location:
        part = _step(_long_form(part), step)
        if "$ref" in _long_form(part):
            part = schema["$defs"][_long_form(part)["$ref"].rsplit("/", 1)[1]]
    return part


def _long_form(part: dict[str, Any]) -> dict[str, Any]:
    """The last of the forms that a value has; the others are short."""
    forms: list[dict[str, Any]] = part.get("anyOf", [part])
    return forms[-1]


def _step(part: dict[str, Any], step: str | int) -> dict[str, Any]:
    if isinstance(step, int):
        return part.get("items") or {}
    return part.get("properties", {}).get(step) or part.get("additionalProperties") or {}
