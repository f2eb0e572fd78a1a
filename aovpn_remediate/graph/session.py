"""Requests to Graph: always with time-outs, repeated where it is safe, with clear errors."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from aovpn_remediate.errors import GraphShapeError, StalledError, TenantError, UnreachableError
from aovpn_remediate.graph.answer import Answer, NotJson, error_for, object_in, shorten
from aovpn_remediate.graph.connection import Silence
from aovpn_remediate.graph.effort import Effort
from aovpn_remediate.graph.fields import Fields
from aovpn_remediate.graph.gate import STALLED_AFTER, Clock, Gate
from aovpn_remediate.graph.retry import THROTTLED, Patience, asked_wait, is_broken, is_busy, is_sound
from aovpn_remediate.graph.sending import Call, Sender, Tokens
from aovpn_remediate.graph.trace import Watch
from aovpn_remediate.graph.url import origin

BATCH_SIZE = 20
"""Requests in one ``$batch``, Graph's limit."""
# Source: Graph reference, json-batching.

# v1.0 has no deviceHealthScript. Source: microsoftgraph/msgraph-metadata.
_VERSION = "/beta"
_BATCH = "/$batch"
_STALLED = f"nothing has succeeded for {STALLED_AFTER / 60:.0f} minutes, so nothing more is begun"


class GraphSession:
    """Requests below one service root; several threads may use it at once."""

    def __init__(
        self,
        root: str,
        *,
        tokens: Tokens | None = None,
        patience: Patience | None = None,
        clock: Clock | None = None,
        watch: Watch | None = None,
    ) -> None:
        self._root = root
        self._patience = patience or Patience()
        clock = clock or Clock()
        watch = watch or Watch()
        self._gate = Gate(clock, self._patience, watch.say)
        self._sender = Sender(root, tokens, self._patience.timeouts, clock.now, watch.record)
        self._has_succeeded = False

    def get(self, path: str) -> Mapping[str, object]:
        """Return the object at a path below ``/beta``, or at a link of an earlier answer."""
        return self.send("GET", path)

    def send(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Mapping[str, object]:
        """Return the object of the answer, empty if there is none.

        The request is repeated while the service is busy, and after a lost connection or a broken answer.
        Raises a ``TenantError``.
        """
        return self._object(self._call(method, path, body))

    def create(
        self,
        path: str,
        body: Mapping[str, object],
        find: Callable[[], Mapping[str, object] | None],
    ) -> Mapping[str, object]:
        """Return what a POST has created.

        If an answer does not say whether it was created, ``find`` looks for it before the next try. Raises a
        ``TenantError``.
        """
        return self._object(self._call("POST", path, body, find=find))

    def tell(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        late: Collection[int] = (),
    ) -> None:
        """Send a request whose answer is not needed: success is all that counts.

        ``late`` are statuses that say that the service is only late. Raises a ``TenantError``.
        """
        self._object(self._call(method, path, body, late=frozenset(late)), is_needed=False)

    def give_up(self) -> None:
        """Wait for nothing any more, and try nothing again."""
        self._gate.give_up()

    def pages(self, path: str) -> Iterator[Mapping[str, object]]:
        """Yield the items of a collection, page by page."""
        yield from self.items(path, self.get(path))

    def items(self, path: str, page: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
        """Yield each item of a collection once, whose first page was already read.

        Raises ``GraphShapeError`` if there are fewer than the service announced, where it does so.
        """
        seen, found = {path}, set[object]()
        announced = page.get("@odata.count")
        where = f"GET {self._shown(path)}"
        while True:
            fields = Fields(where, page)
            for item in fields.parts("value"):
                identity = item.values.get("id")
                if not isinstance(identity, str):
                    identity = object()  # whoever needs the id says that it is wrong
                if identity not in found:
                    found.add(identity)
                    yield item.values
            if page.get("@odata.nextLink") is None:
                break
            link = fields.text("@odata.nextLink")
            if link in seen:
                raise fields.wrong("@odata.nextLink", "leads back to an earlier page")
            seen.add(link)
            page = self.get(link)
        if isinstance(announced, int) and len(found) < announced:
            raise GraphShapeError(
                f"{where}: the service has {announced} items and gave {len(found)}, so the list is not "
                "complete; run this again"
            )

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

    def _batch(self, paths: Sequence[str]) -> list[Answer]:
        answers: dict[int, Answer] = {}
        effort = Effort(self._gate)
        waiting = list(range(len(paths)))
        while waiting:
            answers |= self._read_together(paths, waiting)
            busy = [index for index in waiting if is_busy(answers[index])]
            if len(busy) < len(waiting):
                self._gate.succeeded()
            waiting = busy
            worst = _worst([answers[index] for index in waiting])
            if worst is None or not effort.may_go_on(worst, self._patience.trying, f"POST {_BATCH}"):
                break
        return [answers[index] for index in range(len(paths))]

    def _read_together(self, paths: Sequence[str], indexes: Sequence[int]) -> dict[int, Answer]:
        asked = [{"id": str(index), "method": "GET", "url": paths[index]} for index in indexes]
        envelope = Fields(f"POST {_BATCH}", self.send("POST", _BATCH, {"requests": asked}))
        answers = {one.id(): _sub_answer(one) for one in envelope.parts("responses")}
        for index in indexes:
            if str(index) not in answers:
                raise envelope.wrong("responses", f"has none for GET {self._shown(paths[index])}")
        return {index: answers[str(index)] for index in indexes}

    def _object(self, call: Call, *, is_needed: bool = True) -> Mapping[str, object]:
        answer = self._insist(call)
        if not answer.is_success:
            raise self._error(call.method, call.path, answer)
        return object_in(str(call), answer, is_needed=is_needed)

    def _insist(self, call: Call) -> Answer:
        """Send a request until it is answered soundly, or until another try is of no use."""
        effort = Effort(self._gate)
        while True:
            effort.waited += self._gate.enter(is_write=call.is_write)
            outcome, seconds = self._sender.send(call, effort.waited)
            effort.waited, effort.spent = 0.0, effort.spent + seconds
            if self._is_settled(call, outcome):
                break
            goes_on = effort.may_go_on(outcome, self._trying(outcome), str(call))
            found = _found(call, outcome)
            if found is not None:
                return Answer(200, {}, found)
            if not goes_on and self._gate.is_stalled:
                raise self._stalled(call, outcome)
            if not goes_on:
                break
        if isinstance(outcome, Silence):
            raise UnreachableError(_unanswered(call, outcome), client_request_id=outcome.client_request_id)
        return outcome

    def _is_settled(self, call: Call, outcome: Answer | Silence) -> bool:
        """Whether another try is of no use."""
        if isinstance(outcome, Silence):
            return outcome.is_final or (outcome.is_absent and not self._has_succeeded)
        if is_sound(outcome):
            self._has_succeeded = True
            if call.path != _BATCH:  # its parts say whether the service works
                self._gate.succeeded()
            return outcome.status not in call.late
        if is_broken(outcome):
            # The first page of all comes from a proxy that wants a person.
            is_page = isinstance(outcome.body, NotJson) and outcome.body.is_page
            return is_page and not self._has_succeeded and call.find is None
        return not is_busy(outcome)

    def _trying(self, outcome: Answer | Silence) -> float:
        """The seconds within which the last try begins."""
        if isinstance(outcome, Silence) and not self._has_succeeded:
            return min(self._patience.trying, self._patience.timeouts.first / 2)
        return self._patience.trying

    def _stalled(self, call: Call, outcome: Answer | Silence) -> StalledError:
        if isinstance(outcome, Silence):
            last = _unanswered(call, outcome)
            return StalledError(f"{last}; {_STALLED}", client_request_id=outcome.client_request_id)
        error = self._error(call.method, call.path, outcome)
        return StalledError(
            f"{error}; {_STALLED}",
            status=error.status,
            code=error.code,
            request_id=error.request_id,
            client_request_id=error.client_request_id,
        )

    def _error(self, method: str, path: str, answer: Answer) -> TenantError:
        return error_for(method, path, answer, is_signed_in=self._sender.tokens is not None)

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        *,
        late: frozenset[int] = frozenset(),
        find: Callable[[], Mapping[str, object] | None] | None = None,
    ) -> Call:
        return Call(method, self._url(path), self._shown(path), body, late, find)

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


def _worst(answers: Sequence[Answer]) -> Answer | None:
    """The answer that asks for the longest wait; one that limits requests goes first."""
    worst: Answer | None = None
    for answer in answers:
        if worst is None or _demand(answer) > _demand(worst):
            worst = answer
    return worst


def _demand(answer: Answer) -> tuple[bool, float]:
    return answer.status == THROTTLED, asked_wait(answer) or 0.0


def _found(call: Call, outcome: Answer | Silence) -> Mapping[str, object] | None:
    """What a request has made although its answer is lost; only 429 says for certain that it made nothing."""
    if call.find is None:
        return None
    if isinstance(outcome, Silence):
        return call.find() if outcome.was_sent else None
    return None if outcome.status == THROTTLED else call.find()


def _unanswered(call: Call, silence: Silence) -> str:
    name = f" (client-request-id {silence.client_request_id})" if silence.was_sent else ""
    return f"{call}: {silence.reason}{name}; {silence.advice}"


def _sub_answer(fields: Fields) -> Answer:
    # Each response has its own status and headers. Source: Graph reference, json-batching.
    headers = {} if fields.values.get("headers") is None else fields.part("headers").values
    texts = {name.lower(): value for name, value in headers.items() if isinstance(value, str)}
    return Answer(fields.number("status"), texts, fields.values.get("body"))
