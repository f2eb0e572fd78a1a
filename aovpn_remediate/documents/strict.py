"""A part of a file that accepts nothing but what it names."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError


class StrictPart(BaseModel):
    """A part of a file: unknown keys are refused, text is not a number, and a key has a value."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    nullable: ClassVar[frozenset[str]] = frozenset()
    """The keys for which null means something."""

    @field_validator("*", mode="before")
    @classmethod
    def _has_a_value(cls, value: object, info: ValidationInfo) -> object:
        # `filter:` with nothing behind it must not widen an assignment to everybody
        if value is None and info.field_name not in cls.nullable:
            raise PydanticCustomError("no_value", "no value")
        return value
