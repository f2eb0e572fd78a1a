"""A clock on which no test waits: sleeping moves it on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aovpn_remediate.graph.gate import Clock
from tests.patience import HANGING


class FakeClock:
    """Time in seconds; ``sleeps`` are the waits so far."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.sleeps: list[float] = []
        self._lock = threading.Lock()

    def now(self) -> float:
        """The present moment."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Go on to the end of a wait; waits of several threads pass at the same time."""
        with self._lock:
            end = self.time + seconds
        with self._lock:
            self.sleeps.append(seconds)
            self.time = max(self.time, end)

    @property
    def passed(self) -> float:
        """The seconds since the clock was made."""
        return self.time - 1000.0

    def clock(self, jitter: float = 1.0) -> Clock:
        """The clock as a session wants it."""
        return Clock(self.now, self.sleep, lambda: jitter)


class SharedClock(FakeClock):
    """A clock of several workers: it moves on when all of them sleep, so that no work takes time."""

    def __init__(self) -> None:
        super().__init__()
        self._is_moving = threading.Condition()
        self._workers = 0
        self._ends: list[float] = []

    @contextmanager
    def working(self) -> Iterator[None]:
        """Let a thread be one of the workers."""
        with self._is_moving:
            self._workers += 1
        try:
            yield
        finally:
            with self._is_moving:
                self._workers -= 1
                self._move_on()

    def sleep(self, seconds: float) -> None:
        """Wait until all others have slept as long."""
        with self._is_moving:
            end = self.time + seconds
            self._ends.append(end)
            self._move_on()
            assert self._is_moving.wait_for(lambda: self.time >= end, HANGING)
            self._ends.remove(end)

    def _move_on(self) -> None:
        if self._ends and len(self._ends) >= self._workers:
            self.time = max(self.time, min(self._ends))
            self._is_moving.notify_all()
