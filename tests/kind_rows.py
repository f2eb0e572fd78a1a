"""The rows about the kinds in README and docs, made from their classes; ``make docs`` writes them."""

from __future__ import annotations

import re
from pathlib import Path

from aovpn_remediate.kinds import describe_kinds
from tests.golden_files import ROOT

_BETWEEN = re.compile(r"(<!-- kinds -->\n).*?(<!-- end of kinds -->\n)", re.DOTALL)


def readme_rows() -> str:
    """A table of all kinds with what each keeps correct."""
    rows = [
        f"| [`{one.kind}`](templates/ps1/kinds/{one.kind}/README.md) | {one.summary.removesuffix('.')} |"
        for one in describe_kinds()
    ]
    return "\n".join(["| kind | keeps correct |", "|---|---|", *rows]) + "\n"


def config_rows() -> str:
    """A list of the pages of all kinds."""
    pages = [f"- [{one.kind}](../templates/ps1/kinds/{one.kind}/README.md)" for one in describe_kinds()]
    return "\n".join(pages) + "\n"


ROWS = {"README.md": readme_rows, "docs/config.md": config_rows}
"""What stands between the marks of each page."""


def with_rows(name: str) -> str:
    """The text of a page with its rows as they have to be."""
    text = (ROOT / name).read_text(encoding="utf-8")
    new, count = _BETWEEN.subn(lambda found: found[1] + ROWS[name]() + found[2], text)
    if count != 1:
        raise ValueError(f"{name}: {count} places for the rows of the kinds, expected one")
    return new


def main() -> None:
    """Write them."""
    for name in ROWS:
        Path(ROOT / name).write_text(with_rows(name), encoding="utf-8")


if __name__ == "__main__":
    main()
