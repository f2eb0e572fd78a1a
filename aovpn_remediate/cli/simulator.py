"""The command that starts the Graph stand-in."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from aovpn_remediate.simulator import Simulator

_LAST_PORT = 65535


def add_commands(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: remediate simulator --port 8765 --state tenant.db")(simulator)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _LAST_PORT:
        raise typer.BadParameter(f"must be a number from 0 to {_LAST_PORT}")
    return int(text)


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
) -> None:
    """Serve a simulated tenant on loopback; prints its URL first."""
    from aovpn_remediate.simulator import serve

    serve(port=port, state=state, seed=seed, sign_in=sign_in, announce=_announce)


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
