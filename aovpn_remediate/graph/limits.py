"""Requests that end: each has a limit for its time and for its answer, whatever the service sends.

The time-outs of ``requests`` are for one piece of an answer: a service that sends a byte from time to time
would never reach them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException

LONGEST_REQUEST = 300.0
"""Seconds of one request, with everything that is repeated inside of it."""
LONGEST_ANSWER = 128 * 1024 * 1024
"""Bytes of one answer, unpacked. Intune's scripts have 200 KB, and a batch of 20 packages has 40 of them."""
_PAUSE = 0.2
"""Seconds after which Ctrl-C is noticed at the latest, also on Windows."""

T = TypeVar("T")


class EndlessAnswerError(RequestException):
    """An answer that is too long, or takes too long."""


class LimitedSession(requests.Session):
    """A session whose requests raise ``EndlessAnswerError`` in time."""

    def request(self, *arguments: Any, **options: Any) -> requests.Response:
        """Return the answer; the thread of a request that does not end is left alone."""
        answer = begin(partial(super().request, *arguments, **options))
        end = monotonic() + LONGEST_REQUEST
        while not answer.done() and monotonic() < end:
            try:
                return answer.result(_PAUSE)
            except TimeoutError:
                continue
        if not answer.done():
            raise EndlessAnswerError
        return answer.result()


class LimitedAdapter(HTTPAdapter):
    """Connections whose answers have a limit."""

    def send(self, *arguments: Any, **options: Any) -> requests.Response:
        """Return the answer; reading too much of it raises ``EndlessAnswerError``."""
        response = super().send(*arguments, **options)
        raw: Any = response.raw
        raw.stream = partial(_limited, raw, raw.stream)
        return response


def begin(work: Callable[[], T]) -> Future[T]:
    """Start work in a thread that does not keep the process alive."""
    answer: Future[T] = Future()

    def carry_out() -> None:
        try:
            answer.set_result(work())
        except BaseException as error:  # it belongs to the one who waits
            answer.set_exception(error)

    Thread(target=carry_out, daemon=True).start()
    return answer


def _limited(
    raw: Any, stream: Callable[..., Iterator[bytes]], *arguments: Any, **options: Any
) -> Iterator[bytes]:
    size = 0
    for piece in stream(*arguments, **options):
        size += len(piece)
        if size > LONGEST_ANSWER:
            raw.close()
            raise EndlessAnswerError
        yield piece
