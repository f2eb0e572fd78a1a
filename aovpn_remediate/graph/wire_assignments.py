"""Assignments as Graph writes them: JSON into the model's values and back; pure.

What is read differs from what was written: no filter is a zero id and ``none``, times have fractions,
``runRemediationScript`` is always false, hourly has no time, an exclusion has no schedule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, time

from aovpn_remediate.graph.answer import shorten
from aovpn_remediate.graph.fields import Fields
from aovpn_remediate.model import (
    Assignment,
    AssignmentFilter,
    DailySchedule,
    FilterMode,
    HourlySchedule,
    OnceSchedule,
    Schedule,
    Target,
    TargetKind,
)

_PREFIX = "#microsoft.graph."
_FILTER_ID = "deviceAndAppManagementAssignmentFilterId"
_FILTER_TYPE = "deviceAndAppManagementAssignmentFilterType"
# Source: deploymenttheory/terraform-provider-microsoft365, windows_remediation_script.
_NO_FILTER = "00000000-0000-0000-0000-000000000000"
# Source: microsoftgraph/msgraph-metadata, beta.
_TARGET_TYPES = {
    TargetKind.GROUP: "groupAssignmentTarget",
    TargetKind.EXCLUDED_GROUP: "exclusionGroupAssignmentTarget",
    TargetKind.ALL_DEVICES: "allDevicesAssignmentTarget",
    TargetKind.ALL_USERS: "allLicensedUsersAssignmentTarget",
}
_TARGET_KINDS = {name: kind for kind, name in _TARGET_TYPES.items()}
# Source: deploymenttheory/terraform-provider-microsoft365, windows_remediation_script.
_GROUPS_OF_ALL = {
    "adadadad-808e-44e2-905a-0b7873a8a531": TargetKind.ALL_DEVICES,
    "acacacac-9df4-4c7d-9d50-4ef0226f57a9": TargetKind.ALL_USERS,
}
_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(\.\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def assign_body(assignments: Iterable[Assignment]) -> dict[str, object]:
    """Return the body that makes these the whole set of assignments; an empty set removes all."""
    return {"deviceHealthScriptAssignments": [_write_assignment(one) for one in assignments]}


def read_assignment(fields: Fields) -> Assignment:
    """Return one assignment, without the quirks; raises ``GraphShapeError``."""
    target = read_target(fields.part("target"))
    # An exclusion has no schedule. Source: Microsoft365DSC#6697.
    if target.kind is TargetKind.EXCLUDED_GROUP:
        return Assignment(target=target)
    schedule = None if fields.values.get("runSchedule") is None else fields.part("runSchedule")
    return Assignment(
        target=target,
        filter=_read_filter(fields.part("target")),
        schedule=None if schedule is None else _read_schedule(schedule),
    )


def read_target(target: Fields) -> Target:
    """Return whom an assignment means; raises ``GraphShapeError``."""
    kind = _TARGET_KINDS.get(_type(target), TargetKind.OTHER)
    if kind is TargetKind.OTHER:
        collection = target.values.get("collectionId")
        shown = f"{_type(target)} {collection}" if isinstance(collection, str) else _type(target)
        return Target(kind=kind, group=shorten(shown))
    if kind not in (TargetKind.GROUP, TargetKind.EXCLUDED_GROUP):
        return Target(kind=kind)
    group = _group(target)
    everyone = _GROUPS_OF_ALL.get(group.lower()) if kind is TargetKind.GROUP else None
    return Target(kind=kind, group=group) if everyone is None else Target(kind=everyone)


def _write_assignment(assignment: Assignment) -> dict[str, object]:
    target: dict[str, object] = {"@odata.type": _PREFIX + _TARGET_TYPES[assignment.target.kind]}
    if assignment.target.group:
        target["groupId"] = assignment.target.group
    if assignment.target.kind is TargetKind.EXCLUDED_GROUP:
        return {"target": target}
    if assignment.filter is not None:
        target[_FILTER_ID] = assignment.filter.filter
        target[_FILTER_TYPE] = assignment.filter.mode.value
    # The portal always sends true. Source: deploymenttheory/terraform-provider-microsoft365#1385.
    written: dict[str, object] = {"target": target, "runRemediationScript": True}
    return written if assignment.schedule is None else written | {"runSchedule": _write(assignment.schedule)}


def _write(schedule: Schedule) -> dict[str, object]:
    when: dict[str, object]
    match schedule:
        case HourlySchedule():
            return {"@odata.type": f"{_PREFIX}deviceHealthScriptHourlySchedule", "interval": schedule.hours}
        case DailySchedule():
            kind, when = "Daily", {"interval": schedule.days}
        case OnceSchedule():
            kind, when = "RunOnce", {"interval": 1, "date": schedule.on.isoformat()}
    clock = {"time": schedule.at.isoformat("seconds"), "useUtc": schedule.utc}
    return {"@odata.type": f"{_PREFIX}deviceHealthScript{kind}Schedule", **when, **clock}


def _type(fields: Fields) -> str:
    return fields.text("@odata.type").removeprefix("#").removeprefix("microsoft.graph.")


def _group(target: Fields) -> str:
    group = target.text("groupId")
    if not group:
        raise target.wrong("groupId", "is empty")
    return group


def _read_filter(target: Fields) -> AssignmentFilter | None:
    mode, filter_id = _text_or_nothing(target, _FILTER_TYPE), _text_or_nothing(target, _FILTER_ID)
    if mode.lower() in ("", "none") or filter_id in ("", _NO_FILTER):
        return None
    try:
        return AssignmentFilter(filter=filter_id, mode=FilterMode(mode.lower()))
    except ValueError as error:
        raise target.wrong(_FILTER_TYPE, "is neither include nor exclude") from error


def _text_or_nothing(fields: Fields, name: str) -> str:
    return fields.text(name) if name in fields.values else ""


def _read_schedule(fields: Fields) -> Schedule:
    # Hourly has no time. Source: Microsoft365DSC#6700.
    kind = _type(fields)
    if kind == "deviceHealthScriptHourlySchedule":
        return HourlySchedule(hours=fields.number("interval"))
    if kind == "deviceHealthScriptDailySchedule":
        return DailySchedule(days=fields.number("interval"), at=_time(fields), utc=_utc(fields))
    if kind == "deviceHealthScriptRunOnceSchedule":
        return OnceSchedule(on=_date(fields), at=_time(fields), utc=_utc(fields))
    raise fields.wrong("@odata.type", "is not a known schedule")


def _utc(fields: Fields) -> bool:
    return False if fields.values.get("useUtc") is None else fields.flag("useUtc")


def _time(fields: Fields) -> time:
    match = _TIME.fullmatch(fields.text("time"))
    try:
        hour, minute, second = map(int, match.groups()[:3]) if match else (-1, 0, 0)
        return time(hour, minute, second)
    except ValueError as error:
        raise fields.wrong("time", "is not a time of day") from error


def _date(fields: Fields) -> date:
    text = fields.text("date")
    try:
        return date.fromisoformat(text if _DATE.fullmatch(text) else "")
    except ValueError as error:
        raise fields.wrong("date", "is not a date") from error
