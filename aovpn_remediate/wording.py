"""Numbers and lists in messages: each is worded in one place."""

from __future__ import annotations

from collections.abc import Iterable


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun, e.g. ``1 package`` or ``2 packages``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def any_of(words: Iterable[str]) -> str:
    """Return a choice, e.g. ``a``, ``a or b`` or ``a, b or c``."""
    return _joined(list(words), "or")


def all_of(words: Iterable[str]) -> str:
    """Return a list, e.g. ``a``, ``a and b`` or ``a, b and c``."""
    return _joined(list(words), "and")


def _joined(words: list[str], last: str) -> str:
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
