"""The routes: what the service answers to a request, and what the tenant contains afterwards.

Quirks of the service that are kept, with their sources:

- a list shows no scripts: jseerden/IntuneBackupAndRestore#43
- ``$filter`` does nothing on packages: Micke-K/IntuneManagement, EndpointManager.psm1
- ``assign`` replaces the whole set: deploymenttheory/terraform-provider-microsoft365
- ``POST .../assignments`` has no route: microsoftgraph/microsoft-graph-docs#14506
- any script in a PATCH raises the version: unconfirmed
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from aovpn_remediate.errors import OutputError
from aovpn_remediate.simulator.assignments import new_assignments
from aovpn_remediate.simulator.lateness import Lateness
from aovpn_remediate.simulator.query import Options, page_of, read_options, selected
from aovpn_remediate.simulator.schema import (
    CONTENTS,
    MAX_PACKAGES,
    PACKAGE_PROPERTIES,
    changed_package,
    new_package,
)
from aovpn_remediate.simulator.seed import PROPERTIES
from aovpn_remediate.simulator.store import FILTERS, GROUPS, PACKAGES, SCOPE_TAGS, Tenant
from aovpn_remediate.simulator.wire import (
    JsonObject,
    RefusalError,
    Reply,
    Request,
    answer_or_refusal,
    error_reply,
    read_object,
)

_ONE = ("$select", "$expand")
_MANY = (*_ONE, "$top", "$skiptoken", "$filter")
_PLAIN_MANY = ("$select", "$top", "$skiptoken", "$filter")


@dataclass(frozen=True)
class Call:
    """A request with its tenant, the id in its path, the size of a page, and what lists do not show yet."""

    tenant: Tenant
    request: Request
    key: str
    page_size: int
    lateness: Lateness


def answer(tenant: Tenant, request: Request, *, page_size: int, lateness: Lateness) -> Reply:
    """Return what the service says to a request, having done what it asks for."""

    def work(request: Request) -> Reply:
        route, key = _find_route(request)
        with tenant.lock:
            return route(Call(tenant, request, key, page_size, lateness))

    try:
        return answer_or_refusal(request, work)
    except OutputError as error:
        return error_reply(500, "InternalServerError", str(error), request_id=request.id)


def _list_packages(call: Call) -> Reply:
    options = read_options(call.request, _MANY, PACKAGE_PROPERTIES, call.page_size)
    if not options.skip:
        call.lateness.begin_list()
    items = call.lateness.shown(call.tenant.all(PACKAGES).values())
    page, more = page_of(items, options, call.request)
    kind = f"deviceManagement/{PACKAGES}" + ("(assignments())" if options.with_assignments else "")
    shown = [_without_scripts(_shown(item, options)) for item in page]
    return Reply(200, {"@odata.context": _context(call, kind), **more, "value": shown})


def _create_package(call: Call) -> Reply:
    body = read_object(call.request)
    own = [one for one in call.tenant.all(PACKAGES).values() if not one["isGlobalScript"]]
    if len(own) >= MAX_PACKAGES:
        raise RefusalError(f"The maximum number of script packages ({MAX_PACKAGES}) has been reached.")
    package = new_package(str(uuid4()), body, call.tenant.all(SCOPE_TAGS))
    call.tenant.put(PACKAGES, package)
    call.lateness.note(str(package["id"]), None)
    return Reply(201, _entity(call, package, Options()))


def _read_package(call: Call) -> Reply:
    options = read_options(call.request, _ONE, PACKAGE_PROPERTIES)
    return Reply(200, _entity(call, _package(call), options))


def _change_package(call: Call) -> Reply:
    package = _writable_package(call)
    changed = changed_package(package, read_object(call.request), call.tenant.all(SCOPE_TAGS))
    call.tenant.put(PACKAGES, changed)
    return Reply(200, _entity(call, changed, Options()))


def _delete_package(call: Call) -> Reply:
    call.tenant.remove(PACKAGES, str(_writable_package(call)["id"]))
    return Reply(204)


def _assign_package(call: Call) -> Reply:
    package = _package(call)
    groups, filters = call.tenant.all(GROUPS), call.tenant.all(FILTERS)
    assignments = new_assignments(str(package["id"]), read_object(call.request), groups, filters)
    call.tenant.put(PACKAGES, {**package, "assignments": assignments})
    call.lateness.note(str(package["id"]), package["assignments"])
    return Reply(204)


def _read_assignments(call: Call) -> Reply:
    package = _package(call)
    kind = f"deviceManagement/{PACKAGES}('{package['id']}')/assignments"
    return Reply(200, {"@odata.context": _context(call, kind), "value": package["assignments"]})


def _lister(collection: str, place: str) -> Callable[[Call], Reply]:
    """A route that lists groups, filters or scope tags; names are compared ignoring case (unconfirmed)."""

    def list_objects(call: Call) -> Reply:
        options = read_options(call.request, _PLAIN_MANY, PROPERTIES[collection], call.page_size)
        items = [item for item in call.tenant.all(collection).values() if _is_wanted(item, options)]
        page, more = page_of(items, options, call.request)
        shown = [selected(item, options) for item in page]
        return Reply(200, {"@odata.context": _context(call, place), **more, "value": shown})

    return list_objects


def _is_wanted(item: JsonObject, options: Options) -> bool:
    name = str(item["displayName"]).casefold()
    is_named = options.name is None or name == options.name.casefold()
    return is_named and name.startswith(options.start.casefold())


def _reader(collection: str, place: str) -> Callable[[Call], Reply]:
    """A route that shows one group, filter or scope tag."""

    def read_object_by_id(call: Call) -> Reply:
        options = read_options(call.request, ("$select",), PROPERTIES[collection])
        item = call.tenant.all(collection).get(call.key.lower())
        if item is None:
            code = "Request_ResourceNotFound" if collection == GROUPS else "ResourceNotFound"
            raise RefusalError(f"Resource '{call.key}' does not exist.", status=404, code=code)
        return Reply(200, {"@odata.context": _context(call, f"{place}/$entity"), **selected(item, options)})

    return read_object_by_id


def _package(call: Call) -> JsonObject:
    package = call.tenant.all(PACKAGES).get(call.key.lower())
    if package is None:
        raise RefusalError(f"Resource '{call.key}' does not exist.", status=404, code="ResourceNotFound")
    return package


def _writable_package(call: Call) -> JsonObject:
    package = _package(call)
    if package["isGlobalScript"]:
        raise RefusalError("A global script is read only.")  # unconfirmed; tools skip these packages
    return package


def _shown(package: JsonObject, options: Options) -> JsonObject:
    shown = selected({name: package[name] for name in PACKAGE_PROPERTIES}, options)
    return {**shown, "assignments": package["assignments"]} if options.with_assignments else shown


def _without_scripts(shown: JsonObject) -> JsonObject:
    return {name: None if name in CONTENTS else value for name, value in shown.items()}


def _entity(call: Call, package: JsonObject, options: Options) -> JsonObject:
    kind = f"deviceManagement/{PACKAGES}/$entity"
    return {"@odata.context": _context(call, kind), **_shown(package, options)}


def _context(call: Call, kind: str) -> str:
    return f"{call.request.root}/beta/$metadata#{kind}"


_MANAGEMENT = "/beta/deviceManagement"
_ONE_PACKAGE = f"{_MANAGEMENT}/{PACKAGES}/*"

_ROUTES: dict[str, dict[str, Callable[[Call], Reply]]] = {
    f"{_MANAGEMENT}/{PACKAGES}": {"GET": _list_packages, "POST": _create_package},
    _ONE_PACKAGE: {"GET": _read_package, "PATCH": _change_package, "DELETE": _delete_package},
    f"{_ONE_PACKAGE}/assign": {"POST": _assign_package},
    f"{_ONE_PACKAGE}/assignments": {"GET": _read_assignments},
    f"{_MANAGEMENT}/{FILTERS}": {"GET": _lister(FILTERS, f"deviceManagement/{FILTERS}")},
    f"{_MANAGEMENT}/{FILTERS}/*": {"GET": _reader(FILTERS, f"deviceManagement/{FILTERS}")},
    f"{_MANAGEMENT}/{SCOPE_TAGS}": {"GET": _lister(SCOPE_TAGS, f"deviceManagement/{SCOPE_TAGS}")},
    f"{_MANAGEMENT}/{SCOPE_TAGS}/*": {"GET": _reader(SCOPE_TAGS, f"deviceManagement/{SCOPE_TAGS}")},
    f"/beta/{GROUPS}": {"GET": _lister(GROUPS, GROUPS)},
    f"/beta/{GROUPS}/*": {"GET": _reader(GROUPS, GROUPS)},
}


def _find_route(request: Request) -> tuple[Callable[[Call], Reply], str]:
    parts = request.path.rstrip("/").split("/")
    for template, methods in _ROUTES.items():
        key = _match(template.split("/"), parts)
        if key is None:
            continue
        if request.method not in methods:
            raise _no_route(template, request)
        return methods[request.method], key
    raise _no_segment(parts)


def _match(template: list[str], parts: list[str]) -> str | None:
    """Return the id in a path that a template fits, empty if it has none; ``None`` if it does not fit."""
    if len(template) != len(parts):
        return None
    key = ""
    for wanted, part in zip(template, parts, strict=True):
        if wanted == "*":
            key = part
        elif wanted != part:
            return None
    return key


def _no_route(template: str, request: Request) -> RefusalError:
    first, *rest = template.split("/")[2:]
    words = ["entityset" if first == GROUPS else "singleton"]
    words += ["key" if part == "*" else "navigation" for part in rest]
    message = (
        f"No OData route exists that match template ~/{'/'.join(words)} "
        f"with http verb {request.method} for request {request.path}."
    )
    return RefusalError(message, code="No method match route template")


def _no_segment(parts: list[str]) -> RefusalError:
    version = parts[1] if len(parts) > 1 else ""
    if version not in ("beta", "v1.0"):
        return RefusalError(f"Invalid version: {version}")
    return RefusalError(f"Resource not found for the segment '{parts[-1]}'.")
