"""The command that finds out why something does not work."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from aovpn_remediate.cli.access import Emit, access_of, choose_tenants, for_each_tenant
from aovpn_remediate.cli.load import read
from aovpn_remediate.cli.options import (
    DEFAULT_CONFIG,
    AllTenants,
    AsJson,
    Auth,
    CloudName,
    ConfigFile,
    GraphUrl,
    NoInput,
    Tenants,
)
from aovpn_remediate.cli.terminal import echo_json, wants_color

if TYPE_CHECKING:
    from aovpn_remediate.doctor import Check, Situation
    from aovpn_remediate.model import TenantSettings


def add_commands(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: remediate doctor -c remediate.yaml --tenant production")(doctor)


def doctor(
    config: ConfigFile = DEFAULT_CONFIG,
    tenant: Tenants = None,
    all_tenants: AllTenants = False,
    auth: Auth = "",
    cloud: CloudName = "",
    graph_url: GraphUrl = None,
    no_input: NoInput = False,
    as_json: AsJson = False,
) -> None:
    """Check network, sign-in, permissions and licence.

    Each problem has advice. Nothing is changed. Nobody is asked to sign in, unless --auth names the
    method of a person.
    """
    from aovpn_remediate.display.doctor_text import checks_json
    from aovpn_remediate.doctor import examine, exit_code, open_situation

    access = access_of(graph_url=graph_url, auth=auth, cloud=cloud, no_input=no_input)

    def examine_one(name: str, _settings: TenantSettings | None, emit: Emit) -> int:
        situation = open_situation(config, name, access, read, is_default_path=config == DEFAULT_CONFIG)
        if not as_json:
            return exit_code(_show(situation))
        checks = list(examine(situation))
        emit(checks_json(checks))
        return exit_code(checks)

    names = list(dict.fromkeys(tenant or ()))
    if not all_tenants and len(names) < 2:
        raise typer.Exit(examine_one("".join(names), None, echo_json))
    chosen = choose_tenants(read(config).tenants, names, all_tenants, needs_one=True)
    raise typer.Exit(for_each_tenant(chosen, examine_one, as_json=as_json))


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
