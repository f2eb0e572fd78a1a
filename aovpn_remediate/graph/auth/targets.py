"""Which tenants a command works on; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aovpn_remediate.errors import UsageError
from aovpn_remediate.graph.auth.choice import is_tenant_id
from aovpn_remediate.model import TenantSettings
from aovpn_remediate.problems.words import close_word
from aovpn_remediate.wording import any_of


def select_tenants(
    tenants: Mapping[str, TenantSettings],
    names: Sequence[str],
    *,
    every: bool = False,
    needs_one: bool = True,
) -> dict[str, TenantSettings]:
    """Return the chosen tenants by the name that heads and JSON show.

    ``names`` are entries of ``tenants``, or ids and domains where there are no entries. Without names and
    without ``every`` the only entry is taken, or the environment decides: its name is empty. With
    ``needs_one`` several entries are a question that only the command line answers. Raises ``UsageError``.
    """
    if every:
        return _every(tenants, names)
    if names:
        return {name: _named(tenants, name) for name in names}
    if len(tenants) == 1:
        return dict(tenants)
    if tenants and needs_one:
        raise UsageError(f"the config has several tenants; add --tenant {any_of(tenants)}, or --all-tenants")
    return {"": TenantSettings()}


def _every(tenants: Mapping[str, TenantSettings], names: Sequence[str]) -> dict[str, TenantSettings]:
    if names:
        raise UsageError("--all-tenants: it cannot be combined with --tenant; remove one of them")
    if not tenants:
        raise UsageError("--all-tenants: the config has no tenants; add tenants: to it, or use --tenant")
    return dict(tenants)


def _named(tenants: Mapping[str, TenantSettings], name: str) -> TenantSettings:
    if tenants:
        found = tenants.get(name)
        if found is None:
            close = close_word(name, tenants)
            advice = f'did you mean "{close}"?' if close else f"write {any_of(tenants)}"
            raise UsageError(f"--tenant: the config has no such tenant; {advice}")
        return found
    if not is_tenant_id(name):
        raise UsageError(
            "--tenant: without tenants: in the config, this must be a tenant's id (a GUID) or a verified "
            "domain such as contoso.onmicrosoft.com"
        )
    return TenantSettings(id=name)
