"""A clock on which no test waits: sleeping moves it on."""

from __future__ import annotations

import threading

from aovpn_remediate.graph.gate import Clock


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
