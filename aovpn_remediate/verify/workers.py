"""Many cases at the same time: a PowerShell for each core, and the cases shared among them."""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

from aovpn_remediate.client import PowerShell
from aovpn_remediate.verify.proof import Proof, prove
from aovpn_remediate.verify.record import Job

_MOST = 8
"""More PowerShells than these take longer to start than they save."""
_PAUSE = 0.2
"""Seconds after which an interruption is noticed at the latest."""
_PATIENCE = 5
"""Seconds that a script may go on after an interruption."""


@contextmanager
def powershells(executable: str) -> Iterator[list[PowerShell]]:
    """Yield running PowerShells, about one a core; they get ready while the caller does something else.

    Raises ``ClientError`` where they cannot be started.
    """
    count = min(os.cpu_count() or 1, _MOST)
    with ExitStack() as stack:
        yield [stack.enter_context(PowerShell(executable)) for _ in range(count)]


def verify(
    jobs: Sequence[Job],
    shells: Sequence[PowerShell],
    *,
    progress: Callable[[Proof], None] = lambda _: None,
    keep: Path | None = None,
) -> list[Proof]:
    """Return the proof of each job, in order; all PowerShells work at the same time.

    ``keep`` is a folder that the client of a failing case is left in. Raises ``ClientError``.
    """
    queue = Queue([job.package.key for job in jobs], len(shells))
    proofs: dict[int, Proof] = {}

    def work(share: deque[int], shell: PowerShell) -> None:
        try:
            number = queue.next(share)
            while number is not None:
                proofs[number] = prove(jobs[number], shell, keep=keep)
                progress(proofs[number])
                number = queue.next(share)
        except BaseException:
            queue.end()
            raise

    with ThreadPoolExecutor(len(shells)) as pool:
        futures: list[Future[None]] = []
        try:
            # An interruption while the workers are started has to end them too.
            for share, shell in zip(queue.shares, shells, strict=False):
                futures.append(pool.submit(work, share, shell))
            for future in futures:
                _wait_for(future)
        except BaseException:
            queue.end()
            if wait(futures, timeout=_PATIENCE).not_done:
                for shell in shells:
                    shell.kill()
            raise
    return [proofs[number] for number in range(len(jobs))]


def _wait_for(future: Future[None]) -> None:
    """Wait for a worker and raise what it raised.

    A lock that is waited for without a limit does not notice Ctrl-C on Windows, and elsewhere not one that
    comes just before the wait (Python, threading.Lock.acquire).
    """
    while not future.done():
        wait([future], timeout=_PAUSE)
    future.result()


class Queue:
    """The numbers of the jobs, a share for each worker.

    A share's jobs follow each other and, where that is nearly as even, a share begins with another group, so
    that few scripts are compiled by more than one PowerShell. A worker that has no jobs left takes the last
    one of the longest share.
    """

    def __init__(self, groups: Sequence[object], workers: int) -> None:
        """``groups`` holds the group of each job, which is what its scripts belong to."""
        cuts = [0, *_cuts(groups, workers), len(groups)]
        self.shares = [deque(range(start, end)) for start, end in pairwise(cuts) if start < end]
        self._lock = threading.Lock()

    def next(self, share: deque[int]) -> int | None:
        """Return the number of the next job for the worker of this share; nothing when none is left."""
        with self._lock:
            if share:
                return share.popleft()
            longest = max(self.shares, key=len)
            return longest.pop() if longest else None

    def end(self) -> None:
        """Remove all jobs from the queue that no worker has begun."""
        with self._lock:
            for share in self.shares:
                share.clear()


def _cuts(groups: Sequence[object], workers: int) -> Iterator[int]:
    """The number of the first job of each share but the first."""
    size = math.ceil(len(groups) / workers)
    reach = size // 4
    for worker in range(1, workers):
        even = min(worker * size, len(groups))
        nearby = range(max(even - reach, 1), min(even + reach + 1, len(groups)))
        starts = [number for number in nearby if groups[number] != groups[number - 1]]
        yield min(starts, key=lambda number: abs(number - even), default=even)
