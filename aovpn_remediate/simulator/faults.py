"""Failures on purpose: which requests go wrong, how, and how often.

``POST /simulator/faults`` adds one fault or a list of them, ``GET`` shows those that are left, ``DELETE``
removes them. Every member is optional:

    {
      "method": "POST",             which requests: the method, and a regular expression that is searched for
      "path": "/assign$",           in the decoded path without the query ("/beta/..."); default: every one
      "skip": 0,                    how many of them pass before
      "times": 1,                   how many of them fail; null: all from then on
      "status": 429,                answer this instead, with the error body that belongs to it, or with
      "body": {"value": []},        this: JSON, or a text, which is sent as HTML or half a JSON document
      "headers": {"Retry-After": 1},
      "delay": 0.5,                 seconds to wait before the work, or before the answer with "after"
      "after": false,               true: do the work first, then fail (a create without an answer)
      "close": false,               true: close the connection instead of answering
      "truncate": false             true: close it in the middle of the answer's body
    }

Without ``status``, ``body`` and ``close`` the true answer is sent, late, with more headers or cut in half.
The first fault that fits is used. A request within a batch is matched by its own method and path; ``close``
and ``truncate`` do not apply to it, because it has no connection of its own.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from http import HTTPStatus

from aovpn_remediate.simulator.wire import (
    Delivery,
    Json,
    JsonObject,
    RefusalError,
    Reply,
    Request,
    error_reply,
    merged_headers,
)

# Source: Microsoft Q&A, question 5784629 (429); unconfirmed: the others.
_CODES = {
    401: "InvalidAuthenticationToken",
    403: "Forbidden",
    404: "ResourceNotFound",
    429: "TooManyRequests",
    503: "ServiceUnavailable",
    509: "BandwidthLimitExceeded",
}
_STATUSES = {int(status) for status in HTTPStatus if status >= 200} | _CODES.keys()


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to fail; the members are those of the module's text."""

    method: str = ""
    path: str = ""
    skip: int = 0
    times: int | None = 1
    status: int | None = None
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0
    after: bool = False
    close: bool = False
    truncate: bool = False

    def fits(self, request: Request, *, in_batch: bool) -> bool:
        """Whether a request is one of those that go wrong."""
        if in_batch and (self.close or self.truncate):
            return False
        return self.method in ("", request.method) and re.search(self.path, request.path) is not None

    @property
    def replaces_answer(self) -> bool:
        """Whether the true answer is never sent."""
        return self.close or self.status is not None or self.body is not None


class Faults:
    """The faults that are left, and the end of all waiting."""

    def __init__(self) -> None:
        self._has_ended = False
        self._released = threading.Event()
        self._lock = threading.Lock()
        self._left: list[Fault] = []

    def add(self, faults: list[Fault]) -> None:
        """Add faults after those that are left."""
        with self._lock:
            self._left += faults

    def clear(self) -> None:
        """Let everything succeed again, including requests that a delay holds back."""
        with self._lock:
            self._left.clear()
            self._released.set()
            self._released = threading.Event()

    def end(self) -> None:
        """Drop the requests that a delay holds back, because the service ends."""
        self._has_ended = True
        self.clear()

    def left(self) -> list[JsonObject]:
        """Return the faults that are left, as they were given."""
        with self._lock:
            return [asdict(fault) for fault in self._left]

    def answer(self, request: Request, work: Callable[[Request], Reply], *, in_batch: bool) -> Reply:
        """Return the answer to a request, or the failure that a fault asks for."""
        fault, released = self._take(request, in_batch=in_batch)
        if fault is None:
            return work(request)
        true_answer = work(request) if fault.after else None
        released.wait(fault.delay)
        if self._has_ended:
            return Reply(0, delivery=Delivery.NOTHING)
        if fault.replaces_answer:
            return _replacement(fault, request)
        return _altered(fault, true_answer or work(request))

    def _take(self, request: Request, *, in_batch: bool) -> tuple[Fault | None, threading.Event]:
        """The fault that hits a request, and the event that ends its delay early."""
        with self._lock:
            for place, fault in enumerate(self._left):
                if fault.fits(request, in_batch=in_batch):
                    self._left[place : place + 1] = _rest(fault)
                    return None if fault.skip else fault, self._released
            return None, self._released


def read_faults(value: Json) -> list[Fault]:
    """Return the faults in a body; a wrong one is refused, so that no test passes by mistake."""
    return [_fault(item) for item in (value if isinstance(value, list) else [value])]


def _rest(fault: Fault) -> list[Fault]:
    if fault.skip:
        return [replace(fault, skip=fault.skip - 1)]
    if fault.times is None:
        return [fault]
    return [replace(fault, times=fault.times - 1)] if fault.times > 1 else []


def _replacement(fault: Fault, request: Request) -> Reply:
    if fault.close:
        return Reply(0, delivery=Delivery.NOTHING)
    status = fault.status or 200
    code = _CODES.get(status) or HTTPStatus(status).phrase.replace(" ", "")
    reply = error_reply(status, code, "An error has occurred", request_id=request.id)
    return _altered(fault, reply if fault.body is None else replace(reply, body=fault.body))


def _altered(fault: Fault, reply: Reply) -> Reply:
    delivery = Delivery.HALF if fault.truncate else reply.delivery
    return replace(reply, headers=merged_headers(reply.headers, fault.headers), delivery=delivery)


def _fault(item: Json) -> Fault:
    if not isinstance(item, dict):
        raise RefusalError("a fault must be an object")
    unknown = item.keys() - Fault.__dataclass_fields__.keys()
    if unknown:
        raise RefusalError(f"a fault has no member {', '.join(sorted(unknown))}")
    for name, value in item.items():
        _check(name, value)
    given = {**asdict(Fault()), **item}
    given["headers"] = {key: str(value) for key, value in given["headers"].items()}
    return Fault(**given)


def _check(name: str, value: Json) -> None:
    if not _IS_RIGHT[name](value):
        raise RefusalError(f"the member {name} of a fault must not be {value!r}")


def _is_count(value: Json, least: int) -> bool:
    return type(value) is int and value >= least


def _is_delay(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 3600


def _is_pattern(value: Json) -> bool:
    try:
        return isinstance(value, str) and re.compile(value) is not None
    except re.error:
        return False


def _is_status(value: Json) -> bool:
    return value is None or (type(value) is int and value in _STATUSES)


def _are_headers(value: Json) -> bool:
    if not isinstance(value, dict):
        return False
    return all(_is_header_text(name) and _is_header_text(str(text)) for name, text in value.items())


def _is_header_text(text: str) -> bool:
    return text != "" and text.isascii() and text.isprintable()


def _is_flag(value: Json) -> bool:
    return isinstance(value, bool)


_IS_RIGHT: Mapping[str, Callable[[Json], bool]] = {
    "method": lambda value: isinstance(value, str),
    "path": _is_pattern,
    "skip": lambda value: _is_count(value, 0),
    "times": lambda value: value is None or _is_count(value, 1),
    "status": _is_status,
    "body": lambda _: True,
    "headers": _are_headers,
    "delay": _is_delay,
    "after": _is_flag,
    "close": _is_flag,
    "truncate": _is_flag,
}
