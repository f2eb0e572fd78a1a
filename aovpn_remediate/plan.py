"""The difference between the desired packages and those in the tenant, as data to review; pure.

Only packages with our marker can be changed or deleted. A foreign package is a note at most, unless its
key is adopted by name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from aovpn_remediate.errors import RefusedPlanError
from aovpn_remediate.model import (
    Assignment,
    AssignmentFilter,
    Foreign,
    Published,
    ScriptPackage,
    Target,
    TargetKind,
    TenantPackages,
)

FIELDS = (
    "name", "description", "publisher", "run_as", "run_as_32_bit", "signature_check", "scope_tags",
    "detection", "remediation", "assignments",
)  # fmt: skip
"""What is compared, in the order in which it is shown."""

MARKER = "marker"
"""The field of an update that only corrects the ownership marker."""


@dataclass(frozen=True)
class FieldChange:
    """One field of a package before and after."""

    field: str
    before: object
    after: object


@dataclass(frozen=True)
class Create:
    """A package that the tenant does not have yet."""

    package: ScriptPackage


@dataclass(frozen=True)
class Update:
    """An owned package that differs."""

    existing: Published
    package: ScriptPackage
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class Adopt(Update):
    """A foreign package that is taken over."""


@dataclass(frozen=True)
class Delete:
    """An owned package that was removed from the config."""

    existing: Published

    @property
    def package(self) -> ScriptPackage:
        """The package that is deleted."""
        return self.existing.package


Change: TypeAlias = Create | Update | Delete


@dataclass(frozen=True)
class Note:
    """Nothing to do, but something to know."""

    text: str
    key: str = ""


@dataclass(frozen=True)
class Plan:
    """Changes in the order in which they are carried out, the keys that stay as they are, and notes."""

    changes: tuple[Change, ...] = ()
    unchanged: tuple[str, ...] = ()
    notes: tuple[Note, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to carry out."""
        return not self.changes

    @property
    def digest(self) -> str:
        """A sha256 of the changes and of the packages as they are before them."""
        content = sorted(json.dumps(_fingerprint(change), sort_keys=True) for change in self.changes)
        return hashlib.sha256("\n".join(content).encode()).hexdigest()


def action(change: Change) -> str:
    """Return the change's word: create, update, adopt or delete."""
    return type(change).__name__.lower()


def make_plan(
    desired: Sequence[ScriptPackage],
    tenant: TenantPackages,
    *,
    adopted: Mapping[str, Published] | None = None,
) -> Plan:
    """Say what must change for the tenant's owned packages to become the desired ones.

    ``adopted`` are the foreign packages to be taken over, by key. Raises ``RefusedPlanError`` where two
    packages carry the same marker.
    """
    adopted = adopted or {}
    _refuse_stray_markers(wanted := {package.key: package for package in desired}, tenant.foreign, adopted)
    owned = _by_key(tenant.owned)
    creates = [Create(wanted[key]) for key in sorted(wanted) if key not in owned and key not in adopted]
    adopts = [
        Adopt(adopted[key], wanted[key], _differences(adopted[key], wanted[key])) for key in sorted(adopted)
    ]
    compared = [
        Update(owned[key], wanted[key], _differences(owned[key], wanted[key]))
        for key in sorted(owned)
        if key in wanted
    ]
    deletes = [Delete(owned[key]) for key in sorted(owned) if key not in wanted]
    updates = [update for update in compared if update.fields]
    return Plan(
        changes=(*creates, *adopts, *updates, *deletes),
        unchanged=tuple(update.package.key for update in compared if not update.fields),
        notes=(*_edited(updates), *_name_taken(wanted.values(), creates, tenant.foreign)),
    )


def withhold_deletes(plan: Plan) -> Plan:
    """Return the plan without its deletes, each of them a note instead."""
    kept = tuple(change for change in plan.changes if not isinstance(change, Delete))
    notes = tuple(
        Note(
            "was removed from the config but stays in the tenant; pass --allow-delete to delete it",
            change.package.key,
        )
        for change in plan.changes
        if isinstance(change, Delete)
    )
    return replace(plan, changes=kept, notes=(*plan.notes, *notes))


def refuse_unsafe(plan: Plan, *, allow_all: bool) -> None:
    """Raise ``RefusedPlanError`` if a package widens to all devices or users and that is not allowed."""
    keys = [change.package.key for change in plan.changes if _widens(change)]
    if keys and not allow_all:
        raise RefusedPlanError(
            f"plan: {', '.join(keys)} would be assigned to all devices or users; pass --allow-all to allow it"
        )


def adoptable(
    keys: Iterable[str], desired: Sequence[ScriptPackage], tenant: TenantPackages
) -> dict[str, Foreign]:
    """Return the foreign package for each key to adopt: the one of the desired display name.

    Raises ``RefusedPlanError`` for a key that is not in the config, is owned already, or whose name no
    foreign package has, or several.
    """
    wanted = {package.key: package for package in desired}
    owned = {published.package.key for published in tenant.owned}
    found: dict[str, Foreign] = {}
    for key in keys:
        if key not in wanted:
            raise RefusedPlanError(
                f"--adopt {key}: the config has no remediation {key}; name one from the config"
            )
        if key in owned:
            raise RefusedPlanError(f"--adopt {key}: the package is owned already; remove the option")
        matches = [foreign for foreign in tenant.foreign if foreign.name == wanted[key].name]
        if len(matches) != 1:
            count = len(matches) or "no"
            raise RefusedPlanError(
                f"--adopt {key}: {count} foreign packages are named {wanted[key].name!r}; exactly one must be"
            )
        found[key] = matches[0]
    return found


def _by_key(owned: Iterable[Published]) -> dict[str, Published]:
    found: dict[str, Published] = {}
    for published in owned:
        key = published.package.key
        if key in found:
            raise RefusedPlanError(
                f"{key}: two packages carry its marker, {found[key].id} and {published.id}; "
                "delete the copy in Intune"
            )
        found[key] = published
    return found


def _differences(existing: Published, desired: ScriptPackage) -> tuple[FieldChange, ...]:
    pairs = [(name, getattr(existing.package, name), getattr(desired, name)) for name in FIELDS]
    changes = [FieldChange(name, before, after) for name, before, after in pairs if before != after]
    # An update of any field writes the marker, too. Assignments are not such a field: they are assigned.
    is_written = any(change.field != "assignments" for change in changes)
    if not is_written and existing.marked_hash != desired.content_hash:
        changes.append(FieldChange(MARKER, existing.marked_hash, desired.content_hash))
    return tuple(changes)


def _edited(updates: Iterable[Update]) -> list[Note]:
    text = "was changed outside of remediate since it was published; the update restores it"
    return [
        Note(text, update.package.key)
        for update in updates
        if update.existing.marked_hash != update.existing.package.content_hash
    ]


def _name_taken(
    desired: Iterable[ScriptPackage], creates: Iterable[Create], foreign: Iterable[Foreign]
) -> list[Note]:
    names = {one.name for one in foreign}
    new = {create.package.key for create in creates}
    return [
        Note(
            "a foreign package has this name too"
            + (f"; --adopt {package.key} would take it over" if package.key in new else ""),
            package.key,
        )
        for package in desired
        if package.name in names
    ]


def _refuse_stray_markers(
    wanted: Mapping[str, ScriptPackage], foreign: Iterable[Foreign], adopted: Mapping[str, Published]
) -> None:
    """Raise for a marker that an edit moved from the last line: a create would make a second package."""
    for one in foreign:
        if one.stray_key in wanted and one.stray_key not in adopted:
            raise RefusedPlanError(
                f"{one.stray_key}: the package {one.id} has its marker, but not as the last line of the "
                f"description; move it to the last line in Intune, or pass --adopt {one.stray_key}"
            )


def _widens(change: Change) -> bool:
    if isinstance(change, Delete):
        return False
    before = _wide(change.existing.package.assignments) if isinstance(change, Update) else set()
    # A filter may be added. One that is removed or changed lets other devices in.
    return any(
        (target, narrowing) not in before and (target, None) not in before
        for target, narrowing in _wide(change.package.assignments)
    )


def _wide(assignments: Iterable[Assignment]) -> set[tuple[Target, AssignmentFilter | None]]:
    wide = (TargetKind.ALL_DEVICES, TargetKind.ALL_USERS)
    return {(one.target, one.filter) for one in assignments if one.target.kind in wide}


def _fingerprint(change: Change) -> list[object]:
    existing = None if isinstance(change, Create) else change.existing
    before = (
        [existing.id, existing.version, existing.package.content_hash, _texts(existing.package)]
        if existing
        else []
    )
    after = [] if isinstance(change, Delete) else [change.package.content_hash, _texts(change.package)]
    return [action(change), change.package.config, change.package.key, before, after]


def _texts(package: ScriptPackage) -> list[str]:
    return [repr(assignment) for assignment in package.assignments]
