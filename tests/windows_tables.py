"""Cut the rows that we use from the tables of Windows PowerShell 5.1 and .NET Framework 4.8: ``make tables``.

    python -m tests.windows_tables COMMANDS.json MEMBERS.json

COMMANDS.json: ``{"source", "modules": {name: {"commands": {command: syntax}}}}``, the syntax as ``Get-Command
-Syntax`` prints it. MEMBERS.json: ``{type: {"base", "members", "methods", "static_members",
"static_methods"}}``, methods with the numbers of their arguments. Facts only.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from aovpn_remediate.scripts.powershell51 import TABLE
from tests.windows_names import DOTNET, VALUE_TYPES, full_name, functions_of, scripts, stand_ins, tree_uses
from tests.windows_names import TEMPLATES as PARTS

COMMON = (
    "Debug", "ErrorAction", "ErrorVariable", "InformationAction", "InformationVariable", "OutBuffer",
    "OutVariable", "PipelineVariable", "Verbose", "WarningAction", "WarningVariable",
)  # fmt: skip
DYNAMIC = {"Set-ItemProperty": ["Type"]}
"""Parameters that a provider adds, here that of the registry; no syntax shows them."""

Table = dict[str, Any]


def main() -> None:
    """Write both files."""
    commands, members = (json.loads(Path(one).read_text(encoding="utf-8")) for one in sys.argv[1:3])
    _write(TABLE, {"source": commands["source"], "common": COMMON, "commands": command_rows(commands)})
    source = "Public members of .NET Framework 4.8, those of the bases among them; facts only"
    _write(DOTNET, {"source": source, "types": type_rows(members)})


def used_commands() -> set[str]:
    """The Windows commands that the scripts call or that have a stand-in."""
    own = functions_of(PARTS)
    called = {call.command for content in scripts().values() for call in tree_uses(content).calls}
    return {name for name in called if name.lower() not in own} | set(stand_ins())


def command_rows(table: Table) -> dict[str, list[str]]:
    """The parameters of each used command; a command that the table does not have ends the run."""
    known = {name: text for module in table["modules"].values() for name, text in module["commands"].items()}
    missing = sorted(used_commands() - set(known))
    if missing:
        sys.exit(f"no command of Windows PowerShell 5.1: {', '.join(missing)}")
    return {name: _parameters(name, known[name]) for name in sorted(used_commands())}


def _parameters(name: str, syntax: str) -> list[str]:
    return sorted({*re.findall(r"(?<![^\s\[])-([A-Za-z]\w*)", syntax), *DYNAMIC.get(name, [])})


def used_types() -> set[str]:
    """The types that the scripts name."""
    return {name for content in scripts().values() for _, name in tree_uses(content).types} - {"ordered"}


def type_rows(table: Table) -> dict[str, Table]:
    """The members of each used type; a type that the table does not have ends the run."""
    missing = sorted(name for name in used_types() if not full_name(name, table))
    if missing:
        sys.exit(f"no type of .NET Framework 4.8: {', '.join(missing)}")
    names = sorted({full_name(name, table) for name in used_types()} | set(VALUE_TYPES))
    return {name: _merged(table, name) for name in names}


def _merged(table: Table, name: str) -> Table:
    """A type's row with the members of its bases; ``System.Object`` is everybody's."""
    row = table[name]
    base = row.get("base") or ("System.Object" if name != "System.Object" else "")
    above = _merged(table, base) if base in table else {}
    merged: Table = {}
    for part in ("members", "static_members"):
        merged[part] = sorted({*above.get(part, []), *row.get(part, [])})
    for part in ("methods", "static_methods"):
        methods = {**above.get(part, {}), **row.get(part, {})}
        inherited = above.get(part, {}) if part == "methods" else {}
        counts = {one: sorted({*methods[one], *inherited.get(one, [])}) for one in sorted(methods)}
        merged[part] = counts
    return {part: value for part, value in merged.items() if value}


def _write(path: Path, content: Table) -> None:
    """One row a line, so that a change is read as one."""
    rows = next(key for key in ("commands", "types") if key in content)
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items() if key != rows]
    body = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in content[rows].items())
    path.write_text("{\n" + ",\n".join([*lines, f'"{rows}": {{\n{body}\n}}']) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
