"""The answer of the service, and the error that it means; pure.

Texts of the service are untrusted: they are cleaned and cut before they become part of a message. No body is
ever quoted.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from aovpn_remediate.errors import (
    ApprovalNeededError,
    GraphShapeError,
    NotFoundError,
    SignInError,
    TenantError,
)
from aovpn_remediate.graph.permissions import permission_for

MESSAGE_LIMIT = 300
"""Characters of Graph's message that are shown."""

# Source: MicrosoftDocs/memdocs, multi-admin-approval-graph-api.md.
APPROVAL_HEADER = "x-msft-approval-code"
# Source: microsoftgraph/microsoft-graph-docs#14506.
_NO_ROUTE = "no odata route exists"


class Answer(NamedTuple):
    """One answer: header names are lower case, the body is parsed JSON, ``None`` or ``NotJson``.

    ``client_request_id`` is our own id of the request.
    """

    status: int
    headers: Mapping[str, str]
    body: object
    client_request_id: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the request was carried out."""
        return 200 <= self.status < 300

    @property
    def is_unknown_route(self) -> bool:
        """Whether the service does not have this call, so that another try is useless."""
        return _NO_ROUTE in _graph_error(self.body)[1].lower()


@dataclass(frozen=True)
class NotJson:
    """A body that is not JSON: a description of it, never its text; ``is_page`` if it is HTML."""

    what: str
    is_page: bool = False


def read_body(content: bytes, content_type: str) -> object:
    """Return the parsed JSON, ``None`` for an empty body, or ``NotJson``."""
    if not content:
        return None
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        kind = shorten(content_type.partition(";")[0]) or "no content type"
        is_page = "html" in kind.lower()
        what = "an HTML page" if is_page else f"broken JSON or other text ({kind})"
        return NotJson(f"{what} of {len(content):,} bytes", is_page)


def object_in(where: str, answer: Answer, *, is_needed: bool = True) -> Mapping[str, object]:
    """Return the JSON object of a successful answer, empty for a 204; raises ``GraphShapeError``.

    If the object is not needed, an empty body is fine with any status, and so is other JSON.
    """
    if isinstance(answer.body, dict):
        return answer.body
    if answer.status == 204 and answer.body is None:
        return {}
    if not is_needed and not isinstance(answer.body, NotJson):
        return {}
    came = answer.body.what if isinstance(answer.body, NotJson) else json_kind(answer.body)
    raise GraphShapeError(
        f"{where}: {came} came with status {answer.status} instead of a JSON object{_request_text(answer)}; "
        "check the address and whether a proxy answers in Graph's place",
        status=answer.status,
        request_id=request_id(answer),
        client_request_id=answer.client_request_id,
    )


def error_for(method: str, path: str, answer: Answer, *, is_signed_in: bool = True) -> TenantError:
    """Return the error for an unsuccessful answer; ``path`` has no query."""
    code, message = _graph_error(answer.body)
    where, request = f"{method} {path}", request_id(answer)
    said = f"{where}: {_said(answer, code, message)}{_request_text(answer)}"
    # The status differs (403 or 412). Source: MicrosoftDocs/memdocs, multi-admin-approval-graph-api.md.
    approval = shorten(answer.headers.get(APPROVAL_HEADER, ""))
    if approval or code.lower() == "approvalrequired":
        return ApprovalNeededError(
            f"{said}; Multi Admin Approval holds the change (code {approval or 'none'}), so have it "
            "approved in Intune and publish again",
            status=answer.status,
            code=code,
            request_id=request,
            client_request_id=answer.client_request_id,
            approval_code=approval,
        )
    kind, advice = _kind(method, path, answer)
    if answer.status == 401 and not is_signed_in:
        advice = (
            "this service demands a sign-in: run the lines that the simulator printed in this terminal, or "
            "add --auth auto"
        )
    return kind(
        f"{said}; {advice}",
        status=answer.status,
        code=code,
        request_id=request,
        client_request_id=answer.client_request_id,
    )


def request_id(answer: Answer) -> str:
    """Return Graph's id of the request, from the headers or else from the error's details."""
    inner = _part(_part(answer.body, "error"), "innerError")
    found = answer.headers.get("request-id") or _part(inner, "request-id")
    return shorten(found) if isinstance(found, str) else ""


def shorten(text: str) -> str:
    """Return one line of printable text, cut to ``MESSAGE_LIMIT`` characters."""
    line = " ".join("".join(map(_visible, text[:5000])).split())
    return line if len(line) <= MESSAGE_LIMIT else line[: MESSAGE_LIMIT - 1] + "…"


def _visible(character: str) -> str:
    """A character, or a space in place of a control character or another separator."""
    return " " if unicodedata.category(character)[0] in ("C", "Z") else character


def _kind(method: str, path: str, answer: Answer) -> tuple[type[TenantError], str]:
    if answer.is_unknown_route:
        return TenantError, "the service does not offer this call, so check that the address is Graph's"
    if answer.status == 401:
        return SignInError, "the token of this sign-in is refused; run remediate doctor to see why"
    if answer.status == 403:
        needed = permission_for(method, path)
        return SignInError, (
            f"the sign-in lacks the permission {needed}, or the account lacks an Intune role; a Global "
            "Administrator or Privileged Role Administrator grants it in the app registration (see "
            "remediate docs permissions)"
        )
    if answer.status == 404:
        return NotFoundError, "it was deleted or never existed, so run plan again"
    if answer.status == 429:
        return TenantError, "the service is throttling, so wait some minutes and run this again"
    if answer.status >= 500:
        return TenantError, "the service has a problem, so run this again later"
    if answer.status < 400:
        return GraphShapeError, "redirects are not followed, so check the address and the proxy"
    return TenantError, "correct what it names, or give Microsoft's support the request-id"


def _said(answer: Answer, code: str, message: str) -> str:
    if isinstance(answer.body, NotJson):
        return f"{answer.status} with {answer.body.what}"
    status = f"{answer.status} {code}".strip()
    return f"{status}, {message}" if message else status


def _request_text(answer: Answer) -> str:
    found = request_id(answer)
    return f" (request-id {found})" if found else ""


def _graph_error(body: object) -> tuple[str, str]:
    error = _part(body, "error")
    code, message = _part(error, "code"), _message(_part(error, "message"))
    return shorten(code if isinstance(code, str) else ""), shorten(message)


def _message(value: object) -> str:
    """Intune's message is often a JSON object as text, with the sentence in its ``Message``."""
    # Source: almenscorner/IntuneCD#218.
    text = value if isinstance(value, str) else ""
    if not text.lstrip().startswith("{"):
        return text
    try:
        inner = json.loads(text)
    except (ValueError, RecursionError):
        return text
    sentence = _part(inner, "Message") or _part(inner, "message")
    return sentence if isinstance(sentence, str) else text


def _part(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def json_kind(value: object) -> str:
    """Return what a JSON value that is not an object is called in a message."""
    if value is None:
        return "an empty body"
    return "a JSON list" if isinstance(value, list) else "a single JSON value"
