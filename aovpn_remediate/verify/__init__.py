"""Pairs proven: each is run on simulated clients in the states and faults that its kind names."""

from __future__ import annotations

from aovpn_remediate.verify.case import Case
from aovpn_remediate.verify.cases import read_cases
from aovpn_remediate.verify.pairs import prove_pairs
from aovpn_remediate.verify.proof import Proof, failed_proofs, prove, unproven
from aovpn_remediate.verify.record import Job, jobs_for
from aovpn_remediate.verify.workers import powershells, verify

__all__ = [
    "Case",
    "Job",
    "Proof",
    "failed_proofs",
    "jobs_for",
    "powershells",
    "prove",
    "prove_pairs",
    "read_cases",
    "unproven",
    "verify",
]
