"""The simulator's own controls, outside of what it stands in for: faults, and a log of the requests.

``faults`` describes ``/simulator/faults``. ``GET`` of ``/simulator/requests`` reads the log, ``DELETE``
empties it; control requests are not in it. Status 0 is a connection closed without an answer.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from aovpn_remediate.simulator.faults import Fault, Faults, read_faults
from aovpn_remediate.simulator.wire import (
    JsonObject,
    RefusalError,
    Reply,
    Request,
    answer_or_refusal,
    parse_json,
)

MAX_LOGGED: Final = 100_000

Routes: TypeAlias = Mapping[tuple[str, str], Callable[[Request], Reply]]


class Control:
    """The faults and the log of one service; ``more`` are its other controls.

    ``complete`` adds to a fault what the service says by default.
    """

    def __init__(self, more: Routes | None = None, complete: Callable[[Fault], Fault] | None = None) -> None:
        self.faults = Faults()
        self._complete = complete or (lambda fault: fault)
        self._log: deque[JsonObject] = deque(maxlen=MAX_LOGGED)
        self._lock = threading.Lock()
        self._routes: Routes = {
            ("GET", "/simulator/faults"): lambda _: Reply(200, self.faults.left()),
            ("POST", "/simulator/faults"): self._add_faults,
            ("DELETE", "/simulator/faults"): self._clear_faults,
            ("GET", "/simulator/requests"): lambda _: Reply(200, self.log()),
            ("DELETE", "/simulator/requests"): self._clear_log,
            **(more or {}),
        }

    def answer(self, request: Request) -> Reply:
        """Return the answer to a control request; nothing that a client sends raises."""
        return answer_or_refusal(request, self._work)

    def add(self, faults: list[Fault]) -> None:
        """Add faults after those that are left."""
        self.faults.add([self._complete(fault) for fault in faults])

    def record(self, entry: JsonObject) -> None:
        """Add a request to the log."""
        with self._lock:
            self._log.append(entry)

    def log(self) -> list[JsonObject]:
        """Return the requests so far, the oldest first."""
        with self._lock:
            return list(self._log)

    def _work(self, request: Request) -> Reply:
        route = self._routes.get((request.method, request.path))
        if route is None:
            known = ", ".join(" ".join(one) for one in self._routes)
            raise RefusalError(f"no such control; use one of {known}", status=404, code="NotFound")
        return route(request)

    def _add_faults(self, request: Request) -> Reply:
        self.add(read_faults(parse_json(request.body)))
        return Reply(200, self.faults.left())

    def _clear_faults(self, _request: Request) -> Reply:
        self.faults.clear()
        return Reply(204)

    def _clear_log(self, _request: Request) -> Reply:
        with self._lock:
            self._log.clear()
        return Reply(204)
