"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        envvar="REMEDIATE_CONFIG",
        help="The config to read; - reads the standard input.",
    ),
]
Keys = Annotated[
    list[str] | None,
    typer.Argument(metavar="KEY", help="Only these remediations of the config.", show_default=False),
]
Tenants = Annotated[
    list[str] | None,
    typer.Option(
        "--tenant",
        metavar="NAME",
        envvar="REMEDIATE_TENANT",
        help="A tenant of the config; may be repeated. Without tenants: in the config, its id or domain.",
    ),
]
AllTenants = Annotated[bool, typer.Option("--all-tenants", help="Every tenant of the config.")]
Auth = Annotated[
    str,
    typer.Option(
        "--auth",
        metavar="METHOD",
        envvar="REMEDIATE_AUTH",
        help="How to sign in: auto, browser, device-code, secret, certificate, workload-identity, "
        "azure-pipelines, github, assertion, managed-identity, azure-cli or broker.",
    ),
]
CloudName = Annotated[
    str,
    typer.Option(
        "--cloud",
        metavar="NAME",
        envvar="REMEDIATE_CLOUD",
        help="Microsoft's cloud: public, usgov, usgov-dod or china.",
    ),
]
NoInput = Annotated[bool, typer.Option("--no-input", help="Ask nothing, and open no browser.")]
GraphUrl = Annotated[
    str | None,
    typer.Option(
        "--graph-url",
        metavar="URL",
        help="The address of Graph, only for a simulator: http://127.0.0.1:8765.",
    ),
]
AllowDelete = Annotated[
    bool,
    typer.Option(
        "--allow-delete",
        help="Delete packages with this config's marker whose key is no longer in the config.",
    ),
]
AllowDeleteInPlan = Annotated[
    bool,
    typer.Option(
        "--allow-delete",
        help="Plan to delete packages with this config's marker whose key is no longer in the config.",
    ),
]
AllowMassDelete = Annotated[
    bool,
    typer.Option(
        "--allow-mass-delete",
        help="With --allow-delete: allow to delete more than a third of this config's packages.",
    ),
]
AllowAll = Annotated[bool, typer.Option("--allow-all", help="Allow assignments to all devices or all users.")]
Adopt = Annotated[
    list[str] | None,
    typer.Option(
        "--adopt",
        metavar="KEY",
        help="Take over the foreign package that has the name of the remediation KEY; "
        "see remediate docs ownership.",
    ),
]
PatienceSeconds = Annotated[
    float,
    typer.Option(
        "--patience",
        metavar="SECONDS",
        min=0,
        max=3600,
        help="How long a request is tried while the service is busy or does not answer.",
    ),
]
Log = Annotated[
    Path | None,
    typer.Option(
        "--log",
        metavar="FILE",
        help="Write a line for each request to this file; see remediate docs requests.",
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show a line for each request on stderr.")]
Diff = Annotated[bool, typer.Option("--diff", help="Show changed scripts as a unified diff.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text; see remediate docs json.")]

PATIENCE = 60.0
DEFAULT_CONFIG = Path("remediate.yaml")
