"""What became of the changes of a plan, and the exit code that says it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from aovpn_remediate.errors import ApprovalNeededError, RemediateError, SignInError
from aovpn_remediate.plan import Change


class Status(StrEnum):
    """The result of a change."""

    DONE = "done"
    CREATED = "created, not assigned"
    AWAITING_APPROVAL = "awaiting approval"
    FAILED = "failed"
    NOT_TRIED = "not tried"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Outcome:
    """The result of one change, and why; if it has an ``exit_code``, no other change is started.

    ``request_id`` and ``client_request_id`` are those of the request that failed, ``approval_code`` the one
    that Multi Admin Approval gave. Texts that are not known are empty.
    """

    change: Change
    status: Status
    error: str = ""
    exit_code: int = 0
    request_id: str = ""
    client_request_id: str = ""
    package_id: str = ""
    approval_code: str = ""


@dataclass(frozen=True)
class Watcher:
    """What to call with each outcome, and on an interruption with the number of changes under way."""

    progress: Callable[[Outcome], None] = lambda _: None
    interrupted: Callable[[int], None] = lambda _: None


class InterruptedPublishError(RemediateError):
    """Publishing was interrupted by Ctrl-C; ``outcomes`` has the result of each change."""

    exit_code = 130

    def __init__(self, outcomes: tuple[Outcome, ...]) -> None:
        self.outcomes = outcomes
        super().__init__("interrupted; run publish again to continue")


def exit_code(outcomes: Sequence[Outcome], *, stopped: int = 0) -> int:
    """Return the exit code for these outcomes, beside a number of keys that the plan could not take."""
    total = len(outcomes) + stopped
    counts = Counter(outcome.status for outcome in outcomes)
    done, waiting = counts[Status.DONE], counts[Status.AWAITING_APPROVAL]
    if done == total:
        return 0
    if done + waiting == total:
        return ApprovalNeededError.exit_code
    if done or waiting:
        return 3
    refused = any(outcome.exit_code == SignInError.exit_code for outcome in outcomes)
    return SignInError.exit_code if refused else 1
