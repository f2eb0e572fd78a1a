"""Whom a package is for, and when it runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from pydantic import Field

from aovpn_remediate.documents.strict import Misfit
from aovpn_remediate.documents.tree import Where
from aovpn_remediate.kinds.common.conditions import Rules, explained, rule, without, written
from aovpn_remediate.kinds.common.fields import Day, Interval, Name, TimeOfDay
from aovpn_remediate.kinds.common.strict import Strict
from aovpn_remediate.problems.words import quoted

_TARGETS = ("all", "exclude", "group")
_OF_INCLUSIONS = ("filter", "filter_mode", "schedule")


class ScheduleEntry(Strict, title="Schedule"):
    """When the pair runs: again and again (``every``) or ``once``."""

    every: Interval | None = Field(
        None, title="Interval", description='1 to 23 hours or days, e.g. "4 hours"; days need at.'
    )
    once: Day | None = Field(None, title="Day", description="The only day, e.g. 2026-12-01; needs at.")
    at: TimeOfDay | None = Field(None, title="Time", description='Quoted, e.g. "06:30"; not with hours.')
    utc: bool = Field(False, title="UTC", description="Whether at is UTC; else it is the device's clock.")

    rules: ClassVar[Rules] = (
        {"oneOf": [written("every"), written("once")]},
        rule(
            {"properties": {"every": {"pattern": "hour"}}, **written("every")},
            then=without("at", "utc"),
            otherwise=written("at"),
        ),
    )

    def misfits(self) -> Iterable[Misfit]:
        """Neither or both of ``every`` and ``once``, and a time that is missing or has no effect."""
        if self.every is None and self.once is None:
            text = "a schedule needs every or once; add every: 4 hours"
            yield Misfit("schedule/none", text, ("every", "once"))
        elif self.every is not None and self.once is not None:
            text = "every and once cannot be combined; keep one"
            yield Misfit("schedule/both", text, ("every", "once"))
        elif self.every is not None and "hour" in self.every:
            # The service keeps no time for hours. Source: Microsoft365DSC#6700.
            if self.model_fields_set & {"at", "utc"}:
                text = "every N hours cannot be combined with at or utc; remove them, or use days"
                yield Misfit("schedule/time-with-hours", text, ("every", "at", "utc"))
        elif self.at is None:
            text = 'a schedule with days or once needs a time; add at: "06:30"'
            yield Misfit("schedule/no-time", text, ("every", "once", "at"))


class AssignmentEntry(Strict, title="Assignment"):
    """Whom the package is for: exactly one of ``group``, ``exclude`` and ``all``."""

    group: Name | None = Field(None, title="Group", description="Display name or object id.")
    exclude: Name | None = Field(
        None, title="Excluded group", description="Display name or object id; nothing else beside it."
    )
    all: Literal["devices", "users"] | None = Field(
        None,
        title="Everybody",
        description="All devices or all users; publishing it needs --allow-all.",
        json_schema_extra=explained("All devices of the tenant.", "All users of the tenant."),
    )
    filter: Name | None = Field(None, title="Assignment filter", description="Display name or id.")
    filter_mode: Literal["include", "exclude"] = Field(
        "include",
        title="Filter mode",
        description="Whether the filter's devices are let in or kept out.",
        json_schema_extra=explained("Only the filter's devices.", "All but the filter's devices."),
    )
    schedule: ScheduleEntry | None = Field(None, title="Schedule", description="An inclusion needs one.")

    rules: ClassVar[Rules] = (
        {"oneOf": [written(target) for target in _TARGETS]},
        rule(written("exclude"), then=without(*_OF_INCLUSIONS)),
    )

    def misfits(self) -> Iterable[Misfit]:
        """No target or several, settings that an exclusion cannot have, a missing schedule or filter."""
        targets = sorted(self.model_fields_set & set(_TARGETS))
        if not targets:
            text = "an assignment needs group, exclude or all; add one of them"
            yield Misfit("assignment/no-target", text, _TARGETS)
        if len(targets) > 1:
            text = f"{' and '.join(targets)} cannot be combined; write an assignment for each"
            yield Misfit("assignment/several-targets", text, tuple(targets))
        elif self.exclude is not None and self.model_fields_set & set(_OF_INCLUSIONS):
            # The service keeps no schedule for exclusions. Source: Microsoft365DSC#6697.
            text = "exclude cannot be combined with filter, filter_mode or schedule; remove them"
            yield Misfit("assignment/exclusion-settings", text, ("exclude", *_OF_INCLUSIONS))
        if self.exclude is None and self.schedule is None:
            text = "an assignment needs a schedule; add schedule: {every: 4 hours}"
            yield Misfit("assignment/no-schedule", text, ("exclude", "schedule"))
        if "filter_mode" in self.model_fields_set and self.filter is None:
            text = "filter_mode needs a filter; add filter or remove filter_mode"
            yield Misfit("assignment/no-filter", text, ("filter", "filter_mode"))

    def who(self) -> str:
        """Whom the assignment means, as a message names it."""
        return self.group or self.exclude or f"all {self.all}"


class SharedAssignment(AssignmentEntry, title="Shared assignment"):
    """An assignment that several entries use; its schedule may be that of the set or of the entry."""

    schedule: ScheduleEntry | None = Field(
        None, title="Schedule", description="Without it the set's, else the entry's."
    )

    def misfits(self) -> Iterable[Misfit]:
        """What does not fit together; a schedule and a filter may come from where the set is used."""
        later = ("assignment/no-schedule", "assignment/no-filter")
        return (one for one in super().misfits() if one.code not in later)


def misfits_of(assignments: Sequence[AssignmentEntry]) -> Iterable[Misfit]:
    """What does not fit together in the assignments of one entry."""
    # A group that is included and excluded never runs a package, nor does a package that only excludes.
    # Source: fadwen/IntuneScriptLab, Findings.md.
    seen: dict[str, AssignmentEntry] = {}
    for index, one in enumerate(assignments):
        earlier = seen.setdefault(one.who().casefold(), one)
        if earlier is not one:
            yield _again(one, earlier, ("assignments", index))
    if assignments and all(one.exclude for one in assignments):
        text = "all assignments are exclusions, so no device runs the package; add a group or all"
        yield Misfit("assignment/only-exclusions", text, ("assignments",))


def _again(one: AssignmentEntry, earlier: AssignmentEntry, at: Where) -> Misfit:
    name = quoted(one.who())
    if (earlier.exclude is None) == (one.exclude is None):
        return Misfit("assignment/listed-twice", f"{name} is listed twice; remove one", at=at)
    text = f"{name} is both included and excluded; remove one"
    return Misfit("assignment/included-and-excluded", text, at=at)
