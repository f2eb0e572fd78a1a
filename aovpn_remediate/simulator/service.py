"""The service as a whole: the tenant, its faults, and a log of the requests.

Outside of ``/beta`` the simulator is controlled: ``/simulator/faults`` (see ``faults``), and
``/simulator/requests``, which ``GET`` reads as a list of

    {"method": "POST", "path": "/beta/$batch", "query": "", "status": 200, "batch": [<the same, no batch>]}

and ``DELETE`` empties. Control requests are not in it; status 0 is a connection closed without an answer.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote_plus

from aovpn_remediate.simulator import api
from aovpn_remediate.simulator.batch import BATCH_PATH, answer_batch
from aovpn_remediate.simulator.faults import Faults, read_faults
from aovpn_remediate.simulator.store import Tenant
from aovpn_remediate.simulator.wire import (
    JsonObject,
    RefusalError,
    Reply,
    Request,
    answer_or_refusal,
    parse_json,
)

MAX_LOGGED: Final = 100_000


class Service:
    """Answers requests to a tenant, to ``$batch`` and to the simulator's own controls."""

    def __init__(self, tenant: Tenant, page_size: int) -> None:
        self._tenant = tenant
        self._page_size = page_size
        self._faults = Faults()
        self._log: deque[JsonObject] = deque(maxlen=MAX_LOGGED)
        self._log_lock = threading.Lock()

    def answer(self, request: Request) -> Reply:
        """Return the answer to a request; nothing that a client sends raises."""
        if request.path.startswith("/simulator/"):
            return answer_or_refusal(request, self._control)
        batch: list[JsonObject] = []
        reply = self._faults.answer(request, self._work(batch), in_batch=False)
        with self._log_lock:
            self._log.append({**_entry(request, reply), "batch": batch})
        return reply

    def close(self) -> None:
        """End all waiting and close the state file."""
        self._faults.end()
        self._tenant.close()

    def _work(self, batch: list[JsonObject]) -> Callable[[Request], Reply]:
        """What answers a request when nothing goes wrong; sub-requests are entered into ``batch``."""

        def answer_sub_request(request: Request) -> Reply:
            reply = self._faults.answer(request, self._api, in_batch=True)
            batch.append(_entry(request, reply))
            return reply

        def work(request: Request) -> Reply:
            if (request.method, request.path) != ("POST", BATCH_PATH):
                return self._api(request)
            return answer_or_refusal(request, lambda outer: answer_batch(outer, answer_sub_request))

        return work

    def _api(self, request: Request) -> Reply:
        return api.answer(self._tenant, request, page_size=self._page_size)

    def _control(self, request: Request) -> Reply:
        controls: dict[tuple[str, str], Callable[[Request], Reply]] = {
            ("GET", "/simulator/faults"): lambda _: Reply(200, self._faults.left()),
            ("POST", "/simulator/faults"): self._add_faults,
            ("DELETE", "/simulator/faults"): self._clear_faults,
            ("GET", "/simulator/requests"): self._read_log,
            ("DELETE", "/simulator/requests"): self._clear_log,
        }
        control = controls.get((request.method, request.path))
        if control is None:
            known = ", ".join(" ".join(one) for one in controls)
            raise RefusalError(f"no such control; use one of {known}", status=404, code="NotFound")
        return control(request)

    def _add_faults(self, request: Request) -> Reply:
        self._faults.add(read_faults(parse_json(request.body)))
        return Reply(200, self._faults.left())

    def _clear_faults(self, _request: Request) -> Reply:
        self._faults.clear()
        return Reply(204)

    def _read_log(self, _request: Request) -> Reply:
        with self._log_lock:
            return Reply(200, list(self._log))

    def _clear_log(self, _request: Request) -> Reply:
        with self._log_lock:
            self._log.clear()
        return Reply(204)


def _entry(request: Request, reply: Reply) -> JsonObject:
    return {
        "method": request.method,
        "path": request.path,
        "query": unquote_plus(request.query),
        "status": reply.status,
    }
