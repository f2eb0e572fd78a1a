"""The JSON Schema of the config, for editors that complete and explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aovpn_remediate.config.sections import SHARED
from aovpn_remediate.kinds import KINDS
from aovpn_remediate.kinds.common.fields import NAME_OF_A_LIST

if TYPE_CHECKING:
    from pydantic import BaseModel


def build_schema(file: type[BaseModel]) -> dict[str, object]:
    """Return the schema of the file, in which each remediation has the schema of its kind."""
    schema = file.model_json_schema()
    definitions = schema["$defs"]
    for kind, model in KINDS.items():
        part = model.model_json_schema()
        definitions |= part.pop("$defs", {})
        if "profile" in part["properties"]:  # the scope may be that of the profile
            part["required"].remove("scope")
        definitions[kind] = part
    section = schema["properties"]["remediations"]
    section["propertyNames"] = {"pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"}
    section["additionalProperties"] = {"oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in KINDS]}
    for name, shared in SHARED.items():
        part = shared.model_json_schema()
        definitions |= part.pop("$defs", {})
        definitions[name] = part
        schema["properties"][name]["additionalProperties"] = _list_or(part, f"#/$defs/{name}")
        schema["properties"][name]["propertyNames"] = section["propertyNames"]
    default = schema["$defs"]["Defaults"]["properties"]["assignments"]
    default["anyOf"] = [NAME_OF_A_LIST, definitions["assignment_sets"]["properties"]["assignments"]]
    schema["properties"]["tenants"]["propertyNames"] = section["propertyNames"]
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return schema


def _list_or(part: dict[str, Any], reference: str) -> dict[str, object]:
    """The schema of a part that may also be the list in it."""
    lists = [one for one in part["properties"].values() if one.get("type") == "array"]
    return {"anyOf": [*lists, {"$ref": reference}]} if lists else {"$ref": reference}
