"""One pair in one case, proven: run to its end first, then judged."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from aovpn_remediate.client import PowerShell
from aovpn_remediate.errors import CaseNotRunError
from aovpn_remediate.model import Remediation, ScriptPackage
from aovpn_remediate.verify.judges import judge, warn
from aovpn_remediate.verify.keep import folder_name, keep_client
from aovpn_remediate.verify.record import Job, record_case

_NO_CASES = "no client files"


@dataclass(frozen=True)
class Proof:
    """What one pair did in one case; ``ok`` without differences. Output lines are there for inspection."""

    case: str
    remediation: str
    kind: str
    states: tuple[str, ...]
    exits: tuple[int, ...]
    ms: int
    differences: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    unconfirmed: tuple[str, ...] = ()
    """What the pair assumes and Windows has not confirmed."""
    warnings: tuple[str, ...] = ()
    """What may be wrong and fails nothing."""
    not_run: str = ""
    """Why this machine cannot run the case, or empty."""

    @property
    def ok(self) -> bool:
        """Whether the pair did what the case expects, or the case could not be run here."""
        return not self.differences

    @property
    def is_unproven(self) -> bool:
        """Whether the pair has no cases, so that nothing was run."""
        return self.case == _NO_CASES and not self.exits


def prove(job: Job, shell: PowerShell, *, keep: Path | None = None) -> Proof:
    """Run one case and return its proof; ``keep`` is a folder for the client of a case that fails."""
    started = time.monotonic()
    try:
        record = record_case(job, shell)
    except CaseNotRunError as error:
        kind, key = job.remediation.kind, job.package.key
        return Proof(job.case.name, key, kind, states=(), exits=(), ms=0, differences=(), not_run=str(error))
    problems = judge(record)
    proof = Proof(
        case=job.case.name,
        remediation=job.package.key,
        kind=job.remediation.kind,
        states=record.states,
        exits=record.exits,
        ms=round((time.monotonic() - started) * 1000),
        differences=problems,
        outputs=record.output_lines,
        unconfirmed=job.remediation.settings.unconfirmed,
        warnings=warn(record),
    )
    if keep is not None and not proof.ok:
        keep_client(record, proof.differences, keep / folder_name(f"{proof.remediation} {proof.case}"))
    return proof


def failed_proofs(proofs: Iterable[Proof]) -> list[Proof]:
    """Return the proofs that are not ok."""
    return [proof for proof in proofs if not proof.ok]


def unproven(remediation: Remediation, package: ScriptPackage) -> Proof:
    """Return the failed proof of a pair that has no cases."""
    problem = "nothing was proved; add clients: [FILE]; see remediate docs clients"
    kind = remediation.kind
    return Proof(_NO_CASES, package.key, kind, states=(), exits=(), ms=0, differences=(problem,))
