"""A plan made from a tenant, with the names to show it with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from aovpn_remediate.errors import RefusedPlanError
from aovpn_remediate.model import DEFAULT_SCOPE_TAG, Directory, Published, ScriptPackage, TenantPackages
from aovpn_remediate.plan import (
    Create,
    Note,
    Plan,
    PlanOptions,
    adoptable,
    keys_of,
    make_plan,
    make_room,
    withhold_deletes,
)
from aovpn_remediate.publish.tenant import Tenant
from aovpn_remediate.resolve import references, resolve_names

_UNPROVEN = "is unproven: it has no client files, so verify cannot run it; see remediate docs clients"


@dataclass(frozen=True)
class Draft:
    """A plan to review, with the names of the ids in it, and the packages that the tenant held."""

    plan: Plan
    names: Mapping[str, str]
    held: TenantPackages = field(default_factory=TenantPackages)


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a config wants of a tenant: these packages, which are the whole config or a part of it.

    Of a part, other packages are not looked at, so that nothing is deleted. ``places`` say where the file has
    each name. ``unproven`` are the keys of the user's own script pairs that have no client files.
    """

    config: str
    packages: Sequence[ScriptPackage]
    is_whole: bool = True
    options: PlanOptions = field(default_factory=PlanOptions)
    places: Mapping[str, str] = field(default_factory=dict)
    unproven: Sequence[str] = ()


def draft_plan(wish: Wish, tenant: Tenant) -> Draft:
    """Read the tenant, resolve all names, and return the plan; changes nothing.

    Raises ``ResolveError``, ``RefusedPlanError`` and what the tenant raises.
    """
    desired, config = wish.packages, wish.config
    held = packages = tenant.list_packages(config)
    if not wish.is_whole:
        keys = keys_of(desired, [one.package.key for one in packages.owned])
        packages = replace(packages, owned=tuple(one for one in packages.owned if one.package.key in keys))
    directory = tenant.look_up(references(desired))
    resolved = resolve_names(desired, directory, wish.places)
    adopted: dict[str, Published] = {}
    for key, foreign in adoptable(wish.options.adopt, desired, packages).items():
        adopted[key] = tenant.read_package(foreign.id, config=config, key=key)
    plan = make_plan(resolved, packages, adopted=adopted)
    if not wish.options.allow_delete:
        plan = withhold_deletes(plan)
    notes = [Note(_UNPROVEN, key) for key in wish.unproven]
    plan = replace(plan, notes=(*plan.notes, *notes))
    plan = make_room(plan, held)
    return Draft(plan, _names(plan, directory, tenant), held)


def refuse_stale(shown: Draft, now: Draft) -> None:
    """Raise ``RefusedPlanError`` if the tenant changed since a plan was shown."""
    if (shown.plan.changes, shown.plan.stopped) != (now.plan.changes, now.plan.stopped):
        raise RefusedPlanError("publish: the tenant changed since this plan was shown; run publish again")


def _names(plan: Plan, directory: Directory, tenant: Tenant) -> dict[str, str]:
    """Names of the ids in a plan: those looked up already, and those of groups that only the tenant names."""
    names = {DEFAULT_SCOPE_TAG: "Default"}
    for part in (directory.groups, directory.filters, directory.scope_tags):
        for matches in part.values():
            names.update(matches)
    packages: list[ScriptPackage] = []
    for change in plan.changes:
        packages.append(change.package)
        if not isinstance(change, Create):
            packages.append(change.existing.package)
    unknown = [group for group in references(packages).groups if group not in names]
    return names | dict(tenant.names_of_groups(unknown)) if unknown else names
