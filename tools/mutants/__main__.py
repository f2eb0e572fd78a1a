"""``make mutants``: put small faults into the templates and see which of them the tests notice.

Prints the share killed and the survivors, and writes ``tests/mutants/killers.json`` and ``survivors.txt``.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence

from aovpn_remediate.client import find_powershell
from tools.mutants.records import (
    in_sample,
    read_equivalent,
    read_killers,
    read_survivors,
    write_killers,
    write_survivors,
)
from tools.mutants.sites import Mutant, find_mutants
from tools.mutants.syntax import parsed
from tools.mutants.trial import TEMPLATES, try_mutants

GOAL = 0.9


def main() -> int:
    """Return the exit code: 1 when fewer are killed than the goal, or a new one survives."""
    options = _options()
    powershell = find_powershell()
    if powershell is None:
        print("mutants: no PowerShell; set REMEDIATE_PWSH or put pwsh on PATH", file=sys.stderr)
        return 1
    start = time.monotonic()
    equivalent = read_equivalent()
    mutants = [one for one in find_mutants(TEMPLATES) if one.name not in equivalent]
    chosen = [one for one in mutants if options.only in one.name]
    if options.sample:
        survivors = set(read_survivors())
        chosen = [one for one in chosen if in_sample(one) and one.name not in survivors]
    known = read_killers()
    if options.rest:
        chosen = [one for one in chosen if one.name not in known]
    chosen = parsed(chosen, powershell)
    found = try_mutants(
        chosen,
        known,
        processes=options.processes,
        trace=not options.sample,
        tell=_tell(len(chosen), each=options.verbose),
    )
    if not options.sample:
        names = {one.name for one in mutants}
        _record(names, known | found, found)
    return _report(chosen, found, time.monotonic() - start, len(equivalent))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutants", description=__doc__)
    parser.add_argument(
        "--sample", action="store_true", help="only a small, fixed sample of those that were killed before"
    )
    parser.add_argument("--only", default="", metavar="TEXT", help="only mutants with this in their names")
    parser.add_argument("--rest", action="store_true", help="only those that no test is known to kill")
    parser.add_argument("-v", "--verbose", action="store_true", help="say what became of each")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _tell(count: int, *, each: bool) -> Callable[[Mutant, str], None]:
    tried: list[str] = []

    def tell(mutant: Mutant, killer: str) -> None:
        tried.append(mutant.name)
        if each:
            print(f"{len(tried)} {mutant.name} <- {killer or 'SURVIVED'}", file=sys.stderr, flush=True)
        elif sys.stderr.isatty():
            print(f"\r{len(tried)} of {count}", end="\r", file=sys.stderr, flush=True)

    return tell


def _record(names: set[str], killers: dict[str, str], found: dict[str, str]) -> None:
    old = {name for name in read_survivors() if name in names and name not in found}
    write_survivors(old | {name for name, test in found.items() if not test})
    write_killers({name: test for name, test in killers.items() if name in names})


def _report(chosen: Sequence[Mutant], found: dict[str, str], seconds: float, equivalent: int) -> int:
    before = read_survivors()
    alive = [one for one in chosen if not found[one.name]]
    for one in alive:
        print(f"survived: templates/ps1/{one.path}:{one.line}: {one.what}: {one.code}")
    share = 1 - len(alive) / max(1, len(chosen))
    print(
        f"{len(chosen)} mutants, {len(chosen) - len(alive)} killed ({share:.1%}), {len(alive)} survived, "
        f"{equivalent} left out as equivalent, {seconds:.0f} s"
    )
    fresh = [one.name for one in alive if one.name not in before]
    return 1 if share < GOAL or fresh else 0


if __name__ == "__main__":
    sys.exit(main())
