"""Plans in files: where they are written, and the command that shows one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aovpn_remediate import __version__
from aovpn_remediate.cli.options import AsJson, Diff
from aovpn_remediate.cli.planning import Planned, show_plan
from aovpn_remediate.cli.terminal import echo_json
from aovpn_remediate.errors import OutputError, PlanFileError, UsageError

_HEAD = 300


def add_commands(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: remediate show plan.json --diff")(show)


def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that plan --out has written.")],
    diff: Diff = False,
    as_json: AsJson = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, as for a pull request.")
    ] = False,
) -> None:
    """Show a plan that plan --out has written; no tenant is asked."""
    if markdown and as_json:
        raise UsageError("show: --markdown cannot be combined with --json; remove one of them")
    planned = read_plan(file)
    if markdown:
        from aovpn_remediate.display.plan_markdown import plan_markdown

        typer.echo(plan_markdown(planned.plan, planned.names, planned.digest, diff=diff))
        return
    show_plan(planned, diff=diff, emit=echo_json if as_json else None)


def read_plan(path: Path, digest: str = "") -> Planned:
    """Return the plan in a file; raises ``PlanFileError`` with the path."""
    from aovpn_remediate.plan_file import read_plan_file

    try:
        content = path.read_bytes()
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise PlanFileError(f"{path}: {reason}; name a file that plan --out has written") from error
    try:
        return Planned(*read_plan_file(content, version=__version__, digest=digest))
    except PlanFileError as error:
        raise PlanFileError(f"{path}: {error}") from error


def clear_output(out: Path, *, is_folder: bool) -> None:
    """Remove the plan, or the plans of a folder, that are at a place for new ones.

    Raises ``OutputError`` for anything there that is not a plan.
    """
    if is_folder:
        if out.exists() and not out.is_dir():
            raise OutputError(f"{out}: is a file; with several tenants, --out must name a folder")
        old = [path for path in sorted(out.glob("*.json")) if _is_plan(path)]
    else:
        _refuse_in_the_way(out)
        old = [out]
    for path in old:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            reason = (error.strerror or "cannot be removed").lower()
            raise OutputError(f"{path}: {reason}; remove the old plan, or name another file") from error


def save_plan(planned: Planned, path: Path, *, quiet: bool) -> None:
    """Write a plan in one step, and say where it is and which digest it has."""
    from aovpn_remediate.scripts.folder import write_files

    _refuse_in_the_way(path)
    write_files(path.parent, {path.name: planned.document.content})
    typer.echo(f"\n{path}: plan written\ndigest: {planned.digest}", err=quiet)


def _refuse_in_the_way(path: Path) -> None:
    if path.is_dir():
        raise OutputError(f"{path}: is a folder; with one tenant, --out must name a file")
    if path.exists() and not _is_plan(path):
        raise OutputError(f"{path}: is not a plan and is not overwritten; remove it, or name another file")


def _is_plan(path: Path) -> bool:
    """Whether a file is empty, or begins like a plan."""
    from aovpn_remediate.plan_file import FORMAT

    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return not head.strip() or FORMAT.encode() in head
