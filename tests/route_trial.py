"""The pair of route-presence on random phonebooks, held against the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from aovpn_remediate.client import PowerShell
from aovpn_remediate.model import ScriptPackage
from tests.many_scripts import Trial, run_all, said_otherwise, state_said
from tests.pairs import files, kept, pair
from tests.route_grammar import RouteCase, RouteSettings
from tests.route_model import faults_after, faults_around, must_work, read_entry, state_of


def route_faults(
    shell: PowerShell, folder: Path, cases: Sequence[RouteCase], seen: Counter[str] | None = None
) -> list[tuple[RouteCase, str]]:
    """Detect and repair on each phonebook, and return what was not as the model says; ``seen`` counts outcomes."""
    trials = [
        Trial(_package(case.settings), case.settings.scope, case.culture, case.before, folder / str(number))
        for number, case in enumerate(cases)
    ]
    expected = [state_of(case.before, case.settings) for case in cases]
    for trial, state, run in zip(trials, expected, run_all(shell, folder, trials, "detection"), strict=True):
        trial.faults += said_otherwise(run, state)
        if trial.phonebook != trial.before:
            trial.faults.append("the detection changed the phonebook")
    said: list[str] = []
    for case, trial, state, run in zip(
        cases, trials, expected, run_all(shell, folder, trials, "remediation"), strict=True
    ):
        said.append(state_said(run))
        trial.faults += said_otherwise(run, *_outcomes(case, state))
        trial.faults += [*_after(case, trial, state, said[-1]), *_beside(trial)]
    left = [(trial.phonebook, files(trial.client)) for trial in trials]
    again = run_all(shell, folder, trials, "remediation")
    for case, trial, first, before, run in zip(cases, trials, said, left, again, strict=True):
        allowed = [*_spoilt(case, trial), *(["healthy"] if _hit_another(case, trial, first) else [])]
        trial.faults += said_otherwise(run, "healthy" if first == "fixed" else first, *allowed)
        trial.faults += _after_again(case, trial, first, *before)
    if seen is not None:
        seen.update(said)
    return [(case, fault) for case, trial in zip(cases, trials, strict=True) for fault in trial.faults]


@cache
def _package(settings: RouteSettings) -> ScriptPackage:
    routes = [
        {"prefix": route.prefix, "exclude": route.exclude}
        | ({"metric": route.metric} if route.metric else {})
        for route in settings.routes
    ]
    return pair(
        "route-presence", profile=settings.name, scope=settings.scope, routes=routes, stale=settings.stale,
        exclusions="write", live="ignore",
    )  # fmt: skip


def _outcomes(case: RouteCase, state: str) -> tuple[str, ...]:
    """What a repair may say: where the route commands may fail, that they did."""
    if state != "issue":
        return (state,)
    return ("fixed",) if must_work(case.before, case.settings) else ("fixed", "failed")


def _after(case: RouteCase, trial: Trial, state: str, said: str) -> Iterator[str]:
    if state == "issue":
        if not _spoilt(case, trial):
            is_hit = _hit_another(case, trial, said)
            yield from faults_after(case.before, trial.phonebook, said, case.settings, may_be_right=is_hit)
        yield from _around(case, trial, said, case.before)
    elif trial.phonebook != case.before:
        yield f"the phonebook is now {trial.phonebook!r}"


def _spoilt(case: RouteCase, trial: Trial) -> tuple[str, ...]:
    """What is said of an entry that a command left unreadable, as far as the phonebook from before it is in a copy."""
    entry = read_entry(trial.phonebook, case.settings.name)
    return (entry,) if isinstance(entry, str) and case.before in kept(trial.path) else ()


def _hit_another(case: RouteCase, trial: Trial, said: str) -> bool:
    """Whether a command changed another entry too, which is a failure with a copy even if the routes are as wanted."""
    is_kept = said == "failed" and case.before in kept(trial.path)
    return is_kept and any(faults_around(case.before, trial.phonebook, case.settings))


def _around(case: RouteCase, trial: Trial, said: str, before: bytes) -> Iterator[str]:
    """What changed beside the routes: a command that takes the wrong entry is a failure with a copy from before it."""
    if said != "failed" or before not in kept(trial.path):
        yield from faults_around(before, trial.phonebook, case.settings)


def _beside(trial: Trial) -> Iterator[str]:
    """What lies beside the phonebook, but for the last copy of it and one that is kept."""
    own = trial.path.relative_to(trial.folder).as_posix()
    copies = {f"{own}.aovpn-remediate.{suffix}" for suffix in ("bak", "1.kept", "2.kept")}
    if others := sorted(set(files(trial.client)) - {own} - copies):
        yield f"beside the phonebook lie {others}"


def _after_again(
    case: RouteCase, trial: Trial, first: str, phonebook: bytes, left: dict[str, bytes]
) -> Iterator[str]:
    """A second repair writes nothing; one that failed may fail again, as well as the first."""
    if first != "failed" and files(trial.client) != left:
        yield "a second repair wrote"
    if first == "failed" and not _spoilt(case, trial):
        is_hit = _hit_another(case, trial, first)
        yield from faults_after(phonebook, trial.phonebook, first, case.settings, may_be_right=is_hit)
    yield from _around(case, trial, first, phonebook)
    yield from _beside(trial)
