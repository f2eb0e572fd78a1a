"""What all entries are made of: checked types, schedules, assignments, the keys that every kind has."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from aovpn_remediate.model import OwnPair, RunAs
from aovpn_remediate.names import (
    check_interval,
    check_key,
    check_line,
    check_metric,
    check_profile_name,
    check_text,
    check_time,
    parse_day,
)

_INTERVAL = "^(1 (hour|day)|([1-9]|1[0-9]|2[0-3]) (hours|days))$"
_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
_PROFILE = r'^(?![.\s])[^\\/:*?"<>|\u0000-\u001f\u007f-\u009f]+(?<!\s)$'
_METRIC = [{"type": "integer", "minimum": 1, "maximum": 9999}, {"const": "automatic"}]


def text_schema(pattern: str, **limits: int) -> WithJsonSchema:
    """Return the schema of a text that an editor checks by a pattern."""
    return WithJsonSchema({"type": "string", "pattern": pattern, **limits})


# What the validators refuse, the patterns let an editor refuse too.
Name = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(check_line)]
Key = Annotated[str, AfterValidator(check_key), text_schema("^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
Text = Annotated[str, Field(max_length=1000), AfterValidator(check_text)]
Tags = Annotated[list[Name], Field(min_length=1)]
Interval = Annotated[str, AfterValidator(check_interval), text_schema(_INTERVAL)]
TimeOfDay = Annotated[str, AfterValidator(check_time), text_schema(_TIME)]
Day = Annotated[date, BeforeValidator(parse_day)]
Profile = Annotated[str, AfterValidator(check_profile_name), text_schema(_PROFILE, maxLength=255)]
Metric = Annotated[int | str, PlainValidator(check_metric), WithJsonSchema({"anyOf": _METRIC})]


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


class ScheduleEntry(Strict, title="Schedule"):
    """When the pair runs: again and again (``every``) or ``once``."""

    every: Interval | None = Field(
        None, title="Interval", description='1 to 23 hours or days, e.g. "4 hours"; days need at.'
    )
    once: Day | None = Field(None, title="Day", description="The only day, e.g. 2026-12-01; needs at.")
    at: TimeOfDay | None = Field(None, title="Time", description='Quoted, e.g. "06:30"; not with hours.')
    utc: bool = Field(False, title="UTC", description="Whether at is UTC; else it is the device's clock.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.every is None and self.once is None:
            raise ValueError("a schedule needs every or once; add every: 4 hours")
        if self.every is not None and self.once is not None:
            raise ValueError("every and once exclude each other; keep one")
        if self.every is not None and "hour" in self.every:
            if self.model_fields_set & {"at", "utc"}:
                raise ValueError("a schedule in hours has no time of day; remove at and utc, or use days")
        elif self.at is None:
            raise ValueError('this schedule needs a time of day; add at: "06:30"')
        return self


class AssignmentEntry(Strict, title="Assignment"):
    """Whom the package is for: exactly one of ``group``, ``exclude`` and ``all``."""

    group: Name | None = Field(None, title="Group", description="Display name or object id.")
    exclude: Name | None = Field(
        None, title="Excluded group", description="Display name or object id; nothing else beside it."
    )
    all: Literal["devices", "users"] | None = Field(
        None, title="Everybody", description="All devices or all users; publishing it needs --allow-all."
    )
    filter: Name | None = Field(None, title="Assignment filter", description="Display name or id.")
    filter_mode: Literal["include", "exclude"] = Field(
        "include", title="Filter mode", description="Whether the filter's devices are let in or kept out."
    )
    schedule: ScheduleEntry | None = Field(None, title="Schedule", description="An inclusion needs one.")

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        targets = sorted(self.model_fields_set & {"group", "exclude", "all"})
        if not targets:
            raise ValueError("an assignment needs group, exclude or all; add one")
        if len(targets) > 1:
            raise ValueError(f"{' and '.join(targets)} stand in one assignment; give each its own")
        if self.exclude is not None and len(self.model_fields_set) > 1:
            raise ValueError("an exclusion takes neither filter nor schedule; remove them")
        if self.exclude is None and self.schedule is None:
            raise ValueError("an assignment needs a schedule; add schedule: {every: 4 hours}")
        if "filter_mode" in self.model_fields_set and self.filter is None:
            raise ValueError("filter_mode stands without a filter; add filter or remove it")
        return self


class Entry(Strict, defer_build=True):  # a validator is made for those kinds alone that a config names
    """What every remediation has, whatever its kind."""

    kind: str = Field(title="Kind", description="What is checked and repaired.")
    name: Name | None = Field(
        None, title="Display name", description="Shown in Intune. Default: from kind and key."
    )
    description: Text | None = Field(None, title="Description", description="Shown in Intune.")
    publisher: Name | None = Field(
        None, title="Publisher", description="Default: defaults.publisher, else the config's name."
    )
    scope_tags: Tags | None = Field(
        None, title="Scope tags", description="Names or ids. Default: defaults.scope_tags, else Default."
    )
    assignments: list[AssignmentEntry] = Field(
        [], title="Assignments", description="The whole set; what is not here is taken away."
    )
    repair: bool = Field(True, title="Repair", description="false publishes the detection alone.")
    enabled: bool = Field(True, title="Enabled", description="false assigns the package to nobody.")
    signature_check: bool = Field(
        False, title="Signature check", description="Whether Intune enforces it; of custom, and signed, only."
    )

    short_forms: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """The schema of what an item of a list may be instead of a mapping."""

    example: ClassVar[str]
    symptom: ClassVar[str]
    cause: ClassVar[str]
    touches: ClassVar[str]

    # the rest is model.KindSettings, whose metaclass pydantic's cannot share
    if TYPE_CHECKING:  # a kind may have it as a field, and pydantic takes no field in place of a property

        @property
        @abstractmethod
        def run_as(self) -> RunAs: ...

    @abstractmethod
    def script_settings(self) -> Mapping[str, object]: ...
    @abstractmethod
    def checks(self) -> tuple[str, ...]: ...
    @abstractmethod
    def repairs(self) -> tuple[str, ...]: ...

    def case_values(self) -> Mapping[str, object]:
        """What the ``$names`` of the kind's cases stand for: the settings, and what a kind adds."""
        return dict(self)

    def own_pair(self) -> OwnPair | None:
        """The scripts to publish as they are; here they are rendered."""
        return None
