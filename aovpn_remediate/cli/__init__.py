"""The command line: options, printing and exit codes; decisions are made elsewhere.

Exit codes: 0 ok, 1 failed, 2 changes present (``plan --detailed-exitcode``), 3 partly published, 4 sign-in
needed or refused, 5 awaiting approval, 64 usage, 65 bad config, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from aovpn_remediate import __version__
from aovpn_remediate.cli import auth, doctor, local, pages, plan_files, prove, simulator, tenant
from aovpn_remediate.cli.group import Group
from aovpn_remediate.cli.terminal import echo_error, is_closed_pipe, prepare_streams
from aovpn_remediate.cli.usage import usage_text
from aovpn_remediate.errors import RemediateError, UsageError

INTERRUPTED = 130


app = typer.Typer(
    name="remediate",
    cls=Group,
    help="Render, prove, plan and publish Intune Remediations for Windows Always On VPN clients.",
    epilog="Example: remediate validate -c remediate.yaml. Every command has --help with an example.",
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    pretty_exceptions_enable=False,
)
local.add_commands(app)
prove.add_commands(app)
tenant.add_commands(app)
plan_files.add_commands(app)
auth.add_commands(app)
doctor.add_commands(app)
simulator.add_commands(app)
pages.add_commands(app)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"remediate {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Render, prove, plan and publish Intune Remediations for Windows Always On VPN clients."""


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; every error becomes text on stderr."""
    prepare_streams()
    if len(arguments) == 1 and arguments[0] in _groups():
        arguments = [*arguments, "--help"]
    try:
        code = int(app(args=list(arguments) or ["--help"], prog_name="remediate", standalone_mode=False) or 0)
    except Exception as error:
        return _explain(error, arguments)
    except KeyboardInterrupt:
        code = INTERRUPTED
    if code == INTERRUPTED:  # typer turns Ctrl-C into this code
        typer.echo("\ninterrupted; nothing was changed", err=True)
    return code


def _explain(error: Exception, arguments: Sequence[str]) -> int:
    """Print the error on stderr and return the exit code."""
    match error:
        case RemediateError():
            echo_error(error)
            return error.exit_code
        case typer.Abort():
            typer.echo("\ninterrupted; nothing was changed", err=True)
            return INTERRUPTED
        case typer.TyperException():
            typer.echo(f"error: {usage_text(error, _command(arguments))}", err=True)
            return UsageError.exit_code if error.exit_code == 2 else error.exit_code
        case OSError() if is_closed_pipe(error):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        case OSError() if error.strerror:  # one of a library may have anything in its text
            reason = error.strerror.lower()
            typer.echo(f"error: {error.filename2 or error.filename or 'output'}: {reason}", err=True)
            return 1
    return _report_bug(error)


def _command(arguments: Sequence[str]) -> str:
    """The command that was called, as far as it exists."""
    known = _commands(app)
    for name, group in _groups().items():
        known |= {name} | {f"{name} {command}" for command in _commands(group)}
    for words in (arguments[:2], arguments[:1]):
        if " ".join(words) in known:
            return " ".join(words)
    return ""


def _commands(group: typer.Typer) -> set[str]:
    return {command.callback.__name__ for command in group.registered_commands if command.callback}


def _groups() -> dict[str, typer.Typer]:
    """The groups of commands, such as auth, by name."""
    found: dict[str, typer.Typer] = {}
    for group in app.registered_groups:
        if group.typer_instance is not None:
            found[str(group.name)] = group.typer_instance
    return found


def _report_bug(error: Exception) -> int:
    from aovpn_remediate.cli.bug_report import write_report

    typer.echo(
        f"error: a bug in remediate {__version__}: {type(error).__name__}; "
        f"details are in {write_report(error)}",
        err=True,
    )
    return 1
