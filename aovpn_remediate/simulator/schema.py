"""What the service accepts in a body; everything else is its error 400."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

from aovpn_remediate.simulator.store import Store

Json = dict[str, object]

CONTENT_LIMIT = 504 * 1024
_GRAPH = "#microsoft.graph."
_TEXTS = ("displayName", "description", "publisher")
_FLAGS = ("runAs32Bit", "enforceSignatureCheck")
_CONTENTS = ("detectionScriptContent", "remediationScriptContent")
_READ_ONLY = (
    "id", "version", "isGlobalScript", "highestAvailableVersion", "createdDateTime", "lastModifiedDateTime",
    "assignments",
)  # fmt: skip
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
_DATE = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")


class BadRequestError(Exception):
    """A body that the service answers with 400."""


def check_package(body: Json, store: Store, *, is_new: bool) -> None:
    """Raise ``BadRequestError`` unless the body may create or change a package."""
    for name, value in body.items():
        if name == "@odata.type":
            _require(value == f"{_GRAPH}deviceHealthScript", f"unknown type {value!r}")
        elif name in _READ_ONLY:
            raise BadRequestError(f"Property {name} is read-only.")
        else:
            _check_property(name, value, store)
    if is_new:
        _require(bool(body.get("displayName")), "DisplayName must not be null or empty")
        _require("detectionScriptContent" in body, "DetectionScriptContent must not be null or empty")


def _check_property(name: str, value: object, store: Store) -> None:
    _require(value is not None, f"Property {name} must not be null.")
    if name in _TEXTS:
        _require(isinstance(value, str), f"Property {name} takes a string.")
    elif name in _FLAGS:
        _require(isinstance(value, bool), f"Property {name} takes a Boolean.")
    elif name == "runAsAccount":
        _require(value in ("system", "user"), f"Unknown value {value!r} of enum runAsAccountType.")
    elif name in _CONTENTS:
        _check_content(name, value)
    elif name == "roleScopeTagIds":
        _require(isinstance(value, list) and bool(value), "RoleScopeTagIds takes a collection.")
        for tag in value if isinstance(value, list) else ():
            _require(tag in store.parts["roleScopeTags"], f"Scope tag {tag!r} does not exist.")
    else:
        raise BadRequestError(f"The property '{name}' does not exist on type 'deviceHealthScript'.")


def _check_content(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise BadRequestError(f"Property {name} takes a binary.")
    try:
        content = base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise BadRequestError(f"Cannot convert the literal of {name} to Edm.Binary.") from error
    _require(
        bool(content) or name == "remediationScriptContent",
        "DetectionScriptContent must not be null or empty",
    )
    _require(len(content) <= CONTENT_LIMIT, "An error has occurred")


def check_assignments(body: Json, store: Store) -> list[Json]:
    """Return the assignments of an assign body, or raise ``BadRequestError``."""
    items = body.get("deviceHealthScriptAssignments")
    if set(body) != {"deviceHealthScriptAssignments"} or not isinstance(items, list):
        raise BadRequestError("The action takes the parameter deviceHealthScriptAssignments.")
    for item in items:
        _require(isinstance(item, dict), "An assignment is an object.")
        unknown = set(item) - {"@odata.type", "target", "runRemediationScript", "runSchedule"}
        _require(
            not unknown,
            f"The property {sorted(unknown)} does not exist on type 'deviceHealthScriptAssignment'.",
        )
        _check_target(item.get("target"), store)
        _check_schedule(item.get("runSchedule"))
        _require(
            isinstance(item.get("runRemediationScript", False), bool), "runRemediationScript takes a Boolean."
        )
    return items


def _check_target(target: object, store: Store) -> None:
    if not isinstance(target, dict):
        raise BadRequestError("Target must not be null.")
    kind = str(target.get("@odata.type")).removeprefix(_GRAPH)
    if kind in ("groupAssignmentTarget", "exclusionGroupAssignmentTarget"):
        _require(
            target.get("groupId") in store.parts["groups"], f"Group {target.get('groupId')!r} was not found."
        )
    else:
        known = ("allDevicesAssignmentTarget", "allLicensedUsersAssignmentTarget")
        _require(kind in known, f"Unknown target type {kind!r}.")
    mode = target.get("deviceAndAppManagementAssignmentFilterType", "none")
    _require(mode in ("none", "include", "exclude"), f"Unknown filter type {mode!r}.")
    if mode != "none":
        found = target.get("deviceAndAppManagementAssignmentFilterId")
        _require(found in store.parts["assignmentFilters"], f"Assignment filter {found!r} was not found.")


def _check_schedule(schedule: object) -> None:
    if schedule is None:
        return
    if not isinstance(schedule, dict):
        raise BadRequestError("RunSchedule is an object.")
    kind = str(schedule.get("@odata.type")).removeprefix(_GRAPH)
    fields = _SCHEDULE_FIELDS.get(kind)
    if fields is None:
        raise BadRequestError(f"Unknown schedule type {kind!r}.")
    _require(set(schedule) - {"@odata.type"} == fields, f"{kind} takes {', '.join(sorted(fields))}.")
    interval = schedule["interval"]
    _require(type(interval) is int and 1 <= interval <= 23, "Interval must be between 1 and 23.")
    _check_moment(schedule)


def _check_moment(schedule: Mapping[str, object]) -> None:
    if "time" in schedule:
        _require(bool(_TIME.fullmatch(str(schedule["time"]))), "Time is not of the form HH:mm:ss.")
        _require(isinstance(schedule["useUtc"], bool), "UseUtc takes a Boolean.")
    if "date" in schedule:
        _require(bool(_DATE.fullmatch(str(schedule["date"]))), "Date is not of the form yyyy-MM-dd.")


_SCHEDULE_FIELDS = {
    "deviceHealthScriptHourlySchedule": {"interval"},
    "deviceHealthScriptDailySchedule": {"interval", "time", "useUtc"},
    "deviceHealthScriptRunOnceSchedule": {"interval", "date", "time", "useUtc"},
}


def _require(is_fine: bool, message: str) -> None:
    if not is_fine:
        raise BadRequestError(message)
