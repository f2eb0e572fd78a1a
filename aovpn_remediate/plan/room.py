"""Room for new packages: a tenant holds so many packages and no more."""

from __future__ import annotations

from dataclasses import replace

from aovpn_remediate.errors import RefusedPlanError
from aovpn_remediate.limits import MAX_PACKAGES
from aovpn_remediate.model import TenantPackages
from aovpn_remediate.plan.changes import Change, Delete, Note, Plan
from aovpn_remediate.wording import count_of


def make_room(plan: Plan, held: TenantPackages) -> Plan:
    """Return the plan with as many deletes before its creates as these need to fit into the tenant."""
    missing = _count(held) + plan.counts["create"] - MAX_PACKAGES
    deletes = [change for change in plan.changes if isinstance(change, Delete)]
    first: list[Change] = [*deletes[: max(missing, 0)]]
    if not first:
        return plan
    others = [change for change in plan.changes if change not in first]
    keys = ", ".join(change.package.key for change in first)
    text = f"deleted before anything is created, since a tenant holds at most {MAX_PACKAGES} packages: {keys}"
    return replace(plan, changes=(*first, *others), notes=(*plan.notes, Note(text)))


def refuse_too_many(plan: Plan, held: TenantPackages) -> None:
    """Raise ``RefusedPlanError`` if the tenant would hold more packages than it can."""
    creates, deletes = plan.counts["create"], plan.counts["delete"]
    after = _count(held) + creates - deletes
    if creates and after > MAX_PACKAGES:
        raise RefusedPlanError(
            f"plan: the tenant has {count_of(_count(held), 'package')} and would have {after}, but it holds "
            f"at most {MAX_PACKAGES}; delete packages that nobody needs, in Intune or with --allow-delete"
        )


def _count(held: TenantPackages) -> int:
    return len(held.owned) + len(held.foreign)
