"""What of a reviewed plan is still to do in a tenant.

A package that is neither as before the plan nor as after it is refused.

An interrupted publish leaves packages between before and after: created and not assigned, or changed and not
assigned. So content and assignments are judged apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from aovpn_remediate.errors import RefusedPlanError
from aovpn_remediate.model import Published, ScriptPackage, TenantPackages
from aovpn_remediate.plan import Adopt, Change, Create, Delete, FieldChange, Plan, Update, refuse_too_many
from aovpn_remediate.plan_file import PlanFile, PlanTenant
from aovpn_remediate.publish.outcomes import Outcome, Status
from aovpn_remediate.publish.tenant import Tenant
from aovpn_remediate.resolve import references

_ADVICE = "run remediate plan --out again"


def refuse_other_tenant(wanted: PlanTenant, tenant_id: str, graph: str) -> None:
    """Raise ``RefusedPlanError`` if this is not the tenant that a plan is for.

    ``tenant_id`` is the tenant that was signed in to; without a sign-in ``graph`` says which one it is.
    """
    if wanted.id.casefold() == tenant_id.casefold() and (wanted.id or wanted.graph == graph):
        return
    meant = f"the tenant {wanted.id}" if wanted.id else f"{wanted.graph} without a sign-in"
    here = f"the tenant {tenant_id}" if tenant_id else f"{graph} without a sign-in"
    raise RefusedPlanError(
        f"the plan is for {meant}, but this is {here}; sign in to the other one, or {_ADVICE}"
    )


@dataclass(frozen=True)
class Remaining:
    """The changes that are still to do, and the ids of the packages that the tenant has already, by key."""

    plan: Plan
    ids: Mapping[str, str] = field(default_factory=dict)


def remaining_plan(file: PlanFile, tenant: Tenant) -> Remaining:
    """Return the changes of a plan that are still to do, each cut to the part that is not there yet.

    Raises ``RefusedPlanError`` with all packages that are neither as before nor as after the plan, and all
    groups, filters and scope tags that are gone.
    """
    found = _Found(file.config, tenant, tenant.list_packages(file.config))
    left: list[Change] = []
    problems: list[str] = []
    for change in file.plan.changes:
        try:
            rest = _rest_of(change, found)
        except RefusedPlanError as error:
            problems.append(str(error))
        else:
            left += [rest] if rest is not None else []
    problems += _gone(left, tenant, file.names)
    if problems:
        raise RefusedPlanError("\n".join(problems))
    plan = Plan(tuple(left))
    refuse_too_many(plan, found.packages)
    return Remaining(plan, {one.package.key: one.id for one in found.packages.owned})


def whole_outcomes(plan: Plan, outcomes: Sequence[Outcome], ids: Mapping[str, str]) -> tuple[Outcome, ...]:
    """Return an outcome for each change of a plan; those that nothing was left to do for are done.

    ``ids`` are those of the packages that the tenant has already.
    """
    by_key = {one.change.package.key: one for one in outcomes}
    whole: list[Outcome] = []
    for change in plan.changes:
        key = change.package.key
        package_id = ids.get(key, "") if isinstance(change, Create) else change.existing.id
        outcome = by_key.get(key) or Outcome(change, Status.DONE, package_id=package_id)
        whole.append(_of_whole_change(outcome, change))
    return tuple(whole)


def _of_whole_change(outcome: Outcome, change: Change) -> Outcome:
    """The outcome of the rest of a change as that of the change; the rest of a create is to assign it."""
    is_rest = isinstance(change, Create) and isinstance(outcome.change, Update)
    is_created = is_rest and outcome.status is Status.FAILED
    return replace(outcome, change=change, status=Status.CREATED if is_created else outcome.status)


@dataclass(frozen=True)
class _Found:
    """The packages of a tenant, by id and by key."""

    config: str
    tenant: Tenant
    packages: TenantPackages

    def by_key(self, key: str, package_id: str = "") -> Published | None:
        """The package of a key; refused if there is another one than the one with this id."""
        ids = [one.id for one in self.packages.owned if one.package.key == key]
        all_ids = sorted({*ids, package_id} - {""})
        if ids and len(all_ids) > 1:
            raise RefusedPlanError(
                f"{key}: two packages carry its marker, {' and '.join(all_ids)}; {_ADVICE}"
            )
        return self.owned(ids[0]) if ids else None

    def owned(self, package_id: str) -> Published | None:
        return next((one for one in self.packages.owned if one.id == package_id), None)

    def is_foreign(self, package_id: str) -> bool:
        return any(one.id == package_id for one in self.packages.foreign)


def _rest_of(change: Change, found: _Found) -> Change | None:
    match change:
        case Create():
            return _rest_of_create(change, found.by_key(change.package.key))
        case Delete():
            return _rest_of_delete(change, found)
        case Update():
            return _rest_of_update(change, found)


def _rest_of_create(change: Create, existing: Published | None) -> Change | None:
    if existing is None:
        return change
    wanted = change.package
    if not _is_content(existing, wanted, wanted.content_hash):
        raise _neither(change, existing.id)
    if existing.package.assignments == wanted.assignments:
        return None
    if existing.package.assignments:
        raise _neither(change, existing.id)
    return Update(existing, wanted, (FieldChange("assignments", (), wanted.assignments),))


def _rest_of_delete(change: Delete, found: _Found) -> Change | None:
    before = change.existing
    existing = found.owned(before.id)
    if existing is None and not found.is_foreign(before.id):
        return None
    if existing != before:
        raise _neither(change, before.id)
    return change


def _rest_of_update(change: Update, found: _Found) -> Change | None:
    before, after = change.existing, change.package
    found.by_key(after.key, before.id)
    existing = found.owned(before.id)
    if existing is None and isinstance(change, Adopt) and found.is_foreign(before.id):
        existing = found.tenant.read_package(before.id, config=found.config, key=after.key)
        is_written = False
    elif existing is None:
        is_gone = not found.is_foreign(before.id)
        raise _deleted(change) if is_gone else _neither(change, before.id)
    else:
        is_written = _is_content(existing, after, after.content_hash)
    is_content_before = existing.owner == before.owner and _is_content(
        existing, before.package, before.marked_hash
    )
    assignments = existing.package.assignments
    is_assigned, is_assigned_before = (
        assignments == after.assignments,
        assignments == before.package.assignments,
    )
    if not (is_written or is_content_before) or not (is_assigned or is_assigned_before):
        raise _neither(change, before.id)
    if is_content_before and is_assigned_before and existing.version != before.version:
        raise _neither(change, before.id)
    return _left(change, existing, is_written=is_written, is_assigned=is_assigned)


def _left(change: Update, existing: Published, *, is_written: bool, is_assigned: bool) -> Change | None:
    """An update without the fields that are as after the plan already."""
    fields: list[FieldChange] = []
    for one in change.fields:
        if not (is_assigned if one.field == "assignments" else is_written):
            fields.append(one)
    if is_written:
        return Update(existing, change.package, tuple(fields)) if fields else None
    return replace(change, existing=existing, fields=tuple(fields))


def _is_content(existing: Published, package: ScriptPackage, marked_hash: str) -> bool:
    """Whether a package has this content and this hash in its marker, whatever its assignments."""
    same = replace(package, assignments=existing.package.assignments)
    return existing.package == same and existing.marked_hash == marked_hash


def _gone(changes: Sequence[Change], tenant: Tenant, names: Mapping[str, str]) -> Iterator[str]:
    """A problem for each group, filter and scope tag that a change needs and the tenant lacks."""
    for_assignments: list[ScriptPackage] = []
    for change in changes:
        if not isinstance(change, Delete):
            for_assignments.append(_written(change))
    directory = tenant.look_up(references(for_assignments))
    parts = (
        ("group", directory.groups),
        ("assignment filter", directory.filters),
        ("scope tag", directory.scope_tags),
    )
    for what, found in parts:
        for one, matches in found.items():
            if matches:
                continue
            keys = ", ".join(package.key for package in for_assignments if _needs(package, one))
            shown = f'"{names[one]}" ({one})' if one in names else one
            yield f"{keys}: the {what} {shown} is gone from the tenant; {_ADVICE}"


def _written(change: Create | Update) -> ScriptPackage:
    """What a change writes: the package without the assignments or scope tags that stay."""
    if isinstance(change, Create):
        return change.package
    fields = {one.field for one in change.fields}
    package = change.package
    if "assignments" not in fields:
        package = replace(package, assignments=())
    return package if "scope_tags" in fields else replace(package, scope_tags=())


def _needs(package: ScriptPackage, one: str) -> bool:
    used = references([package])
    return one in (*used.groups, *used.filters, *used.scope_tags)


def _neither(change: Change, package_id: str) -> RefusedPlanError:
    where = f"{change.package.key}: the package {package_id}"
    return RefusedPlanError(f"{where} is neither as before the plan nor as after it; {_ADVICE}")


def _deleted(change: Update) -> RefusedPlanError:
    where = f"{change.package.key}: the package {change.existing.id}"
    return RefusedPlanError(f"{where} was deleted since the plan was made; {_ADVICE}")
