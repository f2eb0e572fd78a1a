"""The JSON Schema of the config, for editors that complete and explain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aovpn_remediate.config.sections import SHARED
from aovpn_remediate.documents.reading import example_values
from aovpn_remediate.kinds import KINDS, Entry
from aovpn_remediate.kinds.common.conditions import (
    equal,
    explained,
    items,
    rule,
    unless,
    value,
    without,
    written,
)
from aovpn_remediate.kinds.common.fields import KEY_SCHEMA, NAME_OF_A_LIST

if TYPE_CHECKING:
    from pydantic import BaseModel

_ID = "urn:aovpn-remediate:remediate.yaml"
_EXAMPLE = "interface-metric"


def build_schema(file: type[BaseModel]) -> dict[str, object]:
    """Return the schema of the file, in which each remediation has the schema of its kind."""
    schema = file.model_json_schema()
    for kind, model in KINDS.items():
        schema["$defs"][kind] = _kind(model, schema["$defs"])
    sections = schema["properties"]
    for name, shared in SHARED.items():
        part = _definition(shared, schema["$defs"])
        schema["$defs"][name] = part
        sections[name]["additionalProperties"] = _list_or(part, f"#/$defs/{name}")
    for name in (*SHARED, "remediations", "tenants"):
        sections[name]["propertyNames"] = KEY_SCHEMA
    sections["remediations"]["additionalProperties"] = _entry()
    default = schema["$defs"]["Defaults"]["properties"]["assignments"]
    default["anyOf"] = [NAME_OF_A_LIST, schema["$defs"]["assignment_sets"]["properties"]["assignments"]]
    schema["allOf"] = _rules_of_names()
    schema["examples"] = [{"name": "contoso-aovpn", "remediations": {"metric": _example(KINDS[_EXAMPLE])}}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": _ID, **schema}


def _definition(model: type[BaseModel], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a model; the models in it are added to the definitions."""
    part = model.model_json_schema()
    definitions |= part.pop("$defs", {})
    return part


def _kind(model: type[Entry], definitions: dict[str, Any]) -> dict[str, Any]:
    part = _definition(model, definitions)
    part["examples"] = [_example(model)]
    part["properties"]["kind"]["description"] = part["description"]
    if "profile" in part["properties"]:  # the scope may be that of the profile
        part["required"].remove("scope")
    return part


def _example(model: type[Entry]) -> dict[str, object]:
    return dict(example_values(model.example))


def _entry() -> dict[str, object]:
    """An entry: its kind, which an editor explains, decides on the rest."""
    title, description = Entry.model_fields["kind"].title, Entry.model_fields["kind"].description
    texts = [(model.__doc__ or "").replace("``", "") for model in KINDS.values()]
    kind = {"title": title, "description": description, "enum": list(KINDS), **explained(*texts)}
    rules = [rule(equal(kind=name), then={"$ref": f"#/$defs/{name}"}) for name in KINDS]
    return {"type": "object", "properties": {"kind": kind}, "required": ["kind"], "allOf": rules}


def _list_or(part: dict[str, Any], reference: str) -> dict[str, object]:
    """The schema of a part that may also be the list in it."""
    lists = [one for one in part["properties"].values() if one.get("type") == "array"]
    return {"anyOf": [*lists, {"$ref": reference}]} if lists else {"$ref": reference}


def _rules_of_names() -> list[dict[str, Any]]:
    """What entries may name depends on the sections that there are."""
    has_profile = written("profile")
    no_set = value("assignments", {"type": "array"})
    return [
        rule(
            written("profiles"),
            then=_of_entries(rule(has_profile, then=without("scope"))),
            otherwise=_of_entries(rule(has_profile, then=written("scope"))),
        ),
        rule(unless(written("route_lists")), then=_of_entries(items("routes", {"pattern": "/"}))),
        rule(
            unless(written("assignment_sets")),
            then={"allOf": [_of_entries(no_set), {"properties": {"defaults": no_set}}]},
        ),
    ]


def _of_entries(condition: dict[str, Any]) -> dict[str, Any]:
    return {"properties": {"remediations": {"additionalProperties": condition}}}
