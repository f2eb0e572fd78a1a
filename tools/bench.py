"""Benchmarks as ratios, side by side in one run, because this machine's speed is not yours.

Start-up: each command against a bare interpreter, interleaved, the lowest of several runs.
No-op plan: `remediate plan` against the least that any client can do (the same requests, nothing else).
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from demo import REMEDIATE, ROOT, simulator

ROUNDS = 7
EXAMPLE = str(ROOT / "examples" / "remediate.yaml")


def main() -> None:
    """Print both tables."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # with it our modules alone are compiled in every run
    with tempfile.TemporaryDirectory() as folder:
        print("start-up, times a bare interpreter (lowest CPU time of", ROUNDS, "interleaved runs)")
        bare = [sys.executable, "-c", "pass"]
        commands = {
            "--version": [*REMEDIATE, "--version"],
            "--help": [*REMEDIATE, "--help"],
            "validate": [*REMEDIATE, "validate", "-c", EXAMPLE],
            "render": [*REMEDIATE, "render", "-c", EXAMPLE, "-o", folder],
        }
        best = lowest({"bare": bare, **commands})
        for name in commands:
            print(f"  {name:12} {best[name] / best['bare']:5.1f} x")
        for count in (20, 100):
            no_op(Path(folder), count)


def lowest(commands: dict[str, list[str]]) -> dict[str, float]:
    """The lowest CPU time of each command."""
    best = dict.fromkeys(commands, float("inf"))
    for _ in range(ROUNDS):
        for name, command in commands.items():
            before = time_of_children()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            spent = time_of_children() - before
            best[name] = min(best[name], spent)
    return best


def time_of_children() -> float:
    """The CPU time of all children so far; ``os.times`` counts in steps of a whole bare interpreter."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def no_op(folder: Path, count: int) -> None:
    """A plan without changes of so many packages."""
    config = folder / "many.yaml"
    entries = "".join(
        f"  k{i}: {{kind: interface-metric, profile: VPN {i}, scope: device, ipv4: {i + 1}, assignments: "
        "[{group: AOVPN Users, filter: Corporate Windows 11, schedule: {every: 4 hours}}]}\n"
        for i in range(count)
    )
    config.write_text(f"name: bench\nremediations:\n{entries}", encoding="utf-8")
    with simulator() as url:
        options = ["-c", str(config), "--graph-url", url]
        subprocess.run([*REMEDIATE, "publish", *options, "--yes"], check=True, stdout=subprocess.DEVNULL)
        ask(f"{url}/simulator/requests", "DELETE")
        times: dict[str, float] = {"plan": float("inf"), "validate": float("inf")}
        for _ in range(3):
            for command, extra in (("plan", options), ("validate", options[:2])):
                started = time.perf_counter()
                subprocess.run([*REMEDIATE, command, *extra], check=True, stdout=subprocess.DEVNULL)
                times[command] = min(times[command], time.perf_counter() - started)
        requests = ask(f"{url}/simulator/requests", "GET").count(b'"batch": ') // 3
    ratio = times["plan"] / times["validate"]
    print(f"no-op plan of {count} packages: {requests} requests, {ratio:.2f} x validate (render and rules)")


def ask(url: str, method: str) -> bytes:
    """One request."""
    with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
        return answer.read()


if __name__ == "__main__":
    main()
