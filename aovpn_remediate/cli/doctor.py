"""The command that finds out why something does not work."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from aovpn_remediate.cli.access import access_of
from aovpn_remediate.cli.load import read
from aovpn_remediate.cli.options import (
    DEFAULT_CONFIG,
    AsJson,
    Auth,
    CloudName,
    ConfigFile,
    GraphUrl,
    NoInput,
    OneTenant,
)
from aovpn_remediate.cli.terminal import echo_json, wants_color

if TYPE_CHECKING:
    from aovpn_remediate.doctor import Check, Situation


def add_commands(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: remediate doctor -c remediate.yaml --tenant production")(doctor)


def doctor(
    config: ConfigFile = DEFAULT_CONFIG,
    tenant: OneTenant = "",
    auth: Auth = "",
    cloud: CloudName = "",
    graph_url: GraphUrl = None,
    no_input: NoInput = False,
    as_json: AsJson = False,
) -> None:
    """Check what lies between this computer and the tenant, and say what to do about it.

    Nothing is changed. Nobody is asked to sign in, unless --auth names the method of a person.
    """
    from aovpn_remediate.display.doctor_text import checks_json
    from aovpn_remediate.doctor import examine, exit_code, open_situation

    access = access_of(graph_url=graph_url, auth=auth, cloud=cloud, no_input=no_input)
    situation = open_situation(config, tenant, access, read, is_default_path=config == DEFAULT_CONFIG)
    if as_json:
        checks = list(examine(situation))
        echo_json(checks_json(checks))
    else:
        checks = _show(situation)
    raise typer.Exit(exit_code(checks))


def _show(situation: Situation) -> list[Check]:
    """Print each check as it ends, because a slow network takes its time."""
    from aovpn_remediate.display.doctor_text import check_text, summary_text
    from aovpn_remediate.doctor import examine

    color = wants_color(sys.stdout)
    checks: list[Check] = []
    for check in examine(situation):
        typer.echo(check_text(check, color=color), color=color)
        checks.append(check)
    typer.echo("\n" + summary_text(checks))
    return checks
