"""How publish carries out a plan from a file: exactly that one, without a question."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import typer

from aovpn_remediate.cli.access import Emit, access_of
from aovpn_remediate.cli.plan_files import read_plan
from aovpn_remediate.cli.planning import Planned, show_plan
from aovpn_remediate.cli.publishing import carry_out_plan, show_outcomes
from aovpn_remediate.cli.request_log import RequestOptions
from aovpn_remediate.cli.terminal import echo_json
from aovpn_remediate.errors import PlanFileError, UsageError

if TYPE_CHECKING:
    from aovpn_remediate.graph.auth.clouds import Hosts
    from aovpn_remediate.graph.auth.opening import Access
    from aovpn_remediate.model import TenantSettings
    from aovpn_remediate.plan_file import PlanTenant
    from aovpn_remediate.publish import Outcome, Tenant

NOT_BESIDE_PLAN: Mapping[str, str] = {
    "config": "-c",
    "keys": "KEY",
    "tenant": "--tenant",
    "all_tenants": "--all-tenants",
    "adopt": "--adopt",
    "allow_delete": "--allow-delete",
    "allow_all": "--allow-all",
    "allow_mass_delete": "--allow-mass-delete",
    "prove": "--verify",
    "allow_unproven": "--allow-unproven",
}
"""Parameters of publish that say what the plan says already, and what a person calls them."""

Ids = Mapping[str, str]

_DIGEST = re.compile("[0-9a-fA-F]{64}")


class Reach(NamedTuple):
    """The options by which the tenant of a plan is reached."""

    graph_url: str | None
    auth: str
    cloud: str
    no_input: bool
    requests: RequestOptions


def check_options(context: typer.Context, *, has_plan: bool, digest: str) -> None:
    """Raise ``UsageError`` for an option that does not fit to ``--plan``, or needs it."""
    if not has_plan:
        if digest:
            raise UsageError("--digest: it says which plan is meant; add --plan FILE, or remove --digest")
        return
    for name, shown in NOT_BESIDE_PLAN.items():
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UsageError(
                f"--plan: {shown} cannot be combined with it, since the plan says it; remove {shown}"
            )
    if digest and not _DIGEST.fullmatch(digest):
        raise UsageError("--digest: write the 64 hex digits that remediate plan --out has printed")


def publish_plan_file(
    path: Path,
    digest: str,
    reach: Reach,
    *,
    diff: bool,
    as_json: bool,
) -> int:
    """Carry out the plan in a file and return the exit code."""
    from aovpn_remediate.plan import refuse_widening
    from aovpn_remediate.publish import refuse_other_tenant, remaining_plan

    planned = read_plan(path, digest)
    if not as_json:
        show_plan(planned, diff=diff)
    emit = echo_json if as_json else None
    if planned.plan.is_empty:
        return _nothing_to_do(planned, emit, {})
    refuse_widening(planned.plan, planned.file.options)
    wanted = planned.file.tenant
    access = access_of(
        graph_url=reach.graph_url or wanted.graph,
        auth=reach.auth,
        cloud=reach.cloud,
        no_input=reach.no_input,
        requests=reach.requests,
    )
    settings = _settings(wanted)
    hosts = _hosts(path, settings, access)
    tenant = _open(planned, settings, access)
    refuse_other_tenant(wanted, tenant.id, hosts.graph)
    left = remaining_plan(planned.file, tenant)
    if left.plan.is_empty:
        return _nothing_to_do(planned, emit, left.ids)
    return carry_out_plan(
        left.plan, tenant, lambda outcomes, code: _show(planned, outcomes, code, emit, left.ids)
    )


def _settings(wanted: PlanTenant) -> TenantSettings:
    """How to sign in, by the plan."""
    from aovpn_remediate.model import TenantSettings

    return TenantSettings(
        name=wanted.name,
        id=wanted.id,
        client_id=wanted.client_id,
        cloud=wanted.cloud,
        auth=wanted.auth,
        service_connection_id=wanted.service_connection_id,
        secret_env=wanted.secret_env,
    )


def _hosts(path: Path, settings: TenantSettings, access: Access) -> Hosts:
    """The hosts of the plan, which obey the same rule as those of the command line."""
    from aovpn_remediate.graph.auth.opening import hosts_of

    try:
        return hosts_of(settings, access)
    except UsageError as error:
        raise PlanFileError(f"{path}: the tenant of the plan cannot be used: {error}") from error


def _open(planned: Planned, settings: TenantSettings, access: Access) -> Tenant:
    from aovpn_remediate.graph import open_tenant
    from aovpn_remediate.resolve import references

    packages = [change.package for change in planned.plan.changes]
    return open_tenant(settings, access, writes=True, wanted=references(packages))


def _nothing_to_do(planned: Planned, emit: Emit | None, ids: Ids) -> int:
    if emit is not None:
        _show(planned, (), 0, emit, ids)
    elif not planned.plan.is_empty:
        typer.echo("\nThis plan is already applied; nothing was written.")
    return 0


def _show(planned: Planned, outcomes: Sequence[Outcome], code: int, emit: Emit | None, ids: Ids) -> None:
    from aovpn_remediate.publish import whole_outcomes

    show_outcomes(planned, whole_outcomes(planned.plan, outcomes, ids), code, emit)
