"""The command that proves the pairs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aovpn_remediate.cli.interruption import ended_at_once
from aovpn_remediate.cli.load import load
from aovpn_remediate.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile
from aovpn_remediate.cli.outputs import Write, output_file, output_folder
from aovpn_remediate.cli.terminal import echo_json, progress_of, wants_color
from aovpn_remediate.errors import UsageError

if TYPE_CHECKING:
    from aovpn_remediate.desired import Pair
    from aovpn_remediate.verify import Proof


def add_commands(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: remediate verify -c remediate.yaml")(verify)


def verify(
    keys: Annotated[list[str] | None, typer.Argument(metavar="KEY", help="Only these remediations.")] = None,
    config: ConfigFile = DEFAULT_CONFIG,
    as_json: AsJson = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a JUnit file.")] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show all cases, and the output of the scripts.")
    ] = False,
    text: Annotated[
        str, typer.Option("-k", metavar="TEXT", help="Only the cases with this text in their names.")
    ] = "",
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Keep the files of the simulated client of each failing case in this folder."
        ),
    ] = None,
) -> None:
    """Run each script pair on a simulated client; needs PowerShell."""
    for key in keys or ():
        if key.endswith((".yaml", ".yml")):  # no key has a point
            raise UsageError(f"verify: name the config with -c: remediate verify -c {key}")

    def load_pairs() -> Sequence[Pair]:
        from aovpn_remediate.desired import select_pairs

        return select_pairs(load(config), keys or ())

    with output_file(junit) as write_junit, output_folder(keep):
        proofs = prove_loaded(load_pairs, keep=keep, text=text)
        _show(proofs, write_junit, as_json=as_json, verbose=verbose)
    if any(not proof.ok for proof in proofs):
        if keep is not None:
            typer.echo(f"{keep}: the clients of the failing cases; read proof.txt in each folder", err=True)
        raise typer.Exit(1)


def _show(proofs: Sequence[Proof], write_junit: Write, *, as_json: bool, verbose: bool) -> None:
    from aovpn_remediate.display.proof_files import proofs_json, proofs_junit
    from aovpn_remediate.display.proof_text import proofs_text, terminal_width

    write_junit(proofs_junit(proofs))
    if as_json:
        echo_json(proofs_json(proofs))
        return
    color = wants_color(sys.stdout)
    shown = proofs_text(proofs, verbose=verbose, color=color, width=terminal_width())
    typer.echo(shown, color=color)


def prove_loaded(
    load_pairs: Callable[[], Sequence[Pair]], *, keep: Path | None = None, text: str = ""
) -> list[Proof]:
    """Return the proofs of the pairs that a function loads; progress goes to stderr.

    ``text`` picks the cases with it in their names.
    """
    from aovpn_remediate.verify import prove_pairs

    def progress(total: int) -> AbstractContextManager[Callable[[object], None]]:
        return progress_of(total, "case")

    with ended_at_once():
        return prove_pairs(load_pairs, progress_of=progress, keep=keep, text=text)
