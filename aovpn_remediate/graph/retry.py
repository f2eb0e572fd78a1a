"""Which answers are worth another try, and after how long; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from aovpn_remediate.graph.answer import Answer, NotJson
from aovpn_remediate.graph.connection import Timeouts

THROTTLED = 429
_BUSY = frozenset({408, THROTTLED, 500, 502, 503, 504, 509})
# Intune counts writes in windows of 20 s. Source: Graph reference, throttling-intune-devices.md.
_FIRST_WAIT, _FIRST_THROTTLED_WAIT = 0.5, 2.0
_LONGEST_OWN_WAIT = 10.0
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


@dataclass(frozen=True)
class Patience:
    """Seconds: how long one request is tried, and the longest wait that the service may ask for.

    The waits that the service asks for are not counted as trying.
    """

    trying: float = 60.0
    asked: float = 120.0
    timeouts: Timeouts = field(default_factory=Timeouts)


def is_busy(answer: Answer) -> bool:
    """Whether the service may do a moment later what it does not do now."""
    return answer.status in _BUSY and not answer.is_unknown_route


def is_broken(answer: Answer) -> bool:
    """Whether a successful answer is cut or is not JSON, so that what it says is lost."""
    return answer.is_success and isinstance(answer.body, NotJson)


def is_sound(answer: Answer) -> bool:
    """Whether an answer shows that the service works, although it may be a refusal."""
    return not is_busy(answer) and not isinstance(answer.body, NotJson)


def asked_wait(answer: Answer) -> float | None:
    """Return the seconds that an answer asks to wait, or None if it does not say."""
    # Intune often leaves Retry-After out. Source: Microsoft Q&A, question 5784629.
    return retry_after(answer.headers.get("retry-after", ""), now=_moment(answer.headers.get("date", "")))


def retry_after(text: str, *, now: datetime | None = None) -> float | None:
    """Return the seconds of a ``Retry-After`` (a number or an HTTP date), or None without a valid one.

    A date is compared with ``now``, by default with the clock of this computer.
    """
    if _SECONDS.fullmatch(text.strip()):
        return float(text)
    moment = _moment(text)
    return None if moment is None else max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def own_wait(attempt: int, *, jitter: float) -> float:
    """Return the seconds to wait after a failed attempt, the first is 0.

    ``jitter`` is between 0 and 1, so that parallel requests are not repeated at the same moment.
    """
    return min(_FIRST_WAIT * 2.0 ** min(attempt, 30), _LONGEST_OWN_WAIT) * (0.5 + jitter / 2)


def own_pause(attempt: int, *, jitter: float) -> float:
    """Return the seconds to pause after the service limited the requests, for the first time with 0."""
    return _FIRST_THROTTLED_WAIT * 2.0 ** min(attempt, 30) * (0.5 + jitter / 2)


def _moment(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
