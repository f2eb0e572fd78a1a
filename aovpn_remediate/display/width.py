"""How wide the lines of a text are."""

from __future__ import annotations

import shutil

_WIDEST, _NARROWEST = 100, 40


def line_width() -> int:
    """Return the columns of the terminal, from 40 to 100; 100 where there is no terminal."""
    columns = shutil.get_terminal_size((_WIDEST, 24)).columns
    return max(_NARROWEST, min(columns, _WIDEST))
