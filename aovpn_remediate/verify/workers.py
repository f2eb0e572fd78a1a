"""Many cases at the same time: a PowerShell for each core, and the cases shared among them."""

from __future__ import annotations

import math
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True)
class _Task:
    """What all workers share."""

    jobs: Sequence[Job]
    queue: Queue
    progress: Callable[[Proof], None]
    keep: Path | None


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
    task = _Task(jobs, Queue([job.package.key for job in jobs], len(shells)), progress, keep)
    proofs: dict[int, Proof] = {}
    with ThreadPoolExecutor(len(shells)) as pool:
        futures: list[Future[dict[int, Proof]]] = []
        try:
            # An interruption while the workers are started has to end them too.
            for share, shell in zip(task.queue.shares, shells, strict=False):
                futures.append(pool.submit(_work, task, share, shell))
            for future in futures:
                proofs |= _result_of(future)
        except BaseException:
            task.queue.end()
            if wait(futures, timeout=_PATIENCE).not_done:
                for shell in shells:
                    shell.kill()
            raise
    return [proofs[number] for number in range(len(jobs))]


def _work(task: _Task, share: deque[int], shell: PowerShell) -> dict[int, Proof]:
    """The proofs that one worker made, by the numbers of their jobs; an error ends the other workers too."""
    proofs: dict[int, Proof] = {}
    try:
        number = task.queue.next(share)
        while number is not None:
            proofs[number] = prove(task.jobs[number], shell, keep=task.keep)
            task.progress(proofs[number])
            number = task.queue.next(share)
    except BaseException:
        task.queue.end()
        raise
    return proofs


def _result_of(future: Future[dict[int, Proof]]) -> dict[int, Proof]:
    """The result of a worker, or what it raised.

    A lock that is waited for without a limit does not notice Ctrl-C on Windows, and elsewhere not one that
    comes just before the wait (Python, threading.Lock.acquire).
    """
    while not future.done():
        wait([future], timeout=_PAUSE)
    return future.result()


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
