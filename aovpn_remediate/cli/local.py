"""The commands that need no tenant: render, validate, schema, kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from aovpn_remediate.cli.load import echo_costs, load
from aovpn_remediate.cli.options import DEFAULT_CONFIG, ConfigFile
from aovpn_remediate.cli.terminal import echo_json


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the app."""
    app.command(epilog="Example: remediate render -c remediate.yaml -o rendered")(render)
    app.command(epilog="Example: remediate validate -c remediate.yaml")(validate)
    app.command(epilog="Example: remediate schema -o remediate.schema.json")(schema)
    app.command(epilog="Example: remediate kinds interface-metric")(kinds)


def render(
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the scripts go.")],
    config: ConfigFile = DEFAULT_CONFIG,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if a file on disk differs.")
    ] = False,
) -> None:
    """Write scripts and metadata to DIR/KEY/."""
    from aovpn_remediate.display.package_json import all_files, attributes_file, keys_rendered_for
    from aovpn_remediate.scripts.folder import differing_files, write_files
    from aovpn_remediate.wording import count_of

    desired = load(config)
    packages = count_of(len(desired.packages), "package")
    files = all_files(desired.packages) | attributes_file(output)
    stale = [key for key in keys_rendered_for(output, desired.config) if f"{key}/package.json" not in files]
    for key in stale:
        typer.echo(f"{output / key}: its key was removed from the config; delete the folder", err=True)
    if not check:
        is_new = not any((output / path).exists() for path in files)
        changed = write_files(output, files)
        if not is_new:
            for path in changed:
                typer.echo(
                    f"{output / path}: changed" if files[path] is not None else f"{output / path}: removed"
                )
        verb = "written" if is_new else "changed"
        typer.echo(f"{output}: {packages}, {count_of(len(changed), 'file')} {verb}")
        return
    changed = differing_files(output, files)
    for path in changed:
        what = "differs from the config" if (output / path).exists() else "is missing"
        typer.echo(f"{output / path}: {what}; run remediate render", err=True)
    if changed or stale:
        raise typer.Exit(1)
    typer.echo(f"{output}: {packages}, no difference")


def validate(config: ConfigFile = DEFAULT_CONFIG) -> None:
    """Check the config and its scripts, without a tenant."""
    from aovpn_remediate.wording import count_of

    packages = load(config).packages
    repairs = [package for package in packages if package.remediation]
    scripts = len(packages) + len(repairs)
    counts = f"{count_of(len(packages), 'remediation')}, {count_of(scripts, 'script')}"
    typer.echo(f"{config}: {counts}, no problems")
    echo_costs(packages)


def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it into this file, as UTF-8.")
    ] = None,
) -> None:
    """Print the JSON Schema of the config, for editors."""
    import json

    from aovpn_remediate.config import config_schema
    from aovpn_remediate.scripts.folder import write_files

    if output is None:
        echo_json(config_schema())
        return
    text = json.dumps(config_schema(), indent=2, ensure_ascii=False) + "\n"
    write_files(output.parent, {output.name: text.encode()})


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
