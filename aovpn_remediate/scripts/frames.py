"""The two shells as frames: the output of Jinja, with the places for their values left open.

A frame depends on the shell's text and on which states a pair checks and repairs, never on a value of the
config. So the frames are committed with the templates (``shapes.json``, ``make golden``) and Jinja is loaded
only for a frame that is not there, for example after an edit of a shell.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from aovpn_remediate.errors import RenderError
from aovpn_remediate.scripts.literals import Source, literal
from aovpn_remediate.scripts.shapes import read_shapes
from aovpn_remediate.scripts.template_parts import templates_folder

if TYPE_CHECKING:
    from jinja2 import Environment

Frame = tuple[str, ...]
"""Text and the name of a value by turns; the first and the last are text."""

_VALUES = ("title", "about", "settings", "functions")
_MARK = "\0"
"""Is around the name of a value while Jinja renders; no template contains this character."""


@cache
def read_frame(shell: str, checks: tuple[str, ...], repairs: tuple[str, ...]) -> Frame:
    """Return the frame of a shell, ``detect`` or ``remediate``: the committed one, else a new one."""
    kept = read_shapes().frames.get(frame_key(shell, checks, repairs))
    return kept if kept is not None else make_frame(shell, checks, repairs)


def frame_key(shell: str, checks: tuple[str, ...], repairs: tuple[str, ...]) -> str:
    """Return the key of a committed frame; it changes with the shell's text."""
    text = (templates_folder() / f"{shell}.ps1.j2").read_text(encoding="ascii")
    return hashlib.sha256(json.dumps([text, checks, repairs]).encode()).hexdigest()


def make_frame(shell: str, checks: tuple[str, ...], repairs: tuple[str, ...]) -> Frame:
    """Return the frame as Jinja renders it now."""
    from jinja2 import TemplateError

    values = {name: Source(f"{_MARK}{name}{_MARK}") for name in _VALUES}
    try:
        template = _environment().get_template(f"{shell}.ps1.j2")
        text = template.render(**values, checks=checks, repairs=repairs)
    except (TemplateError, TypeError, ValueError) as error:
        raise RenderError(f"templates/ps1/{shell}.ps1.j2: {error}") from error
    return tuple(text.split(_MARK))


def fill_frame(frame: Frame, values: Mapping[str, object]) -> str:
    """Return the frame's text with every value in its place, as PowerShell source.

    Raises ``TypeError`` or ``ValueError`` for a value that cannot be a literal.
    """
    texts = list(frame)
    for place in range(1, len(frame), 2):
        texts[place] = literal(values[frame[place]])
    return "".join(texts)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(templates_folder()),
        undefined=StrictUndefined,
        finalize=_finalize,
        autoescape=False,  # noqa: S701  the output is PowerShell, and every value is a literal
        block_start_string="#%",
        block_end_string="%#",
        comment_start_string="#%-",
        comment_end_string="-%#",
        trim_blocks=True,
        keep_trailing_newline=True,
    )


def _finalize(value: object) -> str:
    from jinja2 import StrictUndefined

    return str(value) if isinstance(value, StrictUndefined) else literal(value)
