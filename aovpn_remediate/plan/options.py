"""What a person allows a plan to do, beyond creating and updating."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PlanOptions:
    """The options with which a plan is made; ``adopt`` are keys whose foreign packages are taken over.

    Without ``allow_delete`` the deletes of a plan are notes.
    """

    allow_delete: bool = False
    allow_all: bool = False
    allow_mass_delete: bool = False
    adopt: tuple[str, ...] = ()
