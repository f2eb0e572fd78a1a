"""The commands of Windows PowerShell 5.1 and their parameters, and what of a script is not among them.

``powershell51.json`` holds the rows that the scripts and the simulated client use (``make tables``; from
PowerShell/PSScriptAnalyzer, desktop-5.1.14393.206-windows.json). A name that is missing there ends a script
on the device only when its line is reached, so it is found here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

TABLE = Path(__file__).parent / "powershell51.json"
QUERY = "(command) @command (function_statement) @function (assignment_expression) @assignment"
"""What ``read_calls`` needs to be found in the tree of a script."""

_INDEX = re.compile(r"(\$\w+)\[['\"](\w+)['\"]\]")


@dataclass(frozen=True, order=True)
class Call:
    """One call of a command by name; a parameter ``@table`` is a splat whose keys cannot be seen."""

    line: int
    command: str
    parameters: tuple[str, ...]


Functions = Mapping[str, frozenset[str]]
"""The parameters of the functions that a script defines, by lower-case names."""


@cache
def commands() -> Mapping[str, frozenset[str]]:
    """Return the known commands of Windows and their parameters, in lower case."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    common = table["common"]
    return {name.lower(): lower([*row, *common]) for name, row in table["commands"].items()}


def lower(names: Iterable[str]) -> frozenset[str]:
    """Return names as PowerShell compares them."""
    return frozenset(name.lower() for name in names)


def unknown_names(calls: Iterable[Call], functions: Functions) -> Iterator[tuple[int, str, str]]:
    """Yield line, code and reason of each command and parameter that 5.1 does not have."""
    for call in calls:
        name = call.command.lower()
        allowed = functions.get(name, commands().get(name))
        if allowed is None:
            reason = f"calls {call.command}, which is not a known command of Windows PowerShell 5.1"
            yield call.line, "rules/unknown-command", reason
        else:
            yield from _unknown_parameters(call, allowed)


def _unknown_parameters(call: Call, allowed: frozenset[str]) -> Iterator[tuple[int, str, str]]:
    for parameter in call.parameters:
        if parameter.startswith("@"):
            reason = f"calls {call.command} with the splat {parameter}, whose keys cannot be determined"
            yield call.line, "rules/unknown-splat", reason
        elif parameter.lower() not in allowed:
            reason = (
                f"calls {call.command} with the parameter -{parameter}, which it does not have in Windows "
                "PowerShell 5.1"
            )
            yield call.line, "rules/unknown-parameter", reason


def read_calls(found: Mapping[str, list[Node]]) -> tuple[list[Call], Functions]:
    """Return every call of a script and the functions that it defines, from what ``QUERY`` found in it."""
    functions = dict(map(_function, found["function"]))
    tables: dict[tuple[int, str], set[str]] = {}
    for node in found["assignment"]:
        for variable, key in _keys(node):
            tables.setdefault((_scope(node), variable.lower()), set()).add(key)
    calls: list[Call] = []
    for node in found["command"]:
        if _name(node):
            calls.append(_call(node, tables))
    return sorted(calls), functions


def _function(node: Node) -> tuple[str, frozenset[str]]:
    (name,) = _below(node, "function_name")
    variables = _below(node, "script_block", "param_block", "parameter_list", "script_parameter", "variable")
    return text(name).lower(), lower(text(variable)[1:] for variable in variables)


def _below(node: Node, *types: str) -> list[Node]:
    """The nodes that are reached from a node by children of these types, one type after the other."""
    found = [node]
    for kind in types:
        children: list[Node] = []
        for parent in found:
            children += [child for child in parent.children if child.type == kind]
        found = children
    return found


def _keys(assignment: Node) -> Iterator[tuple[str, str]]:
    """The keys that ``$table = @{ ... }`` or ``$table['key'] = ...`` gives a table."""
    target = text(assignment.children[0])
    index = _INDEX.fullmatch(target)
    if index:
        yield index[1], index[2]
    value = assignment.children[-1]
    while value.child_count == 1:
        value = value.children[0]
    if value.type == "hash_literal_expression":
        for entry in _below(value, "hash_literal_body", "hash_entry"):
            yield target, text(entry.children[0]).strip("'\"")


def _call(node: Node, tables: Mapping[tuple[int, str], set[str]]) -> Call:
    parameters: list[str] = []
    parts: list[Node] = []
    for elements in _below(node, "command_elements"):
        parts += elements.children
    for part in parts:
        word = text(part)
        if part.type == "command_parameter":
            parameters.append(word[1:].rstrip(":"))
        elif word.startswith("@") and word[1:].isidentifier():
            keys = tables.get((_scope(node), "$" + word[1:].lower()))
            parameters += sorted(keys) if keys is not None else [word]
    return Call(node.start_point[0] + 1, _name(node), tuple(parameters))


def _name(command: Node) -> str:
    names = _below(command, "command_name")
    return text(names[0]) if names else ""


def _scope(node: Node) -> int:
    """Where the function that contains a node begins."""
    parent = node.parent
    while parent is not None and parent.type != "function_statement":
        parent = parent.parent
    return parent.start_byte if parent is not None else -1


def text(node: Node) -> str:
    """Return a node's source text."""
    return (node.text or b"").decode("latin-1")
