"""Random phonebooks and hostile texts against the real PowerShell: ``make fuzz COUNT=...``.

    python -m tests.fuzz COUNT [SEED]

Prints how many of each were tried and how long that took; each fault with what makes it again.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

from aovpn_remediate.client import PowerShell, Run, SimulatedClient, empty_state, find_powershell
from aovpn_remediate.literals import literal
from aovpn_remediate.model import ScriptPackage
from tests.pairs import files, metric_pair, orderly
from tests.phonebook_grammar import Case, random_case
from tests.phonebook_model import expect

HOSTILE = "'\u2018\u2019\u201a\u201b\"\u201c\u201d`$(){}[];#@|&<>\n\r\0\u00a0\u0085\ufeff\u202e\ud800\U0001f600 aZ9-"
TEXTS_AT_ONCE = 500
BOOKS_AT_ONCE = 200
RUN_ALL = Path(__file__).parent / "ps1_run_all.ps1"
READ = Path(__file__).parent / "ps1_read_back.ps1"


def main() -> None:
    """Try as many phonebooks and a hundred times as many texts."""
    count = int(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 1_000_000
    executable = find_powershell()
    if executable is None:
        sys.exit("no PowerShell: scripts were not run; set REMEDIATE_PWSH or put pwsh on PATH")
    with PowerShell(executable) as shell, tempfile.TemporaryDirectory() as folder:
        bad = _phonebooks(shell, Path(folder), count, seed)
        bad += _texts(shell, Path(folder), count * 100, seed)
    sys.exit(1 if bad else 0)


def _phonebooks(shell: PowerShell, folder: Path, count: int, seed: int) -> int:
    started, states, bad = time.perf_counter(), Counter[str](), 0
    for start in range(0, count, BOOKS_AT_ONCE):
        numbers = range(start, min(start + BOOKS_AT_ONCE, count))
        cases = [random_case(Random(f"{seed}/{number}")) for number in numbers]
        states.update(expect(case.before, case.name, case.wants).state for case in cases)
        with tempfile.TemporaryDirectory(dir=folder) as below:
            faults = phonebook_faults(shell, Path(below), cases)
        bad += len(faults)
        for case, fault in faults:
            print(f"phonebook {seed}/{numbers[cases.index(case)]}: {fault}\n  {case}", flush=True)
    spent = time.perf_counter() - started
    print(f"{count:,} phonebooks, seed {seed}, {spent:.1f} s, {bad} faults: {dict(states)}")
    return bad


def _texts(shell: PowerShell, folder: Path, count: int, seed: int) -> int:
    started, random, bad, done = time.perf_counter(), Random(seed), 0, 0
    while done < count:
        texts = [hostile_text(random) for _ in range(min(TEXTS_AT_ONCE, count - done))]
        done += len(texts)
        for text in changed_texts(shell, folder, texts):
            bad += 1
            print(f"text: {text!r} becomes something else", flush=True)
    print(f"{count:,} texts, seed {seed}, {time.perf_counter() - started:.1f} s, {bad} faults")
    return bad


@dataclass
class Trial:
    """One case on its way: its phonebook as a file, and what was not as the model says."""

    case: Case
    folder: Path
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = SimulatedClient(folder=self.folder, culture=self.case.culture)
        self.path = self.client.write_phonebook(self.case.scope, self.case.before)
        self.expected = expect(self.case.before, self.case.name, self.case.wants)
        self.repaired = "fixed" if self.expected.state == "issue" else self.expected.state

    def environment(self) -> dict[str, str]:
        """The environment variables of the account that the script is made for."""
        account = "jdoe" if self.case.scope == "user" else "PC$"
        folders = {"APPDATA": str(self.client.app_data), "ProgramData": str(self.client.program_data)}
        return {"USERNAME": account, "USERDOMAIN": "CONTOSO", "COMPUTERNAME": "PC", **folders}


def phonebook_faults(shell: PowerShell, folder: Path, cases: Sequence[Case]) -> list[tuple[Case, str]]:
    """Detect and repair on each phonebook, and return what was not as the model says."""
    trials = [Trial(case, folder / str(number)) for number, case in enumerate(cases)]
    for trial, run in zip(trials, _run(shell, folder, trials, "detection"), strict=True):
        trial.faults += _said(run, trial.expected.state)
        if trial.path.read_bytes() != trial.case.before:
            trial.faults.append("the detection changed the phonebook")
    for trial, run in zip(trials, _run(shell, folder, trials, "remediation"), strict=True):
        trial.faults += [*_said(run, trial.repaired), *_left(trial)]
    left = [files(trial.client) for trial in trials]
    for trial, before, run in zip(trials, left, _run(shell, folder, trials, "remediation"), strict=True):
        trial.faults += _said(run, "healthy" if trial.repaired == "fixed" else trial.repaired)
        if files(trial.client) != before:
            trial.faults.append("a second repair wrote")
    return [(trial.case, fault) for trial in trials for fault in trial.faults]


def _left(trial: Trial) -> Iterator[str]:
    after = trial.path.read_bytes()
    if after != trial.expected.after:
        yield f"the phonebook is now {after!r}, not {trial.expected.after!r}"
    left = files(trial.client)
    backups = [content for name, content in left.items() if name.endswith(".bak")]
    if len(left) != 1 + len(backups) or backups != ([trial.case.before] if trial.repaired == "fixed" else []):
        yield f"beside the phonebook lie {sorted(left)}"


def _run(shell: PowerShell, folder: Path, trials: Sequence[Trial], script: str) -> list[Run]:
    """Run the detection or the remediation script of each case, all in one runspace."""
    jobs = [
        {
            "script": _script(folder, trial.case, script),
            "environment": trial.environment(),
            "culture": trial.case.culture,
        }
        for trial in trials
    ]
    file = folder / "jobs.json"
    file.write_text(json.dumps(jobs), encoding="utf-8")
    run = shell.run(RUN_ALL, environment={"JOBS": str(file)}, state=empty_state())
    if run.errors:
        raise AssertionError(run.errors)
    return [
        Run(
            exit_code=one["exit"],
            output=tuple(one["output"]),
            errors=tuple(one["errors"]),
            state=empty_state(),
        )
        for one in json.loads(run.output[-1])
    ]


def _script(folder: Path, case: Case, script: str) -> str:
    """The path of the rendered script; PowerShell compiles a file once as long as it stays the same."""
    package = _package(case.name, case.scope, **case.wants)
    content: bytes = getattr(package, script)
    path = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.ps1"
    if not path.exists():
        path.write_bytes(content)
    return str(path)


@cache
def _package(name: str, scope: str, ipv4: object, ipv6: object) -> ScriptPackage:
    return metric_pair(profile=name, scope=scope, live="ignore", ipv4=ipv4, ipv6=ipv6)


def _said(run: Run, state: str) -> Iterator[str]:
    try:
        said = str(orderly(run).result["state"])
    except AssertionError as error:
        said = f"something out of order: {error}"
    if said != state:
        yield f"{said} where the model says {state}: {run.output}"


def hostile_text(random: Random) -> str:
    """Return a text of characters that end strings, and any others."""
    length = random.randrange(40)
    return "".join(
        random.choice(HOSTILE) if random.random() < 0.7 else chr(random.randrange(0x110000))
        for _ in range(length)
    )


def changed_texts(shell: PowerShell, folder: Path, texts: list[str]) -> list[str]:
    """Return the texts whose literal is no single ASCII constant, or evaluates to something else."""
    script = folder / "values.ps1"
    script.write_text("".join(literal(text) + "\n" for text in texts), encoding="ascii")
    run = shell.run(READ, environment={"VALUES": str(script)}, state=empty_state())
    if run.errors:
        raise AssertionError(run.errors)
    read = json.loads(run.output[-1])
    return [text for text, units in zip(texts, read, strict=True) if units != _units(text)]


def _units(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").hex().upper()


if __name__ == "__main__":
    main()
