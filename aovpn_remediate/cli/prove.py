"""The command that proves the pairs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aovpn_remediate.cli.local import load_packages
from aovpn_remediate.cli.options import DEFAULT_CONFIG, AsJson, ConfigFile
from aovpn_remediate.cli.terminal import echo_json, progress_of, termination_as_interrupt, wants_color
from aovpn_remediate.errors import ClientError, OutputError, UsageError

if TYPE_CHECKING:
    from aovpn_remediate.model import Remediation, ScriptPackage
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
        Path | None, typer.Option(metavar="DIR", help="Keep the client of each failing case in this folder.")
    ] = None,
) -> None:
    """Run each pair on a simulated client, in real PowerShell."""
    from aovpn_remediate.display import proof_text

    proofs = prove_config(config, keys=keys, keep=keep)
    if junit is not None:
        _write(junit, proof_text.proofs_junit(proofs))
    if as_json:
        echo_json(proof_text.proofs_json(proofs))
    else:
        color = wants_color(sys.stdout)
        typer.echo(proof_text.proofs_text(proofs, verbose=verbose, color=color), color=color)
    if not all(proof.ok for proof in proofs):
        if keep is not None:
            typer.echo(f"{keep}: the clients of the failing cases; read proof.txt in each folder", err=True)
        raise typer.Exit(1)


def prove_config(path: Path, *, keys: Sequence[str] | None = None, keep: Path | None = None) -> list[Proof]:
    """Return the proofs of a config's pairs, or of some keys only; shows progress on a terminal."""
    from aovpn_remediate.client import find_powershell

    executable = find_powershell()
    if executable is None:
        _wanted(path, keys)  # problems of the file and the keys come first
        raise ClientError(
            "verify: PowerShell was not found; install PowerShell 7 (pwsh) and put it on PATH, or name its "
            "path in REMEDIATE_PWSH; see remediate docs install"
        )
    from aovpn_remediate.verify import jobs_for, powershells, unproven, verify

    with termination_as_interrupt(), powershells(executable) as shells:
        wanted = _wanted(path, keys)
        jobs = [job for remediation, package in wanted for job in jobs_for(remediation, package)]
        with progress_of(len(jobs)) as advance:
            proofs = verify(jobs, shells, progress=advance, keep=keep)
    proved = {proof.remediation for proof in proofs}
    return proofs + [unproven(*pair) for pair in wanted if pair[0].key not in proved]


def _wanted(path: Path, keys: Sequence[str] | None) -> list[tuple[Remediation, ScriptPackage]]:
    """The remediations of a config with their packages, or of some keys only."""
    config, packages = load_packages(path)
    unknown = sorted(set(keys or ()) - {package.key for package in packages})
    if unknown:
        there = ", ".join(package.key for package in packages)
        raise UsageError(
            f"verify: the config has no remediation {', '.join(unknown)}; its remediations are {there}"
        )
    pairs = zip(config.remediations, packages, strict=True)
    return [pair for pair in pairs if not keys or pair[0].key in keys]


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(
            f"{path}: {(error.strerror or '').lower()}; name a file that can be written"
        ) from error
