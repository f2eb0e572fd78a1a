"""The routes: a request in, status and body out, with the service's quirks.

What is read back differs from what was sent, as in the real service: times get fractions, a missing
filter is a zero id, ``runRemediationScript`` is always false, an exclusion of an included group is gone.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from aovpn_remediate.simulator.schema import BadRequestError, check_assignments, check_package
from aovpn_remediate.simulator.store import Store

Json = dict[str, object]

PACKAGE_LIMIT = 200
PAGE_SIZE = 100
BATCH_LIMIT = 20
_SCRIPTS = "/deviceManagement/deviceHealthScripts"
_CONTENTS = ("detectionScriptContent", "remediationScriptContent")
_NO_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Request:
    """One request below ``/beta``: path without query, query, body; ``root`` is the URL up to ``/beta``."""

    method: str
    path: str
    query: Mapping[str, str]
    body: object = None
    root: str = ""


@dataclass(frozen=True)
class Response:
    """What is answered; ``None`` is an empty body."""

    status: int
    body: Json | None = None


Route = Callable[[Store, Request, str], Response]


def answer(store: Store, request: Request) -> Response:
    """Answer a request from the store, which it may change."""
    for method, pattern, route in _ROUTES:
        match = re.fullmatch(pattern, request.path)
        if match and method == request.method:
            try:
                return route(store, request, match[1] if match.groups() else "")
            except BadRequestError as error:
                return error_response(400, "BadRequest", str(error))
    text = f"No OData route exists that match template ~{request.path} with http verb {request.method}."
    return error_response(400, "BadRequest", text)


def parse_url(url: str) -> tuple[str, dict[str, str]]:
    """Return path and query options of a relative URL."""
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    return parts.path, query


def error_response(status: int, code: str, message: str) -> Response:
    """Return an error in Graph's shape."""
    inner = {"date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"), "request-id": str(uuid.uuid4())}
    return Response(status, {"error": {"code": code, "message": message, "innerError": inner}})


def _list_packages(store: Store, request: Request, _: str) -> Response:
    is_expanded = request.query.get("$expand") == "assignments"
    items = [
        _shown(item, with_assignments=is_expanded) for item in store.parts["deviceHealthScripts"].values()
    ]
    return _page([item | dict.fromkeys(_CONTENTS) for item in items], request)


def _create_package(store: Store, request: Request, _: str) -> Response:
    body = _body(request)
    check_package(body, store, is_new=True)
    scripts = store.parts["deviceHealthScripts"]
    if len(scripts) >= PACKAGE_LIMIT:
        return error_response(400, "BadRequest", "The tenant has reached its limit of 200 script packages.")
    item: Json = {
        "@odata.type": "#microsoft.graph.deviceHealthScript",
        "id": str(uuid.uuid4()),
        "description": "",
        "publisher": "",
        "version": "1",
        "runAsAccount": "system",
        "runAs32Bit": False,
        "enforceSignatureCheck": False,
        "roleScopeTagIds": ["0"],
        "remediationScriptContent": "",
        "isGlobalScript": False,
        "highestAvailableVersion": None,
        "deviceHealthScriptType": "deviceHealthScript",
        "createdDateTime": _now(),
        "assignments": [],
    }
    item |= body | {"lastModifiedDateTime": _now()}
    scripts[str(item["id"])] = item
    store.save()
    return Response(201, _shown(item, with_assignments=False))


def _get_package(store: Store, request: Request, package_id: str) -> Response:
    item = store.parts["deviceHealthScripts"].get(package_id)
    if item is None:
        return _not_found(package_id)
    return Response(200, _shown(item, with_assignments=request.query.get("$expand") == "assignments"))


def _update_package(store: Store, request: Request, package_id: str) -> Response:
    item = store.parts["deviceHealthScripts"].get(package_id)
    if item is None:
        return _not_found(package_id)
    if item.get("isGlobalScript"):
        return error_response(400, "BadRequest", "A global script is read-only.")
    body = _body(request)
    check_package(body, store, is_new=False)
    if any(body.get(name, item.get(name)) != item.get(name) for name in _CONTENTS):
        item["version"] = str(int(str(item["version"])) + 1)
    item |= body | {"lastModifiedDateTime": _now()}
    store.save()
    return Response(200, _shown(item, with_assignments=False))


def _delete_package(store: Store, _: Request, package_id: str) -> Response:
    item = store.parts["deviceHealthScripts"].get(package_id)
    if item is None:
        return _not_found(package_id)
    if item.get("isGlobalScript"):
        return error_response(400, "BadRequest", "A global script is read-only.")
    del store.parts["deviceHealthScripts"][package_id]
    store.save()
    return Response(204)


def _assign(store: Store, request: Request, package_id: str) -> Response:
    item = store.parts["deviceHealthScripts"].get(package_id)
    if item is None:
        return _not_found(package_id)
    sent = check_assignments(_body(request), store)
    included = {
        _target(one).get("groupId") for one in sent if "exclusion" not in str(_target(one)["@odata.type"])
    }
    kept = [
        one
        for one in sent
        if "exclusion" not in str(_target(one)["@odata.type"]) or _target(one).get("groupId") not in included
    ]
    item["assignments"] = [_read_back(one, package_id) for one in kept]
    store.save()
    return Response(204)


def _target(assignment: Json) -> Json:
    target = assignment["target"]
    return target if isinstance(target, dict) else {}


def _read_back(sent: Json, package_id: str) -> Json:
    target = {
        "deviceAndAppManagementAssignmentFilterId": _NO_ID,
        "deviceAndAppManagementAssignmentFilterType": "none",
    } | _target(sent)
    everyone = {
        "#microsoft.graph.allDevicesAssignmentTarget": "adadadad-808e-44e2-905a-0b7873a8a531",
        "#microsoft.graph.allLicensedUsersAssignmentTarget": "acacacac-9df4-4c7d-9d50-4ef0226f57a9",
    }
    group = target.get("groupId") or everyone.get(str(target["@odata.type"]))
    schedule = sent.get("runSchedule")
    if isinstance(schedule, dict) and "time" in schedule:
        schedule = schedule | {"time": f"{schedule['time']}.0000000"}
    is_exclusion = "exclusion" in str(target["@odata.type"])
    return {
        "id": f"{package_id}:{group}",
        "target": target,
        "runRemediationScript": False,
        "runSchedule": None if is_exclusion else schedule,
    }


def _list_groups(store: Store, request: Request, _: str) -> Response:
    items = list(store.parts["groups"].values())
    condition = request.query.get("$filter")
    if condition is not None:
        match = re.fullmatch(r"displayName eq '((?:[^']|'')*)'", condition)
        if match is None:
            return error_response(400, "Request_UnsupportedQuery", f"Unsupported filter: {condition}")
        wanted = match[1].replace("''", "'").casefold()
        items = [item for item in items if str(item["displayName"]).casefold() == wanted]
    return _page(items, request)


def _get_group(store: Store, _: Request, group_id: str) -> Response:
    item = store.parts["groups"].get(group_id)
    return Response(200, dict(item)) if item else _not_found(group_id)


def _list_part(part: str) -> Route:
    return lambda store, request, _: _page(list(store.parts[part].values()), request)


def _page(items: list[Json], request: Request) -> Response:
    skip = int(request.query.get("$skiptoken", "0") or 0)
    size = min(int(request.query.get("$top", str(PAGE_SIZE))), PAGE_SIZE)
    body: Json = {"@odata.context": f"{request.root}/$metadata", "value": items[skip : skip + size]}
    if skip + size < len(items):
        options = {**request.query, "$skiptoken": str(skip + size)}
        query = "&".join(f"{name}={value}" for name, value in options.items())
        body["@odata.nextLink"] = f"{request.root}{request.path}?{query}"
    return Response(200, body)


def _shown(item: Json, *, with_assignments: bool) -> Json:
    return {name: value for name, value in item.items() if with_assignments or name != "assignments"}


def _body(request: Request) -> Json:
    if not isinstance(request.body, dict):
        raise BadRequestError("The request body is no JSON object.")
    return json.loads(json.dumps(request.body))  # type: ignore[no-any-return]  # a copy of an object is one


def _not_found(object_id: str) -> Response:
    return error_response(404, "ResourceNotFound", f"Resource '{object_id}' does not exist.")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


_ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("GET", _SCRIPTS, _list_packages),
    ("POST", _SCRIPTS, _create_package),
    ("GET", f"{_SCRIPTS}/([^/]+)", _get_package),
    ("PATCH", f"{_SCRIPTS}/([^/]+)", _update_package),
    ("DELETE", f"{_SCRIPTS}/([^/]+)", _delete_package),
    ("POST", f"{_SCRIPTS}/([^/]+)/assign", _assign),
    ("GET", "/deviceManagement/assignmentFilters", _list_part("assignmentFilters")),
    ("GET", "/deviceManagement/roleScopeTags", _list_part("roleScopeTags")),
    ("GET", "/groups", _list_groups),
    ("GET", "/groups/([^/]+)", _get_group),
)
