"""What is known of mutants, in ``tests/mutants``: killers, survivors, and those that are not a fault."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path

from tools.mutants.sites import Mutant
from tools.mutants.workers import ROOT

FOLDER = ROOT / "tests" / "mutants"
SAMPLE_SHARE = 8
"""One of this many mutants is in the sample; its name decides, so that the sample stays the same."""


def read_killers() -> dict[str, str]:
    """Return the test that last killed each mutant, by the mutant's name."""
    killers: dict[str, str] = json.loads((FOLDER / "killers.json").read_text("utf-8"))
    return killers


def write_killers(killers: Mapping[str, str]) -> None:
    """Keep which test killed which mutant."""
    killed = {name: test for name, test in sorted(killers.items()) if test}
    (FOLDER / "killers.json").write_text(json.dumps(killed, indent=0) + "\n", "utf-8")


def read_survivors() -> list[str]:
    """Return the names of the mutants that are known to survive."""
    return (FOLDER / "survivors.txt").read_text("utf-8").splitlines()


def write_survivors(names: Collection[str]) -> None:
    """Keep which mutants survived."""
    (FOLDER / "survivors.txt").write_text("".join(f"{name}\n" for name in sorted(names)), "utf-8")


def read_equivalent() -> dict[str, str]:
    """Return why a mutant does what the original does, by the mutant's name."""
    return parse_equivalent(FOLDER / "equivalent.txt")


def parse_equivalent(path: Path) -> dict[str, str]:
    """Return the reasons of a file of blocks: lines with names below a line ``# reason``."""
    reasons: dict[str, str] = {}
    reason = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("# "):
            reason = line.removeprefix("# ")
        elif line:
            reasons[line] = reason
    return reasons


def in_sample(mutant: Mutant) -> bool:
    """Whether a mutant belongs to the small, fixed sample."""
    return zlib.crc32(mutant.name.encode()) % SAMPLE_SHARE == 0
