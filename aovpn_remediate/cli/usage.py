"""What is wrong with a command line, in our words, with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

import typer

from aovpn_remediate.problems.words import close_word

_QUOTES = re.compile(r"(?<!\w)'([^']*)'(?!\w)")
_EXTRA = re.compile(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)")


def usage_text(error: typer.TyperException, command: str) -> str:
    """Return the problem and the advice; ``command`` is the one that was called, or empty."""
    words = _QUOTES.sub(r'"\1"', error.format_message().rstrip("."))
    words = words.replace(". Did you mean ", "; did you mean ")
    options = _options(error)
    extra = _EXTRA.fullmatch(words)
    if extra and "--config" in options:
        file = extra[1].split(" ")[0]
        return f"unexpected argument {extra[1]}; name the config with -c: remediate {command} -c {file}"
    unknown = getattr(error, "option_name", None)
    if words.startswith("No such option") and unknown:
        words = f"No such option: {unknown}"
        close = close_word(unknown, options)
        if close:
            return f'{words}; did you mean "{close}"?'
    return f"{words}; see {' '.join(filter(None, ('remediate', command, '--help')))}"


def _options(error: typer.TyperException) -> Sequence[str]:
    """The options of the command that was called."""
    context = getattr(error, "ctx", None)
    if context is None:
        return ()
    options: list[str] = []
    for parameter in context.command.params:
        options += parameter.opts
    return options
