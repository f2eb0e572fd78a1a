"""The command that starts the Graph stand-in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_commands(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: remediate simulator --port 8765 --state tenant.db")(simulator)


def simulator(
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="0 takes a free port.")],
    state: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep the tenant here, also over a hard kill.")
    ] = None,
    seed: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="More groups, filters and scope tags for a new tenant."),
    ] = None,
) -> None:
    """Serve a simulated tenant on loopback; its URL comes first."""
    from aovpn_remediate.simulator import serve

    serve(port=port, state=state, seed=seed, announce=_announce)


def _announce(url: str) -> None:
    typer.echo(url)
    typer.echo(f"a simulated tenant listens; try remediate plan --graph-url {url}", err=True)
