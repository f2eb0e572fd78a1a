"""HTTP to Graph: one pool of connections, time-outs always, and retries that know what may be repeated.

What is logged is method, path, status and request-id; never a body.
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aovpn_remediate.errors import GraphShapeError, TenantError, UnreachableError
from aovpn_remediate.graph.answers import error_of, read_object, wait_of

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS = 5.0
READ_SECONDS = 12.0
TRIES = 5
TRIES_OVER_A_BROKEN_CONNECTION = 3
BATCH_SIZE = 20
RETRIED = frozenset({429, 502, 503, 504})

Json = dict[str, object]
_log = logging.getLogger("aovpn_remediate.graph")


@dataclass(frozen=True)
class Answer:
    """A complete answer: status, headers, and the body as bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class GraphSession:
    """Requests to one service root, below ``/beta``; may be used from several threads.

    ``sleep`` and ``random_share`` (0 to 1) come in so that tests need not wait.
    """

    def __init__(
        self,
        root: str,
        *,
        sleep: Callable[[float], None] = time.sleep,
        random_share: Callable[[], float] = random.random,
    ) -> None:
        self.root = f"{root}/beta"
        self._sleep = sleep
        self._share = random_share
        self._http = _new_http()

    def get(self, path: str) -> Json:
        """Return the JSON object at a path."""
        return read_object("GET", path, self._ask("GET", path))

    def pages(self, path: str) -> Iterator[Json]:
        """Yield the items of a collection, page by page; what cannot be read whole is an error."""
        seen: set[str] = set()
        following: str | None = path
        while following is not None:
            if following in seen:
                raise GraphShapeError(
                    f"GET {path}: the pages go round in a circle; report this to the service"
                )
            seen.add(following)
            page = self.get(following)
            yield from items_of(page, path)
            following = self._next(page, path)

    def post(self, path: str, body: Json, *, is_repeatable: bool) -> Json:
        """Send a body and return the answer's object, empty without one.

        Only a call that may be done twice is repeated after an answer that leaves open whether it was done.
        """
        answer = self._ask("POST", path, body, is_repeatable=is_repeatable)
        return read_object("POST", path, answer) if answer.body.strip() else {}

    def patch(self, path: str, body: Json) -> None:
        """Change the object at a path."""
        self._ask("PATCH", path, body)

    def delete(self, path: str) -> None:
        """Delete the object at a path."""
        self._ask("DELETE", path)

    def batch(self, paths: Sequence[str]) -> list[Answer]:
        """Return the answer to a GET of each path, 20 paths in a request.

        Only what the service was too busy for is asked again. A missing answer is an error.
        """
        answers: list[Answer] = []
        for start in range(0, len(paths), BATCH_SIZE):
            answers += self._batch_of(paths[start : start + BATCH_SIZE])
        return answers

    def _batch_of(self, paths: Sequence[str]) -> list[Answer]:
        found: dict[int, Answer] = {}
        for attempt in range(1, TRIES + 1):
            open_ones = [index for index in range(len(paths)) if index not in found]
            requests = [{"id": str(index), "method": "GET", "url": paths[index]} for index in open_ones]
            page = self.post("/$batch", {"requests": requests}, is_repeatable=True)
            answers = _batch_answers(page, open_ones)
            is_last = attempt == TRIES
            found |= {i: one for i, one in answers.items() if is_last or one.status not in RETRIED}
            if len(found) == len(paths):
                break
            waits = [wait_of(one.headers) for i, one in answers.items() if i not in found]
            self._wait(attempt, max((wait for wait in waits if wait is not None), default=None))
        return [found[index] for index in range(len(paths))]

    def _next(self, page: Json, path: str) -> str | None:
        link = page.get("@odata.nextLink")
        if link is None:
            return None
        if not isinstance(link, str) or not link.startswith(f"{self.root}/"):
            raise GraphShapeError(f"GET {path}: @odata.nextLink leads elsewhere than {self.root}")
        return link.removeprefix(self.root)

    def _ask(self, method: str, path: str, body: Json | None = None, *, is_repeatable: bool = True) -> Answer:
        for attempt in range(1, TRIES + 1):
            is_last = attempt == TRIES
            try:
                answer = self._send(method, path, body)
            except UnreachableError as error:
                if attempt == TRIES_OVER_A_BROKEN_CONNECTION or not is_repeatable or not error.code:
                    raise
                self._wait(attempt, None)
                continue
            may_repeat = answer.status == 429 or (is_repeatable and answer.status in RETRIED)
            if is_last or not may_repeat:
                if answer.status >= 400:
                    raise error_of(method, path, answer.status, answer.headers, answer.body)
                return answer
            self._wait(attempt, wait_of(answer.headers))
        raise TenantError(f"{method} {path}: no attempt was made")

    def _send(self, method: str, path: str, body: Json | None) -> Answer:
        import requests

        started = time.monotonic()
        try:
            response = self._http.request(
                method,
                self.root + path,
                data=None if body is None else json.dumps(body),
                headers={"Content-Type": "application/json"} if body is not None else None,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
            )
            answer = Answer(response.status_code, response.headers, response.content)
        except requests.RequestException as error:
            raise _unreachable(method, path, self.root, error) from error
        milliseconds = (time.monotonic() - started) * 1000
        request_id = answer.headers.get("request-id", "")
        _log.info(
            "%s %s %d %.0f ms %s",
            method,
            path.split("?", maxsplit=1)[0],
            answer.status,
            milliseconds,
            request_id,
        )
        return answer

    def _wait(self, attempt: int, asked: float | None) -> None:
        backoff = 2.0 ** (attempt - 1) * (0.5 + self._share())
        self._sleep(asked if asked is not None else backoff)


def items_of(page: Json, path: str) -> list[Json]:
    """Return a page's items; raises ``GraphShapeError`` where they are no list of objects."""
    value = page.get("value")
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise GraphShapeError(f"GET {path}: value is no list of objects")
    return value


def _batch_answers(page: Json, asked: Sequence[int]) -> dict[int, Answer]:
    responses = page.get("responses")
    found: dict[int, Answer] = {}
    for one in responses if isinstance(responses, list) else []:
        if not isinstance(one, dict) or not isinstance(one.get("status"), int):
            raise GraphShapeError("POST /$batch: an answer has no status")
        headers = one.get("headers")
        texts = {str(k): str(v) for k, v in headers.items()} if isinstance(headers, dict) else {}
        found[int(str(one.get("id")))] = Answer(one["status"], texts, json.dumps(one.get("body")).encode())
    if sorted(found) != sorted(asked):
        raise GraphShapeError(
            f"POST /$batch: {len(asked)} requests, {len(found)} answers; nothing was changed"
        )
    return found


def _unreachable(method: str, path: str, root: str, error: Exception) -> UnreachableError:
    import requests

    where = f"{method} {path.split('?', maxsplit=1)[0]}"
    if isinstance(error, requests.ReadTimeout):
        return UnreachableError(
            f"{where}: no answer from {root} within {READ_SECONDS:.0f} s; try again later"
        )
    if isinstance(error, requests.exceptions.SSLError):
        return UnreachableError(
            f"{where}: the certificate of {root} is not trusted; check proxy and trust store"
        )
    if isinstance(error, requests.ConnectTimeout):
        return UnreachableError(
            f"{where}: {root} cannot be reached within {CONNECT_SECONDS:.0f} s; check the URL"
        )
    if "refused" in str(error):
        return UnreachableError(f"{where}: {root} refused the connection; is it running, is the port right?")
    return UnreachableError(f"{where}: the connection to {root} broke; try again", code="dropped")


def _new_http() -> requests.Session:
    import ssl

    import requests
    import truststore
    from requests.adapters import HTTPAdapter

    class Adapter(HTTPAdapter):
        """Trusts what the operating system trusts."""

        def init_poolmanager(self, *args: object, **options: object) -> None:
            context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            super().init_poolmanager(*args, **options, ssl_context=context)  # type: ignore[arg-type]

    session = requests.Session()
    session.trust_env = False  # what is reached is loopback, and no proxy or .netrc leads there
    session.mount("http://", HTTPAdapter(pool_maxsize=8))
    session.mount("https://", Adapter(pool_maxsize=8))
    return session
