"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigFile = Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="The config to read.")]
GraphUrl = Annotated[
    str | None,
    typer.Option(
        "--graph-url", metavar="URL", help="The service root, e.g. http://127.0.0.1:8765 of a simulator."
    ),
]
AllowDelete = Annotated[
    bool,
    typer.Option("--allow-delete", help="Delete owned packages that left the config; else they are a note."),
]
AllowAll = Annotated[
    bool, typer.Option("--allow-all", help="Let an assignment widen to all devices or all users.")
]
Adopt = Annotated[
    list[str] | None,
    typer.Option("--adopt", metavar="KEY", help="Take over the foreign package of this remediation's name."),
]
Diff = Annotated[bool, typer.Option("--diff", help="Show changed scripts as a unified diff.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON (docs/json.md) instead of text.")]

DEFAULT_CONFIG = Path("remediate.yaml")
