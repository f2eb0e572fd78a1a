"""What the tries of one request have cost, and whether another one is worth it."""

from __future__ import annotations

from dataclasses import dataclass

from aovpn_remediate.graph.answer import Answer
from aovpn_remediate.graph.connection import Silence
from aovpn_remediate.graph.gate import Gate
from aovpn_remediate.graph.retry import THROTTLED, asked_wait, own_wait


@dataclass
class Effort:
    """The tries of one request: ``spent`` are the seconds of trying, ``waited`` those since the last try.

    A wait that the service asked for is not in ``spent``, unless it was cut because it is too long.
    """

    gate: Gate
    spent: float = 0.0
    waited: float = 0.0
    tries: int = 0

    def may_go_on(self, outcome: Answer | Silence, trying: float, what: str) -> bool:
        """Wait and return true if there is time for another try.

        ``trying`` are the seconds within which the last try begins, ``what`` names the request.
        """
        self.gate.failed()
        asked = asked_wait(outcome) if isinstance(outcome, Answer) else None
        is_throttled = isinstance(outcome, Answer) and outcome.status == THROTTLED
        left = trying - self.spent
        wait = self.gate.close(asked) if is_throttled else self._wait(asked)
        if left <= 0 or self.gate.is_stalled or self.gate.has_given_up:
            return False
        free = 0.0 if asked is None or asked > self.gate.patience.asked else asked
        own = min(max(wait - free, 0.0), left)
        self.tries += 1
        self.spent += own
        if not is_throttled:  # the gate itself makes everybody wait
            self._rest(min(wait, own + free), f"{what}: {_reason(outcome)}")
        return True

    def _wait(self, asked: float | None) -> float:
        jitter = self.gate.clock.jitter()
        if asked is None:
            return own_wait(self.tries, jitter=jitter)
        return min(asked + jitter, self.gate.patience.asked)

    def _rest(self, seconds: float, why: str) -> None:
        began = self.gate.clock.now()
        self.gate.wait(seconds, why)
        self.waited += self.gate.clock.now() - began


def _reason(outcome: Answer | Silence) -> str:
    return outcome.reason if isinstance(outcome, Silence) else f"status {outcome.status}"
