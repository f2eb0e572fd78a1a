"""Packages as a plan file holds them: with their scripts, so that nothing else is needed to publish them."""

from __future__ import annotations

import base64

from aovpn_remediate.model import (
    Assignment,
    DailySchedule,
    HourlySchedule,
    OnceSchedule,
    Schedule,
    ScriptPackage,
)

Json = dict[str, object]


def package_json(package: ScriptPackage) -> Json:
    """Return a package as JSON values, complete."""
    return {
        "config": package.config,
        "key": package.key,
        "displayName": package.name,
        "description": package.description,
        "publisher": package.publisher,
        "runAsAccount": package.run_as.value,
        "runAs32Bit": package.run_as_32_bit,
        "enforceSignatureCheck": package.signature_check,
        "scopeTags": list(package.scope_tags),
        "assignments": [_assignment_json(one) for one in package.assignments],
        "detection": _script_json(package.detection),
        "remediation": _script_json(package.remediation),
    }


def _script_json(script: bytes) -> object:
    """A script as text, which keeps every byte of UTF-8; other bytes as base64."""
    if not script:
        return None
    try:
        return script.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(script).decode("ascii")}


def _assignment_json(assignment: Assignment) -> Json:
    narrowing = assignment.filter
    return {
        "target": assignment.target.kind.value,
        "groupId": assignment.target.group or None,
        "filterId": narrowing.filter if narrowing else None,
        "filterMode": narrowing.mode.value if narrowing else None,
        "schedule": _schedule_json(assignment.schedule) if assignment.schedule else None,
    }


def _schedule_json(schedule: Schedule) -> Json:
    match schedule:
        case HourlySchedule():
            return {"every": f"{schedule.hours} hours", "at": None, "utc": False}
        case DailySchedule():
            every, when = "every", f"{schedule.days} days"
        case OnceSchedule():
            every, when = "once", schedule.on.isoformat()
    return {every: when, "at": schedule.at.isoformat("seconds"), "utc": schedule.utc}
