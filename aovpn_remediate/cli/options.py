"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="The config to read.")]
GraphUrl = Annotated[
    str | None,
    typer.Option(
        "--graph-url",
        metavar="URL",
        help="The address of the Graph service, e.g. http://127.0.0.1:8765 of a simulator. "
        "Required until signing in works.",
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
Diff = Annotated[bool, typer.Option("--diff", help="Show changed scripts as a unified diff.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text; see remediate docs json.")]

DEFAULT_CONFIG = Path("remediate.yaml")
