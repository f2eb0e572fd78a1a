"""The command that shows the documentation."""

from __future__ import annotations

from typing import Annotated

import typer


def add_commands(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: remediate docs states")(docs)


def docs(
    page: Annotated[str | None, typer.Argument(metavar="PAGE", help="Print this page.")] = None,
) -> None:
    """List the pages of the documentation, or print one."""
    from aovpn_remediate.pages import find_pages, read_page, title_of

    if page is not None:
        typer.echo(read_page(page), nl=False)
        return
    pages = find_pages()
    width = max(map(len, pages))
    for name, path in pages.items():
        typer.echo(f"{name:{width}}  {title_of(path)}")
