"""The service as a whole: who is let in, the tenant, its faults, and a log of the requests.

Outside of ``/beta`` the simulator is controlled (see ``control``). An entry of the log of requests:

    {"method": "POST", "path": "/beta/$batch", "query": "", "status": 200, "batch": [<the same, no batch>]}
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import unquote_plus

from aovpn_remediate.simulator import api
from aovpn_remediate.simulator.batch import BATCH_PATH, answer_batch
from aovpn_remediate.simulator.conditions import Present
from aovpn_remediate.simulator.control import Control
from aovpn_remediate.simulator.lateness import Lateness
from aovpn_remediate.simulator.store import Tenant
from aovpn_remediate.simulator.wire import JsonObject, Reply, Request, answer_or_refusal

Permit: TypeAlias = Callable[[Request], Reply | None]
"""What an admitted client may do: the refusal of a request, or ``None``."""
Gate: TypeAlias = Callable[[Request], Permit | Reply]
"""Who is let in: asked once for each request of a connection; those of a batch share its permit."""


def open_gate(_request: Request) -> Permit:
    """Admit everybody to everything."""
    return lambda _: None


class Service:
    """Answers requests to a tenant, to ``$batch`` and to the simulator's own controls."""

    def __init__(self, tenant: Tenant, present: Present, gate: Gate = open_gate) -> None:
        self._tenant = tenant
        self._present = present
        self._lateness = Lateness(present)
        self._gate = gate
        path = "/simulator/conditions"
        self._control = Control({("GET", path): present.show, ("POST", path): present.change})

    def answer(self, request: Request) -> Reply:
        """Return the answer to a request; nothing that a client sends raises."""
        if request.path.startswith("/simulator/"):
            return self._control.answer(request)
        batch: list[JsonObject] = []
        reply = self._control.faults.answer(request, self._work(batch), in_batch=False)
        self._control.record({**_entry(request, reply), "batch": batch})
        return reply

    def close(self) -> None:
        """End all waiting and close the state file."""
        self._control.faults.end()
        self._tenant.close()

    def _work(self, batch: list[JsonObject]) -> Callable[[Request], Reply]:
        """What answers a request when nothing goes wrong; sub-requests are entered into ``batch``."""

        def work(request: Request) -> Reply:
            permit = self._gate(request)
            if isinstance(permit, Reply):
                return permit
            if (request.method, request.path) != ("POST", BATCH_PATH):
                return permit(request) or self._api(request)
            answer_one = self._sub_requests(permit, batch)
            return answer_or_refusal(request, lambda outer: answer_batch(outer, answer_one))

        return work

    def _sub_requests(self, permit: Permit, batch: list[JsonObject]) -> Callable[[Request], Reply]:
        """What answers a request within a batch."""

        def work(request: Request) -> Reply:
            return permit(request) or self._api(request)

        def answer_one(request: Request) -> Reply:
            reply = self._control.faults.answer(request, work, in_batch=True)
            batch.append(_entry(request, reply))
            return reply

        return answer_one

    def _api(self, request: Request) -> Reply:
        page_size = self._present.conditions.page_size
        return self._present.refusal(request) or api.answer(
            self._tenant, request, page_size=page_size, lateness=self._lateness
        )


def _entry(request: Request, reply: Reply) -> JsonObject:
    return {
        "method": request.method,
        "path": request.path,
        "query": unquote_plus(request.query),
        "status": reply.status,
    }
