"""A part of the config that accepts nothing but what it names."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError


def _polish(schema: dict[str, Any], model: type[Strict]) -> None:
    """Make the schema say what is taken: null only where it means something, and prose without markup."""
    schema["description"] = schema["description"].replace("``", "")
    for name, part in schema["properties"].items():
        if part.get("default", "") is None:
            del part["default"]
        options = [one for one in part.pop("anyOf", []) if one != {"type": "null"} or name in model.nullable]
        part.update(options[0] if len(options) == 1 else {"anyOf": options} if options else {})


class Strict(BaseModel):
    """A part of the config: unknown keys are refused, a text is no number, and a key has a value."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, json_schema_extra=_polish)

    nullable: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*", mode="before")
    @classmethod
    def _has_a_value(cls, value: object, info: ValidationInfo) -> object:
        # `filter:` with nothing behind it must not widen an assignment to everybody
        if value is None and info.field_name not in cls.nullable:
            raise PydanticCustomError("no_value", "no value")
        return value
