"""The command that proves the pairs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aovpn_remediate.cli.interruption import ended_at_once
from aovpn_remediate.cli.load import load
from aovpn_remediate.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile
from aovpn_remediate.cli.terminal import echo_json, progress_of, wants_color
from aovpn_remediate.errors import OutputError, UsageError

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
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show the output of the scripts.")] = False,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Keep the files of the simulated client of each failing case in this folder."
        ),
    ] = None,
) -> None:
    """Run each script pair on a simulated client; needs PowerShell."""
    from aovpn_remediate.display import proof_text
    from aovpn_remediate.verify import failed_proofs

    for key in keys or ():
        if key.endswith((".yaml", ".yml")):  # no key has a point
            raise UsageError(f"verify: name the config with -c: remediate verify -c {key}")
    proofs = prove_config(config, keys=keys or (), keep=keep)
    if junit is not None:
        _write(junit, proof_text.proofs_junit(proofs))
    if as_json:
        echo_json(proof_text.proofs_json(proofs))
    else:
        color = wants_color(sys.stdout)
        typer.echo(proof_text.proofs_text(proofs, verbose=verbose, color=color), color=color)
    if failed_proofs(proofs):
        if keep is not None:
            typer.echo(f"{keep}: the clients of the failing cases; read proof.txt in each folder", err=True)
        raise typer.Exit(1)


def prove_config(path: Path, *, keys: Sequence[str] = (), keep: Path | None = None) -> list[Proof]:
    """Return the proofs of a config's pairs, or of those of some keys; progress on a terminal."""
    from aovpn_remediate.verify import prove_pairs

    def load_pairs() -> Sequence[Pair]:
        from aovpn_remediate.desired import select_pairs

        return select_pairs(load(path), keys)

    with ended_at_once():
        return prove_pairs(load_pairs, progress_of=progress_of, keep=keep)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(
            f"{path}: {(error.strerror or '').lower()}; name a file that can be written"
        ) from error
