"""Checks as a person reads them in a terminal, and as JSON."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from aovpn_remediate.display.clean import clean
from aovpn_remediate.display.width import line_width
from aovpn_remediate.doctor import Check, State
from aovpn_remediate.wording import count_of

_WORDS = {State.OK: "ok", State.WARNING: "warning", State.FAILED: "FAILED", State.SKIPPED: "skipped"}
_COLORS = {State.OK: 32, State.WARNING: 33, State.FAILED: 31, State.SKIPPED: 2}
_SIGN, _NAME = 9, 13


def check_text(check: Check, *, color: bool) -> str:
    """Return a check: its state, its name, the detail, and the advice on a line of its own."""
    word = f"{_WORDS[check.state]:{_SIGN}}"
    shown = f"\x1b[{_COLORS[check.state]}m{word}\x1b[0m" if color else word
    lines = list(_lines(check))
    head = f"{check.name:{_NAME}}{lines[0]}".rstrip()
    indent = " " * (_SIGN + _NAME)
    return "\n".join([shown + head, *(indent + line for line in lines[1:])])


def summary_text(checks: Sequence[Check]) -> str:
    """Return how many checks ended in which way."""
    counts = Counter(check.state for check in checks)
    found = [f"{counts[state]} {state.value}" for state in State if counts[state]]
    return f"{count_of(len(checks), 'check')}: {', '.join(found)}."


def checks_json(checks: Iterable[Check]) -> dict[str, object]:
    """Return checks as JSON values."""
    return {"schemaVersion": 1, "checks": list(map(_check_json, checks))}


def _check_json(check: Check) -> dict[str, object]:
    return {
        "name": check.name,
        "state": check.state.value,
        "detail": check.detail,
        "advice": check.advice or None,
    }


def _lines(check: Check) -> Iterator[str]:
    """The detail, a paragraph for each of its lines, then the advice."""
    for line in check.detail.split("\n"):
        yield from _wrapped(line, "")
    if check.advice:
        yield from _wrapped(check.advice, "-> ")


def _wrapped(text: str, start: str) -> list[str]:
    width = line_width() - _SIGN - _NAME
    return textwrap.wrap(
        clean(text),
        width,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_long_words=False,
        break_on_hyphens=False,
    )
