"""Random phonebooks and hostile texts against the real PowerShell: ``make fuzz COUNT=...``.

    python -m tests.fuzz COUNT [SEED]

Tries COUNT phonebooks of each kind, half as many whole scripts and a hundred times as many texts, with a
PowerShell for each core. Prints how many of each were tried and how long that took; each fault with what makes
it again.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from random import Random

from aovpn_remediate.client import PowerShell, find_powershell
from tests.hostile import changed_texts, hostile_settings, hostile_text, settings_faults
from tests.metric_trial import phonebook_faults
from tests.phonebook_grammar import random_case
from tests.route_grammar import random_route_case
from tests.route_trial import route_faults

Batch = Callable[[PowerShell, Path, str, int], list[str]]
"""Tries this many cases of one thing, made by a seed, and returns the faults."""


@dataclass(frozen=True)
class Part:
    """One thing to try: how it is called, how many of it for each COUNT, how many at once."""

    what: str
    batch: Batch
    share: float
    at_once: int


def _metrics(shell: PowerShell, folder: Path, seed: str, count: int) -> list[str]:
    cases = [random_case(Random(f"{seed}/{number}")) for number in range(count)]
    return [f"{fault}\n  {case}" for case, fault in phonebook_faults(shell, folder, cases)]


def _routes(shell: PowerShell, folder: Path, seed: str, count: int) -> list[str]:
    cases = [random_route_case(Random(f"{seed}/{number}"), seed) for number in range(count)]
    return [f"{fault}\n  {case}" for case, fault in route_faults(shell, folder, cases)]


def _settings(shell: PowerShell, folder: Path, seed: str, count: int) -> list[str]:
    random = Random(seed)
    return settings_faults(shell, folder, [hostile_settings(random) for _ in range(count)])


def _texts(shell: PowerShell, folder: Path, seed: str, count: int) -> list[str]:
    random = Random(seed)
    changed = changed_texts(shell, folder, [hostile_text(random) for _ in range(count)])
    return [f"{text!r} becomes something else" for text in changed]


PARTS = (
    Part("phonebooks for interface-metric", _metrics, 1, 200),
    Part("phonebooks for route-presence", _routes, 1, 200),
    Part("scripts with hostile settings", _settings, 0.5, 100),
    Part("texts", _texts, 100, 5000),
)


def main() -> None:
    """Try this many cases of everything; exit code 1 if there was a fault."""
    count = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 1_000_000
    executable = find_powershell()
    if executable is None:
        sys.exit("no PowerShell: scripts were not run; set REMEDIATE_PWSH or put pwsh on PATH")
    cores = os.cpu_count() or 1
    with ExitStack() as stack:
        shells: SimpleQueue[PowerShell] = SimpleQueue()
        for _ in range(cores):
            shells.put(stack.enter_context(PowerShell(executable)))
        pool = stack.enter_context(ThreadPoolExecutor(cores))
        bad = sum([_try(part, round(count * part.share), seed, shells, pool) for part in PARTS])
    sys.exit(1 if bad else 0)


def _try(part: Part, count: int, seed: int, shells: SimpleQueue[PowerShell], pool: Executor) -> int:
    """Try this many cases of one thing, print the result, and return the number of faults."""

    def batch(start: int) -> list[str]:
        shell = shells.get()
        try:
            with tempfile.TemporaryDirectory() as folder:
                return part.batch(shell, Path(folder), f"{seed}/{start}", min(part.at_once, count - start))
        finally:
            shells.put(shell)

    started, bad, starts = time.perf_counter(), 0, range(0, count, part.at_once)
    for start, faults in zip(starts, pool.map(batch, starts), strict=True):
        bad += len(faults)
        for fault in faults:
            print(f"{part.what}, seed {seed}, from {start}: {fault}", flush=True)
    print(
        f"{count:,} {part.what}, seed {seed}, {time.perf_counter() - started:.1f} s, {bad} faults", flush=True
    )
    return bad


if __name__ == "__main__":
    main()
