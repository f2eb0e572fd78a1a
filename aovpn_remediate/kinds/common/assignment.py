"""Whom a package is for, and when it runs."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from aovpn_remediate.kinds.common.fields import Day, Interval, Name, TimeOfDay
from aovpn_remediate.kinds.common.strict import Strict
from aovpn_remediate.problems import InvalidPart


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
            raise InvalidPart("schedule/none", "a schedule needs every or once; add every: 4 hours")
        if self.every is not None and self.once is not None:
            raise InvalidPart("schedule/both", "every and once cannot be combined; keep one")
        # The service keeps no time for hours. Source: Microsoft365DSC#6700.
        if self.every is not None and "hour" in self.every:
            if self.model_fields_set & {"at", "utc"}:
                text = "every N hours cannot be combined with at or utc; remove them, or use days"
                raise InvalidPart("schedule/time-with-hours", text)
        elif self.at is None:
            raise InvalidPart(
                "schedule/no-time", 'a schedule with days or once needs a time; add at: "06:30"'
            )
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
            text = "an assignment needs group, exclude or all; add one of them"
            raise InvalidPart("assignment/no-target", text)
        if len(targets) > 1:
            text = f"{' and '.join(targets)} cannot be combined; write an assignment for each"
            raise InvalidPart("assignment/several-targets", text)
        # The service keeps no schedule for exclusions. Source: Microsoft365DSC#6697.
        if self.exclude is not None and len(self.model_fields_set) > 1:
            text = "exclude cannot be combined with filter, filter_mode or schedule; remove them"
            raise InvalidPart("assignment/exclusion-settings", text)
        if self.exclude is None and self.schedule is None:
            text = "an assignment needs a schedule; add schedule: {every: 4 hours}"
            raise InvalidPart("assignment/no-schedule", text)
        if "filter_mode" in self.model_fields_set and self.filter is None:
            text = "filter_mode needs a filter; add filter or remove filter_mode"
            raise InvalidPart("assignment/no-filter", text)
        return self
