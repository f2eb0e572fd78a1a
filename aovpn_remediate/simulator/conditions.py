"""How the service behaves as a whole: its pages, how late its lists are, how many changes it accepts.

``GET`` of ``/simulator/conditions`` shows the conditions, ``POST`` changes those that it names, at any time:

    {
      "page_size": 1000,            how many objects a list shows at a time
      "lag": 0,                     seconds after which a list shows a new package or its new assignments
      "lag_reads": 0,               how many lists do not show them yet, whatever the time
      "budget": null,               how many changes are accepted in ``window`` seconds; null: any number
      "window": 20,
      "retry_after": "exact",       Retry-After of a 429: the seconds that are left, these seconds, or null
      "cut_connections": 0          how many of the next connections are closed before the first byte
    }
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace

from aovpn_remediate.simulator.query import MAX_PAGE
from aovpn_remediate.simulator.wire import (
    Json,
    RefusalError,
    Reply,
    Request,
    error_reply,
    parse_json,
)

EXACT = "exact"
_LONGEST = 3600


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """The conditions; the members are those of the module's text."""

    page_size: int = MAX_PAGE
    lag: float = 0
    lag_reads: int = 0
    budget: int | None = None
    window: float = 20
    retry_after: float | str | None = EXACT
    cut_connections: int = 0


class Present:
    """The conditions of a service at present, and what they count.

    ``now`` is a clock in seconds. With ``tls`` the service is HTTPS.
    """

    def __init__(
        self,
        conditions: Conditions | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        tls: bool = False,
    ) -> None:
        self.conditions = conditions or Conditions()
        self.now = now
        self.tls = tls
        self._lock = threading.Lock()
        self._accepted: deque[float] = deque()

    def change(self, request: Request) -> Reply:
        """Change the conditions that a control request names."""
        given = parse_json(request.body)
        with self._lock:
            self.conditions = _changed(self.conditions, given)
        return self.show(request)

    def show(self, _request: Request) -> Reply:
        """Return all conditions."""
        return Reply(200, asdict(self.conditions))

    def admits(self) -> bool:
        """Whether a new connection is served."""
        with self._lock:
            left = self.conditions.cut_connections
            if left:
                self.conditions = replace(self.conditions, cut_connections=left - 1)
            return not left

    def refusal(self, request: Request) -> Reply | None:
        """Return the 429 for a change above the budget; any other change is counted."""
        budget = self.conditions.budget
        if budget is None or request.method == "GET":
            return None
        with self._lock:
            now = self.now()
            while self._accepted and self._accepted[0] <= now - self.conditions.window:
                self._accepted.popleft()
            if len(self._accepted) < budget:
                self._accepted.append(now)
                return None
            oldest = self._accepted[0] if self._accepted else now
            return self._throttled(request, oldest + self.conditions.window - now)

    def _throttled(self, request: Request, left: float) -> Reply:
        reply = error_reply(429, "TooManyRequests", "An error has occurred.", request_id=request.id)
        asked = self.conditions.retry_after
        if asked is None:
            return reply
        return replace(reply, headers={"Retry-After": str(math.ceil(left) if asked == EXACT else asked)})


def _changed(conditions: Conditions, given: Json) -> Conditions:
    """The conditions with other values; a wrong one is refused, so that no test passes by mistake."""
    if not isinstance(given, dict):
        raise RefusalError("the conditions must be an object")
    unknown = given.keys() - _IS_RIGHT.keys()
    if unknown:
        raise RefusalError(f"there is no condition {', '.join(sorted(unknown))}")
    for name, value in given.items():
        if not _IS_RIGHT[name](value):
            raise RefusalError(f"the condition {name} must not be {value!r}")
    return replace(conditions, **given)


def _is_count(value: Json, least: int) -> bool:
    return type(value) is int and value >= least


def _is_time(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _LONGEST


_IS_RIGHT: Mapping[str, Callable[[Json], bool]] = {
    "page_size": lambda value: type(value) is int and 1 <= value <= MAX_PAGE,
    "lag": _is_time,
    "lag_reads": lambda value: _is_count(value, 0),
    "budget": lambda value: value is None or _is_count(value, 0),
    "window": lambda value: _is_time(value) and value != 0,
    "retry_after": lambda value: value is None or value == EXACT or _is_time(value),
    "cut_connections": lambda value: _is_count(value, 0),
}
