"""Packages of a plan file made into the model's values, strictly."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import date, time

from aovpn_remediate.model import (
    Assignment,
    AssignmentFilter,
    DailySchedule,
    FilterMode,
    HourlySchedule,
    OnceSchedule,
    RunAs,
    Schedule,
    ScriptPackage,
    Target,
    TargetKind,
)
from aovpn_remediate.plan_file.members import Members

_EVERY = re.compile("([0-9]{1,4}) (hours|days)")
_TIME = re.compile(r"\d\d:\d\d:\d\d", re.ASCII)


def read_package(members: Members) -> ScriptPackage:
    """Return a package; raises ``PlanFileError``."""
    detection = _script(members, "detection")
    if not detection:
        raise members.wrong("detection")
    return ScriptPackage(
        config=members.text("config"),
        key=members.text("key"),
        name=members.text("displayName"),
        description=members.text("description"),
        publisher=members.text("publisher"),
        detection=detection,
        remediation=_script(members, "remediation"),
        run_as=members.word("runAsAccount", RunAs),
        run_as_32_bit=members.flag("runAs32Bit"),
        signature_check=members.flag("enforceSignatureCheck"),
        scope_tags=members.texts("scopeTags"),
        assignments=tuple(_assignment(one) for one in members.parts("assignments")),
    )


def _script(members: Members, name: str) -> bytes:
    value = members.values.get(name)
    if not isinstance(value, dict):
        try:
            return members.text_or_nothing(name).encode("utf-8")
        except UnicodeEncodeError as error:  # half of a surrogate pair
            raise members.wrong(name) from error
    part = members.part(name)
    try:
        return base64.b64decode(part.text("base64"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise part.wrong("base64") from error


def _assignment(members: Members) -> Assignment:
    schedule = members.part_or_nothing("schedule")
    return Assignment(
        target=Target(kind=members.word("target", TargetKind), group=members.text_or_nothing("groupId")),
        filter=_filter(members),
        schedule=None if schedule is None else _schedule(schedule),
    )


def _filter(members: Members) -> AssignmentFilter | None:
    found = members.text_or_nothing("filterId")
    if not found:
        return None
    return AssignmentFilter(filter=found, mode=members.word("filterMode", FilterMode))


def _schedule(members: Members) -> Schedule:
    utc = members.flag("utc")
    if "once" in members.values:
        return OnceSchedule(on=_date(members), at=_time(members), utc=utc)
    match = _EVERY.fullmatch(members.text("every"))
    if match is None:
        raise members.wrong("every")
    if match[2] == "hours":
        return HourlySchedule(hours=int(match[1]))
    return DailySchedule(days=int(match[1]), at=_time(members), utc=utc)


def _date(members: Members) -> date:
    try:
        return date.fromisoformat(members.text("once"))
    except ValueError as error:
        raise members.wrong("once") from error


def _time(members: Members) -> time:
    text = members.text("at")
    try:
        return time.fromisoformat(text if _TIME.fullmatch(text) else "")
    except ValueError as error:
        raise members.wrong("at") from error
