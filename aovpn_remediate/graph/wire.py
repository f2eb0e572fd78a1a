"""Packages as Graph writes them: JSON to model and back, with the quirks of what is read back; pure.

Shapes are those of the beta `deviceHealthScript` and its assignments. A shape that is not documented
raises ``GraphShapeError`` with the field; nulls are never sent.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from datetime import date, time

from aovpn_remediate.errors import GraphShapeError
from aovpn_remediate.marker import Marker, read_marker, write_marker
from aovpn_remediate.model import (
    Assignment,
    AssignmentFilter,
    DailySchedule,
    FilterMode,
    HourlySchedule,
    OnceSchedule,
    Published,
    RunAs,
    Schedule,
    ScriptPackage,
    Target,
    TargetKind,
)

Json = dict[str, object]

_TYPE = "@odata.type"
_PREFIX = "#microsoft.graph."
_NO_FILTER = "00000000-0000-0000-0000-000000000000"
_FILTER_ID = "deviceAndAppManagementAssignmentFilterId"
_FILTER_TYPE = "deviceAndAppManagementAssignmentFilterType"
_TARGETS = {
    "groupAssignmentTarget": TargetKind.GROUP,
    "exclusionGroupAssignmentTarget": TargetKind.EXCLUDED_GROUP,
    "allDevicesAssignmentTarget": TargetKind.ALL_DEVICES,
    "allLicensedUsersAssignmentTarget": TargetKind.ALL_USERS,
}
_TARGET_TYPES = {kind: name for name, kind in _TARGETS.items()}


def marker_of(item: Mapping[str, object]) -> Marker | None:
    """Return the ownership marker of a package as it is listed."""
    description = item.get("description")
    return read_marker(description)[1] if isinstance(description, str) else None


def published_from(item: Mapping[str, object], *, config: str, key: str) -> Published:
    """Return a package that was read whole: with contents and expanded assignments."""
    description, marker = read_marker(_optional_text(item, "description"))
    package = ScriptPackage(
        config=config,
        key=key,
        name=_text(item, "displayName"),
        description=description,
        publisher=_optional_text(item, "publisher"),
        detection=_content(item, "detectionScriptContent"),
        remediation=_content(item, "remediationScriptContent"),
        run_as=RunAs(_one_of(item, "runAsAccount", tuple(RunAs))),
        run_as_32_bit=_flag(item, "runAs32Bit"),
        signature_check=_flag(item, "enforceSignatureCheck"),
        scope_tags=tuple(sorted(_texts(item, "roleScopeTagIds"))),
        assignments=assignments_from(item.get("assignments", [])),
    )
    return Published(
        id=_text(item, "id"),
        package=package,
        marked_hash=marker.content_hash if marker else "",
        version=_optional_text(item, "version"),
    )


def create_body(package: ScriptPackage) -> Json:
    """Return the body that creates a package."""
    body: Json = {_TYPE: f"{_PREFIX}deviceHealthScript"}
    for write in _WRITERS.values():
        body |= write(package)
    return body | _description(package)


def update_body(package: ScriptPackage, fields: Iterable[str]) -> Json:
    """Return the body that changes these fields; the description always, because it holds the marker."""
    body: Json = {_TYPE: f"{_PREFIX}deviceHealthScript"}
    for field in sorted(fields):
        if field in _WRITERS:
            body |= _WRITERS[field](package)
    return body | _description(package)


def assign_body(assignments: Iterable[Assignment]) -> Json:
    """Return the body that makes this the whole set of assignments."""
    return {"deviceHealthScriptAssignments": [_assignment_body(one) for one in assignments]}


def assignments_from(value: object) -> tuple[Assignment, ...]:
    """Return a package's assignments, sorted, without what Graph adds to them when they are read back."""
    if not isinstance(value, list):
        raise GraphShapeError("assignments: is no list")
    return tuple(sorted((_assignment(one) for one in value), key=lambda one: one.target))


def _description(package: ScriptPackage) -> Json:
    marker = Marker(package.config, package.key, package.content_hash)
    return {"description": write_marker(package.description, marker)}


_WRITERS: dict[str, Callable[[ScriptPackage], Json]] = {
    "name": lambda package: {"displayName": package.name},
    "publisher": lambda package: {"publisher": package.publisher},
    "run_as": lambda package: {"runAsAccount": package.run_as.value},
    "run_as_32_bit": lambda package: {"runAs32Bit": package.run_as_32_bit},
    "signature_check": lambda package: {"enforceSignatureCheck": package.signature_check},
    "scope_tags": lambda package: {"roleScopeTagIds": list(package.scope_tags)},
    "detection": lambda package: {"detectionScriptContent": _base64(package.detection)},
    "remediation": lambda package: {"remediationScriptContent": _base64(package.remediation)},
}


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _assignment_body(assignment: Assignment) -> Json:
    target: Json = {_TYPE: _PREFIX + _TARGET_TYPES[assignment.target.kind]}
    if assignment.target.group:
        target["groupId"] = assignment.target.group
    if assignment.filter is not None:
        target |= {_FILTER_ID: assignment.filter.filter, _FILTER_TYPE: assignment.filter.mode.value}
    body: Json = {"target": target}
    if assignment.target.kind is not TargetKind.EXCLUDED_GROUP:
        # Read back it is always false; false sent once would be kept by other tools that copy it.
        body["runRemediationScript"] = True
    if assignment.schedule is not None:
        body["runSchedule"] = _schedule_body(assignment.schedule)
    return body


def _schedule_body(schedule: Schedule) -> Json:
    match schedule:
        case HourlySchedule():
            return {_TYPE: f"{_PREFIX}deviceHealthScriptHourlySchedule", "interval": schedule.hours}
        case DailySchedule():
            return {
                _TYPE: f"{_PREFIX}deviceHealthScriptDailySchedule",
                "interval": schedule.days,
                "time": schedule.at.isoformat("seconds"),
                "useUtc": schedule.utc,
            }
        case OnceSchedule():
            return {
                _TYPE: f"{_PREFIX}deviceHealthScriptRunOnceSchedule",
                "interval": 1,
                "date": schedule.on.isoformat(),
                "time": schedule.at.isoformat("seconds"),
                "useUtc": schedule.utc,
            }


def _assignment(value: object) -> Assignment:
    if not isinstance(value, dict) or not isinstance(value.get("target"), dict):
        raise GraphShapeError("assignments.target: is no object")
    target = value["target"]
    name = _text(target, _TYPE).removeprefix(_PREFIX)
    kind = _TARGETS.get(name, TargetKind.OTHER)
    is_group = kind in (TargetKind.GROUP, TargetKind.EXCLUDED_GROUP)
    group = _text(target, "groupId") if is_group else name if kind is TargetKind.OTHER else ""
    schedule = value.get("runSchedule")
    return Assignment(
        target=Target(kind=kind, group=group),
        filter=_filter(target),
        schedule=_schedule(schedule) if isinstance(schedule, dict) else None,
    )


def _filter(target: Mapping[str, object]) -> AssignmentFilter | None:
    mode = target.get(_FILTER_TYPE)
    found = target.get(_FILTER_ID)
    if mode not in ("include", "exclude") or not isinstance(found, str) or found == _NO_FILTER:
        return None
    return AssignmentFilter(filter=found, mode=FilterMode(str(mode)))


def _schedule(value: Mapping[str, object]) -> Schedule:
    name = _text(value, _TYPE).removeprefix(_PREFIX)
    interval = value.get("interval")
    number = interval if isinstance(interval, int) else 1
    if name == "deviceHealthScriptHourlySchedule":
        return HourlySchedule(hours=number)
    at, utc = _time(value), _flag(value, "useUtc")
    if name == "deviceHealthScriptDailySchedule":
        return DailySchedule(days=number, at=at, utc=utc)
    if name == "deviceHealthScriptRunOnceSchedule":
        return OnceSchedule(on=_date(value), at=at, utc=utc)
    raise GraphShapeError(f"runSchedule: {name!r} is no known schedule")


def _time(value: Mapping[str, object]) -> time:
    text = _text(value, "time").split(".")[0]
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise GraphShapeError(f"runSchedule.time: {text!r} is no time") from error


def _date(value: Mapping[str, object]) -> date:
    text = _text(value, "date")[:10]
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise GraphShapeError(f"runSchedule.date: {text!r} is no day") from error


def _content(item: Mapping[str, object], field: str) -> bytes:
    try:
        return base64.b64decode(_optional_text(item, field), validate=True)
    except binascii.Error as error:
        raise GraphShapeError(f"{field}: is no base64") from error


def _text(item: Mapping[str, object], field: str) -> str:
    value = item.get(field)
    if not isinstance(value, str):
        raise GraphShapeError(f"{field}: is no text")
    return value


def _optional_text(item: Mapping[str, object], field: str) -> str:
    return "" if item.get(field) is None else _text(item, field)


def _flag(item: Mapping[str, object], field: str) -> bool:
    value = item.get(field, False)
    if not isinstance(value, bool):
        raise GraphShapeError(f"{field}: is neither true nor false")
    return value


def _texts(item: Mapping[str, object], field: str) -> list[str]:
    value = item.get(field)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise GraphShapeError(f"{field}: is no list of texts")
    return value


def _one_of(item: Mapping[str, object], field: str, known: tuple[str, ...]) -> str:
    value = _text(item, field)
    if value not in known:
        raise GraphShapeError(f"{field}: {value!r} is none of {', '.join(known)}")
    return value
