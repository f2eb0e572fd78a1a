"""The command that starts the Graph stand-in."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from aovpn_remediate.simulator import Simulator

_LAST_PORT = 65535
_LONGEST_WINDOW = 3600


@dataclass(frozen=True)
class Budget:
    """How many changes are accepted in how many seconds; ``None`` for any number."""

    changes: int | None = None
    seconds: float = 20.0


def add_commands(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: remediate simulator --port 8765 --state tenant.db")(simulator)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _LAST_PORT:
        raise typer.BadParameter(f"must be a number from 0 to {_LAST_PORT}")
    return int(text)


def _budget(text: str) -> Budget:
    count, _, window = text.partition("/")
    is_number = re.fullmatch(r"[0-9]{1,6}", count) and re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", window)
    if not is_number or not 0 < float(window) <= _LONGEST_WINDOW:
        raise typer.BadParameter("must be a number of changes and their seconds, such as 200/20")
    return Budget(int(count), float(window))


def simulator(
    port: Annotated[int, typer.Option(parser=_port, metavar="N", help="The port; 0 for any free port.")],
    state: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Save the tenant in this file, so that the next start has it."),
    ] = None,
    seed: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Add the groups, filters and scope tags of this JSON file to a new tenant."
        ),
    ] = None,
    sign_in: Annotated[
        bool,
        typer.Option(
            "--sign-in",
            help="Demand tokens, and print the variables that sign in to a simulated login service.",
        ),
    ] = False,
    tls: Annotated[
        bool, typer.Option("--tls", help="Serve HTTPS, and print the variable that trusts the certificate.")
    ] = False,
    page_size: Annotated[
        int,
        typer.Option("--page-size", min=1, max=1000, metavar="N", help="Show N objects of a list at a time."),
    ] = 1000,
    lag: Annotated[
        float,
        typer.Option(
            min=0,
            max=3600,
            metavar="SECONDS",
            help="Show new packages and new assignments in lists only after this time.",
        ),
    ] = 0,
    budget: Annotated[
        Budget | None,
        typer.Option(
            parser=_budget, metavar="N/SECONDS", help="Accept N changes in this time, then answer 429."
        ),
    ] = None,
) -> None:
    """Serve a simulated tenant on loopback; prints its URL first."""
    from aovpn_remediate.simulator import Conditions, Present, example_directories, running_simulator, serve

    accepted = budget or Budget()
    conditions = Conditions(page_size=page_size, lag=lag, budget=accepted.changes, window=accepted.seconds)
    directories = example_directories() if sign_in else ()
    present = Present(conditions, tls=tls)
    serve(
        running_simulator(port=port, state=state, seed=seed, present=present, sign_in=directories), _announce
    )


def _announce(running: Simulator) -> None:
    typer.echo(running.url)
    for name, value in running.variables.items():
        typer.echo(_export(name, value))
    first = "set the variables above in a second terminal, then " if running.variables else ""
    typer.echo(
        f"the simulated tenant is ready; {first}try remediate plan --graph-url {running.url}", err=True
    )


def _export(name: str, value: str) -> str:
    """Return the line that sets a variable in the usual shell of this system."""
    if sys.platform == "win32":
        return f"$env:{name} = '{value.replace(chr(39), chr(39) * 2)}'"
    return f"export {name}={shlex.quote(value)}"
