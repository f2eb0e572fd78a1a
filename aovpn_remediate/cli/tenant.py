"""The commands that talk to a tenant: plan and publish."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from aovpn_remediate.cli.access import Emit, access_of, choose_tenants, for_each_tenant
from aovpn_remediate.cli.load import echo_costs, load
from aovpn_remediate.cli.options import (
    DEFAULT_CONFIG,
    Adopt,
    AllowAll,
    AllowDelete,
    AllowDeleteInPlan,
    AllTenants,
    AsJson,
    Auth,
    CloudName,
    ConfigFile,
    Diff,
    GraphUrl,
    Keys,
    NoInput,
    Tenants,
)
from aovpn_remediate.cli.terminal import is_terminal, progress_of, termination_as_interrupt, wants_color
from aovpn_remediate.errors import RefusedPlanError, UsageError
from aovpn_remediate.wording import all_of, count_of

if TYPE_CHECKING:
    from aovpn_remediate.desired import Desired, Pair
    from aovpn_remediate.graph.auth.opening import Access
    from aovpn_remediate.model import TenantSettings
    from aovpn_remediate.publish import Draft, Outcome, Tenant, Wish


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command(epilog="Example: remediate plan -c remediate.yaml --tenant test --diff")(plan)
    app.command(epilog="Example: remediate publish -c remediate.yaml --tenant production --yes")(publish)


def plan(
    keys: Keys = None,
    config: ConfigFile = DEFAULT_CONFIG,
    tenant: Tenants = None,
    all_tenants: AllTenants = False,
    auth: Auth = "",
    cloud: CloudName = "",
    graph_url: GraphUrl = None,
    no_input: NoInput = False,
    diff: Diff = False,
    as_json: AsJson = False,
    allow_delete: AllowDeleteInPlan = False,
    allow_all: AllowAll = False,
    adopt: Adopt = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 if there are changes.")
    ] = False,
) -> None:
    """Show what publish would change, without changing anything.

    The signs: + create, ~ update, > adopt, - delete, = no change, ! a note.
    """
    from aovpn_remediate.plan import refuse_unsafe

    access = access_of(graph_url=graph_url, auth=auth, cloud=cloud, no_input=no_input)
    desired = load(config)
    wish = _wish(desired, keys, adopt, allow_delete=allow_delete)

    def plan_one(_name: str, settings: TenantSettings, emit: Emit) -> int:
        _, draft = _first_draft(wish, settings, access, writes=False)
        _show(draft, diff=diff, emit=emit if as_json else None)
        if wish.is_whole and not as_json:
            echo_costs(desired.packages)
        refuse_unsafe(draft.plan, allow_all=allow_all)
        return 2 if detailed_exitcode and not draft.plan.is_empty else 0

    chosen = choose_tenants(desired.tenants, tenant, all_tenants, needs_one=not access.is_anonymous)
    raise typer.Exit(for_each_tenant(chosen, plan_one, as_json=as_json))


def publish(
    keys: Keys = None,
    config: ConfigFile = DEFAULT_CONFIG,
    tenant: Tenants = None,
    all_tenants: AllTenants = False,
    auth: Auth = "",
    cloud: CloudName = "",
    graph_url: GraphUrl = None,
    no_input: NoInput = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Publish without asking; for pipelines.")] = False,
    diff: Diff = False,
    as_json: AsJson = False,
    allow_delete: AllowDelete = False,
    allow_all: AllowAll = False,
    adopt: Adopt = None,
    prove: Annotated[
        bool, typer.Option("--verify", help="Prove every pair first; publish nothing if a case fails.")
    ] = False,
    allow_unproven: Annotated[
        bool,
        typer.Option("--allow-unproven", help="With --verify: allow pairs without client files."),
    ] = False,
) -> None:
    """Show the plan, ask, and carry it out."""
    from aovpn_remediate.desired import select_pairs
    from aovpn_remediate.plan import refuse_unsafe

    access = access_of(graph_url=graph_url, auth=auth, cloud=cloud, no_input=no_input)
    desired = load(config)
    wish = _wish(desired, keys, adopt, allow_delete=allow_delete)
    if prove:
        _prove(select_pairs(desired, keys or ()), allow_unproven=allow_unproven)

    def publish_one(name: str, settings: TenantSettings, emit: Emit) -> int:
        opened, draft = _first_draft(wish, settings, access, writes=True)
        if not as_json:
            _show(draft, diff=diff)
        refuse_unsafe(draft.plan, allow_all=allow_all)
        shown = emit if as_json else None
        if draft.plan.is_empty:
            if shown is not None:
                _show_outcomes(draft, (), 0, shown)
            return 0
        if not yes:
            _ask(draft, name, opened, wish, no_input=no_input, as_json=as_json)
        return _carry_out(draft, opened, shown)

    chosen = choose_tenants(desired.tenants, tenant, all_tenants, needs_one=not access.is_anonymous)
    raise typer.Exit(for_each_tenant(chosen, publish_one, as_json=as_json))


def _wish(desired: Desired, keys: list[str] | None, adopt: list[str] | None, *, allow_delete: bool) -> Wish:
    from aovpn_remediate.desired import select_pairs
    from aovpn_remediate.publish import Wish

    return Wish(
        config=desired.config,
        packages=[package for _, package in select_pairs(desired, keys or ())],
        is_whole=not keys,
        adopt=adopt or [],
        allow_delete=allow_delete,
        places=desired.places,
        unproven=[key for key in desired.unproven if not keys or key in keys],
    )


def _carry_out(draft: Draft, tenant: Tenant, emit: Emit | None) -> int:
    """Publish, show the outcomes, and return their exit code."""
    from aovpn_remediate.publish import InterruptedPublishError, Watcher, carry_out, exit_code

    try:
        with termination_as_interrupt(), progress_of(len(draft.plan.changes)) as advance:
            outcomes = carry_out(draft.plan, tenant, watcher=Watcher(advance, _say_what_is_waited_for))
    except InterruptedPublishError as interrupted:
        _show_outcomes(draft, interrupted.outcomes, interrupted.exit_code, emit)
        raise
    code = exit_code(outcomes)
    _show_outcomes(draft, outcomes, code, emit)
    return code


def _prove(pairs: Sequence[Pair], *, allow_unproven: bool) -> None:
    """Prove all pairs; raise ``RefusedPlanError`` if a case fails, or a pair without cases is not allowed."""
    from aovpn_remediate.cli.prove import prove_loaded
    from aovpn_remediate.display.proof_text import proofs_text
    from aovpn_remediate.verify import failed_proofs

    proofs = prove_loaded(lambda: pairs)
    unproven = [proof.remediation for proof in proofs if proof.is_unproven]
    cases = [proof for proof in proofs if not proof.is_unproven]
    failed = failed_proofs(cases)
    if failed:
        typer.echo(proofs_text(failed, verbose=False, color=False), err=True)
        raise RefusedPlanError(
            f"publish: {len(failed)} of {count_of(len(cases), 'case')} failed; nothing was published"
        )
    if unproven and not allow_unproven:
        raise RefusedPlanError(
            f"publish: {all_of(unproven)} cannot be proved without client files; add clients: [FILE], or "
            "pass --allow-unproven; nothing was published"
        )
    not_run = sum(bool(proof.not_run) for proof in cases)
    said = f"proved: {count_of(len(cases) - not_run, 'case')} ok"
    if not_run:
        said += f", {not_run} not run"
    if unproven:
        said += f"; unproven: {', '.join(unproven)}"
    typer.echo(said, err=True)


def _say_what_is_waited_for(count: int) -> None:
    typer.echo(f"interrupted; waiting for {count_of(count, 'request')} in flight", err=True)


def _show_outcomes(draft: Draft, outcomes: Sequence[Outcome], code: int, emit: Emit | None) -> None:
    from aovpn_remediate.display.plan_json import outcomes_json
    from aovpn_remediate.display.plan_text import outcomes_text

    if emit is not None:
        emit(outcomes_json(draft.plan, outcomes, code))
    else:
        color = wants_color(sys.stdout)
        typer.echo("\n" + outcomes_text(outcomes, color=color), color=color)


def _first_draft(
    wish: Wish, settings: TenantSettings, access: Access, *, writes: bool
) -> tuple[Tenant, Draft]:
    from aovpn_remediate.graph import open_tenant
    from aovpn_remediate.publish import draft_plan
    from aovpn_remediate.resolve import references

    tenant = open_tenant(settings, access, writes=writes, wanted=references(wish.packages))
    return tenant, draft_plan(wish, tenant)


def _show(draft: Draft, *, diff: bool, emit: Emit | None = None) -> None:
    from aovpn_remediate.display.plan_json import plan_json
    from aovpn_remediate.display.plan_text import plan_text

    if emit is not None:
        emit(plan_json(draft.plan, draft.names))
    else:
        color = wants_color(sys.stdout)
        typer.echo(plan_text(draft.plan, names=draft.names, diff=diff, color=color), color=color)


def _ask(draft: Draft, name: str, tenant: Tenant, wish: Wish, *, no_input: bool, as_json: bool) -> None:
    """Ask whether to publish; afterwards the tenant must still be as shown."""
    from aovpn_remediate.display.plan_text import plan_text
    from aovpn_remediate.publish import draft_plan, refuse_stale

    if no_input or not is_terminal(sys.stdin):
        why = "with --no-input" if no_input else "without a terminal"
        raise UsageError(f"publish: cannot ask {why}; pass --yes to publish without a question")
    if as_json:
        typer.echo(plan_text(draft.plan, names=draft.names, diff=False, color=False), err=True)
    where = f" in the tenant {name}" if name else ""
    typer.echo(f"\nPublish this{where}? Type yes to continue: ", err=True, nl=False)
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        typer.echo("nothing was published", err=True)
        raise typer.Exit(1)
    refuse_stale(draft, draft_plan(wish, tenant))
