"""The kinds: one settings model each, with type, default, limits and words for people.

The JSON Schema of the config and ``remediate kinds`` come from here. How a problem is worded is not
decided here but in ``config``.
"""

from __future__ import annotations

from collections.abc import Mapping

from aovpn_remediate.errors import UsageError
from aovpn_remediate.kinds.common.assignment import AssignmentEntry, ScheduleEntry
from aovpn_remediate.kinds.common.entry import Entry
from aovpn_remediate.kinds.common.fields import Key, Name, Tags
from aovpn_remediate.kinds.common.strict import Strict
from aovpn_remediate.kinds.custom import Custom
from aovpn_remediate.kinds.interface_metric import InterfaceMetric
from aovpn_remediate.kinds.rasman_privileges import RasManPrivileges
from aovpn_remediate.kinds.route_presence import RoutePresence
from aovpn_remediate.model import KindText, SettingText

__all__ = [
    "KINDS", "AssignmentEntry", "Custom", "Entry", "InterfaceMetric", "Key", "Name", "RasManPrivileges",
    "RoutePresence", "ScheduleEntry", "Strict", "Tags", "describe_kind", "describe_kinds",
]  # fmt: skip

KINDS: dict[str, type[Entry]] = {
    "custom": Custom,
    "interface-metric": InterfaceMetric,
    "rasman-privileges": RasManPrivileges,
    "route-presence": RoutePresence,
}


def describe_kinds() -> list[KindText]:
    """Return every kind in words, sorted by name."""
    return [describe_kind(kind) for kind in sorted(KINDS)]


def describe_kind(kind: str) -> KindText:
    """Return a kind in words: symptom, cause, what is touched, and its own settings.

    Raises ``UsageError`` for a kind that there is not.
    """
    if kind not in KINDS:
        raise UsageError(f"there is no kind {kind!r}; the kinds are {', '.join(sorted(KINDS))}")
    model = KINDS[kind]
    own = [name for name in model.model_fields if name not in Entry.model_fields]
    schema = model.model_json_schema()
    settings = tuple(
        _setting_text(name, schema["properties"][name], schema.get("required", [])) for name in own
    )
    summary = (model.__doc__ or "").strip()
    return KindText(kind, summary, model.symptom, model.cause, model.touches, settings, model.example)


def _setting_text(name: str, schema: Mapping[str, object], required: list[str]) -> SettingText:
    meaning, _, computed = str(schema["description"]).partition(" Default: ")
    default = computed.removesuffix(".") or str(schema.get("default"))
    return SettingText(name, _type_text(schema), "required" if name in required else default, meaning)


def _type_text(schema: Mapping[str, object]) -> str:
    if isinstance(options := schema.get("anyOf"), list):
        return " or ".join(_type_text(option) for option in options)
    if isinstance(values := schema.get("enum"), list):
        return " | ".join(values)
    if "const" in schema:
        return str(schema["const"])
    if "minimum" in schema:
        return f"{schema['minimum']}-{schema['maximum']}"
    words = {"string": "text", "boolean": "true | false", "array": "list"}
    return words.get(str(schema["type"]), str(schema["type"]))
