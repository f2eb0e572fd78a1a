"""The commands that talk to a tenant: plan and publish."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aovpn_remediate.cli.access import Emit, access_of, choose_tenants, for_each_tenant
from aovpn_remediate.cli.load import echo_costs, load
from aovpn_remediate.cli.options import (
    DEFAULT_CONFIG,
    PATIENCE,
    Adopt,
    AllowAll,
    AllowDelete,
    AllowDeleteInPlan,
    AllowMassDelete,
    AllTenants,
    AsJson,
    Auth,
    CloudName,
    ConfigFile,
    Diff,
    GraphUrl,
    Keys,
    Log,
    NoInput,
    PatienceSeconds,
    Tenants,
    Verbose,
)
from aovpn_remediate.cli.plan_files import clear_output, save_plan
from aovpn_remediate.cli.planning import Planner, show_plan
from aovpn_remediate.cli.publish_plan import Reach, check_options, publish_plan_file
from aovpn_remediate.cli.publishing import ask, carry_out_plan, show_outcomes
from aovpn_remediate.cli.request_log import RequestOptions
from aovpn_remediate.errors import RefusedPlanError
from aovpn_remediate.wording import all_of, count_of

if TYPE_CHECKING:
    from aovpn_remediate.desired import Pair
    from aovpn_remediate.model import TenantSettings
    from aovpn_remediate.publish import Outcome


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
    allow_mass_delete: AllowMassDelete = False,
    adopt: Adopt = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Write the plan to this file; with several tenants, to TENANT.json in this folder.",
        ),
    ] = None,
    patience: PatienceSeconds = PATIENCE,
    log: Log = None,
    verbose: Verbose = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 if there are changes.")
    ] = False,
) -> None:
    """Show what publish would change, without changing anything.

    The signs: + create, ~ update, > adopt, - delete, = no change, ! a note.
    """
    from aovpn_remediate.plan import PlanOptions, refuse_unsafe

    is_folder = all_tenants or len(set(tenant or ())) > 1
    if out is not None:
        clear_output(out, is_folder=is_folder)
    requests = RequestOptions(patience, log, verbose)
    access = access_of(graph_url=graph_url, auth=auth, cloud=cloud, no_input=no_input, requests=requests)
    desired = load(config)
    options = PlanOptions(
        allow_delete=allow_delete,
        allow_all=allow_all,
        allow_mass_delete=allow_mass_delete,
        adopt=tuple(adopt or ()),
    )
    planner = Planner(desired, access, options, tuple(keys or ()))

    def plan_one(name: str, settings: TenantSettings, emit: Emit) -> int:
        opened = planner.open(settings, writes=False)
        draft = planner.draft(opened)
        planned = planner.planned(draft, opened, settings)
        show_plan(planned, diff=diff, emit=emit if as_json else None)
        if planner.wish.is_whole and not as_json:
            echo_costs(desired.packages)
        refuse_unsafe(draft.plan, options, draft.held)
        if planned.plan.stopped:
            return 1
        if out is not None:
            save_plan(planned, out / f"{name}.json" if is_folder else out, quiet=as_json)
        elif not as_json and not planned.plan.is_empty:
            typer.echo("\nTo carry it out: remediate publish")
        return 2 if detailed_exitcode and not planned.plan.is_empty else 0

    chosen = choose_tenants(desired.tenants, tenant, all_tenants, needs_one=not access.is_anonymous)
    raise typer.Exit(for_each_tenant(chosen, plan_one, as_json=as_json))


def publish(
    context: typer.Context,
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
    allow_mass_delete: AllowMassDelete = False,
    adopt: Adopt = None,
    patience: PatienceSeconds = PATIENCE,
    log: Log = None,
    verbose: Verbose = False,
    prove: Annotated[
        bool, typer.Option("--verify", help="Prove every pair first; publish nothing if a case fails.")
    ] = False,
    allow_unproven: Annotated[
        bool,
        typer.Option("--allow-unproven", help="With --verify: allow pairs without client files."),
    ] = False,
    plan_file: Annotated[
        Path | None,
        typer.Option(
            "--plan",
            metavar="FILE",
            help="Carry out the plan that plan --out wrote, and ask nothing; see remediate docs plans.",
        ),
    ] = None,
    digest: Annotated[
        str, typer.Option("--digest", metavar="HEX", help="With --plan: the digest that the plan must have.")
    ] = "",
) -> None:
    """Show the plan, ask, and carry it out.

    With --plan: carry out the plan in a file, and ask nothing.
    """
    from aovpn_remediate.desired import select_pairs
    from aovpn_remediate.plan import PlanOptions, refuse_unsafe
    from aovpn_remediate.publish import refuse_stale

    check_options(context, has_plan=plan_file is not None, digest=digest)
    requests = RequestOptions(patience, log, verbose)
    if plan_file is not None:
        reach = Reach(graph_url, auth, cloud, no_input, requests)
        raise typer.Exit(publish_plan_file(plan_file, digest, reach, diff=diff, as_json=as_json))
    access = access_of(graph_url=graph_url, auth=auth, cloud=cloud, no_input=no_input, requests=requests)
    desired = load(config)
    options = PlanOptions(
        allow_delete=allow_delete,
        allow_all=allow_all,
        allow_mass_delete=allow_mass_delete,
        adopt=tuple(adopt or ()),
    )
    planner = Planner(desired, access, options, tuple(keys or ()))
    if prove:
        _prove(select_pairs(desired, keys or ()), allow_unproven=allow_unproven)

    def publish_one(_name: str, settings: TenantSettings, emit: Emit) -> int:
        opened = planner.open(settings, writes=True)
        draft = planner.draft(opened)
        planned = planner.planned(draft, opened, settings)
        if not as_json:
            show_plan(planned, diff=diff)
        refuse_unsafe(draft.plan, options, draft.held)
        shown = emit if as_json else None

        def show(outcomes: Sequence[Outcome], code: int) -> None:
            show_outcomes(planned, outcomes, code, shown)

        if draft.plan.is_empty:
            code = 1 if draft.plan.stopped else 0
            if shown is not None:
                show((), code)
            return code
        if not yes:
            ask(planned, no_input=no_input, as_json=as_json)
            refuse_stale(draft, planner.draft(opened))
        return carry_out_plan(draft.plan, opened, show)

    chosen = choose_tenants(desired.tenants, tenant, all_tenants, needs_one=not access.is_anonymous)
    raise typer.Exit(for_each_tenant(chosen, publish_one, as_json=as_json))


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
