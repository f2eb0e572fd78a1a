"""A part of the config that accepts nothing but what it names, with a schema for editors."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import ConfigDict

from aovpn_remediate.documents.strict import StrictPart
from aovpn_remediate.kinds.common.conditions import Rules, Schema


def _polish(schema: dict[str, Any], model: type[Strict]) -> None:
    """Make the schema say what is accepted: null only where it means something, and prose without markup."""
    schema["description"] = schema["description"].replace("``", "")
    for name, part in schema["properties"].items():
        if part.get("default", "") is None:
            del part["default"]
        options = part.pop("anyOf", [])
        if name not in model.nullable:
            options = [one for one in options if one != {"type": "null"}]
        if len(options) == 1:
            part.update(options[0])
        elif options:
            part["anyOf"] = options
    rules: list[Schema] = []
    for one in reversed(model.__mro__):
        rules += vars(one).get("rules", ())
    if rules:
        schema["allOf"] = rules


class Strict(StrictPart):
    """A part of the config; its schema explains every key."""

    model_config = ConfigDict(json_schema_extra=_polish)

    rules: ClassVar[Rules] = ()
    """What JSON Schema can say of the misfits of the class; those of the classes above come before."""
