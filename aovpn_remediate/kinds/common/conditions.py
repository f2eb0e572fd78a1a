"""Conditions between keys as JSON Schema has them, so that an editor shows what ``misfits`` refuses."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
Rules = tuple[Schema, ...]


def equal(**values: object) -> Schema:
    """Return the condition that these keys are written with these values."""
    return {**equal_or_missing(**values), "required": list(values)}


def equal_or_missing(**values: object) -> Schema:
    """Return the condition that each of these keys has this value, or is not written."""
    return {"properties": {key: {"const": value} for key, value in values.items()}}


def written(*keys: str) -> Schema:
    """Return the condition that all these keys are written."""
    return {"required": list(keys)}


def without(*keys: str) -> Schema:
    """Return the condition that none of these keys is written."""
    return {"patternProperties": {f"^{key}$": False for key in keys}}


def unless(condition: Schema) -> Schema:
    """Return the condition that another one is not met."""
    return {"not": condition}


def value(setting: str, condition: Schema) -> Schema:
    """Return the condition that the value of a key meets another one, if the key is written.

    It is a pattern, because editors offer every key of ``properties``, also where the kind has no such key.
    """
    return {"patternProperties": {f"^{setting}$": condition}}


def items(setting: str, condition: Schema) -> Schema:
    """Return the condition that each item of a list meets another one."""
    return value(setting, {"items": condition})


def rule(condition: Schema, then: Schema, otherwise: Schema | None = None) -> Schema:
    """Return the rule that something must be met where a condition is met."""
    return {"if": condition, "then": then, **({"else": otherwise} if otherwise else {})}


def explained(*texts: str) -> Schema:
    """Return what an editor shows beside each word of a choice, in the order of the words."""
    return {"enumDescriptions": list(texts)}
