"""What plan, publish and show have in common: a plan made from a tenant, and shown."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import typer

from aovpn_remediate import __version__
from aovpn_remediate.cli.access import Emit
from aovpn_remediate.cli.terminal import wants_color

if TYPE_CHECKING:
    from aovpn_remediate.desired import Desired
    from aovpn_remediate.graph.auth.opening import Access
    from aovpn_remediate.model import TenantSettings
    from aovpn_remediate.plan import Plan, PlanOptions
    from aovpn_remediate.plan_file import PlanDocument, PlanFile, PlanTenant
    from aovpn_remediate.publish import Draft, Tenant, Wish


@dataclass(frozen=True)
class Planned:
    """The plan of one tenant as its file has it; ``read_digest`` is the digest if it was read from a file."""

    file: PlanFile
    read_digest: str = ""

    @property
    def plan(self) -> Plan:
        """The plan."""
        return self.file.plan

    @property
    def names(self) -> Mapping[str, str]:
        """The display names of the ids in the plan."""
        return self.file.names

    @property
    def digest(self) -> str:
        """The digest of the plan."""
        return self.read_digest or self.document.digest

    @cached_property
    def document(self) -> PlanDocument:
        """The digest of the plan, and the bytes of its file."""
        from aovpn_remediate.display.plan_json import settings_json
        from aovpn_remediate.plan_file import write_plan_file

        return write_plan_file(self.file, settings_json)


@dataclass(frozen=True)
class Planner:
    """Plans what a config wants of its tenants: the whole config, or some of its keys."""

    desired: Desired
    access: Access
    options: PlanOptions
    keys: tuple[str, ...] = ()

    @cached_property
    def wish(self) -> Wish:
        """What is wanted of every tenant."""
        from aovpn_remediate.desired import select_pairs
        from aovpn_remediate.publish import Wish

        return Wish(
            config=self.desired.config,
            packages=[package for _, package in select_pairs(self.desired, self.keys)],
            is_whole=not self.keys,
            options=self.options,
            places=self.desired.places,
            unproven=[key for key in self.desired.unproven if not self.keys or key in self.keys],
        )

    def open(self, settings: TenantSettings, *, writes: bool) -> Tenant:
        """Return a tenant; people are asked for the permissions that the config needs."""
        from aovpn_remediate.graph import open_tenant
        from aovpn_remediate.resolve import references

        return open_tenant(settings, self.access, writes=writes, wanted=references(self.wish.packages))

    def draft(self, tenant: Tenant) -> Draft:
        """Return what must change in a tenant; changes nothing."""
        from aovpn_remediate.publish import draft_plan

        return draft_plan(self.wish, tenant)

    def planned(self, draft: Draft, tenant: Tenant, settings: TenantSettings) -> Planned:
        """Return a draft with all that its file has."""
        from aovpn_remediate.plan_file import PlanFile

        file = PlanFile(
            tool=__version__,
            tenant=self._described(tenant, settings),
            config=self.desired.config,
            config_digest=self.desired.digest,
            options=self.options,
            plan=draft.plan,
            names=draft.names,
        )
        return Planned(file)

    def _described(self, tenant: Tenant, settings: TenantSettings) -> PlanTenant:
        from aovpn_remediate.graph.auth.opening import hosts_of
        from aovpn_remediate.plan_file import PlanTenant

        hosts = hosts_of(settings, self.access)
        return PlanTenant(
            graph=hosts.graph,
            cloud=hosts.cloud.name,
            name=settings.name,
            id=tenant.id,
            client_id=settings.client_id,
            auth=settings.auth,
            service_connection_id=settings.service_connection_id,
            secret_env=settings.secret_env,
        )


def tenant_words(planned: Planned) -> str:
    """Return the tenant of a plan, e.g. ``production (3333...)``; empty if nobody signed in."""
    tenant = planned.file.tenant
    if not tenant.id:
        return tenant.name
    return f"{tenant.name} ({tenant.id})" if tenant.name else tenant.id


def show_plan(planned: Planned, *, diff: bool, emit: Emit | None = None) -> None:
    """Print a plan as text, or give its JSON to ``emit``."""
    from aovpn_remediate.display.plan_json import plan_json
    from aovpn_remediate.display.plan_text import plan_text

    if emit is not None:
        emit(plan_json(planned.plan, planned.names, planned.digest))
    else:
        color = wants_color(sys.stdout)
        if planned.file.tenant.id:
            typer.echo(f"Tenant: {tenant_words(planned)}\n")
        typer.echo(plan_text(planned.plan, names=planned.names, diff=diff, color=color), color=color)
