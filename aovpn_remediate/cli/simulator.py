"""The command that starts the Graph stand-in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
) -> None:
    """Serve a simulated tenant on loopback; prints its URL first."""
    from aovpn_remediate.simulator import serve

    serve(port=port, state=state, seed=seed, announce=_announce)


def _announce(url: str) -> None:
    typer.echo(url)
    typer.echo(f"the simulated tenant is ready; try remediate plan --graph-url {url}", err=True)
