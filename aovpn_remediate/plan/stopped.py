"""Keys that a plan cannot take, because the tenant does not say clearly which package is theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from aovpn_remediate.model import Published, ScriptPackage, TenantPackages
from aovpn_remediate.plan.changes import Stopped
from aovpn_remediate.wording import all_of


def stopped_keys(
    wanted: Mapping[str, ScriptPackage], tenant: TenantPackages, adopted: Collection[str]
) -> dict[str, Stopped]:
    """Return each key that has several packages, or one whose marker is not in the last line.

    A create would make one more package; an update or a delete could meet the wrong one.
    """
    found = {one.key: one for one in _copies(tenant.owned)}
    for one in _strays(wanted, tenant):
        if one.key not in adopted:
            found.setdefault(one.key, one)
    owned = {one.package.key for one in tenant.owned}
    for key, package in wanted.items():
        former = found.get(package.formerly)
        if former is not None and key not in owned and key not in adopted:
            found.setdefault(key, Stopped(key, package.name, former.id, former.reason))
    return found


def _copies(owned: Iterable[Published]) -> Iterator[Stopped]:
    by_key: dict[str, list[Published]] = defaultdict(list)
    for one in owned:
        by_key[one.package.key].append(one)
    for key, copies in by_key.items():
        if len(copies) > 1:
            ids = all_of(one.id for one in copies)
            reason = f"{len(copies)} packages carry its marker, {ids}; delete the copy in Intune"
            yield Stopped(key, copies[0].package.name, copies[0].id, reason)


def _strays(wanted: Mapping[str, ScriptPackage], tenant: TenantPackages) -> Iterator[Stopped]:
    keys = {package.formerly: key for key, package in wanted.items() if package.formerly}
    keys |= {key: key for key in wanted}
    for one in tenant.foreign:
        key = keys.get(one.stray_key, "")
        if key:
            reason = (
                f"the package {one.id} has its marker, but not as the last line of the description; move it "
                f"to the last line in Intune, or pass --adopt {key}"
            )
            yield Stopped(key, one.name, one.id, reason)
