"""The tenant that plan and publish work on, over Graph, with as few requests as possible."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from urllib.parse import quote

from aovpn_remediate.errors import GraphShapeError, NotFoundError, TenantError
from aovpn_remediate.graph.fields import Fields
from aovpn_remediate.graph.session import GraphSession
from aovpn_remediate.graph.wire import create_body, package_from_wire, update_body
from aovpn_remediate.graph.wire_assignments import assign_body
from aovpn_remediate.marker import Marker, find_marker, read_marker
from aovpn_remediate.model import (
    DEFAULT_SCOPE_TAG,
    Assignment,
    Directory,
    Foreign,
    Published,
    References,
    ScriptPackage,
    TenantPackages,
)

_PACKAGES = "/deviceManagement/deviceHealthScripts"
_FILTERS = "/deviceManagement/assignmentFilters"
_SCOPE_TAGS = "/deviceManagement/roleScopeTags"
_OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_MORE_ASSIGNMENTS = "assignments@odata.nextLink"
# To find a near name: the characters that it begins with, and the groups that are read.
_START, _NEAR = 3, 100

Matches = tuple[tuple[str, str], ...]


class GraphTenant:
    """A tenant over Graph; several threads may use it at once."""

    def __init__(self, session: GraphSession, find_id: Callable[[], str] = str) -> None:
        self._session = session
        self._made: set[str] = set()
        self._find_id = find_id

    @property
    def id(self) -> str:
        """The id of the tenant that was signed in to, empty if nobody signs in; raises ``SignInError``."""
        return self._find_id()

    def give_up(self) -> None:
        """Wait for nothing any more, and try nothing again."""
        self._session.give_up()

    def list_packages(self, config: str) -> TenantPackages:
        """Return the packages with this config's marker, and the names of other custom packages."""
        owned: list[tuple[Fields, str]] = []
        foreign: list[Foreign] = []
        for item in self._custom_packages(f"{_PACKAGES}?$expand=assignments"):
            marker = _marker(item)
            if marker is not None and marker.config == config:
                owned.append((item, marker.key))
            else:
                foreign.append(_foreign(item, config))
        published = self._published(owned, config)
        return TenantPackages(
            owned=tuple(sorted(published, key=lambda one: (one.package.key, one.id))),
            foreign=tuple(sorted(foreign, key=lambda one: (one.name, one.id))),
        )

    def _published(self, owned: Sequence[tuple[Fields, str]], config: str) -> list[Published]:
        """The packages of a list with their scripts, which a list leaves out."""
        # Source: jseerden/IntuneBackupAndRestore#43.
        contents = self._session.batch([_path(item.id()) for item, _ in owned])
        published: list[Published] = []
        for (item, key), answer in zip(owned, contents, strict=True):
            package = _object(item, answer.body)
            published.append(package_from_wire(self._whole(item), package, config=config, key=key))
        return published

    def read_package(self, package_id: str, *, config: str, key: str) -> Published:
        """Return one package as if it were the config's; raises ``NotFoundError``."""
        path = f"{_path(package_id)}?$expand=assignments"
        item = self._whole(Fields(f"package {package_id}", self._session.get(path)))
        return package_from_wire(item, item, config=config, key=key)

    def look_up(self, wanted: References) -> Directory:
        """Return all matches of these names, ignoring case; sends no request if there are no names.

        Group names are asked one by one, filters and scope tags as whole lists, all in one batch per 20.
        """
        groups = {name: _group_path(name) for name in dict.fromkeys(wanted.groups)}
        paths = list(groups.values())
        if wanted.filters:
            paths.append(_FILTERS)
        if set(wanted.scope_tags) - {DEFAULT_SCOPE_TAG}:
            paths.append(_SCOPE_TAGS)
        found = self._read_all(paths, forbidden=_only_ids(wanted))
        matches = {name: _named(name, found.get(path)) for name, path in groups.items()}
        return Directory(
            groups=matches,
            near_groups=self._groups_like([name for name, found in matches.items() if not found]),
            filters={name: _named(name, found.get(_FILTERS)) for name in wanted.filters},
            scope_tags={name: _scope_tag(name, found) for name in wanted.scope_tags},
            all_filters=_names(found.get(_FILTERS, ())),
            all_scope_tags=_names(found.get(_SCOPE_TAGS, ())),
        )

    def names_of_groups(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the display names of groups by id.

        Deleted groups and ids of other things are left out, and all of them without the permission.
        """
        paths = {one: _group_path(one) for one in dict.fromkeys(ids) if _OBJECT_ID.fullmatch(one)}
        found = self._read_all(list(paths.values()))
        return {one: found[path][0][1] for one, path in paths.items() if found.get(path)}

    def create(self, package: ScriptPackage) -> str:
        """Create a package without assignments and return its id.

        If an answer does not say whether the package was created, the tenant is searched for its marker
        before the next try, so that there are no duplicates.
        """

        def look() -> Mapping[str, object] | None:
            found = self._find(package)
            return None if found is None else {"id": found}

        # Unconfirmed: the service has no check for a second package of the same name.
        try:
            created = self._session.create(_PACKAGES, create_body(package), look)
            made = Fields(f"POST {_PACKAGES}", created).id()
        except GraphShapeError:
            found = self._find(package)
            if found is None:
                raise
            made = found
        self._made.add(made)
        return made

    def update(self, package_id: str, package: ScriptPackage, fields: frozenset[str]) -> None:
        """Change these fields of a package, and its marker.

        Raises ``TenantError`` if a remediation script that should be removed is still there.
        """
        path = _path(package_id)
        self._session.tell("PATCH", path, update_body(package, fields))
        # Unconfirmed: an empty script removes the remediation script.
        if "remediation" in fields and not package.remediation:
            after = Fields(f"package {package_id}", self._session.get(path))
            if after.text("remediationScriptContent"):
                raise TenantError(
                    f"PATCH {path}: the remediation script is still there; remove it in Intune, publish again"
                )

    def assign(self, package_id: str, assignments: Sequence[Assignment]) -> None:
        """Make this the whole set of assignments; a package that was just created may not be there yet."""
        # Source: deploymenttheory/terraform-provider-microsoft365, windows_remediation_script.
        late = (404,) if package_id in self._made else ()
        self._session.tell("POST", f"{_path(package_id)}/assign", assign_body(assignments), late=late)

    def delete(self, package_id: str) -> None:
        """Delete a package; nothing to do if it was deleted already."""
        # Source: deploymenttheory/terraform-provider-microsoft365, windows_remediation_script.
        try:
            self._session.tell("DELETE", _path(package_id))
        except NotFoundError:
            return

    def _custom_packages(self, path: str) -> Iterable[Fields]:
        # The service does not filter by it. Source: Micke-K/IntuneManagement, EndpointManager.psm1.
        for item in self._session.pages(path):
            if item.get("isGlobalScript") is not True:
                yield Fields(f"package {item.get('id')}", item)

    def _whole(self, item: Fields) -> Mapping[str, object]:
        """A package with all its assignments, including those on further pages."""
        if item.values.get(_MORE_ASSIGNMENTS) is None:
            return item.values
        more = self._session.pages(item.text(_MORE_ASSIGNMENTS))
        return {**item.values, "assignments": [*(one.values for one in item.parts("assignments")), *more]}

    def _find(self, package: ScriptPackage) -> str | None:
        for item in self._custom_packages(_PACKAGES):
            marker = _marker(item)
            if marker == Marker(package.config, package.key, package.content_hash):
                return item.id()
            if marker and (marker.config, marker.key) == (package.config, package.key):
                raise TenantError(
                    f"{package.key}: somebody else created {item.id()} at the same time; run plan again"
                )
        return None

    def _groups_like(self, names: Iterable[str]) -> tuple[str, ...]:
        """The names of some groups that begin like these; none if the service does not answer that."""
        starts = sorted({name[:_START] for name in names if not _OBJECT_ID.fullmatch(name)})
        conditions = [quote(f"startswith(displayName,{_text(start)})", safe="") for start in starts]
        paths = [f"/groups?$filter={one}&$select=id,displayName&$top={_NEAR}" for one in conditions]
        found: list[str] = []
        for answer in self._session.batch(paths, accepted=dict.fromkeys(paths, (400, 403))):
            if answer.is_success:
                page = Fields("GET /groups", {"body": answer.body}).part("body")
                found += [one.text("displayName") for one in page.parts("value")]
        return tuple(found)

    def _read_all(self, paths: Sequence[str], *, forbidden: Collection[str] = ()) -> dict[str, Matches]:
        """The ids and names of the objects at each path.

        Without the permission for them, single groups and the lists in ``forbidden`` are left out.
        """
        single = [path for path in paths if path.startswith("/groups/")]
        accepted = {**dict.fromkeys(single, (403, 404)), **dict.fromkeys(forbidden, (403,))}
        answers = self._session.batch(paths, accepted=accepted)
        found: dict[str, Matches] = {}
        for path, answer in zip(paths, answers, strict=True):
            where = Fields(f"GET {path.partition('?')[0]}", {"body": answer.body})
            if answer.status == 403:
                continue
            if answer.status == 404:
                found[path] = ()
            elif path in single:
                found[path] = (_id_and_name(where.part("body")),)
            else:
                items = self._session.items(path, where.part("body").values)
                found[path] = tuple(_id_and_name(Fields(where.where, item)) for item in items)
        return found


def _path(package_id: str) -> str:
    return f"{_PACKAGES}/{quote(package_id, safe='')}"


def _group_path(name: str) -> str:
    if _OBJECT_ID.fullmatch(name):
        return f"/groups/{name}?$select=id,displayName"
    condition = f"displayName eq {_text(name)}"
    return f"/groups?$filter={quote(condition, safe='')}&$select=id,displayName"


def _text(name: str) -> str:
    """A name as OData writes texts."""
    return "'" + name.replace("'", "''") + "'"


def _marker(item: Fields) -> Marker | None:
    return read_marker(item.text("description"))[1]


def _foreign(item: Fields, config: str) -> Foreign:
    found = find_marker(item.text("description"))
    key, owner = "", ""
    if found is not None and found.config == config:
        key = found.key
    elif found is not None:
        owner = found.config
    return Foreign(id=item.id(), name=item.text("displayName"), stray_key=key, owner=owner)


def _object(item: Fields, body: object) -> Mapping[str, object]:
    return Fields(item.where, {"contents": body}).part("contents").values


def _id_and_name(fields: Fields) -> tuple[str, str]:
    return fields.id(), fields.text("displayName")


def _only_ids(wanted: References) -> list[str]:
    """The lists that are not needed to know the ids, since the config has ids already."""
    lists: list[str] = []
    if all(map(_OBJECT_ID.fullmatch, wanted.filters)):
        lists.append(_FILTERS)
    if all(map(str.isdigit, wanted.scope_tags)):
        lists.append(_SCOPE_TAGS)
    return lists


def _named(name: str, candidates: Matches | None) -> Matches:
    """The candidates with this display name, ignoring case, or else the one with this id.

    Without the permission to read the candidates (``None``) the name is an id, and is taken as it is.
    """
    if candidates is None:
        return ((name, name),)
    wanted = name.casefold()
    by_name = tuple(one for one in candidates if one[1].casefold() == wanted)
    return by_name or tuple(one for one in candidates if one[0].casefold() == wanted)


def _names(candidates: Matches) -> tuple[str, ...]:
    return tuple(name for _, name in candidates)


def _scope_tag(name: str, found: Mapping[str, Matches]) -> Matches:
    """The matches of a scope tag; every tenant has the default one."""
    return ((name, "Default"),) if name == DEFAULT_SCOPE_TAG else _named(name, found.get(_SCOPE_TAGS))
