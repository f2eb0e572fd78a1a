"""The packages of a config for a command; warnings are printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from aovpn_remediate.desired import Desired
    from aovpn_remediate.model import Remediation


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
