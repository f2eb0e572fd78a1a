"""A problem of the config: where it is, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TypeAlias


@dataclass(frozen=True, order=True)
class Problem:
    """One problem at a line and column, both from 1."""

    line: int
    column: int
    text: str


Problems: TypeAlias = list[Problem]


def quoted(value: object) -> str:
    """Return a value as a message shows it: text in quotes, on one line, at most 60 characters."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if not isinstance(value, str):
        return str(value)[:60]
    text = "".join(one if one.isprintable() else f"\\u{ord(one):04x}" for one in value)
    return f'"{text if len(text) <= 60 else text[:57] + "..."}"'


def nearest(word: object, words: Iterable[str]) -> str:
    """Return the advice ``did you mean "..."?`` for a typo, else the list of what there is."""
    known = sorted(words)
    close = get_close_matches(str(word).casefold(), known, n=1, cutoff=0.7)
    return f'did you mean "{close[0]}"?' if close else "there is " + ", ".join(known)
