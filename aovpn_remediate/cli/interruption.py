"""Ctrl-C and its relatives in a command that runs programs: it ends at once and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""What asks a program to end, as far as the system has it; a canceled pipeline sends SIGTERM."""
_CODE = 130


@contextmanager
def ended_at_once() -> Iterator[None]:
    """Treat every signal to end like Ctrl-C; a second one ends this process without waiting for anything."""
    from aovpn_remediate.client.leftovers import clear_up

    interruptions: list[int] = []

    def interrupt(number: int, _: FrameType | None) -> None:
        interruptions.append(number)
        if len(interruptions) > 1:
            clear_up()
            os.write(2, b"\ninterrupted; nothing was changed\n")
            os._exit(_CODE)
        raise KeyboardInterrupt

    before = _listen(interrupt)
    try:
        yield
    except KeyboardInterrupt:
        clear_up()
        raise
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _listen(interrupt: signal._HANDLER) -> dict[int, signal._HANDLER]:
    """Install a handler for the signals that are not ignored, and return the handlers from before."""
    before: dict[int, signal._HANDLER] = {}
    if threading.current_thread() is not threading.main_thread():
        return before
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            before[number] = signal.signal(number, interrupt)
    return before
