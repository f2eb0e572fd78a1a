"""A part of a file that accepts nothing but what it names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from aovpn_remediate.documents.tree import Where
from aovpn_remediate.problems import InvalidPart

COLLECTS = "collects misfits"
"""In the context of a validation: parts do not raise for their misfits, which are collected afterwards."""


class Misfit(NamedTuple):
    """Keys of a part that do not fit together: code and text of the problem, and the keys that it is about.

    The problem is shown at the last of the keys that is written, or at ``at``, the place of one value in the
    part. It is not reported if one of the keys has a problem of its own.
    """

    code: str
    text: str
    keys: tuple[str, ...] = ()
    at: Where = ()


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

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> Self:
        if COLLECTS not in (info.context or {}):
            for misfit in self.misfits():
                raise InvalidPart(misfit.code, misfit.text)
        return self

    def misfits(self) -> Iterable[Misfit]:
        """Every problem that no key of the part has alone."""
        return ()
