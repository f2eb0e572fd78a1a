"""Requests to Graph: always with time-outs, repeated where it is safe, with clear errors."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import requests

from aovpn_remediate.errors import GraphShapeError, TenantError, UnreachableError
from aovpn_remediate.graph.answer import Answer, error_for, object_in, read_body, request_id, shorten
from aovpn_remediate.graph.auth.tokens import challenge_in
from aovpn_remediate.graph.connection import Silence, Timeouts, open_connections, silence_of
from aovpn_remediate.graph.fields import Fields
from aovpn_remediate.graph.retry import TRIES, is_busy, is_worth_another_read, wait_after
from aovpn_remediate.graph.url import origin

BATCH_SIZE = 20
"""Requests in one ``$batch``, Graph's limit."""
# Source: Graph reference, json-batching.

# v1.0 has no deviceHealthScript. Source: microsoftgraph/msgraph-metadata.
_VERSION = "/beta"
_PATIENCE_DROPPED, _PATIENCE_BUSY = 90.0, 300.0  # seconds within which the last try begins
_log = logging.getLogger("aovpn_remediate.graph")


@dataclass(frozen=True)
class _Call:
    method: str
    url: str
    path: str
    body: Mapping[str, object] | None
    repeatable: bool


class Tokens(Protocol):
    """Where the session has its tokens from; raises ``SignInError``."""

    def token(self) -> str:
        """Return a token to send."""

    def token_after(self, refused: str, claims: str = "") -> str:
        """Return another token than the refused one, with the claims that the service demands."""


class GraphSession:
    """Requests below one service root; several threads may use it at once."""

    def __init__(
        self,
        root: str,
        *,
        tokens: Tokens | None = None,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._root = root
        self._tokens = tokens
        self._sleep = sleep
        self._jitter = jitter
        self._timeouts = timeouts or Timeouts()
        self._http = open_connections(root)
        self._has_answered = False

    def get(self, path: str) -> Mapping[str, object]:
        """Return the object at a path below ``/beta``, or at a link of an earlier answer."""
        return self.send("GET", path)

    def send(
        self, method: str, path: str, body: Mapping[str, object] | None = None, *, repeatable: bool = True
    ) -> Mapping[str, object]:
        """Return the object of the answer, empty if there is none.

        The request is repeated after a busy answer or a lost connection; without ``repeatable`` only if it is
        certain that nothing was carried out. Raises a ``TenantError``.
        """
        return self._answer_to(method, path, body, repeatable=repeatable, is_needed=True)

    def _answer_to(
        self, method: str, path: str, body: Mapping[str, object] | None, *, repeatable: bool, is_needed: bool
    ) -> Mapping[str, object]:
        call = _Call(method, self._url(path), self._shown(path), body, repeatable)
        answer = self._insist(call)
        if not answer.is_success:
            raise self._error(call.method, call.path, answer)
        return object_in(f"{call.method} {call.path}", answer, is_needed=is_needed)

    def tell(self, method: str, path: str, body: Mapping[str, object] | None = None) -> None:
        """Send a request whose answer is not needed: success is all that counts; raises a ``TenantError``."""
        self._answer_to(method, path, body, repeatable=True, is_needed=False)

    def pages(self, path: str) -> Iterator[Mapping[str, object]]:
        """Yield the items of a collection, page by page."""
        yield from self.items(path, self.get(path))

    def items(self, path: str, page: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        """Yield the items of a collection whose first page was already read."""
        seen = {path}
        where = f"GET {self._shown(path)}"
        while True:
            fields = Fields(where, page)
            yield from (item.values for item in fields.parts("value"))
            if page.get("@odata.nextLink") is None:
                return
            link = fields.text("@odata.nextLink")
            if link in seen:
                raise fields.wrong("@odata.nextLink", "leads back to an earlier page")
            seen.add(link)
            page = self.get(link)

    def batch(
        self, paths: Sequence[str], *, accepted: Mapping[str, Collection[int]] | None = None
    ) -> list[Answer]:
        """Return the answer for each path, read 20 at a time; only failed ones are read again.

        ``accepted`` has the statuses of failures that are an answer, by path; every other failure is raised.
        """
        answers: list[Answer] = []
        for start in range(0, len(paths), BATCH_SIZE):
            answers += self._batch(paths[start : start + BATCH_SIZE])
        for path, answer in zip(paths, answers, strict=True):
            if not answer.is_success and answer.status not in (accepted or {}).get(path, ()):
                raise self._error("GET", self._shown(path), answer)
        return answers

    def pause(self, attempt: int) -> None:
        """Wait as after an attempt (the first is 0) that got no answer."""
        self._sleep(wait_after(None, attempt, jitter=self._jitter()))

    def _batch(self, paths: Sequence[str]) -> list[Answer]:
        answers: dict[int, Answer] = {}
        for attempt in range(TRIES):
            waiting = _to_read(len(paths), answers)
            if not waiting:
                break
            if attempt:
                self._sleep(max(self._wait(answers[index], attempt - 1) for index in waiting))
            answers |= self._read_together(paths, waiting)
        return [answers[index] for index in range(len(paths))]

    def _read_together(self, paths: Sequence[str], indexes: Sequence[int]) -> dict[int, Answer]:
        asked = [{"id": str(index), "method": "GET", "url": paths[index]} for index in indexes]
        envelope = Fields("POST /$batch", self.send("POST", "/$batch", {"requests": asked}))
        answers = {one.id(): _sub_answer(one) for one in envelope.parts("responses")}
        for index in indexes:
            if str(index) not in answers:
                raise envelope.wrong("responses", f"has none for GET {self._shown(paths[index])}")
        return {index: answers[str(index)] for index in indexes}

    def _insist(self, call: _Call) -> Answer:
        began = time.monotonic()
        for attempt in range(TRIES):
            outcome = self._try(call)
            wait = self._wait(outcome, attempt)
            is_late = time.monotonic() - began + wait > self._patience(outcome)
            if attempt == TRIES - 1 or is_late or not _may_repeat(call, outcome):
                break
            _log.info("%s %s again in %.1f s", call.method, call.path, wait)
            self._sleep(wait)
        if isinstance(outcome, Silence):
            raise UnreachableError(f"{call.method} {call.path}: {outcome.reason}; {outcome.advice}")
        return outcome

    def _try(self, call: _Call) -> Answer | Silence:
        """Send a request; one refused token is replaced, and one demand for claims is met."""
        if self._tokens is None:
            return self._send_once(call, "")
        token = self._tokens.token()
        outcome = self._send_once(call, token)
        met: set[bool] = set()
        while isinstance(outcome, Answer) and outcome.status == 401:
            claims = challenge_in(outcome.headers.get("www-authenticate", ""))
            if bool(claims) in met:
                break
            met.add(bool(claims))
            token = self._tokens.token_after(token, claims)
            outcome = self._send_once(call, token)
        return outcome

    def _send_once(self, call: _Call, token: str) -> Answer | Silence:
        began = time.monotonic()
        read = self._timeouts.later if self._has_answered else self._timeouts.first
        try:
            response = self._http.request(
                call.method,
                call.url,
                data=None if call.body is None else json.dumps(call.body).encode(),
                headers=_headers(call, token),
                timeout=(self._timeouts.connect, read),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            silence = silence_of(error, self._root.partition("://")[2])
            _log.info("%s %s: %s, %d ms", call.method, call.path, silence.reason, _ms_since(began))
            return silence
        self._has_answered = True
        headers = {name.lower(): value for name, value in response.headers.items()}
        answer = Answer(
            response.status_code, headers, read_body(response.content, headers.get("content-type", ""))
        )
        shown = (call.method, call.path, answer.status, _ms_since(began), request_id(answer) or "none")
        _log.info("%s %s: %d, %d ms, request-id %s", *shown)
        return answer

    def _error(self, method: str, path: str, answer: Answer) -> TenantError:
        return error_for(method, path, answer, is_signed_in=self._tokens is not None)

    def _wait(self, outcome: Answer | Silence, attempt: int) -> float:
        answer = None if isinstance(outcome, Silence) else outcome
        return wait_after(answer, attempt, jitter=self._jitter())

    def _patience(self, outcome: Answer | Silence) -> float:
        if isinstance(outcome, Answer):
            return _PATIENCE_BUSY
        is_there = outcome.was_sent and self._has_answered
        return _PATIENCE_DROPPED if is_there else self._timeouts.first / 2

    def _url(self, path: str) -> str:
        """The URL of a path or link; a link to another service is refused, because the token goes with it."""
        if path.startswith("/") and not path.startswith("//"):
            return f"{self._root}{_VERSION}{path}"
        try:
            is_ours = origin(path) == origin(self._root)
        except ValueError:
            is_ours = False
        if not is_ours:
            raise GraphShapeError(
                f"{self._root}: @odata.nextLink leads to another address; check whether a proxy rewrites it"
            )
        return path

    def _shown(self, path: str) -> str:
        """A path as messages and logs show it: without the query."""
        local = path.partition("?")[0]
        return shorten(local.removeprefix(self._root).removeprefix(_VERSION))


def _headers(call: _Call, token: str) -> dict[str, str]:
    headers = {} if call.body is None else {"Content-Type": "application/json"}
    return headers | {"Authorization": f"Bearer {token}"} if token else headers


def _to_read(count: int, answers: Mapping[int, Answer]) -> list[int]:
    """The numbers of the requests without an answer, and of those that are worth another read."""
    waiting: list[int] = []
    for index in range(count):
        answer = answers.get(index)
        if answer is None or is_worth_another_read(answer):
            waiting.append(index)
    return waiting


def _may_repeat(call: _Call, outcome: Answer | Silence) -> bool:
    if isinstance(outcome, Silence):
        return not outcome.is_final and (call.repeatable or not outcome.was_sent)
    return is_busy(outcome, repeatable=call.repeatable)


def _sub_answer(fields: Fields) -> Answer:
    # Each response has its own status and headers. Source: Graph reference, json-batching.
    headers = {} if fields.values.get("headers") is None else fields.part("headers").values
    texts = {name.lower(): value for name, value in headers.items() if isinstance(value, str)}
    return Answer(fields.number("status"), texts, fields.values.get("body"))


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
