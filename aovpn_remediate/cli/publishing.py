"""How publish asks, carries a plan out, and shows what became of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from aovpn_remediate.cli.access import Emit
from aovpn_remediate.cli.planning import Planned, tenant_words
from aovpn_remediate.cli.terminal import is_terminal, progress_of, termination_as_interrupt, wants_color
from aovpn_remediate.errors import UsageError
from aovpn_remediate.wording import count_of

if TYPE_CHECKING:
    from aovpn_remediate.plan import Plan
    from aovpn_remediate.publish import Outcome, Tenant


def ask(planned: Planned, *, no_input: bool, as_json: bool) -> None:
    """Ask whether to publish, naming the tenant; raises ``typer.Exit`` for a no."""
    from aovpn_remediate.display.plan_text import plan_text

    if no_input or not is_terminal(sys.stdin):
        why = "with --no-input" if no_input else "without a terminal"
        raise UsageError(f"publish: cannot ask {why}; pass --yes to publish without a question")
    if as_json:
        typer.echo(plan_text(planned.plan, names=planned.names, diff=False, color=False), err=True)
    tenant = tenant_words(planned)
    where = f" in the tenant {tenant}" if tenant else ""
    typer.echo(f"\nPublish this{where}? Type yes to continue: ", err=True, nl=False)
    if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
        typer.echo("nothing was published", err=True)
        raise typer.Exit(1)


def carry_out_plan(plan: Plan, tenant: Tenant, show: Callable[[Sequence[Outcome], int], None]) -> int:
    """Publish, show the outcomes and their exit code, also after an interruption, and return the code."""
    from aovpn_remediate.publish import InterruptedPublishError, Watcher, carry_out, exit_code

    try:
        with termination_as_interrupt(), progress_of(len(plan.changes)) as advance:
            outcomes = carry_out(plan, tenant, watcher=Watcher(advance, _say_what_is_waited_for))
    except InterruptedPublishError as interrupted:
        show(interrupted.outcomes, interrupted.exit_code)
        raise
    code = exit_code(outcomes, stopped=len(plan.stopped))
    show(outcomes, code)
    return code


def show_outcomes(planned: Planned, outcomes: Sequence[Outcome], code: int, emit: Emit | None) -> None:
    """Print outcomes as text, or give their JSON to ``emit``."""
    from aovpn_remediate.display.plan_json import outcomes_json
    from aovpn_remediate.display.plan_text import outcomes_text

    if emit is not None:
        emit(outcomes_json(planned.digest, outcomes, code, planned.plan.stopped))
    else:
        color = wants_color(sys.stdout)
        typer.echo("\n" + outcomes_text(outcomes, color=color, stopped=planned.plan.stopped), color=color)


def _say_what_is_waited_for(count: int) -> None:
    typer.echo(f"interrupted; waiting for {count_of(count, 'request')} in flight", err=True)
