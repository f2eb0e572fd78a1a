"""What goes over the wire: JSON values, a request, a reply, and the errors of Graph."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import NoReturn, TypeAlias
from urllib.parse import unquote

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
JsonObject: TypeAlias = dict[str, Json]


class Delivery(Enum):
    """How much of a reply is sent before the connection closes; only a fault cuts one."""

    WHOLE = "whole"
    HALF = "half"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request, of a connection or of a batch; ``path`` is decoded, header names are lower case."""

    root: str
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    id: str


@dataclass(frozen=True)
class Reply:
    """One answer; a text body is sent as HTML, no body as none, anything else as JSON."""

    status: int
    body: Json = None
    headers: Mapping[str, str] = field(default_factory=dict)
    delivery: Delivery = Delivery.WHOLE


class RefusalError(Exception):
    """The service does not do what a request asks for."""

    def __init__(self, message: str, *, status: int = 400, code: str = "BadRequest") -> None:
        self.status = status
        self.code = code
        super().__init__(message)


def answer_or_refusal(request: Request, work: Callable[[Request], Reply]) -> Reply:
    """Return the answer of ``work``; a refusal becomes an answer, too."""
    try:
        return work(request)
    except RefusalError as refusal:
        return error_reply(refusal.status, refusal.code, str(refusal), request_id=request.id)


def error_reply(status: int, code: str, message: str, *, request_id: str) -> Reply:
    """Return an error in Graph's format."""
    inner: JsonObject = {"date": wire_time()[:19], "request-id": request_id, "client-request-id": request_id}
    return Reply(status, {"error": {"code": code, "message": message, "innerError": inner}})


def wire_time() -> str:
    """Return the present moment as Intune writes it (unconfirmed): UTC, seven digits of a second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def read_object(request: Request) -> JsonObject:
    """Return the JSON object that a request carries; anything else is refused."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusalError("Entity only allows writes with a JSON Content-Type header.")
    value = parse_json(request.body)
    if not isinstance(value, dict):
        raise RefusalError("Unable to read JSON request payload: an object was expected.")
    return value


def parse_json(text: bytes) -> Json:
    """Return the value of a body; anything but JSON in UTF-8 is refused."""
    try:
        value: Json = json.loads(text.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RefusalError(f"Unable to read JSON request payload: {error}.") from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not valid JSON")


def split_target(target: str) -> tuple[str, str]:
    """Return the decoded path and the raw query of a request's target."""
    path, _, query = target.partition("?")
    return unquote(path), query


def merged_headers(headers: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return headers in which ``more`` replaces those of the same name."""
    replaced = {name.lower() for name in more}
    kept = {name: value for name, value in headers.items() if name.lower() not in replaced}
    return {**kept, **more}
