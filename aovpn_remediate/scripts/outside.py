"""What of a user's own script reaches past the simulated client, found in its tree.

Cmdlets are led to the client when they run; .NET, a few variables and redirections cannot be.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from aovpn_remediate.scripts.powershell51 import text
from aovpn_remediate.scripts.rules import parse
from aovpn_remediate.scripts.syntax import language

if TYPE_CHECKING:
    from tree_sitter import Node, Query

_DRIVE_PATH = re.compile(r"""\s*\(?['"]?[a-z]:[\\/]""", re.IGNORECASE)
_HOME = re.compile(r"\$\{?((global|script|local|variable):)?home\}?", re.IGNORECASE)
_FILE_TYPE = re.compile(r"\[?(System\.)?(IO\.(?!Path\b)|Xml\.|Diagnostics\.)\w+.*", re.IGNORECASE)
_FILE_METHODS = ("load", "save", "copyto", "moveto", "createsubdirectory", "loadfrom", "loadfile")
_CONTENT_METHODS = ("write", "append")
"""Only the first argument of these is a path."""
_ENVIRONMENT = re.compile(r"\[(System\.)?Environment\]", re.IGNORECASE)
_VARIABLES = {"setenvironmentvariable": 3, "getenvironmentvariable": 2, "getenvironmentvariables": 1}
"""From how many arguments on the last one says whose variables are meant (.NET, Environment)."""
_STRINGS = ("string_literal", "generic_token")

_ADVICE = "use $env:ProgramData, $env:windir or a cmdlet such as Get-Content"
_LITERAL = f"a .NET call names a path with a drive, which is a file of this computer; {_ADVICE}"
_COMPUTED = f"a .NET call may get a path with a drive, which is a file of this computer; {_ADVICE}"
_FOLDER = "[Environment]::GetFolderPath finds folders of this computer; use $env:ProgramData or $env:APPDATA"
_MACHINE = "variables of the machine or of a user are not simulated; use $env: or the registry"
_HOME_TEXT = "$HOME is a folder of this computer; use $env:USERPROFILE"
_REDIRECTED = "a redirection writes a file of this computer; use Set-Content or Out-File"


class Reach(NamedTuple):
    """A place of a script, by its line from 1, that reaches past the client; a warning where it may do so."""

    line: int
    text: str
    is_warning: bool = False


@lru_cache(maxsize=64)
def reaches(script: bytes, *, is_windows: bool = sys.platform == "win32") -> tuple[Reach, ...]:
    """Return what of a script reaches past the client, in the order of its lines."""
    from tree_sitter import QueryCursor

    found = QueryCursor(_query()).captures(parse(script)[0])
    paths = _path_variables(found.get("assignment", []))
    places: set[Reach] = set()
    for node in found.get("call", []):
        places |= set(_called(node, paths))
    for node in found.get("command", []):
        places |= set(_made(node, paths))
    for node in found.get("cast", []):
        places |= set(_cast(node))
    for node in found.get("variable", []):
        if _HOME.fullmatch(text(node)):
            places.add(_reach(node, _HOME_TEXT))
    for node in found.get("redirected", []):
        if is_windows and _DRIVE_PATH.match(text(node)):
            places.add(_reach(node, _REDIRECTED))
    return tuple(sorted(places))


def _reach(node: Node, why: str, *, is_warning: bool = False) -> Reach:
    return Reach(node.start_point[0] + 1, why, is_warning)


def _called(call: Node, paths: frozenset[str]) -> Iterator[Reach]:
    """A method that opens files and gets a path, or one of [Environment] that asks this computer."""
    owner, name = text(call.children[0]), _member(call)
    arguments = list(_below(call, "argument_expression"))
    if _ENVIRONMENT.fullmatch(owner):
        if name == "getfolderpath":
            yield _reach(call, _FOLDER)
        is_of_process = bool(arguments) and "process" in text(arguments[-1]).lower()
        if len(arguments) >= _VARIABLES.get(name, 99) and not is_of_process:
            yield _reach(call, _MACHINE)
    if _FILE_TYPE.fullmatch(owner) or name in _FILE_METHODS:
        named = arguments[:1] if name.startswith(_CONTENT_METHODS) else arguments
        yield from _paths(call, named, paths)


def _made(command: Node, paths: frozenset[str]) -> Iterator[Reach]:
    """New-Object of a type that opens files."""
    words = [one for one in _below(command, "command_elements", depth=1) for one in one.children]
    is_made = text(command).lower().startswith("new-object")
    if is_made and any(_FILE_TYPE.fullmatch(text(word).strip("'\"")) for word in words):
        yield from _paths(command, words, paths)


def _cast(cast: Node) -> Iterator[Reach]:
    """A text that is cast to a file or a folder."""
    if _FILE_TYPE.match(text(cast)) and _DRIVE_PATH.match(text(cast).partition("]")[2]):
        yield _reach(cast, _LITERAL)


def _paths(node: Node, arguments: Iterable[Node], paths: frozenset[str]) -> Iterator[Reach]:
    """A literal path among the arguments of a .NET call, or one that may be a path."""
    for one in arguments:
        if _DRIVE_PATH.match(text(one)):
            yield _reach(node, _LITERAL)
        elif _holds_path(one, paths):
            yield _reach(node, _COMPUTED, is_warning=True)


def _holds_path(node: Node, paths: frozenset[str]) -> bool:
    """Whether an expression has a path with a drive in it, or a variable with one."""
    if node.type == "variable":
        return text(node).lower() in paths
    if node.type in _STRINGS and _DRIVE_PATH.match(text(node)):
        return True
    return any(_holds_path(child, paths) for child in node.children)


def _path_variables(assignments: Iterable[Node]) -> frozenset[str]:
    """The variables that get a path with a drive, also by another variable."""
    paths: frozenset[str] = frozenset()
    while True:
        more = set(paths)
        for node in assignments:
            if _holds_path(node.children[-1], paths):
                more.add(text(node.children[0]).lower())
        if more == paths:
            return paths
        paths = frozenset(more)


def _member(call: Node) -> str:
    names = list(_below(call, "member_name", depth=1))
    return text(names[0]).lower() if names else ""


def _below(node: Node, kind: str, *, depth: int = 4) -> Iterator[Node]:
    """The nodes of a type below a node, without what is below those."""
    for child in node.children:
        if child.type == kind:
            yield child
        elif depth > 1:
            yield from _below(child, kind, depth=depth - 1)


@cache
def _query() -> Query:
    from tree_sitter import Query

    pattern = """
        (invocation_expression) @call  (command) @command  (cast_expression) @cast  (variable) @variable
        (redirected_file_name) @redirected  (assignment_expression) @assignment
    """
    return Query(language(), pattern)
