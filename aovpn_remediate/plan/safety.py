"""What a plan may not do without its own option: widen an assignment, delete many packages, adopt one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aovpn_remediate.errors import RefusedPlanError, UsageError
from aovpn_remediate.model import (
    Assignment,
    AssignmentFilter,
    Foreign,
    ScriptPackage,
    Target,
    TargetKind,
    TenantPackages,
)
from aovpn_remediate.plan.changes import Change, Delete, Plan, Update
from aovpn_remediate.plan.options import PlanOptions
from aovpn_remediate.plan.room import refuse_too_many
from aovpn_remediate.problems.words import nearest, quoted
from aovpn_remediate.wording import all_of

_MANY, _PART = 3, 3


def refuse_unsafe(plan: Plan, options: PlanOptions, held: TenantPackages) -> None:
    """Raise ``RefusedPlanError`` for what the options do not allow in a tenant that holds these packages."""
    refuse_too_many(plan, held)
    refuse_widening(plan, options)
    _refuse_mass_delete(plan, options, len(held.owned))


def refuse_widening(plan: Plan, options: PlanOptions) -> None:
    """Raise ``RefusedPlanError`` if a package widens to all devices or users and that is not allowed."""
    keys = [change.package.key for change in plan.changes if _widens(change)]
    if keys and not options.allow_all:
        raise RefusedPlanError(
            f"plan: {all_of(keys)} would be assigned to all devices or users; pass --allow-all to allow it"
        )


def _refuse_mass_delete(plan: Plan, options: PlanOptions, owned: int) -> None:
    """Raise for deletes of more than a third of the owned packages, which is often a wrong or empty file."""
    deletes = plan.counts["delete"]
    if deletes >= _MANY and deletes * _PART > owned and not options.allow_mass_delete:
        raise RefusedPlanError(
            f"plan: {deletes} of {owned} packages of this config would be deleted; check that this is the "
            "right config, or pass --allow-mass-delete to allow it"
        )


def adoptable(
    keys: Iterable[str], desired: Sequence[ScriptPackage], tenant: TenantPackages
) -> dict[str, Foreign]:
    """Return the foreign package for each key to adopt: the one of the desired display name.

    Raises ``UsageError`` for a key that is not in the config, and ``RefusedPlanError`` for one that is owned
    already, or whose name no foreign package has, or several.
    """
    wanted = {package.key: package for package in desired}
    owned = {published.package.key for published in tenant.owned}
    found: dict[str, Foreign] = {}
    for key in keys:
        if key not in wanted:
            raise UsageError(f"--adopt {key}: the config has no remediation {key}; {nearest(key, wanted)}")
        if key in owned:
            raise RefusedPlanError(f"--adopt {key}: the package is owned already; remove the option")
        matches = [foreign for foreign in tenant.foreign if foreign.name == wanted[key].name]
        if len(matches) != 1:
            raise RefusedPlanError(_no_single_match(key, quoted(wanted[key].name), len(matches)))
        found[key] = matches[0]
    return found


def _no_single_match(key: str, name: str, count: int) -> str:
    """Why no package can be adopted for a key, and what to do."""
    advice = f"set name: of {key} to the name that the package has in Intune"
    if count:
        advice = f"in Intune, rename all but the one that {key} must take over"
    return f"--adopt {key}: {count or 'no'} foreign packages are named {name}; {advice}"


def _widens(change: Change) -> bool:
    """Whether a change assigns a package to more devices of "all devices" or "all users" than before."""
    if isinstance(change, Delete):
        return False
    before = _wide(change.existing.package.assignments) if isinstance(change, Update) else set()
    for target, narrowing in _wide(change.package.assignments):
        # A filter may be added. One that is removed or changed lets other devices in.
        if (target, narrowing) not in before and (target, None) not in before:
            return True
    return False


def _wide(assignments: Iterable[Assignment]) -> set[tuple[Target, AssignmentFilter | None]]:
    wide = (TargetKind.ALL_DEVICES, TargetKind.ALL_USERS)
    return {(one.target, one.filter) for one in assignments if one.target.kind in wide}
