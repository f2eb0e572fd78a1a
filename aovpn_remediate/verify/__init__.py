"""Pairs proven: each is run on simulated clients in the states and faults that its kind names."""

from __future__ import annotations

from collections.abc import Mapping

from aovpn_remediate.verify.cases import Case, read_cases
from aovpn_remediate.verify.proof import Job, Proof, jobs_for, prove, unproven
from aovpn_remediate.verify.workers import powershells, verify

__all__ = [
    "ASSUMPTIONS",
    "Case",
    "Job",
    "Proof",
    "jobs_for",
    "powershells",
    "prove",
    "read_cases",
    "unproven",
    "verify",
]

ASSUMPTIONS: Mapping[str, tuple[str, ...]] = {
    "interface-metric": (
        "a text edit of the phonebook counts from the next connection",
        "Set-NetIPInterface in the active store lasts until the disconnect",
    ),
    "rasman-privileges": (
        "the service control manager reads RequiredPrivileges at the next start of the service",
    ),
    "route-presence": (
        "Add- and Remove-VpnConnectionRoute take a device tunnel with -AllUserConnection",
        "the route commands change nothing of the entry but routes and its time stamps",
        "the route commands keep every byte of other entries",
        "the last word but one of a stored route marks an exclusion; a connection heeds one that was written",
    ),
}
"""What Windows has not confirmed, by kind."""
