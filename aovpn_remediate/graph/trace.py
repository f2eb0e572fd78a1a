"""What became of one request, as a line of the log; it has no body, no query and no token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request: ``status`` is 0 without an answer, ``waited`` the seconds before it was sent."""

    method: str
    path: str
    status: int
    reason: str
    ms: int
    request_id: str
    client_request_id: str
    waited: float

    def line(self, moment: datetime | None = None) -> str:
        """Return the line, with the time in UTC."""
        time = (moment or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
        came = str(self.status) if self.status else f"none ({self.reason})"
        return (
            f"{time} {self.method} {self.path} status={came} ms={self.ms} waited={self.waited:.1f} "
            f"request-id={self.request_id or 'none'} client-request-id={self.client_request_id}"
        )


@dataclass(frozen=True)
class Watch:
    """Who is told about requests: ``say`` gets a line while they wait, ``record`` each with its result."""

    say: Callable[[str], None] = lambda _: None
    record: Callable[[Exchange], None] = lambda _: None
