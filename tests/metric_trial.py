"""The pair of interface-metric on random phonebooks, held against the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from aovpn_remediate.client import PowerShell
from aovpn_remediate.model import ScriptPackage
from tests.many_scripts import Trial, run_all, said_otherwise
from tests.pairs import files, metric_pair
from tests.phonebook_grammar import Case
from tests.phonebook_model import Expected, expect


def phonebook_faults(shell: PowerShell, folder: Path, cases: Sequence[Case]) -> list[tuple[Case, str]]:
    """Detect and repair on each phonebook, and return what was not as the model says."""
    trials = [
        Trial(
            _package(case.name, case.scope, **case.wants),
            case.scope,
            case.culture,
            case.before,
            folder / str(number),
        )
        for number, case in enumerate(cases)
    ]
    expected = [expect(case.before, case.name, case.wants) for case in cases]
    for trial, one, run in zip(trials, expected, run_all(shell, folder, trials, "detection"), strict=True):
        trial.faults += said_otherwise(run, one.state)
        if trial.phonebook != trial.before:
            trial.faults.append("the detection changed the phonebook")
    for trial, one, run in zip(trials, expected, run_all(shell, folder, trials, "remediation"), strict=True):
        trial.faults += [
            *said_otherwise(run, "fixed" if one.state == "issue" else one.state),
            *_left(trial, one),
        ]
    left = [files(trial.client) for trial in trials]
    again = run_all(shell, folder, trials, "remediation")
    for trial, one, before, run in zip(trials, expected, left, again, strict=True):
        trial.faults += said_otherwise(run, "healthy" if one.state == "issue" else one.state)
        if files(trial.client) != before:
            trial.faults.append("a second repair wrote")
    return [(case, fault) for case, trial in zip(cases, trials, strict=True) for fault in trial.faults]


@cache
def _package(name: str, scope: str, ipv4: object, ipv6: object) -> ScriptPackage:
    return metric_pair(profile=name, scope=scope, live="ignore", ipv4=ipv4, ipv6=ipv6)


def _left(trial: Trial, expected: Expected) -> Iterator[str]:
    if trial.phonebook != expected.after:
        yield f"the phonebook is now {trial.phonebook!r}, not {expected.after!r}"
    left = files(trial.client)
    backups = [content for name, content in left.items() if name.endswith(".bak")]
    if len(left) != 1 + len(backups) or backups != ([trial.before] if expected.state == "issue" else []):
        yield f"beside the phonebook lie {sorted(left)}"
