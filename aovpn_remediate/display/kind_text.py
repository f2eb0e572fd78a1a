"""Kinds as a person reads them in a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from aovpn_remediate.display.width import line_width
from aovpn_remediate.model import KindText


def kinds_text(kinds: Iterable[KindText]) -> str:
    """Return one line for each kind."""
    listed = list(kinds)
    width = max((len(kind.kind) for kind in listed), default=0) + 2
    return "\n".join(f"{kind.kind:{width}}{kind.summary}" for kind in listed)


def kind_text(kind: KindText) -> str:
    """Return a kind on a page: symptom, cause, what is touched, its settings, an example."""
    lines = [f"{kind.kind}: {kind.summary}", ""]
    for label, text in (("Symptom", kind.symptom), ("Cause", kind.cause), ("Touches", kind.touches)):
        lines += _wrap(text, f"{label:9}", " " * 9)
    lines += ["", "Settings, beside those that every kind has:", *_settings(kind)]
    if kind.example:
        lines += ["", "Example:", textwrap.indent(kind.example.rstrip(), "  ")]
    return "\n".join(lines)


def _settings(kind: KindText) -> Iterator[str]:
    name_width = max(len(setting.name) for setting in kind.settings) + 2
    for setting in kind.settings:
        is_required = setting.default == "required"
        default = "required" if is_required else f"default: {setting.default}"
        yield f"  {setting.name:{name_width}}{setting.type}; {default}"
        indent = " " * (name_width + 2)
        yield from _wrap(setting.meaning, indent, indent)


def _wrap(text: str, first: str, others: str) -> list[str]:
    return textwrap.wrap(
        text, line_width(), initial_indent=first, subsequent_indent=others, break_on_hyphens=False
    )
