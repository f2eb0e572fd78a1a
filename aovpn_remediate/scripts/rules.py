"""The rules that every script must follow before it may reach a device: bytes, its end, syntax of 5.1.

Needs no PowerShell. The syntax tree is tree-sitter's; it is not a proof (it accepts what is newer than 5.1,
so the rules look for that by node and token), but it is there on every machine.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from aovpn_remediate.problems import Problem
from aovpn_remediate.scripts.powershell51 import QUERY, read_calls, unknown_names
from aovpn_remediate.scripts.shapes import SETTINGS, SIZE_LIMIT
from aovpn_remediate.scripts.syntax import broken_nodes, language, syntax_tree

if TYPE_CHECKING:
    from tree_sitter import Node, Query

BOM = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8."""
_NOT_ASCII = "column {}: Windows PowerShell 5.1 reads {} in the device's code page; write it as a code: {}"
_BYTE_ORDER_MARK = "starts with a byte order mark, which Intune's signature check refuses; save it without"
_LEADING_PIPE = "starts with a pipe, which Windows PowerShell 5.1 does not accept; put it on the line before"
_ODD_CHARACTER = re.compile(r"[^\t\r\n -~]")
_ODD_IN_UTF_8 = re.compile(r"[^\t\r\n -~\u00a0-\ud7ff\ue000-\U0010ffff]")
"""Windows PowerShell 5.1 reads a script with a byte order mark as UTF-8."""
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


class BrokenRule(NamedTuple):
    """One broken rule of a script: its line (from 1), the code of the problem, and why."""

    line: int
    code: str
    text: str


def check_names(script: str, content: bytes) -> list[Problem]:
    """Return every command and parameter of a rendered script that Windows PowerShell 5.1 does not have."""
    _, found = parse(content)
    broken = [BrokenRule(*name) for name in unknown_names(*read_calls(found))]
    return as_problems(script, broken)


def check_script(script: str, content: bytes, *, door: str) -> list[Problem]:
    """Return every broken rule of one script; ``door`` is the function that must end it."""
    root, found = parse(content)
    broken = [
        *check_bytes(content), *check_lines(content), *check_syntax(content, found),
        *_check_end(root, found["exit"], door), *template_marks(content, found["string"]),
    ]  # fmt: skip
    return as_problems(script, broken)


@lru_cache(maxsize=64)
def shape_obeys(shape: bytes, door: str) -> bool:
    """Return whether a shape breaks no rule, and its settings are assigned at the top of the script."""
    _, found = parse(shape)
    place = shape.find(SETTINGS)
    is_assigned = any(node.start_byte == place and _is_at_top(node) for node in found["assignment"])
    return is_assigned and not (check_script("", shape, door=door) or check_names("", shape))


def _is_at_top(node: Node) -> bool:
    parents: list[str] = []
    parent = node.parent
    while parent is not None:
        parents.append(parent.type)
        parent = parent.parent
    return parents == ["pipeline", "statement_list", "program"]


def as_problems(script: str, broken: Iterable[BrokenRule], *, is_warning: bool = False) -> list[Problem]:
    """Return the broken rules of a script as problems in the order of its lines, each once."""
    found = {Problem(script, rule.line, 0, rule.text, rule.code, is_warning) for rule in broken}
    return sorted(found)


def check_bytes(content: bytes, *, is_utf_8: bool = False) -> Iterator[BrokenRule]:
    """Yield what is wrong with the bytes of a script: its mark, its size, its characters."""
    if content.startswith(BOM):
        yield BrokenRule(1, "rules/byte-order-mark", _BYTE_ORDER_MARK)
    if len(content) > SIZE_LIMIT:
        text = f"has {len(content):,} bytes; the limit is {SIZE_LIMIT:,}"
        yield BrokenRule(1, "rules/too-large", text)
    lines = content.removeprefix(BOM).decode("utf-8", "surrogateescape").split("\n")
    for number, line in enumerate(lines, 1):
        odd = (_ODD_IN_UTF_8 if is_utf_8 else _ODD_CHARACTER).search(line)
        if odd:
            text = _NOT_ASCII.format(odd.start() + 1, *_character_and_code(odd[0]))
            yield BrokenRule(number, "rules/not-ascii", text)


def _character_and_code(character: str) -> tuple[str, str]:
    """A character as a message names it, and how to write it in a script; a byte if it is not UTF-8."""
    point = ord(character)
    if 0xDC80 <= point <= 0xDCFF:  # what Python makes of a byte that is not UTF-8
        return f"the byte 0x{point - 0xDC00:02X}", "e.g. [char] 0x00FC"
    if point > 0xFFFF:
        return f"U+{point:04X}", f"[char]::ConvertFromUtf32(0x{point:X})"
    return f"U+{point:04X}", f"[char] 0x{point:04X}"


def check_lines(content: bytes) -> Iterator[BrokenRule]:
    """Yield line ends that are not ours."""
    if not _ONE_LINE_END.search(content[-3:]):
        line = content.count(b"\n") + 1
        yield BrokenRule(line, "rules/last-line", "does not end with exactly one line break")
    bare = content.replace(b"\r\n", b"  ")
    for name, mark in (("LF", b"\n"), ("CR", b"\r")):
        if mark in bare:
            line = content.count(b"\n", 0, bare.index(mark)) + 1
            text = f"line ends are {name}; save the file with CRLF line ends"
            yield BrokenRule(line, "rules/line-ending", text)


def check_syntax(content: bytes, found: Mapping[str, list[Node]]) -> Iterator[BrokenRule]:
    """Yield what is not PowerShell, or newer than Windows PowerShell 5.1."""
    for node in found["broken"]:
        yield BrokenRule(
            line_of(node),
            "rules/not-powershell",
            "cannot be parsed as PowerShell; check this line and the one before",
        )
    for node in found["try"]:
        if not {"catch_clauses", "finally_clause"} & {child.type for child in node.children}:
            yield BrokenRule(
                line_of(node), "rules/incomplete-try", "has a try without catch or finally; add one"
            )
    for node in found["newer"]:
        yield _newer(node, _NEWER_NODES[node.type])
    for node in found["token"] + found["string"]:
        yield from _newer_token(node)
    for node in found["pipe"]:
        if _starts_line(content.removeprefix(BOM), node):
            yield BrokenRule(line_of(node), "rules/leading-pipe", _LEADING_PIPE)


def _newer(node: Node, what: str) -> BrokenRule:
    text = f"uses {what}, which Windows PowerShell 5.1 does not have"
    return BrokenRule(line_of(node), "rules/newer-syntax", text)


def line_of(node: Node) -> int:
    """Return the line of a node, from 1."""
    return node.start_point[0] + 1


def _newer_token(node: Node) -> Iterator[BrokenRule]:
    text = (node.text or b"").decode("latin-1")
    token = _NEWER_TOKENS.get(node.type)
    if token and token[0].fullmatch(text):
        yield _newer(node, token[1])
    if node.type.startswith("expandable") and _EXPANDABLE_ESCAPE.search(text):
        yield _newer(node, "the escapes `e and `u{}")


def _check_end(root: Node, exits: list[Node], door: str) -> Iterator[BrokenRule]:
    for node in exits:
        if _enclosing_function(node) != door:
            yield BrokenRule(line_of(node), "rules/exit-outside", f"has an exit outside {door}; remove it")
    last = _last_statement(root)
    if _first_word(last) != door:
        yield BrokenRule(line_of(last), "rules/no-result", f"does not end with a call of {door}")


def _last_statement(root: Node) -> Node:
    """The last statement of a script; the whole script where there is none."""
    lists = [node for node in root.children if node.type == "statement_list"]
    if lists and lists[-1].children:
        return lists[-1].children[-1]
    return root


def _first_word(node: Node) -> str:
    words = (node.text or b"").decode("latin-1").split(maxsplit=1)
    return words[0] if words else ""


def template_marks(content: bytes, strings: list[Node]) -> Iterator[BrokenRule]:
    """Yield marks of a template outside of strings."""
    code = content.removeprefix(BOM)
    if not _TEMPLATE_MARK.search(code.decode("latin-1")):
        return
    blanked = bytearray(code)
    for string in strings:
        blank = re.sub(rb"[^\n]", b" ", blanked[string.start_byte : string.end_byte])
        blanked[string.start_byte : string.end_byte] = blank
    text = blanked.decode("latin-1")
    for match in _TEMPLATE_MARK.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        reason = f"contains '{match[0]}', a template mark that was not replaced"
        yield BrokenRule(line, "rules/template-mark", reason)


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

    root = syntax_tree(content.removeprefix(BOM))
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
        "|" @pipe  "exit" @exit  "return" @return  (try_statement) @try  {QUERY}
    """
    return Query(language(), pattern)
