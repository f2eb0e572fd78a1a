"""The kinds in words, for ``remediate kinds`` and the docs."""

from __future__ import annotations

from collections.abc import Mapping

from aovpn_remediate.errors import UsageError
from aovpn_remediate.kinds.common.entry import Entry
from aovpn_remediate.kinds.common.registry import KINDS
from aovpn_remediate.kinds.common.rendered import RenderedEntry
from aovpn_remediate.model import KindText, SettingText
from aovpn_remediate.wording import any_of


def describe_kinds() -> list[KindText]:
    """Return every kind in words, sorted by name."""
    return [describe_kind(kind) for kind in sorted(KINDS)]


def describe_kind(kind: str) -> KindText:
    """Return a kind in words: symptom, cause, what is touched, and its own settings.

    Raises ``UsageError`` for an unknown kind.
    """
    if kind not in KINDS:
        raise UsageError(f"the kind {kind!r} does not exist; the kinds are {', '.join(sorted(KINDS))}")
    return describe_model(kind, KINDS[kind])


def describe_model(kind: str, model: type[Entry]) -> KindText:
    """Return a kind in words, from its class."""
    schema = model.model_json_schema()
    settings = tuple(
        _setting_text(name, part, schema.get("required", []))
        for name, part in schema["properties"].items()
        if _is_own_choice(name, part)
    )
    summary = (model.__doc__ or "").strip()
    return KindText(kind, summary, model.symptom, model.cause, model.touches, settings, model.example)


def _is_own_choice(name: str, schema: Mapping[str, object]) -> bool:
    """Whether a setting is the kind's own and can be set to more than one value."""
    return name not in RenderedEntry.model_fields and "const" not in schema


def _setting_text(name: str, schema: Mapping[str, object], required: list[str]) -> SettingText:
    meaning, _, computed = str(schema["description"]).partition(" Default: ")
    default = computed.removesuffix(".") or _as_written(schema.get("default"))
    return SettingText(name, _type_text(schema), "required" if name in required else default, meaning)


def _as_written(default: object) -> str:
    """A default as a config has it: ``true``, ``3``, a word."""
    return str(default).lower() if isinstance(default, bool) else str(default)


def _type_text(schema: Mapping[str, object]) -> str:
    options, values = schema.get("anyOf"), schema.get("enum")
    if isinstance(options, list):
        return any_of(map(_type_text, options))
    if isinstance(values, list):
        return " | ".join(map(str, values))
    if "const" in schema:
        return str(schema["const"])
    if "minimum" in schema:
        return f"{schema['minimum']}-{schema['maximum']}"
    words = {"string": "text", "boolean": "true | false", "array": "list"}
    name = str(schema.get("type", "mapping"))
    return words.get(name, name)
