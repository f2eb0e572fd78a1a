"""The gate that every request of a tenant goes through, so that all workers keep one budget and one pause."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import random

from aovpn_remediate.graph.retry import Patience, own_pause

WRITES, WINDOW = 180, 20.0
"""Writes that are sent in this many seconds at most; Intune accepts 200 of one app."""
# Source: Graph reference, throttling-intune-devices.md.
STALLED_AFTER = 600.0
"""Seconds without a success after which nothing more is begun."""
_WORD_EVERY = 10.0
_GLANCE = 0.5  # seconds after which an interruption is noticed
_INSTANT = 0.001  # seconds; less is no wait


@dataclass(frozen=True)
class Clock:
    """Where time comes from: ``jitter`` is between 0 and 1."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random


@dataclass
class _Trouble:
    """Since when nothing has succeeded, and how often the service has limited the requests since then."""

    since: float | None = None
    pauses: int = 0


@dataclass
class Gate:
    """Lets requests pass when they may be sent; several threads may use it at once.

    ``say`` prints a line for people.
    """

    clock: Clock = field(default_factory=Clock)
    patience: Patience = field(default_factory=Patience)
    say: Callable[[str], None] = lambda _: None
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _given_up: threading.Event = field(default_factory=threading.Event, init=False)
    _writes: deque[float] = field(default_factory=lambda: deque(maxlen=WRITES), init=False)
    _closed_until: float = field(default=float("-inf"), init=False)
    _trouble: _Trouble = field(default_factory=_Trouble, init=False)
    _next_word: float | None = field(default=None, init=False)

    def enter(self, *, is_write: bool) -> float:
        """Wait until a request may be sent, and return the seconds waited."""
        began = self.clock.now()
        while True:
            wait, why = self._admit(is_write=is_write)
            if wait <= _INSTANT or self.has_given_up:
                return self.clock.now() - began
            self.wait(wait, why)

    def close(self, asked: float | None) -> float:
        """Pause all requests because one was answered with 429, and return the seconds.

        ``asked`` is what the answer asks for. A pause without it, or after one that proved too short, grows.
        Answers that come during a pause belong to it and do not make it grow.
        """
        with self._lock:
            now, jitter = self.clock.now(), self.clock.jitter()
            if now >= self._closed_until - _INSTANT:
                self._trouble.pauses += 1
            elif asked is None:
                return self._closed_until - now
            pause = (asked or 0.0) + jitter
            if asked is None or self._trouble.pauses > 1:
                pause = max(pause, own_pause(self._trouble.pauses - 1, jitter=jitter))
            pause = min(pause, self.patience.asked)
            self._closed_until = max(self._closed_until, now + pause)
            return pause

    def succeeded(self) -> None:
        """Note that the service works."""
        with self._lock:
            self._trouble = _Trouble()
            self._next_word = None

    def failed(self) -> None:
        """Note that a request failed in a way that another try may not."""
        with self._lock:
            if self._trouble.since is None:
                self._trouble.since = self.clock.now()

    @property
    def is_stalled(self) -> bool:
        """Whether nothing has succeeded for so long that nothing more should begin."""
        since = self._trouble.since
        return since is not None and self.clock.now() - since >= STALLED_AFTER

    def give_up(self) -> None:
        """Let nobody wait any more, because a person has interrupted the command."""
        self._given_up.set()

    @property
    def has_given_up(self) -> bool:
        """Whether nothing is tried again."""
        return self._given_up.is_set()

    def wait(self, seconds: float, why: str) -> None:
        """Wait, and say so every 10 s until something succeeds; it ends early after ``give_up``."""
        end = self.clock.now() + seconds
        while (left := end - self.clock.now()) > _INSTANT and not self.has_given_up:
            self.clock.sleep(min(left, self._until_word(), _GLANCE))
            self._say_if_due(why, end)

    def _admit(self, *, is_write: bool) -> tuple[float, str]:
        """The seconds until a request may be sent, and why; a write that may be is counted."""
        with self._lock:
            now = self.clock.now()
            pause = self._closed_until - now
            if pause > _INSTANT:
                return pause, "Graph limits the number of requests"
            if not is_write:
                return 0.0, ""
            is_full = len(self._writes) == WRITES
            wait = self._writes[0] + WINDOW - now if is_full else 0.0
            if wait > _INSTANT:
                return wait, f"at most {WRITES} changes in {WINDOW:.0f} s are sent"
            self._writes.append(now)
            return 0.0, ""

    def _until_word(self) -> float:
        with self._lock:
            now = self.clock.now()
            if self._next_word is None:
                self._next_word = now + _WORD_EVERY
            return max(self._next_word - now, _INSTANT)

    def _say_if_due(self, why: str, end: float) -> None:
        with self._lock:
            now = self.clock.now()
            if self._next_word is None or now < self._next_word - _INSTANT:
                return
            self._next_word = now + _WORD_EVERY
        self.say(f"waiting: {why}; next try in {max(end - now, 0):.0f} s")
