"""The rules for a script that a user wrote: what would fail on a device is an error, a habit is a warning."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from aovpn_remediate.problems import Problem
from aovpn_remediate.scripts.ask import Ask
from aovpn_remediate.scripts.rules import (
    BOM,
    BrokenRule,
    as_problems,
    check_bytes,
    check_lines,
    check_syntax,
    line_of,
    parse,
    template_marks,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_MARK_WITHOUT_CHECK = (
    "starts with a byte order mark, which devices refuse once signature_check is on; save it without"
)
_NO_EXIT = "has no exit; end it with exit 1 (Intune then runs the remediation script) or exit 0"
_EXIT_1 = re.compile(r"exit\s+1;?", re.IGNORECASE)
_RETURN = (
    "return ends the script with exit code 0 here, also with a number behind it, so exit 1 on line {} is not "
    "reached; write exit 0 or exit 1"
)


def check_own_script(
    script: str,
    content: bytes,
    *,
    is_detection: bool,
    signature_check: bool = False,
    ask: Ask = lambda _: None,
) -> list[Problem]:
    """Return what is wrong with a script that a user wrote, and as warnings what we would do otherwise."""
    if content.startswith(_UTF_16):
        return [Problem(script, 1, 0, "is UTF-16; save it as plain ASCII", "rules/utf-16")]
    _, found = parse(content)
    answer = ask(content) if found["broken"] else None
    if answer is not None:
        found = defaultdict(list, {**found, "broken": []})
    has_mark = content.startswith(BOM) and not signature_check
    bytes_ = list(check_bytes(content, is_utf_8=has_mark))
    habits = [*check_lines(content), *_check_exits(found["exit"])]
    habits += template_marks(content, found["string"])
    if has_mark:
        bytes_ = [one for one in bytes_ if one.code != "rules/byte-order-mark"]
        habits.append(BrokenRule(1, "rules/byte-order-mark", _MARK_WITHOUT_CHECK))
    errors = [*bytes_, *check_syntax(content, found), *_parser_errors(answer or [])]
    if is_detection and not found["exit"] and not (found["broken"] or answer):
        errors.append(BrokenRule(1, "rules/no-exit", _NO_EXIT))
    if is_detection:
        habits += _check_returns(found["return"], found["exit"])
    return sorted([*as_problems(script, errors), *as_problems(script, habits, is_warning=True)])


def _parser_errors(found: Iterable[tuple[int, str]]) -> Iterator[BrokenRule]:
    for line, text in found:
        yield BrokenRule(line, "rules/not-powershell", text)


def _check_exits(exits: list[Node]) -> Iterator[BrokenRule]:
    if len(exits) > 1:
        line = min(line_of(node) for node in exits)
        text = f"has {len(exits)} exit statements; one exit at the end is easier to check"
        yield BrokenRule(line, "rules/many-exits", text)


def _check_returns(returns: list[Node], exits: list[Node]) -> Iterator[BrokenRule]:
    """A return outside of a function, before the only exit that reports an issue."""
    issues = [node for node in exits if _EXIT_1.fullmatch(_text(node.parent))]
    if len(issues) != 1:
        return
    for node in returns:
        if node.start_byte < issues[0].start_byte and not _is_in_a_block(node):
            yield BrokenRule(line_of(node), "rules/return-before-exit", _RETURN.format(line_of(issues[0])))


def _is_in_a_block(node: Node | None) -> bool:
    while node is not None and node.type not in ("function_statement", "script_block_expression"):
        node = node.parent
    return node is not None


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("latin-1") if node else ""
