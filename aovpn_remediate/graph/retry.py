"""When a request is repeated, and after how long; pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from aovpn_remediate.graph.answer import Answer

TRIES = 5
"""The most times that one request is sent."""

LONGEST_WAIT = 120.0
"""Seconds; a longer ``Retry-After`` is cut to this."""

THROTTLED = 429
# Source: almenscorner/IntuneCD, ProactiveRemediation modules.
_BUSY = frozenset({THROTTLED, 502, 503, 504})
# Intune counts writes in windows of 20 s. Source: Graph reference, throttling-intune-devices.md.
_FIRST_WAIT, _FIRST_THROTTLED_WAIT = 0.5, 2.0


def is_busy(answer: Answer, *, repeatable: bool) -> bool:
    """Whether to send a request again after this answer.

    Only 429 says for certain that nothing was carried out; after the others a create may have been.
    """
    statuses = _BUSY if repeatable else {THROTTLED}
    return answer.status in statuses and not answer.is_unknown_route


def is_worth_another_read(answer: Answer) -> bool:
    """Whether to repeat a read within a batch."""
    return (answer.status == THROTTLED or answer.status >= 500) and not answer.is_unknown_route


def wait_after(answer: Answer | None, attempt: int, *, jitter: float) -> float:
    """Return the seconds to wait after an attempt (the first is 0); no answer at all is ``None``.

    ``jitter`` is between 0 and 1, so that parallel requests are not repeated at the same moment.
    """
    # Intune often leaves Retry-After out. Source: Microsoft Q&A, question 5784629.
    asked = None if answer is None else retry_after(answer.headers.get("retry-after", ""))
    if asked is not None:
        return min(asked + jitter, LONGEST_WAIT)
    is_throttled = answer is not None and answer.status == THROTTLED
    longest = (_FIRST_THROTTLED_WAIT if is_throttled else _FIRST_WAIT) * 2.0**attempt
    return longest * (0.5 + jitter / 2)


def retry_after(text: str, *, now: datetime | None = None) -> float | None:
    """Return the seconds of a ``Retry-After`` (a number or an HTTP date), or None without a valid one."""
    if text.strip().isascii() and text.strip().isdigit():
        return float(text.strip()[:9])
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
