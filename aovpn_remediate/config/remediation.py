"""An entry of the file made into a ``Remediation`` for each of its packages, complete with defaults."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time

from aovpn_remediate.config.file import File
from aovpn_remediate.kinds import AssignmentEntry, Entry, Part, ScheduleEntry
from aovpn_remediate.model import (
    DEFAULT_SCOPE_TAG,
    Assignment,
    AssignmentFilter,
    DailySchedule,
    FilterMode,
    HourlySchedule,
    OnceSchedule,
    Remediation,
    Schedule,
    Target,
    TargetKind,
)

_EVERYBODY = {"devices": TargetKind.ALL_DEVICES, "users": TargetKind.ALL_USERS}


def display_name(key: str, entry: Entry) -> str:
    """Return the name that Intune shows."""
    return entry.name or f"AOVPN {entry.kind.replace('-', ' ')}: {key}"


def make_remediations(key: str, entry: Entry, file: File) -> Iterator[Remediation]:
    """Yield the remediation of each package of an entry; assignments and scope tags are sorted."""
    for part in entry.parts():
        yield _make_remediation(key, part, display_name(key, entry), file)


def _make_remediation(key: str, part: Part, name: str, file: File) -> Remediation:
    entry = part.entry
    tags = entry.scope_tags or file.defaults.scope_tags or [DEFAULT_SCOPE_TAG]
    assignments = [_assignment(one) for one in entry.assignments] if entry.enabled else []
    return Remediation(
        key=key + part.suffix,
        entry=key,
        formerly=entry.formerly + part.suffix if entry.formerly else "",
        kind=entry.kind,
        name=part.name(name),
        description=entry.description or "",
        publisher=entry.publisher or file.defaults.publisher or file.name,
        scope_tags=tuple(sorted(set(tags))),
        assignments=tuple(sorted(assignments, key=lambda one: one.target)),
        repair=entry.repair,
        signature_check=entry.signature_check,
        settings=entry,
    )


def _assignment(entry: AssignmentEntry) -> Assignment:
    if entry.exclude is not None:
        return Assignment(target=Target(kind=TargetKind.EXCLUDED_GROUP, group=entry.exclude))
    kind = TargetKind.GROUP if entry.group is not None else _EVERYBODY[str(entry.all)]
    mode = FilterMode(entry.filter_mode)
    return Assignment(
        target=Target(kind=kind, group=entry.group or ""),
        filter=AssignmentFilter(filter=entry.filter, mode=mode) if entry.filter is not None else None,
        schedule=_schedule(entry.schedule) if entry.schedule is not None else None,
    )


def _schedule(entry: ScheduleEntry) -> Schedule:
    at = time.fromisoformat(entry.at) if entry.at is not None else time()
    if entry.every is None:
        return OnceSchedule(on=entry.once or date.min, at=at, utc=entry.utc)
    number, unit = entry.every.split()
    if unit.startswith("hour"):
        return HourlySchedule(hours=int(number))
    return DailySchedule(days=int(number), at=at, utc=entry.utc)
