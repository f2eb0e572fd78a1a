"""Desired packages compared with the tenant's, which gives a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from aovpn_remediate.model import Foreign, Published, ScriptPackage, TargetKind, TenantPackages
from aovpn_remediate.plan.changes import (
    FIELDS,
    KEY,
    MARKER,
    Adopt,
    Change,
    Create,
    Delete,
    FieldChange,
    Note,
    Plan,
    Update,
)
from aovpn_remediate.plan.former import needless_formers, under_former_keys
from aovpn_remediate.plan.stopped import stopped_keys


def make_plan(
    desired: Sequence[ScriptPackage],
    tenant: TenantPackages,
    *,
    adopted: Mapping[str, Published] | None = None,
) -> Plan:
    """Say what must change for the tenant's owned packages to become the desired ones.

    ``adopted`` are the foreign packages to be taken over, by key.
    """
    adopted = adopted or {}
    wanted = {package.key: package for package in desired}
    stopped = stopped_keys(wanted, tenant, adopted.keys())
    wanted = {key: package for key, package in wanted.items() if key not in stopped}
    owned = {one.package.key: one for one in tenant.owned if one.package.key not in stopped}
    adopted = {key: published for key, published in adopted.items() if key not in stopped}
    needless = needless_formers(wanted.values(), owned)
    for key, published in under_former_keys(wanted.values(), owned).items():
        if key not in adopted:
            owned[key] = owned.pop(published.package.key)
    creates = [Create(wanted[key]) for key in sorted(wanted.keys() - owned.keys() - adopted.keys())]
    adopts = _adopts(wanted, adopted)
    updates, unchanged = _updates(wanted, owned)
    deletes = [Delete(owned[key]) for key in sorted(owned.keys() - wanted.keys())]
    taken_over = {published.id for published in adopted.values()}
    others = [foreign for foreign in tenant.foreign if foreign.id not in taken_over]
    return Plan(
        changes=(*creates, *adopts, *updates, *deletes),
        unchanged=tuple(unchanged),
        notes=(*_edited(updates), *_name_taken(wanted.values(), creates, others), *needless),
        stopped=tuple(stopped[key] for key in sorted(stopped)),
    )


def withhold_deletes(plan: Plan) -> Plan:
    """Return the plan without its deletes, each of them a note instead."""
    kept: list[Change] = []
    notes = list(plan.notes)
    for change in plan.changes:
        if isinstance(change, Delete):
            notes.append(_kept(change.package))
        else:
            kept.append(change)
    return replace(plan, changes=tuple(kept), notes=tuple(notes))


def _kept(package: ScriptPackage) -> Note:
    """What becomes of a removed package that is not deleted."""
    is_run = any(one.target.kind is not TargetKind.EXCLUDED_GROUP for one in package.assignments)
    who = ", and devices still run it" if is_run else " (no device runs it)"
    text = f"was removed from the config, but stays in Intune{who}; pass --allow-delete to delete it"
    return Note(text, package.key)


def _adopts(wanted: Mapping[str, ScriptPackage], adopted: Mapping[str, Published]) -> list[Adopt]:
    adopts: list[Adopt] = []
    for key in sorted(adopted):
        fields = differences(adopted[key], wanted[key])
        adopts.append(Adopt(adopted[key], wanted[key], fields))
    return adopts


def _updates(
    wanted: Mapping[str, ScriptPackage], owned: Mapping[str, Published]
) -> tuple[list[Update], list[str]]:
    """The updates of owned packages, and the keys of those that need none."""
    updates: list[Update] = []
    unchanged: list[str] = []
    for key in sorted(owned.keys() & wanted.keys()):
        fields = differences(owned[key], wanted[key])
        if fields:
            updates.append(Update(owned[key], wanted[key], fields))
        else:
            unchanged.append(key)
    return updates, unchanged


def differences(existing: Published, desired: ScriptPackage) -> tuple[FieldChange, ...]:
    """Return every field in which a package differs from what is desired, and its marker."""
    changes: list[FieldChange] = []
    is_written = existing.package.key != desired.key
    if is_written:
        changes.append(FieldChange(KEY, existing.package.key, desired.key))
    for name in FIELDS:
        before, after = getattr(existing.package, name), getattr(desired, name)
        if before != after:
            changes.append(FieldChange(name, before, after))
            # An update of any field writes the marker, too. Assignments have a request of their own.
            is_written = is_written or name != "assignments"
    if not is_written and existing.marked_hash != desired.content_hash:
        changes.append(FieldChange(MARKER, existing.marked_hash, desired.content_hash))
    return tuple(changes)


def _edited(updates: Iterable[Update]) -> list[Note]:
    text = "was changed outside of remediate since it was published; the update restores it"
    notes: list[Note] = []
    for update in updates:
        if update.existing.marked_hash != update.existing.package.content_hash:
            notes.append(Note(text, update.package.key))
    return notes


def _name_taken(
    desired: Iterable[ScriptPackage], creates: Iterable[Create], foreign: Iterable[Foreign]
) -> list[Note]:
    owners = {one.name: one.owner for one in foreign}
    new = {create.package.key for create in creates}
    notes: list[Note] = []
    for package in desired:
        if package.name not in owners:
            continue
        owner = owners[package.name]
        text = (
            f"a package owned by {owner} has this name too"
            if owner
            else "a foreign package has this name too"
        )
        if package.key in new:
            text += f"; --adopt {package.key} would take it over"
        notes.append(Note(text, package.key))
    return notes
