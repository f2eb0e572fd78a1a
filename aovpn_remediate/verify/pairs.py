"""Pairs of a config, proven: PowerShell starts while the pairs are rendered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

from aovpn_remediate.client import find_powershell
from aovpn_remediate.errors import ClientError, UsageError
from aovpn_remediate.model import Remediation, ScriptPackage
from aovpn_remediate.problems.words import close_word, quoted
from aovpn_remediate.verify.proof import Proof, unproven
from aovpn_remediate.verify.record import Job, jobs_for
from aovpn_remediate.verify.workers import powershells, verify

Pairs: TypeAlias = Sequence[tuple[Remediation, ScriptPackage]]
Progress: TypeAlias = Callable[[int], AbstractContextManager[Callable[[object], None]]]
"""From the number of cases: a context with the function to call after each case."""


def prove_pairs(
    load: Callable[[], Pairs], *, progress_of: Progress, keep: Path | None = None, text: str = ""
) -> list[Proof]:
    """Return the proof of every case of the pairs that ``load`` returns.

    A pair without cases has one failed proof. ``keep`` is a folder for the clients of failing cases. ``text``
    picks the cases with it in their names, in any case. Raises ``UsageError`` if it picks none,
    ``ClientError`` without PowerShell, and what ``load`` raises.
    """
    executable = find_powershell()
    if executable is None:
        load()  # its problems are reported first
        raise ClientError(
            "verify: PowerShell was not found; install PowerShell 7 (pwsh) and put it on PATH, or name its "
            "path in REMEDIATE_PWSH; see remediate docs install"
        )
    with powershells(executable) as shells:
        pairs = load()
        jobs = _picked(_jobs(pairs), text)
        with progress_of(len(jobs)) as advance:
            proofs = verify(jobs, shells, progress=advance, keep=keep)
    return proofs if text else [*proofs, *_unproven(pairs, proofs)]


def _picked(jobs: list[Job], text: str) -> list[Job]:
    """The jobs of the cases with a text in their names."""
    picked = [job for job in jobs if text.casefold() in job.case.name.casefold()]
    if text and not picked:
        close = close_word(text, {job.case.name for job in jobs}, cutoff=0.4)
        advice = f"did you mean {quoted(close)}?" if close else "remediate verify -v shows the names"
        raise UsageError(f"verify: no case has {quoted(text)} in its name; {advice}")
    return picked


def _jobs(pairs: Pairs) -> list[Job]:
    jobs: list[Job] = []
    for remediation, package in pairs:
        jobs += jobs_for(remediation, package)
    return jobs


def _unproven(pairs: Pairs, proofs: Sequence[Proof]) -> list[Proof]:
    proved = {proof.remediation for proof in proofs}
    return [unproven(*pair) for pair in pairs if pair[0].key not in proved]
