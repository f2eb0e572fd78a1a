"""Packages, assignments and a tenant in memory, with defaults for all that a test does not care about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aovpn_remediate.errors import NotFoundError, RemediateError
from aovpn_remediate.model import (
    Assignment,
    AssignmentFilter,
    Directory,
    FilterMode,
    Foreign,
    HourlySchedule,
    Published,
    RunAs,
    Schedule,
    ScriptPackage,
    Target,
    TargetKind,
    TenantPackages,
)
from aovpn_remediate.resolve import References

CONFIG = "contoso"


def package(key: str = "metric", **changes: Any) -> ScriptPackage:
    """A package whose every field has a value; the display name follows from the key."""
    plain = ScriptPackage(
        config=CONFIG,
        key=key,
        name=f"AOVPN {key}",
        description="Keeps the metric.",
        publisher="Contoso",
        detection=b"exit 0\r\n",
        remediation=b"exit 1\r\n",
        run_as=RunAs.SYSTEM,
    )
    return replace(plain, **changes)


def published(of: ScriptPackage, **changes: Any) -> Published:
    """The package as it is right after it was published."""
    plain = Published(id=f"id-{of.key}", package=of, marked_hash=of.content_hash, version="1")
    return replace(plain, **changes)


def assignment(group: str, *, every: int = 4, narrow: str = "", mode: str = "include") -> Assignment:
    """A group, every ``hours`` hours, with the filter ``narrow`` if it is given."""
    return Assignment(
        target=Target(kind=TargetKind.GROUP, group=group),
        filter=AssignmentFilter(filter=narrow, mode=FilterMode(mode)) if narrow else None,
        schedule=HourlySchedule(hours=every),
    )


def exclusion(group: str) -> Assignment:
    """A group that is kept out."""
    return Assignment(target=Target(kind=TargetKind.EXCLUDED_GROUP, group=group))


def everyone(
    kind: TargetKind = TargetKind.ALL_DEVICES, *, narrow: str = "", schedule: Schedule | None = None
) -> Assignment:
    """All devices or all users."""
    return Assignment(
        target=Target(kind=kind),
        filter=AssignmentFilter(filter=narrow) if narrow else None,
        schedule=schedule or HourlySchedule(hours=1),
    )


def directory(
    groups: Mapping[str, Sequence[str]] = {},
    filters: Mapping[str, Sequence[str]] = {},
    scope_tags: Mapping[str, Sequence[str]] = {},
) -> Directory:
    """What a tenant answers: each name with the ids of everything that has it."""

    def pairs(part: Mapping[str, Sequence[str]]) -> dict[str, tuple[tuple[str, str], ...]]:
        return {name: tuple((match, name) for match in ids) for name, ids in part.items()}

    return Directory(groups=pairs(groups), filters=pairs(filters), scope_tags=pairs(scope_tags))


class MemoryTenant:
    """A tenant in memory.

    ``on_write`` is called with the verb and the package's key before each write takes effect, on the
    thread that writes; what it raises is the tenant's answer.
    """

    def __init__(
        self,
        *owned: Published,
        others: Iterable[Published] = (),
        known: Directory | None = None,
        on_write: Callable[[str, str], None] = lambda verb, key: None,
    ) -> None:
        self.owned = {one.id: one for one in owned}
        self.others = {one.id: one for one in others}
        self.known = known or directory()
        self.on_write = on_write
        self.writes: list[tuple[str, str]] = []
        self.id = ""

    @property
    def packages(self) -> list[ScriptPackage]:
        """Every owned package, by key."""
        return sorted((one.package for one in self.owned.values()), key=lambda one: one.key)

    def list_packages(self, config: str) -> TenantPackages:
        foreign = [Foreign(id=one.id, name=one.package.name) for one in self.others.values()]
        owned = [one for one in self.owned.values() if one.package.config == config]
        return TenantPackages(owned=tuple(owned), foreign=tuple(foreign))

    def read_package(self, package_id: str, *, config: str, key: str) -> Published:
        found = self.others[package_id]
        return replace(found, package=replace(found.package, config=config, key=key), marked_hash="")

    def look_up(self, wanted: References) -> Directory:
        def only(names: Iterable[str], part: Mapping[str, Any]) -> dict[str, Any]:
            return {name: part.get(name, ()) for name in names}

        return Directory(
            groups=only(wanted.groups, self.known.groups),
            filters=only(wanted.filters, self.known.filters),
            scope_tags=only(wanted.scope_tags, self.known.scope_tags),
        )

    def give_up(self) -> None:
        """Nothing waits here."""

    def names_of_groups(self, ids: Iterable[str]) -> Mapping[str, str]:
        names = {match[0]: match[1] for matches in self.known.groups.values() for match in matches}
        return {one: names[one] for one in ids if one in names}

    def create(self, package: ScriptPackage) -> str:
        self._write("create", package.key)
        created = published(replace(package, assignments=()), id=f"new-{len(self.writes)}-{package.key}")
        self.owned[created.id] = created
        return created.id

    def update(self, package_id: str, package: ScriptPackage, fields: frozenset[str]) -> None:
        self._write("update", package.key)
        here = self.owned if package_id in self.owned else self.others
        existing = here.pop(package_id)
        wanted = {name: getattr(package, name) for name in {*fields, "description"} - {"key", "marker"}}
        changed = replace(existing.package, config=package.config, key=package.key, **wanted)
        self.owned[package_id] = replace(existing, package=changed, marked_hash=package.content_hash)

    def assign(self, package_id: str, assignments: Sequence[Assignment]) -> None:
        existing = self.owned[package_id]
        self._write("assign", existing.package.key)
        changed = replace(existing.package, assignments=tuple(assignments))
        self.owned[package_id] = replace(self.owned[package_id], package=changed)

    def delete(self, package_id: str) -> None:
        if package_id not in self.owned:
            raise NotFoundError(f"DELETE {package_id}: not there; plan again")
        self._write("delete", self.owned[package_id].package.key)
        del self.owned[package_id]

    def _write(self, verb: str, key: str) -> None:
        self.on_write(verb, key)
        self.writes.append((verb, key))


def refusing(*writes: tuple[str, str], error: RemediateError) -> Callable[[str, str], None]:
    """What makes a ``MemoryTenant`` answer these writes, as (verb, key), with the error."""

    def on_write(verb: str, key: str) -> None:
        if (verb, key) in writes:
            raise error

    return on_write
