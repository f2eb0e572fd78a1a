"""What a terminal can show: color, progress, questions."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a person sits at the stream."""
    return stream is not None and not stream.closed and stream.isatty()


def wants_color(stream: TextIO) -> bool:
    """Return whether to color the stream: ``NO_COLOR`` and ``FORCE_COLOR`` come before the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


@contextmanager
def progress_of(total: int) -> Iterator[Callable[[object], None]]:
    """Yield a function to call after each step; it draws on stderr if that is a terminal."""
    if not is_terminal(sys.stderr) or total < 2:
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("publishing", total=total)
        yield lambda _: bar.advance(task)
