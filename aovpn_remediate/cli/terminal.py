"""Output for a terminal and a pipeline: errors, JSON, color, progress."""

from __future__ import annotations

import errno
import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TextIO

import typer

from aovpn_remediate.errors import ProblemsError, RemediateError, ResolveError
from aovpn_remediate.wording import count_of

SECONDS = 10.0
"""How often progress is told where no terminal can show it."""


def echo_error(error: RemediateError, where: str = "") -> None:
    """Print an error on stderr, one problem per line, without control characters and agent commands.

    ``where`` begins the first line, after the word error.
    """
    from aovpn_remediate.display.clean import clean

    says_where = isinstance(error, ProblemsError) or error.exit_code == 130
    start = "" if says_where else "error: "
    next_start = start if isinstance(error, ResolveError) else ""
    lines = [clean(line) for line in str(error).split("\n")]
    typer.echo(start + where + f"\n{next_start}".join(lines), err=True)


def echo_json(value: object) -> None:
    """Print JSON that a pipeline agent does not read as a logging command; the value is the same."""
    typer.echo(json.dumps(value, indent=2).replace("##", "#\\u0023"))


def prepare_streams() -> None:
    """Make output UTF-8 where no terminal has an encoding of its own, and let no character end a command."""
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if is_terminal(stream):
            stream.reconfigure(errors="replace")  # a console that cannot show a character shows `?`
        else:
            stream.reconfigure(encoding="utf-8", errors="replace")


def is_closed_pipe(error: OSError) -> bool:
    """Whether nobody reads our output any more; Windows has another error for that."""
    # Source: Python issue 35754, EINVAL of a write to a closed pipe.
    is_windows = sys.platform == "win32" and error.errno == errno.EINVAL and error.filename is None
    return isinstance(error, BrokenPipeError) or is_windows


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether the stream is a terminal."""
    return stream is not None and not stream.closed and stream.isatty()


def wants_color(stream: TextIO) -> bool:
    """Return whether to color the stream; ``NO_COLOR`` and ``FORCE_COLOR`` decide before the terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and os.environ.get("TERM") != "dumb"


@contextmanager
def progress_of(total: int, noun: str = "") -> Iterator[Callable[[object], None]]:
    """Yield a function to call after each step; it draws on stderr if that is a terminal.

    If it is not one and there is a noun for a step, a line every ten seconds says how many are done.
    """
    if not is_terminal(sys.stderr):
        with _lines(total, noun) if noun else nullcontext(lambda _: None) as step:
            yield step
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(complete_style="cyan"), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("working", total=total)
        yield lambda _: bar.advance(task)


@contextmanager
def _lines(total: int, noun: str) -> Iterator[Callable[[object], None]]:
    """Say on stderr from time to time how many steps are done, also while none ends."""
    done: list[object] = []
    is_over = threading.Event()

    def tell() -> None:
        while not is_over.wait(SECONDS):
            typer.echo(f"{len(done)} of {count_of(total, noun)} done", err=True)

    threading.Thread(target=tell, daemon=True).start()
    try:
        yield done.append
    finally:
        is_over.set()


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM like Ctrl-C; a canceled pipeline sends it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
