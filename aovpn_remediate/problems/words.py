"""How a message shows a value, and what it offers instead of a wrong word."""

from __future__ import annotations

from collections.abc import Iterable

_WIDTH = 60


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
    if isinstance(value, bytes):
        return "binary data"
    if not isinstance(value, str):
        return str(value)[:_WIDTH]
    text = "".join(map(_printable, value))
    if len(text) > _WIDTH:
        text = f"{text[: _WIDTH - 3]}..."
    return f'"{text}"'


def _printable(character: str) -> str:
    return character if character.isprintable() else f"\\u{ord(character):04x}"


def nearest(word: object, words: Iterable[str]) -> str:
    """Return the advice ``did you mean "..."?`` for a misspelt word, else all words that are valid."""
    close = close_word(word, words)
    return f'did you mean "{close}"?' if close else f"use one of: {', '.join(sorted(words))}"


def close_word(word: object, words: Iterable[str], *, cutoff: float = 0.7) -> str:
    """Return the valid word that a misspelt one was probably meant to be, or nothing.

    ``cutoff`` is how similar the two must be, from 0 to 1.
    """
    from difflib import get_close_matches

    known = {one.casefold(): one for one in sorted(words)}
    close = get_close_matches(str(word).casefold(), known, n=1, cutoff=cutoff)
    return known[close[0]] if close else ""
