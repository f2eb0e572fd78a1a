"""The ``assign`` action: which sets of assignments the service accepts, and how it shows them afterwards."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Final

from aovpn_remediate.simulator.schema import checked_choice, checked_flag, checked_members
from aovpn_remediate.simulator.wire import Json, JsonObject, RefusalError

NO_FILTER: Final = "00000000-0000-0000-0000-000000000000"

_GRAPH = "#microsoft.graph."
_GROUP = f"{_GRAPH}groupAssignmentTarget"
_EXCLUDED = f"{_GRAPH}exclusionGroupAssignmentTarget"
# What an assignment's id ends in if its target names no group.
# Source: deploymenttheory/terraform-provider-microsoft365, windows_remediation_script.
_ALL: Final = {
    f"{_GRAPH}allDevicesAssignmentTarget": "adadadad-808e-44e2-905a-0b7873a8a531",
    f"{_GRAPH}allLicensedUsersAssignmentTarget": "acacacac-9df4-4c7d-9d50-4ef0226f57a9",
}
_FILTER_ID = "deviceAndAppManagementAssignmentFilterId"
_FILTER_TYPE = "deviceAndAppManagementAssignmentFilterType"

_HOURLY = f"{_GRAPH}deviceHealthScriptHourlySchedule"
_DAILY = f"{_GRAPH}deviceHealthScriptDailySchedule"
_ONCE = f"{_GRAPH}deviceHealthScriptRunOnceSchedule"
# Source: microsoftgraph/msgraph-metadata, beta.
_SCHEDULES: Final = {
    _HOURLY: {"@odata.type", "interval"},
    _DAILY: {"@odata.type", "interval", "time", "useUtc"},
    _ONCE: {"@odata.type", "interval", "time", "useUtc", "date"},
}
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def new_assignments(
    package_id: str, body: JsonObject, groups: Collection[str], filters: Collection[str]
) -> list[JsonObject]:
    """Return the set that replaces a package's assignments, as it will be read back.

    An exclusion of a group that is also included is dropped (source: fadwen/IntuneScriptLab, Findings.md).
    """
    given = checked_members(body, {"deviceHealthScriptAssignments"}, "the assign action")
    items = given.get("deviceHealthScriptAssignments")
    if not isinstance(items, list):
        raise RefusalError("The parameter 'deviceHealthScriptAssignments' must be a list.")
    made = [_assignment(package_id, item, groups, filters) for item in items]
    included = {one["id"] for one in made if not _is_exclusion(one)}
    kept = [one for one in made if not _is_dropped(one, included)]
    if len({str(one["id"]) for one in kept}) < len(kept):
        raise RefusalError("The same target is assigned more than once.")  # unconfirmed
    return kept


def _assignment(package_id: str, item: Json, groups: Collection[str], filters: Collection[str]) -> JsonObject:
    allowed = {"@odata.type", "target", "runRemediationScript", "runSchedule"}
    given = checked_members(item, allowed, "microsoft.graph.deviceHealthScriptAssignment")
    checked_choice(f"{_GRAPH}deviceHealthScriptAssignment")(
        given.get("@odata.type", f"{_GRAPH}deviceHealthScriptAssignment")
    )
    checked_flag(given.get("runRemediationScript", False))
    target = _target(given.get("target"), groups, filters)
    schedule = _schedule(given["runSchedule"]) if "runSchedule" in given else None
    kind = str(target["@odata.type"])
    return {
        "id": f"{package_id}:{_ALL[kind] if kind in _ALL else target['groupId']}",
        # The service always shows false. Source: deploymenttheory/terraform-provider-microsoft365#1385.
        "runRemediationScript": False,
        "target": target,
        "runSchedule": None if kind == _EXCLUDED else schedule,
    }


def _is_exclusion(assignment: JsonObject) -> bool:
    target = assignment["target"]
    return isinstance(target, dict) and target["@odata.type"] == _EXCLUDED


def _is_dropped(assignment: JsonObject, included: Collection[Json]) -> bool:
    return _is_exclusion(assignment) and assignment["id"] in included


def _target(value: Json, groups: Collection[str], filters: Collection[str]) -> JsonObject:
    if value is None:  # Source: Microsoft365DSC#5856.
        raise RefusalError("The target of an assignment must not be null.")
    kind = _kind(value, (_GROUP, _EXCLUDED, *_ALL))
    filtered = {"@odata.type", _FILTER_ID, _FILTER_TYPE}
    given = checked_members(value, filtered if kind in _ALL else {*filtered, "groupId"}, kind)
    target: JsonObject = {"@odata.type": kind, **_filter(given, kind, filters)}
    return target if kind in _ALL else {**target, "groupId": _group(given, groups)}


def _kind(value: Json, kinds: Collection[str]) -> str:
    return str(checked_choice(*kinds)(value.get("@odata.type") if isinstance(value, dict) else None))


def _group(given: JsonObject, groups: Collection[str]) -> str:
    group = str(given.get("groupId", "")).lower()
    if group not in groups:
        raise RefusalError(f"The group '{group}' does not exist.")
    return group


def _filter(given: JsonObject, kind: str, filters: Collection[str]) -> JsonObject:
    mode = checked_choice("none", "include", "exclude")(given.get(_FILTER_TYPE, "none"))
    key = str(given.get(_FILTER_ID, NO_FILTER)).lower()
    if (mode == "none") != (key == NO_FILTER):
        raise RefusalError("An assignment filter needs both its id and its type.")
    if key != NO_FILTER and kind == _EXCLUDED:
        raise RefusalError("An excluded group cannot have an assignment filter.")  # unconfirmed
    if key != NO_FILTER and key not in filters:
        raise RefusalError(f"The assignment filter '{key}' does not exist.")
    return {_FILTER_ID: key, _FILTER_TYPE: mode}


def _schedule(value: Json) -> JsonObject:
    kind = _kind(value, _SCHEDULES)
    given = checked_members(value, _SCHEDULES[kind], kind)
    made: JsonObject = {"@odata.type": kind, "interval": _interval(given, kind)}
    if kind != _HOURLY:
        made["useUtc"] = checked_flag(given.get("useUtc", False))
        # Read back with a fraction. Source: deploymenttheory/terraform-provider-microsoft365.
        made["time"] = _matching(given, "time", _TIME) + ".0000000"
    if kind == _ONCE:
        made["date"] = _day(_matching(given, "date", _DATE))
    return made


def _interval(given: JsonObject, kind: str) -> int:
    # Source: Graph beta reference, deviceHealthScriptRunSchedule.
    interval = given.get("interval", 1 if kind == _ONCE else None)
    if type(interval) is not int or not 1 <= interval <= 23:
        raise RefusalError("The interval of a schedule must be a number from 1 to 23.")
    return interval


def _matching(given: JsonObject, name: str, pattern: re.Pattern[str]) -> str:
    text = given.get(name)
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise RefusalError(f"Cannot convert the literal {text!r} to the expected type of '{name}'.")
    return text


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise RefusalError(f"Cannot convert the literal '{text}' to the expected type 'Edm.Date'.") from error
