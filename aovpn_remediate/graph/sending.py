"""One request sent once over the pool of connections, with its ids and its line in the log."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from uuid import uuid4

import requests

from aovpn_remediate.graph.answer import Answer, read_body, request_id
from aovpn_remediate.graph.auth.tokens import challenge_in
from aovpn_remediate.graph.connection import Silence, Timeouts, open_connections, silence_of
from aovpn_remediate.graph.trace import Exchange


@dataclass(frozen=True)
class Call:
    """A request: its address, and its path as messages show it.

    ``late`` are the statuses that say that the service is only late. ``find`` looks for what a request has
    made whose answer is lost; without it the request may be sent twice.
    """

    method: str
    url: str
    path: str
    body: Mapping[str, object] | None = None
    late: frozenset[int] = frozenset()
    find: Callable[[], Mapping[str, object] | None] | None = None

    @property
    def is_write(self) -> bool:
        """Whether it counts as a change, which a batch of reads does not."""
        return self.method != "GET" and self.path != "/$batch"

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Tokens(Protocol):
    """Where the session has its tokens from; raises ``SignInError``."""

    def token(self) -> str:
        """Return a token to send."""

    def token_after(self, refused: str, claims: str = "") -> str:
        """Return another token than the refused one, with the claims that the service demands."""


@dataclass
class Sender:
    """Sends requests to one service; several threads may use it at once.

    ``record`` gets each request with what became of it.
    """

    root: str
    tokens: Tokens | None
    timeouts: Timeouts
    now: Callable[[], float]
    record: Callable[[Exchange], None]
    has_answered: bool = False
    _http: requests.Session = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._http = open_connections(self.root)

    def send(self, call: Call, waited: float) -> tuple[Answer | Silence, float]:
        """Return the answer and the seconds it took; ``waited`` are those before it, for the log.

        One refused token is replaced, and one demand for claims is met.
        """
        if self.tokens is None:
            return self._send_once(call, "", waited)
        token = self.tokens.token()
        outcome, seconds = self._send_once(call, token, waited)
        met: set[bool] = set()
        while isinstance(outcome, Answer) and outcome.status == 401:
            claims = challenge_in(outcome.headers.get("www-authenticate", ""))
            if bool(claims) in met:
                break
            met.add(bool(claims))
            token = self.tokens.token_after(token, claims)
            outcome, more = self._send_once(call, token, 0.0)
            seconds += more
        return outcome, seconds

    def _send_once(self, call: Call, token: str, waited: float) -> tuple[Answer | Silence, float]:
        began, name = self.now(), str(uuid4())
        outcome = self._outcome(call, token, name)
        seconds = self.now() - began
        is_answer = isinstance(outcome, Answer)
        self.record(
            Exchange(
                method=call.method,
                path=call.path,
                status=outcome.status if isinstance(outcome, Answer) else 0,
                reason="" if isinstance(outcome, Answer) else outcome.reason,
                ms=round(seconds * 1000),
                request_id=request_id(outcome) if isinstance(outcome, Answer) else "",
                client_request_id=name,
                waited=waited,
            )
        )
        self.has_answered = self.has_answered or is_answer
        return outcome, seconds

    def _outcome(self, call: Call, token: str, name: str) -> Answer | Silence:
        read = self.timeouts.later if self.has_answered else self.timeouts.first
        try:
            response = self._http.request(
                call.method,
                call.url,
                data=None if call.body is None else json.dumps(call.body).encode(),
                headers=_headers(call, token, name),
                timeout=(self.timeouts.connect, read),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            silence = silence_of(error, self.root.partition("://")[2])
            return replace(silence, client_request_id=name)
        headers = {name.lower(): value for name, value in response.headers.items()}
        body = read_body(response.content, headers.get("content-type", ""))
        return Answer(response.status_code, headers, body, name)


def _headers(call: Call, token: str, name: str) -> dict[str, str]:
    headers = {"client-request-id": name}
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    return headers | {"Authorization": f"Bearer {token}"} if token else headers
