"""A part of the config that accepts nothing but what it names, with a schema for editors."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from aovpn_remediate.documents.strict import StrictPart


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


class Strict(StrictPart):
    """A part of the config; its schema explains every key."""

    model_config = ConfigDict(json_schema_extra=_polish)
