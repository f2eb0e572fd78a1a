"""The commands that need no tenant: render, validate, schema, kinds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aovpn_remediate.cli.options import DEFAULT_CONFIG, ConfigFile
from aovpn_remediate.cli.terminal import echo_json

if TYPE_CHECKING:
    from aovpn_remediate.config import Config
    from aovpn_remediate.model import ScriptPackage


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command(epilog="Example: remediate render -c remediate.yaml -o rendered")(render)
    app.command(epilog="Example: remediate validate -c remediate.yaml")(validate)
    app.command(epilog="Example: remediate schema > remediate.schema.json")(schema)
    app.command(epilog="Example: remediate kinds interface-metric")(kinds)


def load_packages(path: Path) -> tuple[Config, list[ScriptPackage]]:
    """Return the config and its rendered packages after all checks; warnings go to stderr."""
    from aovpn_remediate.config import load_config
    from aovpn_remediate.display.clean import clean
    from aovpn_remediate.scripts.package_rules import refuse_bad_scripts
    from aovpn_remediate.scripts.render import render_package

    config = load_config(path)
    packages = [render_package(one, config=config.name) for one in config.remediations]
    own = {one.key: one.settings.own_pair() for one in config.remediations}
    habits = refuse_bad_scripts(packages, own, _syntax_errors)
    _refuse_bad_clients(config)
    for one in config.warnings:
        typer.echo(f"warning: {clean(str(one))}", err=True)
    for habit in habits:
        typer.echo(f"warning: {clean(str(habit))}", err=True)
    return config, packages


def _syntax_errors(script: bytes) -> list[tuple[int, str]] | None:
    from aovpn_remediate.client import syntax_errors

    return syntax_errors(script)


def _refuse_bad_clients(config: Config) -> None:
    """Read all client files of the user's own script pairs, before anything else is done."""
    from aovpn_remediate.errors import ClientFileError

    problems: list[str] = []
    for one in config.remediations:
        pair = one.settings.own_pair()
        if pair is not None and pair.clients:
            from aovpn_remediate.verify import read_cases

            try:
                read_cases(one)
            except ClientFileError as error:
                problems += error.problems
    if problems:
        raise ClientFileError(problems)


def render(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the scripts go.")],
    config: ConfigFile = DEFAULT_CONFIG,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if a file on disk differs.")
    ] = False,
) -> None:
    """Write scripts and metadata to DIR/KEY/."""
    from aovpn_remediate.display.package_json import keys_rendered_for, package_files
    from aovpn_remediate.display.words import count_of
    from aovpn_remediate.scripts.folder import differing_files, write_files

    loaded, packages = load_packages(config)
    files = {path: content for package in packages for path, content in package_files(package).items()}
    stale = [key for key in keys_rendered_for(output, loaded.name) if f"{key}/package.json" not in files]
    for key in stale:
        typer.echo(f"{output / key}: its key was removed from the config; delete the folder", err=True)
    if not check:
        changed = write_files(output, files)
        typer.echo(
            f"{output}: {count_of(len(packages), 'package')}, {count_of(len(changed), 'file')} changed"
        )
        return
    changed = differing_files(output, files)
    for path in changed:
        what = "differs from the config" if (output / path).exists() else "is missing"
        typer.echo(f"{output / path}: {what}; run remediate render", err=True)
    if changed or stale:
        raise typer.Exit(1)
    typer.echo(f"{output}: {count_of(len(packages), 'package')}, no difference")


def validate(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Check the config and its scripts, without a tenant."""
    from aovpn_remediate.display.words import count_of

    _, packages = load_packages(config)
    scripts = sum(2 if package.remediation else 1 for package in packages)
    counts = f"{count_of(len(packages), 'remediation')}, {count_of(scripts, 'script')}"
    typer.echo(f"{config}: {counts}, no problems")


def schema() -> None:
    """Print the JSON Schema of the config, for editors."""
    from aovpn_remediate.config import config_schema

    echo_json(config_schema())


def kinds(
    kind: Annotated[str | None, typer.Argument(metavar="KIND", help="Explain this kind.")] = None,
) -> None:
    """List the kinds, or explain one and its settings."""
    from aovpn_remediate import kinds
    from aovpn_remediate.display.kind_text import kind_text, kinds_text

    if kind is None:
        typer.echo(kinds_text(kinds.describe_kinds()))
    else:
        typer.echo(kind_text(kinds.describe_kind(kind)))
