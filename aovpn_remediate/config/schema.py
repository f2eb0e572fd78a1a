"""The JSON Schema of the config, for editors that complete and explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aovpn_remediate.kinds import KINDS

if TYPE_CHECKING:
    from pydantic import BaseModel


def build_schema(file: type[BaseModel]) -> dict[str, object]:
    """Return the schema of the file, in which each remediation has the schema of its kind."""
    schema = file.model_json_schema()
    definitions = schema["$defs"]
    for kind, model in KINDS.items():
        part = model.model_json_schema()
        definitions |= part.pop("$defs", {})
        for name, short in model.short_forms.items():
            items = part["properties"][name]
            items["items"] = {"anyOf": [short, items["items"]]}
        definitions[kind] = part
    section = schema["properties"]["remediations"]
    section["propertyNames"] = {"pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"}
    section["additionalProperties"] = {"oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in KINDS]}
    schema["properties"]["tenants"]["propertyNames"] = section["propertyNames"]
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema
