"""What scripts use of Windows PowerShell 5.1 and .NET Framework 4.8, seen by either parser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from tree_sitter import Node, Query, QueryCursor

from aovpn_remediate.client import PowerShell, empty_state
from aovpn_remediate.scripts.powershell51 import Call, Functions, read_calls, text
from aovpn_remediate.scripts.rules import parse
from aovpn_remediate.scripts.syntax import language
from tests.golden_files import ROOT, rendered

DOTNET = ROOT / "tests" / "dotnet48.json"
TEMPLATES = sorted((ROOT / "templates" / "ps1").rglob("*.ps1"))
STAND_INS = sorted((ROOT / "aovpn_remediate" / "client" / "windows").glob("*.ps1"))
MODULE = ROOT / "aovpn_remediate" / "client" / "stand_ins.ps1"
OWN_DOORS = {"Start-Client", "Stop-Client"}

ACCELERATORS = {
    "array": "System.Array", "bool": "System.Boolean", "hashtable": "System.Collections.Hashtable",
    "int": "System.Int32", "long": "System.Int64", "regex": "System.Text.RegularExpressions.Regex",
    "scriptblock": "System.Management.Automation.ScriptBlock",
    "pscustomobject": "System.Management.Automation.PSObject",
    "psobject": "System.Management.Automation.PSObject",
    "switch": "System.Management.Automation.SwitchParameter",
}  # fmt: skip
"""The short names of types in 5.1 that are not just ``System.`` left out."""

VALUE_TYPES = (
    "System.String", "System.Array", "System.Exception", "System.IO.FileStream", "System.Net.IPAddress",
    "System.DateTime", "System.Collections.Hashtable", "System.Collections.Specialized.OrderedDictionary",
    "System.Text.RegularExpressions.Match", "System.Text.RegularExpressions.MatchCollection",
    "System.Text.RegularExpressions.Group", "System.Text.Encoding", "System.Globalization.CultureInfo",
    "System.Globalization.TextInfo",
    "System.Management.Automation.ErrorRecord", "System.Management.Automation.EngineIntrinsics",
    "System.Management.Automation.SessionState", "System.Management.Automation.PSObject",
    "System.Management.Automation.PSPropertyInfo", "System.Security.AccessControl.FileSecurity",
)  # fmt: skip
"""The types that values in the templates have: an instance member must be one of theirs."""

WINDOWS_PROPERTIES = frozenset({
    "InterfaceAlias", "InterfaceIndex", "AddressFamily", "InterfaceMetric", "AutomaticMetric",  # MSFT_NetIPInterface
    "DestinationPrefix", "ProcessId", "CreationDate", "State", "LastBootUpTime", "PSPath", "Property",  # MSFT_NetRoute, Win32_*, the registry
    "PSObject",
})  # fmt: skip
"""Properties of what Windows' commands return; no table of .NET holds them."""


@dataclass(frozen=True, order=True)
class Member:
    """One use of a member of .NET; without a type it is an instance's, -1 arguments mean a property."""

    line: int
    type: str
    name: str
    arguments: int


@dataclass(frozen=True)
class Uses:
    """What one script uses."""

    functions: Functions
    calls: list[Call]
    types: list[tuple[int, str]]
    members: list[Member]


def scripts() -> dict[str, bytes]:
    """Every template part and every rendered script of the example."""
    parts = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in TEMPLATES}
    return parts | rendered()


def functions_of(paths: Iterable[Path]) -> dict[str, frozenset[str]]:
    """The functions that files define."""
    return {name: row for path in paths for name, row in tree_uses(path.read_bytes()).functions.items()}


def stand_ins() -> list[str]:
    """The Windows commands that have a stand-in in the simulated client."""
    exported = MODULE.read_text(encoding="ascii").partition("$commands = @(")[2].partition("ForEach")[0]
    return sorted(set(re.findall(r"'([A-Za-z]+-[A-Za-z]+)'", exported)) - OWN_DOORS)


def real_uses(shell: PowerShell, path: Path) -> Uses:
    """What the parser of PowerShell sees in a script."""
    environment = {"USES_OF": str(path)}
    run = shell.run(ROOT / "tests" / "ps1_uses.ps1", environment=environment, state=empty_state())
    assert run.errors == (), run.errors
    seen = json.loads(run.output[-1])
    calls = [Call(one["line"], one["command"], tuple(one["parameters"])) for one in seen["calls"]]
    types = [(one["line"], one["name"]) for one in seen["types"]]
    members = [Member(**one) for one in seen["members"]]
    functions = {name: frozenset(row) for name, row in seen["functions"].items()}
    return Uses(functions, sorted(calls), sorted(types), sorted(members))


@cache
def tree_uses(content: bytes) -> Uses:
    """What tree-sitter sees in a script."""
    root, seen = parse(content)
    calls, functions = read_calls(seen)
    pattern = (
        "(type_literal) @type (member_access) @member (invocation_expression) @member (command) @command"
    )
    found = QueryCursor(Query(language(), pattern)).captures(root)
    types = [(_line(one), text(one)[1:-1]) for one in found.get("type", [])]
    types += [made for one in found.get("command", []) for made in _made_types(one)]
    members = [_member(one) for one in found.get("member", [])]
    return Uses(functions, calls, sorted(types), sorted(members))


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _made_types(command: Node) -> Iterator[tuple[int, str]]:
    parts = [one for block in command.children if block.type == "command_elements" for one in block.children]
    parts = [one for one in parts if one.type != "command_argument_sep"]
    for parameter, value in pairwise(parts):
        if text(parameter).lower() == "-typename":
            yield _line(parameter), text(value).strip("'")


def _member(node: Node) -> Member:
    name = next(one for one in node.children if one.type == "member_name")
    holder = node.children[0]
    is_static = any(one.type == "::" for one in node.children)
    given = next(
        (one for one in (*node.children, _behind(node)) if one and one.type == "argument_list"), None
    )
    count = -1
    if given is not None:
        lists = [one for one in given.children if one.type == "argument_expression_list"]
        count = sum(one.type == "argument_expression" for part in lists for one in part.children)
    return Member(_line(name), text(holder)[1:-1] if is_static else "", text(name), count)


def _behind(node: Node) -> Node | None:
    """In a command's argument ``$a.B(1)`` tree-sitter puts the list of arguments behind the expression."""
    outer: Node | None = node
    while outer is not None and outer.parent is not None and outer.next_sibling is None:
        outer = outer.parent
    behind = outer.next_sibling if outer is not None else None
    return behind if behind is not None and behind.start_byte == node.end_byte else None


def full_name(name: str, known: Iterable[str]) -> str:
    """The name of a type as .NET knows it; empty for one that is not known."""
    plain = re.sub(r"\[,*\]$", "", name).lower()
    names = {one.lower(): one for one in known}
    return names.get(ACCELERATORS.get(plain, plain).lower()) or names.get(f"system.{plain}", "")


def unknown_dotnet(uses: Uses) -> Iterator[tuple[int, str]]:
    """Yield line and name of each type and member that is not in the table of .NET Framework 4.8."""
    table = json.loads(DOTNET.read_text(encoding="utf-8"))["types"]
    for line, name in uses.types:
        if name != "ordered" and not full_name(name, table):
            yield line, f"[{name}]"
    for member in uses.members:
        if member.type:
            rows = [table.get(full_name(member.type, table), {})]
            known = any(_has(row, "static_", member) for row in rows)
        else:
            known = member.name in WINDOWS_PROPERTIES or any(_has(row, "", member) for row in table.values())
        if not known:
            count = "" if member.arguments < 0 else f"({member.arguments})"
            yield member.line, f"{member.type}::{member.name}{count}"


def _has(row: dict[str, dict[str, list[int]] | list[str]], prefix: str, member: Member) -> bool:
    if member.arguments < 0:
        return member.name in row.get(f"{prefix}members", [])
    methods = row.get(f"{prefix}methods", {})
    return isinstance(methods, dict) and member.arguments in methods.get(member.name, [])
