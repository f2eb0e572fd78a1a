"""A tenant behind Graph, with as few requests as the API allows.

A no-op of n owned packages is one list, n/20 batches of contents and one batch of look-ups.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol
from urllib.parse import quote

from aovpn_remediate.errors import GraphShapeError, NotFoundError, TenantError, UnreachableError
from aovpn_remediate.graph.answers import error_of
from aovpn_remediate.graph.session import Answer, GraphSession, items_of
from aovpn_remediate.graph.wire import (
    assign_body,
    create_body,
    marker_of,
    published_from,
    update_body,
)
from aovpn_remediate.model import Assignment, Directory, Foreign, Published, ScriptPackage, TenantPackages

Json = dict[str, object]
Matches = tuple[tuple[str, str], ...]

_PACKAGES = "/deviceManagement/deviceHealthScripts"
_FILTERS = "/deviceManagement/assignmentFilters?$select=id,displayName"
_SCOPE_TAGS = "/deviceManagement/roleScopeTags?$select=id,displayName"
_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CREATE_TRIES = 3


class Wanted(Protocol):
    """The names to look up."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups by display name or object id."""

    @property
    def filters(self) -> tuple[str, ...]:
        """Assignment filters by display name or id."""

    @property
    def scope_tags(self) -> tuple[str, ...]:
        """Scope tags by display name or id."""


class GraphTenant:
    """What planning and publishing need of a tenant, over one ``GraphSession``."""

    def __init__(self, session: GraphSession) -> None:
        self._session = session

    def list_packages(self, config: str) -> TenantPackages:
        """Return every package: those with the config's marker whole, the others by name."""
        items = [item for item in self._list() if item.get("isGlobalScript") is not True]
        keys = {
            _id(item): marker.key for item in items if (marker := marker_of(item)) and marker.config == config
        }
        ours = [item for item in items if _id(item) in keys]
        contents = self._session.batch([f"{_PACKAGES}/{_id(item)}" for item in ours])
        owned = [
            published_from(_whole(item, answer), config=config, key=keys[_id(item)])
            for item, answer in zip(ours, contents, strict=True)
        ]
        foreign = [
            Foreign(id=_id(item), name=str(item.get("displayName", "")))
            for item in items
            if _id(item) not in keys
        ]
        return TenantPackages(
            owned=tuple(sorted(owned, key=lambda one: (one.package.key, one.id))),
            foreign=tuple(sorted(foreign, key=lambda one: (one.name, one.id))),
        )

    def read_package(self, package_id: str, *, config: str, key: str) -> Published:
        """Return a package as if it were the config's, so that it can be adopted."""
        item = self._session.get(f"{_PACKAGES}/{package_id}?$expand=assignments")
        return published_from(item, config=config, key=key)

    def look_up(self, wanted: Wanted) -> Directory:
        """Return every match of the names, one request for 20 of them; none if nothing is asked for."""
        paths = {_group_path(name): name for name in wanted.groups}
        extra = [
            path for path, names in ((_FILTERS, wanted.filters), (_SCOPE_TAGS, wanted.scope_tags)) if names
        ]
        asked = [*paths, *extra]
        answers = dict(zip(asked, self._session.batch(asked), strict=True))
        return Directory(
            groups={name: _group_matches(name, path, answers[path]) for path, name in paths.items()},
            filters=self._matches(wanted.filters, _FILTERS, answers),
            scope_tags=self._matches(wanted.scope_tags, _SCOPE_TAGS, answers),
        )

    def names_of_groups(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Return the display names of groups; those that are gone are left out."""
        asked = sorted(ids)
        answers = self._session.batch([_group_path(one) for one in asked])
        found = [
            _group_matches(one, _group_path(one), answer) for one, answer in zip(asked, answers, strict=True)
        ]
        return {match[0]: match[1] for matches in found for match in matches}

    def create(self, package: ScriptPackage) -> str:
        """Create a package and return its id.

        When no answer tells whether it was created, its marker is looked for before it is tried again, so
        that no second one appears.
        """
        for attempt in range(1, _CREATE_TRIES + 1):
            try:
                return _id(self._session.post(_PACKAGES, create_body(package), is_repeatable=False))
            except (UnreachableError, TenantError) as error:
                if not _is_ambiguous(error) or attempt == _CREATE_TRIES:
                    raise
                found = self._find(package)
                if found is not None:
                    return found
        raise TenantError(f"POST {_PACKAGES}: no attempt was made")

    def update(self, package_id: str, package: ScriptPackage, fields: frozenset[str]) -> None:
        """Change these fields; a remediation script that goes is read back to see that it went."""
        path = f"{_PACKAGES}/{package_id}"
        self._session.patch(path, update_body(package, fields))
        is_cleared = "remediation" in fields and not package.remediation
        if is_cleared and self._session.get(path).get("remediationScriptContent"):
            raise TenantError(f"PATCH {path}: the service kept the remediation script; remove it in Intune")

    def assign(self, package_id: str, assignments: Sequence[Assignment]) -> None:
        """Make this the whole set of assignments."""
        self._session.post(f"{_PACKAGES}/{package_id}/assign", assign_body(assignments), is_repeatable=True)

    def delete(self, package_id: str) -> None:
        """Delete a package; one that is gone already is fine."""
        try:
            self._session.delete(f"{_PACKAGES}/{package_id}")
        except NotFoundError:
            return

    def _list(self) -> list[Json]:
        return list(self._session.pages(f"{_PACKAGES}?$expand=assignments"))

    def _find(self, package: ScriptPackage) -> str | None:
        for item in self._list():
            marker = marker_of(item)
            if marker and (marker.config, marker.key) == (package.config, package.key):
                return _id(item)
        return None

    def _matches(self, names: Iterable[str], path: str, answers: Mapping[str, Answer]) -> dict[str, Matches]:
        if path not in answers:
            return {}
        page = _object("GET", path, answers[path])
        items = items_of(page, path)
        if "@odata.nextLink" in page:
            items = list(self._session.pages(path))
        return {name: tuple(_pair(item) for item in items if _is_named(item, name)) for name in names}


def _is_ambiguous(error: TenantError) -> bool:
    return isinstance(error, UnreachableError) or error.status >= 500


def _group_path(name: str) -> str:
    if _ID.fullmatch(name):
        return f"/groups/{name}?$select=id,displayName"
    literal = quote("displayName eq '" + name.replace("'", "''") + "'", safe="")
    return f"/groups?$filter={literal}&$select=id,displayName"


def _group_matches(name: str, path: str, answer: Answer) -> Matches:
    if _ID.fullmatch(name):
        return () if answer.status == 404 else (_pair(_object("GET", path, answer)),)
    items = items_of(_object("GET", path, answer), path)
    return tuple(_pair(item) for item in items if _is_named(item, name))


def _is_named(item: Json, name: str) -> bool:
    return name in (item.get("id"), item.get("displayName")) or (
        str(item.get("displayName")).casefold() == name.casefold()
    )


def _pair(item: Json) -> tuple[str, str]:
    return _id(item), str(item.get("displayName", ""))


def _id(item: Mapping[str, object]) -> str:
    value = item.get("id")
    if not isinstance(value, str) or not value:
        raise GraphShapeError("id: is no text")
    return value


def _object(method: str, path: str, answer: Answer) -> Json:
    if answer.status >= 400:
        raise error_of(method, path, answer.status, answer.headers, answer.body)
    value = json.loads(answer.body)
    if not isinstance(value, dict):
        raise GraphShapeError(f"{method} {path.split('?', maxsplit=1)[0]}: the answer is no object")
    return value


def _whole(item: Json, answer: Answer) -> Json:
    """A package as it is listed, with assignments, and as it is read by itself, with contents, in one."""
    return {**_object("GET", f"{_PACKAGES}/{_id(item)}", answer), "assignments": item.get("assignments", [])}
