"""``$batch``: up to 20 requests in one, each answered on its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from aovpn_remediate.simulator.schema import checked_members
from aovpn_remediate.simulator.wire import (
    Json,
    JsonObject,
    RefusalError,
    Reply,
    Request,
    read_object,
    split_target,
)

BATCH_PATH: Final = "/beta/$batch"
MAX_REQUESTS: Final = 20
# Source: Graph reference, json-batching.

_MEMBERS = {"id", "method", "url", "headers", "body"}


def answer_batch(request: Request, answer: Callable[[Request], Reply]) -> Reply:
    """Return the answers to all requests of a batch, carried out in order.

    The order of the answers is reversed, because Graph promises none: only the id says to which request an
    answer belongs (source: Graph reference, json-batching).
    """
    items = _read_items(request)
    answers = [_answer_one(str(item["id"]), _sub_request(item, request), answer) for item in items]
    return Reply(200, {"responses": answers[::-1]})


def _answer_one(key: str, request: Request, answer: Callable[[Request], Reply]) -> JsonObject:
    reply = answer(request)
    headers = {"Content-Type": "application/json", "request-id": request.id, **reply.headers}
    one: JsonObject = {"id": key, "status": reply.status, "headers": headers}
    return one if reply.body is None else {**one, "body": reply.body}


def _read_items(request: Request) -> list[JsonObject]:
    given = checked_members(read_object(request), {"requests"}, "a batch").get("requests")
    if not isinstance(given, list) or not given:
        raise RefusalError("Invalid batch payload format: 'requests' must be a list.")
    if len(given) > MAX_REQUESTS:
        raise RefusalError(f"Number of batch request steps exceeds the maximum value of {MAX_REQUESTS}.")
    items = [_checked(item) for item in given]
    if len({item["id"] for item in items}) < len(items):
        raise RefusalError("Invalid batch payload format: each request needs its own id.")
    return items


def _checked(item: Json) -> JsonObject:
    given = checked_members(item, _MEMBERS, "a request of a batch")
    for name in ("id", "method", "url"):
        if not isinstance(given.get(name), str) or not given[name]:
            raise RefusalError(f"Invalid batch payload format: '{name}' must be a text.")
    if not isinstance(given.get("headers", {}), dict):
        raise RefusalError("Invalid batch payload format: 'headers' must be an object.")
    if "://" in str(given["url"]).partition("?")[0] or "$batch" in str(given["url"]):
        raise RefusalError("Invalid batch payload format: 'url' must be relative and not a batch.")
    return given


def _sub_request(item: JsonObject, outer: Request) -> Request:
    path, query = split_target(f"/beta/{str(item['url']).lstrip('/')}")
    return Request(
        root=outer.root,
        method=str(item["method"]).upper(),
        path=path,
        query=query,
        headers=_headers(item.get("headers")),
        body=json.dumps(item["body"]).encode() if "body" in item else b"",
        id=str(uuid4()),
    )


def _headers(given: Json) -> dict[str, str]:
    if not isinstance(given, dict):
        return {}
    return {name.lower(): str(value) for name, value in given.items()}
