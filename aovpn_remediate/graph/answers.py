"""Answers read with suspicion: objects, errors, waits; a proxy's HTML page is none of them."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from aovpn_remediate.errors import (
    ApprovalNeededError,
    GraphShapeError,
    NotFoundError,
    SignInError,
    TenantError,
)

LONGEST_WAIT = 120.0
"""Seconds; a service that asks for more is left alone."""

_PERMISSIONS = {
    "/groups": "Group.Read.All",
    "/deviceManagement/assignmentFilters": "DeviceManagementConfiguration.Read.All",
    "/deviceManagement/roleScopeTags": "DeviceManagementRBAC.Read.All",
}


def read_object(method: str, path: str, answer: object) -> dict[str, object]:
    """Return the JSON object of an answer with ``status``, ``headers`` and ``body``."""
    body: bytes = getattr(answer, "body")  # noqa: B009  session.Answer, without importing it back
    headers: Mapping[str, str] = getattr(answer, "headers")  # noqa: B009
    try:
        value = json.loads(body)
    except ValueError as error:
        raise _shape_error(method, path, headers, body) from error
    if not isinstance(value, dict):
        raise _shape_error(method, path, headers, body)
    return value


def _shape_error(method: str, path: str, headers: Mapping[str, str], body: bytes) -> GraphShapeError:
    kind = headers.get("Content-Type", "no content type").split(";")[0]
    what = (
        "an HTML page; is a proxy in between?"
        if b"<html" in body[:1000].lower()
        else "no complete JSON object"
    )
    return GraphShapeError(
        f"{method} {path.split('?', maxsplit=1)[0]}: the answer ({kind}, {len(body):,} bytes) is {what}",
        request_id=headers.get("request-id", ""),
    )


def error_of(method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> TenantError:
    """Return the error that an answer of 400 or above means, with Graph's code and request-id."""
    code, reason = _code_and_reason(body)
    request_id = headers.get("request-id", "")
    where = f"{method} {path.split('?', maxsplit=1)[0]}"
    tail = f" (HTTP {status}, {code or 'no code'}, request-id {request_id or 'none'})"
    approval = headers.get("x-msft-approval-code", "")
    if approval:
        text = f"{where}: awaits Multi Admin Approval; have request {approval} approved in Intune{tail}"
        return ApprovalNeededError(
            text, status=status, code=code, request_id=request_id, approval_code=approval
        )
    kinds: dict[int, type[TenantError]] = {401: SignInError, 403: SignInError, 404: NotFoundError}
    reasons = {401: "not signed in; sign in again", 403: f"not allowed; grant {_permission(method, path)}"}
    text = f"{where}: {reasons.get(status, reason)}{tail}"
    return kinds.get(status, TenantError)(text, status=status, code=code, request_id=request_id)


def _permission(method: str, path: str) -> str:
    for start, permission in _PERMISSIONS.items():
        if path.startswith(start):
            return permission
    return f"DeviceManagementScripts.{'Read' if method == 'GET' else 'ReadWrite'}.All"


def _code_and_reason(body: bytes) -> tuple[str, str]:
    if b"<html" in body[:1000].lower():
        return "", "the answer is an HTML page; is a proxy in between?"
    try:
        error = json.loads(body)["error"]
        code, reason = str(error.get("code", "")), str(error.get("message", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "", "the service gave no reason"
    return _tidy(code)[:80], _tidy(_inner(reason))[:300] or "the service gave no reason"


def _inner(reason: str) -> str:
    """Intune wraps its own JSON into the message."""
    try:
        nested = json.loads(reason)
    except ValueError:
        return reason
    return (
        str(nested.get("Message") or nested.get("message") or reason) if isinstance(nested, dict) else reason
    )


def _tidy(text: str) -> str:
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text).strip()


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, at most 120; nothing without it."""
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    if not text:
        return None
    try:
        seconds = float(text) if text.isdigit() else parsedate_to_datetime(text).timestamp() - time.time()
    except ValueError:
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)
