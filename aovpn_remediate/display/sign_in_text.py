"""A sign-in as a person reads it in a terminal, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from aovpn_remediate.display.clean import clean
from aovpn_remediate.model import SignInStatus

_WIDTH = 21
_GREEN, _YELLOW, _DIM = "32", "33", "2"


def sign_in_text(status: SignInStatus, *, color: bool, now: datetime | None = None) -> str:
    """Return a sign-in for reading: each value, and where it is from."""
    lines: list[str] = []
    for what, value, tone in _rows(status, now or datetime.now(UTC)):
        shown = clean(value)
        if color and tone:
            shown = f"\x1b[{tone}m{shown}\x1b[0m"
        lines.append(f"{what:<{_WIDTH}}{shown}")
    return "\n".join(lines)


def sign_in_json(status: SignInStatus) -> dict[str, object]:
    """Return a sign-in as JSON; what is not known is null. There is no token in it."""
    return {
        "schemaVersion": 1,
        "tenant": status.tenant or None,
        "clientId": status.client or None,
        "method": status.method or None,
        "sources": dict(status.sources),
        "account": status.account or None,
        "expires": None if status.expires is None else status.expires.isoformat(timespec="seconds"),
        "permissions": list(status.permissions),
        "missing": list(status.missing),
        "variables": list(status.variables),
    }


def _rows(status: SignInStatus, now: datetime) -> Iterator[tuple[str, str, str]]:
    """The name of a value, the value, and its color."""
    yield "tenant", _with_source(status.tenant, status, "tenant"), ""
    yield "client id", _with_source(status.client, status, "client"), ""
    yield "method", _method(status), ""
    if status.problem:
        if status.variables:
            yield "missing variables", ", ".join(status.variables), _YELLOW
        return
    yield "account", status.account or "none, an app is signed in", ""
    yield "valid until", _end(status, now), ""
    names = status.permissions or ("none",)
    for index, name in enumerate(names):
        yield "" if index else "permissions", name, ""
    if status.missing:
        for index, name in enumerate(status.missing):
            yield "" if index else "missing permissions", name, _YELLOW
    else:
        yield "missing permissions", "none; publish has all its permissions", _GREEN


def _with_source(value: str, status: SignInStatus, what: str) -> str:
    source = status.sources.get(what)
    shown = value or ("set" if source else "not set")
    return f"{shown}  ({source})" if source else shown


def _method(status: SignInStatus) -> str:
    others = [source for what, source in status.sources.items() if what not in ("tenant", "client", "cloud")]
    shown = status.method or "none"
    return f"{shown}  ({', '.join(others)})" if others else shown


def _end(status: SignInStatus, now: datetime) -> str:
    if status.expires is None:
        return "unknown"
    minutes = max(0, round((status.expires - now).total_seconds() / 60))
    return f"{status.expires:%Y-%m-%d %H:%M} UTC, for {minutes} min; renewed when needed"
