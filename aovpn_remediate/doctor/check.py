"""What a check found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from aovpn_remediate.errors import RemediateError, SignInError

SIGN_IN = "sign-in"
"""The name of the check that has an exit code of its own."""


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """What a check found, and what to do about it: for a warning and a failure."""

    state: State
    detail: str
    advice: str = ""


@dataclass(frozen=True)
class Check:
    """A check by its name, with what it found; ``advice`` is empty where nothing has to be done."""

    name: str
    state: State
    detail: str
    advice: str = ""


def ok(detail: str) -> Finding:
    """Nothing to do."""
    return Finding(State.OK, detail)


def warning(detail: str, advice: str) -> Finding:
    """Something that will be a problem, or is one for some commands."""
    return Finding(State.WARNING, detail, advice)


def failed(detail: str, advice: str) -> Finding:
    """Something that has to be corrected."""
    return Finding(State.FAILED, detail, advice)


def skipped(reason: str) -> Finding:
    """Nothing was checked."""
    return Finding(State.SKIPPED, reason)


def failed_by(error: RemediateError) -> Finding:
    """A failure in the words of an error, whose message ends with what to do."""
    detail, _, advice = str(error).rpartition("; ")
    return failed(detail, advice) if detail else failed(advice, "correct it and run remediate doctor again")


def failed_sign_in(error: RemediateError, general: str) -> Finding:
    """A failure in the words of a sign-in's error; its own advice, or else ``general``.

    The advice is behind the first ``; ``; the lines that follow, and ids, are details.
    """
    first, *more = str(error).removeprefix("sign-in: ").removeprefix("sign-in ").split("\n")
    detail, _, advice = first.partition("; ")
    advice, correlation, number = advice.partition("; correlation id ")
    lines = [detail, *(line.strip() for line in more)]
    if correlation:
        lines.append(f"correlation id {number}")
    return failed("\n".join(lines), advice or general)


def exit_code(checks: Iterable[Check]) -> int:
    """Return 4 if the sign-in failed, else 1 if another check failed, else 0."""
    names = {check.name for check in checks if check.state is State.FAILED}
    if SIGN_IN in names:
        return SignInError.exit_code
    return RemediateError.exit_code if names else 0
