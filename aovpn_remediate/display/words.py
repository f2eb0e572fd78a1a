"""The fields of a package and its assignments in words."""

from __future__ import annotations

from collections.abc import Mapping

from aovpn_remediate.display.clean import clean
from aovpn_remediate.model import (
    Assignment,
    DailySchedule,
    HourlySchedule,
    OnceSchedule,
    Schedule,
    TargetKind,
)
from aovpn_remediate.wording import count_of

FIELD_WORDS = {
    "name": "display name",
    "description": "description",
    "publisher": "publisher",
    "run_as": "run-as account",
    "run_as_32_bit": "32-bit",
    "signature_check": "signature check",
    "scope_tags": "scope tags",
    "detection": "detection script",
    "remediation": "remediation script",
    "assignments": "assignments",
    "key": "key",
    "marker": "marker",
}


def assignment_words(assignment: Assignment, names: Mapping[str, str]) -> str:
    """Return an assignment as one line, e.g. ``AOVPN Users, filter Corporate (include), every 4 hours``."""
    target = assignment.target
    group = clean(names.get(target.group, target.group))
    if target.kind is TargetKind.GROUP:
        words = [group]
    elif target.kind in (TargetKind.ALL_DEVICES, TargetKind.ALL_USERS):
        words = [target.kind.value]
    else:
        words = [f"{target.kind.value} {group}"]
    if assignment.filter is not None:
        name = clean(names.get(assignment.filter.filter, assignment.filter.filter))
        words.append(f"filter {name} ({assignment.filter.mode.value})")
    if assignment.schedule is not None:
        words.append(schedule_words(assignment.schedule))
    return ", ".join(words)


def schedule_words(schedule: Schedule) -> str:
    """Return a schedule in the words of the config, e.g. ``every 1 day at 06:30``."""
    match schedule:
        case HourlySchedule():
            return f"every {count_of(schedule.hours, 'hour')}"
        case DailySchedule():
            return f"every {count_of(schedule.days, 'day')} at {_clock(schedule)}"
        case OnceSchedule():
            return f"once on {schedule.on.isoformat()} at {_clock(schedule)}"


def _clock(schedule: DailySchedule | OnceSchedule) -> str:
    text = schedule.at.strftime("%H:%M:%S").removesuffix(":00")
    return f"{text} UTC" if schedule.utc else text


def value_words(field: str, value: object, names: Mapping[str, str]) -> str:
    """Return a field's value on one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field == "marker" and not value:
        return "none"
    if field == "scope_tags" and isinstance(value, tuple):
        return ", ".join(clean(names.get(tag, tag)) for tag in value) or "none"
    return f'"{clean(str(value))}"' if field in ("name", "description", "publisher") else clean(str(value))
