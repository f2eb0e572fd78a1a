"""What every script must obey before it may reach a device: bytes, doors, and syntax of PowerShell 5.1.

Needs no PowerShell. The syntax tree is tree-sitter's; it is no proof (it accepts what is newer than 5.1,
so that is found by node and token), but it is there on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from aovpn_remediate.errors import RuleError
from aovpn_remediate.model import ScriptPackage
from aovpn_remediate.powershell51 import read_calls, unknown_names

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser, Query

SIZE_LIMIT = 200_000
"""Bytes; Intune documents 200 KB for scripts of its agent and shows a bare error far above it."""

_BOM = b"\xef\xbb\xbf"
_ODD_BYTE = re.compile(rb"[^\t\r\n -~]|\r(?!\n)")
_TEMPLATE_MARK = re.compile(r"\{\{|\{%|\{#|#%|%#")
_NEWER_NODES = {
    "ternary_expression": "the ternary operator ? :",
    "null_coalesce_expression": "the operator ??",
    "??=": "the operator ??=",
    "pipeline_chain_tail": "the operators && and ||",
    "clean": "a clean block",
}
_NEWER_TOKENS = {
    "command_name": (re.compile(r"0b[01]+", re.IGNORECASE), "a binary number"),
    "decimal_integer_literal": (re.compile(r"\d+(u|n|y|s|uy|us|ul)", re.IGNORECASE), "this number's suffix"),
    "escape_character": (re.compile(r"\s*`[eu].*", re.DOTALL), "the escapes `e and `u{}"),
}
_STRINGS = (
    "expandable_string_literal", "verbatim_string_characters", "expandable_here_string_literal",
    "verbatim_here_string_characters",
)  # fmt: skip
_EXPANDABLE_ESCAPE = re.compile(r"(?<!`)(?:``)*`(?:e|u\{)")


@dataclass(frozen=True, order=True)
class Problem:
    """One broken rule: which script, which line (from 1), why."""

    script: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.script}:{self.line}: {self.reason}"


def refuse_bad_scripts(packages: list[ScriptPackage]) -> None:
    """Raise one ``RuleError`` with every broken rule of all packages."""
    problems = [problem for package in packages for problem in check_package(package)]
    if problems:
        raise RuleError([str(problem) for problem in problems])


def check_package(package: ScriptPackage) -> list[Problem]:
    """Return every broken rule of a package's scripts."""
    problems = check_script(f"{package.key}/detect.ps1", package.detection, door="Complete-Detection")
    if package.remediation:
        script = f"{package.key}/remediate.ps1"
        problems += check_script(script, package.remediation, door="Complete-Remediation")
        problems += check_names(script, package.remediation)
    return problems + check_names(f"{package.key}/detect.ps1", package.detection)


def check_names(script: str, content: bytes) -> list[Problem]:
    """Return every command and parameter of a script of ours that Windows PowerShell 5.1 does not have."""
    found = unknown_names(*read_calls(*parse(content)))
    return sorted({Problem(script, line, reason) for line, reason in found})


def check_script(script: str, content: bytes, *, door: str) -> list[Problem]:
    """Return every broken rule of one script; ``door`` is the function that has to end it."""
    found = [*_check_bytes(content), *_check_syntax(content, door)]
    return sorted({Problem(script, line, reason) for line, reason in found})


def _check_bytes(content: bytes) -> Iterator[tuple[int, str]]:
    if content.startswith(_BOM):
        yield 1, "starts with a byte order mark; Intune's signature check refuses it"
    if len(content) > SIZE_LIMIT:
        yield 1, f"has {len(content):,} bytes; the limit is {SIZE_LIMIT:,}"
    if not content.endswith(b"\r\n") or content.endswith(b"\r\n\r\n"):
        yield content.count(b"\n") + 1, "does not end with exactly one line end"
    for odd in _ODD_BYTE.finditer(content.removeprefix(_BOM)):
        line = content.count(b"\n", 0, odd.start()) + 1
        yield line, "holds a character outside printable ASCII; 5.1 would read it in another code page"
    bare = re.search(rb"(?<!\r)\n", content)
    if bare:
        yield content.count(b"\n", 0, bare.start()) + 1, "ends with LF alone; scripts have CRLF line ends"


def _check_syntax(content: bytes, door: str) -> Iterator[tuple[int, str]]:
    code = content.removeprefix(_BOM)
    root, _ = parse(content)
    found = _captures(root)
    for node in found["broken"]:
        yield _line(node), "is no PowerShell that the parser understands"
    for node in found["newer"]:
        yield _line(node), f"uses {_NEWER_NODES[node.type]}, which Windows PowerShell 5.1 does not have"
    for node in found["token"] + found["string"]:
        yield from _newer_token(node)
    for node in found["pipe"]:
        if _starts_line(code, node):
            yield _line(node), "starts with a pipe, which Windows PowerShell 5.1 does not take"
    for node in found["exit"]:
        if _enclosing_function(node) != door:
            yield _line(node), f"leaves the script elsewhere than through {door}"
    yield from _check_door(root, door)
    yield from _template_marks(code, found["string"])


def _captures(root: Node) -> dict[str, list[Node]]:
    """The nodes that the rules look at, by the name that the query gives them."""
    from tree_sitter import QueryCursor

    names = ("broken", "newer", "token", "string", "pipe", "exit")
    return {name: [] for name in names} | QueryCursor(_query()).captures(root)


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _newer_token(node: Node) -> Iterator[tuple[int, str]]:
    text = (node.text or b"").decode("latin-1")
    token = _NEWER_TOKENS.get(node.type)
    if token and token[0].fullmatch(text):
        yield _line(node), f"uses {token[1]}, which Windows PowerShell 5.1 does not have"
    if node.type.startswith("expandable") and _EXPANDABLE_ESCAPE.search(text):
        yield _line(node), "uses the escapes `e and `u{}, which Windows PowerShell 5.1 does not have"


def _check_door(root: Node, door: str) -> Iterator[tuple[int, str]]:
    statements = [node for node in root.children if node.type == "statement_list"]
    last = statements[-1].children[-1] if statements and statements[-1].children else None
    text = (last.text or b"").decode("latin-1") if last else ""
    if text.split(maxsplit=1)[:1] != [door]:
        yield (last or root).start_point[0] + 1, f"does not end with {door}, the one door out of the script"


def _template_marks(content: bytes, strings: list[Node]) -> Iterator[tuple[int, str]]:
    blanked = bytearray(content)
    for string in strings:
        blank = re.sub(rb"[^\n]", b" ", content[string.start_byte : string.end_byte])
        blanked[string.start_byte : string.end_byte] = blank
    text = blanked.decode("latin-1")
    for match in _TEMPLATE_MARK.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, f"holds {match[0]!r}, a mark of the template"


def _starts_line(content: bytes, node: Node) -> bool:
    before = content[: node.start_byte]
    return not before[before.rfind(b"\n") + 1 :].strip()


def _enclosing_function(node: Node) -> str:
    parent = node.parent
    while parent is not None and parent.type != "function_statement":
        parent = parent.parent
    names = parent.children if parent is not None else []
    return next(((n.text or b"").decode("latin-1") for n in names if n.type == "function_name"), "")


@lru_cache(maxsize=4)
def parse(content: bytes) -> tuple[Node, Language]:
    """Return tree-sitter's tree of a script, and the language for queries on it."""
    return _parser().parse(content.removeprefix(_BOM)).root_node, _language()


@cache
def _language() -> Language:
    import tree_sitter_pwsh
    from tree_sitter import Language

    return Language(tree_sitter_pwsh.language())


@cache
def _parser() -> Parser:
    from tree_sitter import Parser

    return Parser(_language())


@cache
def _query() -> Query:
    from tree_sitter import Query

    newer = " ".join(
        f"({name})" if name.isidentifier() and "_" in name else f'"{name}"' for name in _NEWER_NODES
    )
    tokens = " ".join(f"({name})" for name in _NEWER_TOKENS)
    strings = " ".join(f"({name})" for name in _STRINGS)
    pattern = f"""
        [(ERROR) (MISSING)] @broken  [{newer}] @newer  [{tokens}] @token  [{strings}] @string
        "|" @pipe  "exit" @exit
    """
    return Query(_language(), pattern)
