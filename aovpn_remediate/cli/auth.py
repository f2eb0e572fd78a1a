"""The commands about signing in: auth login, logout and status."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aovpn_remediate.cli.access import Chosen, Emit, access_of, choose_tenants, for_each_tenant, say
from aovpn_remediate.cli.group import Group
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
from aovpn_remediate.cli.terminal import echo_error, wants_color
from aovpn_remediate.errors import SignInError

if TYPE_CHECKING:
    from aovpn_remediate.config import Config
    from aovpn_remediate.graph.permissions import Need
    from aovpn_remediate.model import SignInStatus, TenantSettings

_NOT_KEPT = (
    "warning: this computer has no encrypted place for sign-ins, so this one is not kept, and the next "
    "command asks again; auth login --insecure-cache keeps it in a file that only your account can read"
)
_NO_PERSON = (
    "auth login: it signs in a person and needs a terminal, outside of a pipeline and without --no-input; a "
    "task or a pipeline needs no login: set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET for "
    "remediate plan"
)


def add_commands(app: typer.Typer) -> None:
    """Add these commands to the app."""
    auth = typer.Typer(cls=Group, rich_markup_mode=None)
    auth.command(epilog="Example: remediate auth login --tenant production")(login)
    auth.command(epilog="Example: remediate auth logout")(logout)
    auth.command(epilog="Example: remediate auth status --json")(status)
    app.add_typer(auth, name="auth", help="Sign in, sign out, or show who is signed in.")


def login(
    config: ConfigFile = DEFAULT_CONFIG,
    tenant: Tenants = None,
    all_tenants: AllTenants = False,
    auth: Auth = "",
    cloud: CloudName = "",
    graph_url: GraphUrl = None,
    no_input: NoInput = False,
    device_code: Annotated[
        bool, typer.Option("--device-code", help="Show a code to enter in a browser on another computer.")
    ] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Ask only for the permissions to read, which plan needs.")
    ] = False,
    insecure_cache: Annotated[
        bool,
        typer.Option(
            "--insecure-cache",
            help="Keep the sign-in in a file without encryption, which only your account can read.",
        ),
    ] = False,
) -> None:
    """Sign in as a person, and keep the sign-in for later commands."""
    from aovpn_remediate.graph.auth.cache import AccountCache
    from aovpn_remediate.graph.auth.status import sign_in_anew
    from aovpn_remediate.graph.permissions import PUBLISH, READ

    file = _config(config)
    access = access_of(graph_url=graph_url, auth=auth, cloud=cloud, no_input=no_input)
    need = READ if read_only else PUBLISH
    cache = AccountCache(os.environ, say, is_plain_allowed=insecure_cache)

    def login_one(_name: str, settings: TenantSettings, _emit: Emit) -> int:
        by = replace(access, auth=_personal(device_code, auth, settings.auth))
        _show(sign_in_anew(settings, by, cache, need), emit=None)
        return 0

    chosen = _chosen(file, tenant, all_tenants)
    if not access.has_person:
        raise SignInError(_NO_PERSON)
    if not cache.is_kept:
        say(_NOT_KEPT)
    raise typer.Exit(for_each_tenant(chosen, login_one, as_json=False))


def logout() -> None:
    """Delete the kept sign-in.

    That is the sign-in of every person that this computer keeps for your account.
    """
    from aovpn_remediate.graph.auth.cache import AccountCache

    was_there = AccountCache(os.environ, say).forget()
    typer.echo("signed out; the kept sign-in is deleted" if was_there else "nobody was signed in")


def status(
    config: ConfigFile = DEFAULT_CONFIG,
    tenant: Tenants = None,
    all_tenants: AllTenants = False,
    auth: Auth = "",
    cloud: CloudName = "",
    graph_url: GraphUrl = None,
    no_input: NoInput = False,
    as_json: AsJson = False,
) -> None:
    """Show how the next command would sign in.

    Shows also what the sign-in may do. Exits 4 if no sign-in would work.
    """
    from aovpn_remediate.graph.auth.cache import AccountCache
    from aovpn_remediate.graph.auth.status import read_status

    file = _config(config)
    access = access_of(graph_url=graph_url, auth=auth, cloud=cloud, no_input=no_input)
    cache = AccountCache(os.environ, say)
    need = _need(file)

    def status_one(_name: str, settings: TenantSettings, emit: Emit) -> int:
        found = read_status(settings, access, cache, need)
        _show(found, emit=emit if as_json else None)
        if not found.problem:
            return 0
        echo_error(SignInError(found.problem))
        return SignInError.exit_code

    if file is None and not as_json:
        say(f"{config} is not in this folder; tenant and client id come from the environment")
    chosen = _chosen(file, tenant, all_tenants)
    raise typer.Exit(for_each_tenant(chosen, status_one, as_json=as_json))


def _config(path: Path) -> Config | None:
    """The config; the default one may be missing, since everything may come from the environment."""
    from aovpn_remediate.config import load_config

    if path == DEFAULT_CONFIG and not path.exists():
        return None
    return load_config(path)


def _chosen(file: Config | None, names: list[str] | None, every: bool) -> Chosen:
    return choose_tenants({} if file is None else file.tenants, names, every, needs_one=True)


def _need(file: Config | None) -> Need:
    """What publish needs for the names in the config; all of it without a config."""
    from aovpn_remediate.graph.permissions import PUBLISH, need_of
    from aovpn_remediate.resolve import references

    return PUBLISH if file is None else need_of(references(file.remediations), writes=True)


def _personal(device_code: bool, auth: str, configured: str) -> str:
    """The method of a person: the one asked for, or else the browser."""
    from aovpn_remediate.graph.auth.choice import PERSONS

    if device_code:
        return "device-code"
    for method in (auth, configured):
        if method in PERSONS:
            return method
    return "browser"


def _show(found: SignInStatus, *, emit: Emit | None) -> None:
    from aovpn_remediate.display.sign_in_text import sign_in_json, sign_in_text

    if emit is not None:
        emit(sign_in_json(found))
    else:
        color = wants_color(sys.stdout)
        typer.echo(sign_in_text(found, color=color), color=color)
