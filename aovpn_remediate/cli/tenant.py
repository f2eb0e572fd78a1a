"""The commands that talk to a tenant: plan and publish."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aovpn_remediate.cli.load import load
from aovpn_remediate.cli.options import (
    DEFAULT_CONFIG,
    Adopt,
    AllowAll,
    AllowDelete,
    AllowDeleteInPlan,
    AsJson,
    ConfigFile,
    Diff,
    GraphUrl,
)
from aovpn_remediate.cli.terminal import (
    echo_json,
    is_terminal,
    progress_of,
    termination_as_interrupt,
    wants_color,
)
from aovpn_remediate.errors import RefusedPlanError, UsageError
from aovpn_remediate.wording import count_of

if TYPE_CHECKING:
    from aovpn_remediate.publish import Draft, Outcome, Tenant


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command(epilog="Example: remediate plan -c remediate.yaml --graph-url http://127.0.0.1:8765 --diff")(
        plan
    )
    app.command(
        epilog="Example: remediate publish -c remediate.yaml --graph-url http://127.0.0.1:8765 --yes"
    )(publish)


def plan(
    config: ConfigFile = DEFAULT_CONFIG,
    graph_url: GraphUrl = None,
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

    _, draft = _draft(config, graph_url, adopt or [], allow_delete=allow_delete)
    _show(draft, diff=diff, as_json=as_json)
    refuse_unsafe(draft.plan, allow_all=allow_all)
    if detailed_exitcode and not draft.plan.is_empty:
        raise typer.Exit(2)


def publish(
    config: ConfigFile = DEFAULT_CONFIG,
    graph_url: GraphUrl = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Publish without asking; for pipelines.")] = False,
    diff: Diff = False,
    as_json: AsJson = False,
    allow_delete: AllowDelete = False,
    allow_all: AllowAll = False,
    adopt: Adopt = None,
    prove: Annotated[
        bool, typer.Option("--verify", help="Prove every pair first; publish nothing if a case fails.")
    ] = False,
) -> None:
    """Show the plan, ask, and carry it out."""
    from aovpn_remediate.plan import refuse_unsafe
    from aovpn_remediate.publish import refuse_stale

    if prove:
        _prove(config)
    tenant, draft = _draft(config, graph_url, adopt or [], allow_delete=allow_delete)
    if not as_json:
        _show(draft, diff=diff, as_json=False)
    refuse_unsafe(draft.plan, allow_all=allow_all)
    if draft.plan.is_empty:
        if as_json:
            _show_outcomes(draft, (), 0, as_json=True)
        return
    if not yes:
        _ask(draft, as_json=as_json)
        _, now = _draft(config, graph_url, adopt or [], allow_delete=allow_delete)
        refuse_stale(draft, now)
    _carry_out(draft, tenant, as_json=as_json)


def _carry_out(draft: Draft, tenant: Tenant, *, as_json: bool) -> None:
    """Publish, show the outcomes, and exit with their code."""
    from aovpn_remediate.publish import InterruptedPublishError, Watcher, carry_out, exit_code

    try:
        with termination_as_interrupt(), progress_of(len(draft.plan.changes)) as advance:
            outcomes = carry_out(draft.plan, tenant, watcher=Watcher(advance, _say_what_is_waited_for))
    except InterruptedPublishError as interrupted:
        _show_outcomes(draft, interrupted.outcomes, interrupted.exit_code, as_json=as_json)
        raise
    code = exit_code(outcomes)
    _show_outcomes(draft, outcomes, code, as_json=as_json)
    raise typer.Exit(code)


def _prove(path: Path) -> None:
    from aovpn_remediate.cli.prove import prove_config
    from aovpn_remediate.display.proof_text import proofs_text
    from aovpn_remediate.verify import failed_proofs

    proofs = prove_config(path)
    failed = failed_proofs(proofs)
    if failed:
        typer.echo(proofs_text(failed, verbose=False, color=False), err=True)
        raise RefusedPlanError(
            f"publish: {len(failed)} of {count_of(len(proofs), 'case')} failed; nothing was published"
        )
    typer.echo(f"proved: {count_of(len(proofs), 'case')} ok", err=True)


def _say_what_is_waited_for(count: int) -> None:
    typer.echo(f"interrupted; waiting for {count_of(count, 'request')} in flight", err=True)


def _show_outcomes(draft: Draft, outcomes: Sequence[Outcome], code: int, *, as_json: bool) -> None:
    from aovpn_remediate.display.plan_json import outcomes_json
    from aovpn_remediate.display.plan_text import outcomes_text

    if as_json:
        echo_json(outcomes_json(draft.plan, outcomes, code))
    else:
        color = wants_color(sys.stdout)
        typer.echo("\n" + outcomes_text(outcomes, color=color), color=color)


def _draft(
    path: Path, graph_url: str | None, adopt: list[str], *, allow_delete: bool
) -> tuple[Tenant, Draft]:
    from aovpn_remediate.graph import open_tenant
    from aovpn_remediate.publish import draft_plan

    desired = load(path)
    tenant = open_tenant(graph_url)
    draft = draft_plan(
        desired.packages, tenant, config=desired.config, adopt=adopt, allow_delete=allow_delete
    )
    return tenant, draft


def _show(draft: Draft, *, diff: bool, as_json: bool) -> None:
    from aovpn_remediate.display.plan_json import plan_json
    from aovpn_remediate.display.plan_text import plan_text

    if as_json:
        echo_json(plan_json(draft.plan, draft.names))
    else:
        color = wants_color(sys.stdout)
        typer.echo(plan_text(draft.plan, names=draft.names, diff=diff, color=color), color=color)


def _ask(draft: Draft, *, as_json: bool) -> None:
    from aovpn_remediate.display.plan_text import plan_text

    if not is_terminal(sys.stdin):
        raise UsageError("publish: cannot ask without a terminal; pass --yes to publish without a question")
    if as_json:
        typer.echo(plan_text(draft.plan, names=draft.names, diff=False, color=False), err=True)
    typer.echo("\nPublish this? Type yes to continue: ", err=True, nl=False)
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        typer.echo("nothing was published", err=True)
        raise typer.Exit(1)
