"""A problem of the config: where it is, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias

from aovpn_remediate.problems.words import quoted

__all__ = ["Problem", "Problems", "nearest", "one_of", "quoted"]


@dataclass(frozen=True, order=True)
class Problem:
    """One problem at a line and column, both from 1."""

    line: int
    column: int
    text: str


Problems: TypeAlias = list[Problem]


def nearest(word: object, words: Iterable[str]) -> str:
    """Return the advice ``did you mean "..."?`` for a typo, else the list of what there is."""
    known = sorted(words)
    close = get_close_matches(str(word).casefold(), known, n=1, cutoff=0.7)
    return f'did you mean "{close[0]}"?' if close else "there is " + ", ".join(known)


def one_of(words: Sequence[str]) -> str:
    """Return a choice as a sentence lists it: ``a``, ``a or b``, ``a, b or c``."""
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
