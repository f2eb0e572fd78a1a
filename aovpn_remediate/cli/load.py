"""The packages of a config for a command; warnings are printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from aovpn_remediate.desired import Desired
    from aovpn_remediate.model import Remediation, ScriptPackage


def load(path: Path) -> Desired:
    """Return the packages of a config after all checks; warnings go to stderr."""
    from aovpn_remediate.display.clean import clean

    desired = read(path)
    for warning in desired.warnings:
        typer.echo(f"warning: {clean(str(warning))}", err=True)
    return desired


def read(path: Path) -> Desired:
    """Return the packages of a config after all checks."""
    from aovpn_remediate.desired import load_desired

    return load_desired(path, ask=_syntax_errors, read_client_files=_read_client_files)


def _syntax_errors(script: bytes) -> list[tuple[int, str]] | None:
    from aovpn_remediate.client import syntax_errors

    return syntax_errors(script)


def _read_client_files(remediation: Remediation) -> None:
    from aovpn_remediate.verify import read_cases

    read_cases(remediation)


def echo_costs(packages: Sequence[ScriptPackage]) -> None:
    """Print what a device of each group pays for the packages; what is too much is a warning."""
    from aovpn_remediate.display.device_cost_text import cost_warnings, costs_text

    text = costs_text(packages)
    if text:
        typer.echo(f"\n{text}")
    for warning in cost_warnings(packages):
        typer.echo(f"warning: {warning}", err=True)
