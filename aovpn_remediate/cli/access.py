"""How a command reaches its tenants: the options made into an ``Access``, and one tenant after the other."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from aovpn_remediate.cli.request_log import RequestOptions, recorder
from aovpn_remediate.cli.terminal import echo_error, echo_json, is_terminal, wants_color
from aovpn_remediate.errors import RemediateError

if TYPE_CHECKING:
    from aovpn_remediate.graph.auth.opening import Access
    from aovpn_remediate.model import TenantSettings

Emit = Callable[[Mapping[str, object]], None]
"""Takes the JSON object of a command."""
_BADNESS = (0, 2, 5, 3, 4, 1, 64, 65, 130)


def access_of(
    *,
    graph_url: str | None,
    auth: str,
    cloud: str,
    no_input: bool,
    requests: RequestOptions | None = None,
) -> Access:
    """Return how the options say that tenants are reached; a log of the requests is begun.

    Raises ``OutputError`` if the log cannot be written.
    """
    from aovpn_remediate.graph.auth.opening import Access
    from aovpn_remediate.graph.retry import Patience

    requests = requests or RequestOptions()
    return Access(
        graph_url=graph_url,
        auth=auth,
        cloud=cloud,
        may_ask=not no_input and is_terminal(sys.stdin) and is_terminal(sys.stderr),
        say=say,
        record=recorder(requests, say),
        patience=Patience(requests.patience),
    )


def say(line: str) -> None:
    """Print a line for the person at the terminal on stderr."""
    from aovpn_remediate.display.clean import clean

    typer.echo(clean(line), err=True)


@dataclass(frozen=True)
class Chosen:
    """The tenants of a command by name; ``is_several`` if the command line asks for several."""

    tenants: Mapping[str, TenantSettings]
    is_several: bool


def choose_tenants(
    known: Mapping[str, TenantSettings], names: list[str] | None, every: bool, *, needs_one: bool
) -> Chosen:
    """Return the tenants that options and config ask for; raises ``UsageError``."""
    from aovpn_remediate.graph.auth.targets import select_tenants

    asked = names or []
    if every and asked == os.environ.get("REMEDIATE_TENANT", "").split():
        asked = []  # an option wins over a variable
    tenants = select_tenants(known, asked, every=every, needs_one=needs_one)
    return Chosen(tenants, every or len(asked) > 1)


@dataclass
class _Run:
    """What became of a command in each tenant."""

    values: dict[str, object] = field(default_factory=dict)
    code: int = 0

    def end(self, code: int) -> None:
        self.code = max(self.code, code, key=_BADNESS.index)


def for_each_tenant(
    chosen: Chosen, work: Callable[[str, TenantSettings, Emit], int], *, as_json: bool
) -> int:
    """Do the work of a command in each tenant and return the worst exit code.

    ``work`` gets the tenant's name, its settings and what takes its JSON object; an error in one tenant does
    not stop the others, but an interruption does.
    """
    if not chosen.is_several:
        ((name, tenant),) = chosen.tenants.items()
        return work(name, tenant, echo_json)
    run = _Run()
    try:
        for name, tenant in chosen.tenants.items():
            if not as_json:
                _head(name)
            run.end(_in_one_tenant(run, name, tenant, work, as_json=as_json))
            if run.code == 130:
                break
    finally:
        if as_json:
            echo_json({"schemaVersion": 1, "tenants": run.values})
    return run.code


def _in_one_tenant(
    run: _Run,
    name: str,
    tenant: TenantSettings,
    work: Callable[[str, TenantSettings, Emit], int],
    *,
    as_json: bool,
) -> int:
    try:
        return work(name, tenant, lambda value: run.values.update({name: value}))
    except typer.Exit as end:
        run.values.setdefault(name, {"error": "nothing was published", "exitCode": end.exit_code})
        return end.exit_code
    except RemediateError as error:
        echo_error(error, f"tenant {name}: " if as_json else "")
        run.values.setdefault(name, {"error": str(error), "exitCode": error.exit_code})
        return error.exit_code


def _head(name: str) -> None:
    typer.echo(typer.style(f"\ntenant {name}\n", bold=True), color=wants_color(sys.stdout))
