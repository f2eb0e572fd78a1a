"""The syntax tree of a PowerShell script, from tree-sitter: available on every machine, but not a proof.

Its grammar does not know that more may follow a parameter block or a clause of ``switch`` on the same line,
and that ``break`` can have a label. So the parser gets a line end instead of a blank, and blanks instead of a
label.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser

_PARAMETERS = re.compile(rb"(?i)\bparam\s*\(")
_LABEL = re.compile(rb"(?i)\b(?:break|continue)[ \t]+([a-z_]\w*)")
_CLAUSE_END = re.compile(
    rb"""(?ix) \} [ \t] (?= [ \t]* (?: default | [^\s{}()'"]+ | '[^'\r\n]*' | "[^"\r\n]*" ) [ \t]* \{ )"""
)
_BEHIND = 80
"""How many bytes after an unreadable part a line end may be inserted."""
_ROUNDS = 200
"""How often that is tried in one script."""


def syntax_tree(content: bytes) -> Node:
    """Return the root of a script's tree; every place in it is that of the script's own bytes."""
    root = _parser().parse(content).root_node
    for _ in range(_ROUNDS):
        bridged = _with_line_ends(content, root) if root.has_error else content
        if bridged == content:
            break
        content = bridged
        root = _parser().parse(content).root_node
    return root


def _with_line_ends(content: bytes, root: Node) -> bytes:
    """The script with a line end, of one byte, after what the grammar could not end, and without labels."""
    text = bytearray(content)
    for label in _LABEL.finditer(content):
        text[label.start(1) : label.end(1)] = b" " * len(label[1])
    for node in broken_nodes(root):
        start, end = node.start_byte, node.end_byte + _BEHIND
        blanks: list[int] = []
        for clause in _CLAUSE_END.finditer(content, start, end):
            blanks.append(clause.start() + 1)
        for parameters in _PARAMETERS.finditer(content, start, end):
            blanks.append(_behind_bracket(content, parameters.end()))
        for place in blanks:
            if content[place : place + 1] in (b" ", b"\t"):
                text[place] = ord("\r")
    return bytes(text)


def _behind_bracket(content: bytes, place: int) -> int:
    """The place after the bracket that closes the one before a place, or the end."""
    depth = 1
    while depth and place < len(content):
        depth += {ord("("): 1, ord(")"): -1}.get(content[place], 0)
        place += 1
    return place


def broken_nodes(node: Node) -> list[Node]:
    """Return the innermost nodes that are not PowerShell for this grammar."""
    if not node.has_error:
        return []
    found: list[Node] = []
    for child in node.children:
        found += broken_nodes(child)
    return found or [node]


@cache
def language() -> Language:
    """Return PowerShell as tree-sitter knows it."""
    import tree_sitter_pwsh
    from tree_sitter import Language

    return Language(tree_sitter_pwsh.language())


@cache
def _parser() -> Parser:
    from tree_sitter import Parser

    return Parser(language())
