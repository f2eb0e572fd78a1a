"""Many cases at the same time: a PowerShell for each core, and the cases shared among them."""

from __future__ import annotations

import math
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from aovpn_remediate.client import PowerShell
from aovpn_remediate.client.leftovers import kill
from aovpn_remediate.verify.proof import Proof, prove
from aovpn_remediate.verify.record import Job

_MOST = 8
"""More PowerShells than these take longer to start than they save."""
_PAUSE = 0.2
"""Seconds after which an interruption is noticed at the latest."""
_PATIENCE = 1.5
"""Seconds that a worker gets to notice that its PowerShell was killed."""


@contextmanager
def powershells(executable: str) -> Iterator[list[PowerShell]]:
    """Yield running PowerShells, about one a core; they get ready while the caller does something else.

    Raises ``ClientError`` where they cannot be started.
    """
    count = min(os.cpu_count() or 1, _MOST)
    shells = [PowerShell(executable) for _ in range(count)]
    try:
        for shell in shells:
            shell.start()
        yield shells
    finally:
        _kill_all(shells)
        for shell in shells:
            shell.close()


def _kill_all(shells: Sequence[PowerShell]) -> None:
    """End all PowerShells at once: one after the other, on a busy machine, takes seconds."""
    kill([process for shell in shells for process in shell.processes])


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
    futures: list[Future[dict[int, Proof]]] = []
    try:
        for share, shell in zip(task.queue.shares, shells, strict=False):
            futures.append(_start(task, share, shell))
        for future in futures:
            proofs |= _result_of(future)
    except BaseException:
        task.queue.end()
        _kill_all(shells)
        _wait(futures, _PATIENCE)
        raise
    return [proofs[number] for number in range(len(jobs))]


def _start(task: _Task, share: deque[int], shell: PowerShell) -> Future[dict[int, Proof]]:
    """Start a worker in a thread that the end of Python does not wait for."""
    future: Future[dict[int, Proof]] = Future()

    def work() -> None:
        try:
            future.set_result(_work(task, share, shell))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future


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
    """The result of a worker, or what it raised."""
    _wait([future], math.inf)
    return future.result()


def _wait(futures: Sequence[Future[dict[int, Proof]]], seconds: float) -> None:
    """Wait for workers, in pieces.

    A lock that is waited for without a limit does not notice Ctrl-C on Windows, and elsewhere not one that
    comes just before the wait (Python, threading.Lock.acquire).
    """
    deadline = time.monotonic() + seconds
    while wait(futures, timeout=_PAUSE).not_done and time.monotonic() < deadline:
        pass


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
