"""What every script must obey before it may reach a device: bytes, doors, and syntax of PowerShell 5.1.

Of a user's own script, what would fail on a device is an error; what is merely our habit is a warning.

Needs no PowerShell. The syntax tree is tree-sitter's; it is no proof (it accepts what is newer than 5.1,
so that is found by node and token), but it is there on every machine.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from aovpn_remediate.errors import RuleError
from aovpn_remediate.model import OwnPair, ScriptPackage
from aovpn_remediate.scripts.powershell51 import QUERY, read_calls, unknown_names
from aovpn_remediate.scripts.syntax import broken_nodes, language, read_tree

if TYPE_CHECKING:
    from tree_sitter import Node, Query

SIZE_LIMIT = 200_000
"""Bytes; Intune documents 200 KB for scripts of its agent and shows a bare error far above it."""

_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_ASCII = (
    "holds a character outside printable ASCII; 5.1 would read it in another code page, "
    "so write a code such as [char] 0x00FC"
)
_ODD_BYTE = re.compile(rb"[^\t\r\n -~]")
_ONE_LINE_END = re.compile(rb"[^\r\n]\r?\n\Z")
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
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.script}:{self.line}: {self.reason}"


Ask = Callable[[bytes], list[tuple[int, str]] | None]
"""Asks PowerShell itself what is no PowerShell in a script, by line; nothing where there is none to ask."""


def refuse_bad_scripts(
    packages: list[ScriptPackage], own: Mapping[str, OwnPair | None] = {}, ask: Ask = lambda _: None
) -> list[Problem]:
    """Return the warnings, or raise one ``RuleError`` with every broken rule of all packages.

    ``own`` holds the pairs that are the user's own, by key. ``ask`` is asked about those that tree-sitter
    does not understand.
    """
    problems = [one for package in packages for one in check_package(package, own.get(package.key), ask)]
    errors = [str(problem) for problem in problems if not problem.is_warning]
    if errors:
        raise RuleError(errors)
    return problems


def check_package(
    package: ScriptPackage, own: OwnPair | None = None, ask: Ask = lambda _: None
) -> list[Problem]:
    """Return every broken rule of a package's scripts; ``own`` are the files that they come from."""
    if own is not None:
        problems = check_own_script(str(own.detection.path), package.detection, is_detection=True, ask=ask)
        if own.remediation and package.remediation:
            path = str(own.remediation.path)
            problems += check_own_script(path, package.remediation, is_detection=False, ask=ask)
        return problems
    problems = check_script(f"{package.key}/detect.ps1", package.detection, door="Complete-Detection")
    if package.remediation:
        script = f"{package.key}/remediate.ps1"
        problems += check_script(script, package.remediation, door="Complete-Remediation")
        problems += check_names(script, package.remediation)
    return problems + check_names(f"{package.key}/detect.ps1", package.detection)


def check_names(script: str, content: bytes) -> list[Problem]:
    """Return every command and parameter of a script of ours that Windows PowerShell 5.1 does not have."""
    _, found = parse(content)
    reasons = unknown_names(*read_calls(found))
    return sorted({Problem(script, line, reason) for line, reason in reasons})


def check_script(script: str, content: bytes, *, door: str) -> list[Problem]:
    """Return every broken rule of one script; ``door`` is the function that has to end it."""
    root, found = parse(content)
    reasons = [
        *_check_bytes(content), *_check_lines(content), *_check_syntax(content, found),
        *_check_door(root, found["exit"], door), *_template_marks(content, found["string"]),
    ]  # fmt: skip
    return sorted({Problem(script, line, reason) for line, reason in reasons})


def check_own_script(
    script: str, content: bytes, *, is_detection: bool, ask: Ask = lambda _: None
) -> list[Problem]:
    """Return what is wrong with a script that a user wrote, and as warnings what we would do otherwise."""
    if content.startswith(_UTF_16):
        return [Problem(script, 1, "is UTF-16; save it as plain ASCII")]
    _, found = parse(content)
    broken = ask(content) if found["broken"] else None
    if broken is not None:
        found = defaultdict(list, {**found, "broken": []})
    errors = [*_check_bytes(content), *_check_syntax(content, found), *(broken or ())]
    if is_detection and not found["exit"] and not (found["broken"] or broken):
        errors.append((1, "has no exit; end it with exit 1, which starts the repair, or exit 0"))
    habits = [
        *_check_lines(content), *_check_exits(found["exit"]), *_template_marks(content, found["string"])
    ]  # fmt: skip
    problems = {Problem(script, line, reason) for line, reason in errors}
    return sorted(problems | {Problem(script, line, reason, is_warning=True) for line, reason in habits})


def _check_bytes(content: bytes) -> Iterator[tuple[int, str]]:
    if content.startswith(_BOM):
        yield 1, "starts with a byte order mark; Intune's signature check refuses it"
    if len(content) > SIZE_LIMIT:
        yield 1, f"has {len(content):,} bytes; the limit is {SIZE_LIMIT:,}"
    code = content.removeprefix(_BOM)
    for odd in _ODD_BYTE.finditer(code):
        line = code.count(b"\n", 0, odd.start()) + 1
        yield line, _NOT_ASCII


def _check_lines(content: bytes) -> Iterator[tuple[int, str]]:
    if not _ONE_LINE_END.search(content[-3:]):
        yield content.count(b"\n") + 1, "does not end with exactly one line end"
    bare = content.replace(b"\r\n", b"  ")
    for name, mark in (("LF", b"\n"), ("CR", b"\r")):
        if mark in bare:
            line = content.count(b"\n", 0, bare.index(mark)) + 1
            yield line, f"ends with {name} alone; scripts have CRLF line ends"


def _check_syntax(content: bytes, found: Mapping[str, list[Node]]) -> Iterator[tuple[int, str]]:
    for node in found["broken"]:
        yield (
            _line(node),
            "is no PowerShell that the parser understands",
        )
    for node in found["try"]:
        if not {"catch_clauses", "finally_clause"} & {child.type for child in node.children}:
            yield _line(node), "has a try without catch or finally, which no PowerShell takes"
    for node in found["newer"]:
        yield _line(node), f"uses {_NEWER_NODES[node.type]}, which Windows PowerShell 5.1 does not have"
    for node in found["token"] + found["string"]:
        yield from _newer_token(node)
    for node in found["pipe"]:
        if _starts_line(content.removeprefix(_BOM), node):
            yield _line(node), "starts with a pipe, which Windows PowerShell 5.1 does not take"


def _line(node: Node) -> int:
    return node.start_point[0] + 1


def _newer_token(node: Node) -> Iterator[tuple[int, str]]:
    text = (node.text or b"").decode("latin-1")
    token = _NEWER_TOKENS.get(node.type)
    if token and token[0].fullmatch(text):
        yield _line(node), f"uses {token[1]}, which Windows PowerShell 5.1 does not have"
    if node.type.startswith("expandable") and _EXPANDABLE_ESCAPE.search(text):
        yield _line(node), "uses the escapes `e and `u{}, which Windows PowerShell 5.1 does not have"


def _check_exits(exits: list[Node]) -> Iterator[tuple[int, str]]:
    if len(exits) > 1:
        line = min(_line(node) for node in exits)
        yield line, f"is left in {len(exits)} places; one exit at the end is easier to trust"


def _check_door(root: Node, exits: list[Node], door: str) -> Iterator[tuple[int, str]]:
    for node in exits:
        if _enclosing_function(node) != door:
            yield _line(node), f"leaves the script elsewhere than through {door}"
    statements = [node for node in root.children if node.type == "statement_list"]
    last = statements[-1].children[-1] if statements and statements[-1].children else None
    text = (last.text or b"").decode("latin-1") if last else ""
    if text.split(maxsplit=1)[:1] != [door]:
        yield (last or root).start_point[0] + 1, f"does not end with {door}, the one door out of the script"


def _template_marks(content: bytes, strings: list[Node]) -> Iterator[tuple[int, str]]:
    code = content.removeprefix(_BOM)
    if not _TEMPLATE_MARK.search(code.decode("latin-1")):
        return
    blanked = bytearray(code)
    for string in strings:
        blank = re.sub(rb"[^\n]", b" ", blanked[string.start_byte : string.end_byte])
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
def parse(content: bytes) -> tuple[Node, Mapping[str, list[Node]]]:
    """Return the tree of a script, and what the rules look at by its name in the query."""
    from tree_sitter import QueryCursor

    root = read_tree(content.removeprefix(_BOM))
    found = QueryCursor(_query()).captures(root)
    return root, defaultdict(list, found | {"broken": broken_nodes(root)})


@cache
def _query() -> Query:
    from tree_sitter import Query

    newer = " ".join(
        f"({name})" if name.isidentifier() and "_" in name else f'"{name}"' for name in _NEWER_NODES
    )
    tokens = " ".join(f"({name})" for name in _NEWER_TOKENS)
    strings = " ".join(f"({name})" for name in _STRINGS)
    pattern = f"""
        [{newer}] @newer  [{tokens}] @token  [{strings}] @string
        "|" @pipe  "exit" @exit  (try_statement) @try  {QUERY}
    """
    return Query(language(), pattern)
