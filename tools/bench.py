"""Benchmarks side by side in one run, because this machine's speed is not yours.

Everything is measured several times, and the lowest number counts. Start-up is a ratio to a bare interpreter;
times are CPU times unless a row says otherwise. `tools/bench.py --before FOLDER` measures an older state of
the sources too, in turns with this one; `--only WORD` measures only the tables with the word in their title.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = str(ROOT / "examples" / "remediate.yaml")
ROUNDS = 9
FEW_ROUNDS = 3
BARE = "bare interpreter"
ASSIGNMENTS = "[{group: AOVPN Users, filter: Corporate Windows 11, schedule: {every: 4 hours}}]"
SETTINGS = (
    "kind: interface-metric, profile: VPN {number}, scope: device, ipv4: {metric}",
    "kind: route-presence, profile: VPN {number}, scope: user, routes: [10.{short}.0.0/16]",
    "kind: interface-metric, profile: VPN {number}, scope: user, ipv4: {metric}",
)


@dataclass(frozen=True)
class State:
    """A state of the sources: the folder that holds them."""

    folder: Path

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of one ``remediate`` command."""
        return [sys.executable, "-m", "aovpn_remediate", *arguments]

    def environment(self) -> dict[str, str]:
        """Return the variables with which Python finds this state before an installed one."""
        # If Python were told to write no byte code, our modules alone would be compiled in every run.
        others = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        return others | {"PYTHONPATH": str(self.folder)}


@dataclass(frozen=True)
class Cost:
    """What one run took: CPU and wall time in seconds, its most memory in MiB, and what it printed."""

    cpu: float
    wall: float
    memory: float
    output: bytes


@dataclass(frozen=True)
class Table:
    """What is measured together: ``measure`` returns one round's numbers by the names of their rows."""

    title: str
    measure: Callable[[State], Mapping[str, float]]
    rounds: int = FEW_ROUNDS


def main() -> None:
    """Print every table."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--before", type=Path, metavar="FOLDER", help="an older state to compare with")
    options.add_argument("--only", default="", metavar="WORD", help="only the tables with this word")
    chosen = options.parse_args()
    states = [State(chosen.before.resolve())] if chosen.before else []
    states.append(State(ROOT))
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # no state of the sources is found by way of the current folder
        for table in tables():
            if chosen.only in table.title:
                show(table, measured(table, states))


def tables() -> Iterator[Table]:
    """Return all that is measured."""
    yield Table("start-up, times a bare interpreter", start_up, ROUNDS)
    yield Table("many packages, seconds", many_packages)
    yield Table("plan of 20 packages", lambda state: plan(state, 20))
    yield Table("plan of 100 packages", lambda state: plan(state, 100))
    yield Table("plan of the example, with sign-in against without", sign_in)
    yield Table("verify of the example, wall time", verify)


def measured(table: Table, states: Sequence[State]) -> list[dict[str, float]]:
    """Return the lowest numbers of each state.

    The states alternate, so that a busy moment of the machine affects all of them.
    """
    lowest: list[dict[str, float]] = [{} for _ in states]
    for _ in range(table.rounds):
        for state, numbers in zip(states, lowest, strict=True):
            for row, number in table.measure(state).items():
                numbers[row] = min(number, numbers.get(row, number))
    return lowest


def show(table: Table, columns: Sequence[Mapping[str, float]]) -> None:
    """Print a table, before and after; with a bare interpreter in it, as ratios to that."""
    bare = min(column.get(BARE, 1) for column in columns)
    print(table.title)
    for row in columns[-1]:
        if row != BARE:
            numbers = "".join(f"{column[row] / bare:9.2f}" for column in columns)
            print(f"  {row:34}{numbers}", flush=True)


def start_up(state: State) -> dict[str, float]:
    """The CPU time of short commands."""
    commands = {
        "--version": state.command("--version"),
        "--help": state.command("--help"),
        "plan --help": state.command("plan", "--help"),
        "validate": state.command("validate", "-c", EXAMPLE),
        "render": state.command("render", "-c", EXAMPLE, "-o", "rendered"),
    }
    times = {BARE: run(state, [sys.executable, "-c", "pass"]).cpu}
    for name, command in commands.items():
        times[name] = run(state, command).cpu
    return times


def many_packages(state: State) -> dict[str, float]:
    """The CPU time of commands that only render, and check, many packages."""
    shutil.rmtree("rendered-many", ignore_errors=True)
    render = state.command("render", "-c", config(200), "-o", "rendered-many")
    validate = state.command("validate", "-c", config(500))
    return {"render 200": run(state, render).cpu, "validate 500": run(state, validate).cpu}


def plan(state: State, count: int) -> dict[str, float]:
    """What a plan costs where nothing changes, and where every script does."""
    with simulator(state) as started:
        url = started.url
        run(state, state.command("publish", "-c", config(count), "--graph-url", url, "--yes"))
        ask(f"{url}/simulator/requests", "DELETE")
        no_op = run(state, state.command("plan", "-c", config(count), "--graph-url", url))
        requests = ask(f"{url}/simulator/requests", "GET").count(b'"batch": ')
        options = ["-c", config(count, shift=1), "--graph-url", url]
        changed = run(state, state.command("plan", *options, "--diff"))
        as_json = run(state, state.command("plan", *options, "--json"))
    return {
        "no change: requests": requests,
        "no change: seconds": no_op.cpu,
        "no change: MiB": no_op.memory,
        "all changed, --diff: seconds": changed.cpu,
        "all changed, --diff: MiB": changed.memory,
        "all changed, --json: seconds": as_json.cpu,
    }


def sign_in(state: State) -> dict[str, float]:
    """What a sign-in adds to a plan; nothing for a state that cannot sign in."""
    if b"--sign-in" not in run(state, state.command("simulator", "--help")).output:
        return {}
    options = ["-c", EXAMPLE, "--graph-url"]
    with simulator(state, "--sign-in") as started:
        signed = run(state, state.command("plan", *options, started.url), started.exported())
    with simulator(state) as started:
        alone = run(state, state.command("plan", *options, started.url))
    return {
        "without: seconds": alone.cpu,
        "with: seconds": signed.cpu,
        "with against without": signed.cpu / alone.cpu,
        "with against without, wall": signed.wall / alone.wall,
    }


def verify(state: State) -> dict[str, float]:
    """The time of a proof; nothing without PowerShell."""
    if not (os.environ.get("REMEDIATE_PWSH") or shutil.which("pwsh")):
        return {}
    cost = run(state, state.command("verify", "-c", EXAMPLE, "--json"))
    cases = len(json.loads(cost.output)["cases"])
    return {"cases": cases, "ms a case": cost.wall * 1000 / cases, "CPU ms a case": cost.cpu * 1000 / cases}


def run(state: State, command: Sequence[str], variables: Mapping[str, str] | None = None) -> Cost:
    """Run a command to its end and return what it took; one that fails ends the benchmark."""
    environment = state.environment() | dict(variables or {})
    started = time.perf_counter()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdout=output, stderr=errors, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        for stream in (output, errors):
            stream.seek(0)
        if process.returncode != 0:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}\n{errors.read().decode()}")
        unit = 1 << 20 if sys.platform == "darwin" else 1 << 10  # bytes there, else KiB: getrusage(2)
        return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / unit, output.read())


def config(count: int, *, shift: int = 0) -> str:
    """Write a config of ``count`` packages, of several kinds in turn, and return its path.

    ``shift`` changes a setting of each.
    """
    lines = ["name: bench", "remediations:"]
    for number in range(count):
        value = number + 1 + shift
        settings = SETTINGS[number % len(SETTINGS)].format(number=number, metric=value, short=value % 250)
        lines.append(f"  k{number}: {{{settings}, assignments: {ASSIGNMENTS}}}")
    path = Path(f"{count}-{shift}.yaml")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@dataclass(frozen=True)
class Started:
    """A running simulator: its URL, and the lines that it prints after it."""

    url: str
    lines: Iterator[str]

    def exported(self) -> dict[str, str]:
        """Return the variables that it says to export; the last one is REMEDIATE_AUTH."""
        variables: dict[str, str] = {}
        while "REMEDIATE_AUTH" not in variables:
            name, _, value = shlex.split(next(self.lines))[-1].partition("=")
            variables[name] = value
        return variables


@contextmanager
def simulator(state: State, *options: str) -> Iterator[Started]:
    """A simulated tenant on a free port."""
    command = state.command("simulator", "--port", "0", *options)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=state.environment()
    ) as process:
        try:
            assert process.stdout is not None
            yield Started(process.stdout.readline().strip(), iter(process.stdout))
        finally:
            process.terminate()


def ask(url: str, method: str) -> bytes:
    """Send one request and return the answer."""
    with urllib.request.urlopen(urllib.request.Request(url, method=method)) as answer:
        return answer.read()


if __name__ == "__main__":
    main()
