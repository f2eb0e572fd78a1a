"""What Graph demands of a token: who issued it, for whom, when, and which permissions it has.

Source of the permissions: Microsoft Graph beta reference, the page of each call.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, Protocol

from aovpn_remediate.simulator.listener import Answer
from aovpn_remediate.simulator.login.directory import GRAPH_ROOTS
from aovpn_remediate.simulator.login.settings import Settings
from aovpn_remediate.simulator.login.tokens import Issuer, is_satisfied
from aovpn_remediate.simulator.wire import JsonObject, Reply, Request, error_reply

_GRAPH_APP = "00000003-0000-0000-c000-000000000000"
_CHALLENGE = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'

_SCRIPTS_WRITE = ("DeviceManagementScripts.ReadWrite.All",)
_SCRIPTS_READ = ("DeviceManagementScripts.Read.All", *_SCRIPTS_WRITE)
_CONFIGURATION = ("DeviceManagementConfiguration.Read.All", "DeviceManagementConfiguration.ReadWrite.All")
_RBAC = ("DeviceManagementRBAC.Read.All", "DeviceManagementRBAC.ReadWrite.All")
_GROUPS = ("Group.Read.All", "GroupMember.Read.All", "Directory.Read.All")

_NEEDED: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("GET", r"/deviceManagement/deviceHealthScripts(/|$)", _SCRIPTS_READ),
    ("", r"/deviceManagement/deviceHealthScripts(/|$)", _SCRIPTS_WRITE),
    ("", r"/deviceManagement/assignmentFilters(/|$)", _CONFIGURATION),
    ("", r"/deviceManagement/roleScopeTags(/|$)", _RBAC),
    ("", r"/beta/groups(/|$)", _GROUPS),
)


class Rules(Protocol):
    """What can be changed while the gate stands."""

    issuer: Issuer
    refused_before: int

    @property
    def settings(self) -> Settings: ...


def token_gate(rules: Rules) -> Callable[[Request], Callable[[Request], Reply | None] | Reply]:
    """Return a gate that admits requests with a token of the login service."""

    def admit(request: Request) -> Callable[[Request], Reply | None] | Reply:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return _unauthorized(request, "Access token is empty.")
        claims = _read(rules, request, token)
        if isinstance(claims, str):
            return _unauthorized(request, claims)
        challenge = rules.settings.challenge
        if challenge and not is_satisfied(challenge, rules.issuer.asked_with(claims["uti"])):
            return _challenged(request, challenge, claims)
        granted = {*claims.get("roles", []), *claims.get("scp", "").split()}
        return lambda call: _forbidden(call, granted)

    return admit


def by_tenant(answers: Mapping[str, Answer]) -> Answer:
    """Return what hands a request to the tenant of its token; one without a token goes to the first."""
    first = next(iter(answers.values()))

    def answer(request: Request) -> Reply:
        return answers.get(_tenant_of(request), first)(request)

    return answer


def needed(method: str, path: str) -> tuple[str, ...]:
    """Return the permissions of which a request needs one; none if it needs none."""
    for verb, pattern, permissions in _NEEDED:
        if verb in ("", method) and re.search(pattern, path):
            return permissions
    return ()


def _tenant_of(request: Request) -> str:
    """The tenant that a token names, whether the token is valid or not."""
    import jwt

    token = request.headers.get("authorization", "").partition(" ")[2]
    try:
        return str(jwt.decode(token, options={"verify_signature": False}).get("tid"))
    except jwt.PyJWTError:
        return ""


def _read(rules: Rules, request: Request, token: str) -> dict[str, Any] | str:
    """The claims of a token, or why it is refused."""
    import jwt

    try:
        claims = rules.issuer.read(token, [*GRAPH_ROOTS, _GRAPH_APP, request.root])
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError):
        return "Lifetime validation failed, the token is expired."
    except jwt.InvalidAudienceError:
        return "Access token validation failure. Invalid audience."
    except jwt.PyJWTError:
        return "Access token validation failure."
    if claims["tid"] != rules.issuer.directory.tenant_id:
        return "Access token validation failure. Invalid tenant."
    if int(claims["uti"]) < rules.refused_before:
        return "Continuous access evaluation resulted in challenge with result: InteractionRequired."
    return claims


def _unauthorized(request: Request, message: str, more: str = "") -> Reply:
    reply = error_reply(401, "InvalidAuthenticationToken", message, request_id=request.id)
    return replace(reply, headers={"WWW-Authenticate": f'{_CHALLENGE}, client_id="{_GRAPH_APP}"{more}'})


def _challenged(request: Request, challenge: JsonObject, claims: dict[str, Any]) -> Reply:
    """A challenge, told only to clients that said they understand it."""
    message = "Continuous access evaluation resulted in challenge with result: InteractionRequired."
    if "CP1" not in claims.get("xms_cc", []):
        return _unauthorized(request, message)
    text = base64.b64encode(json.dumps(challenge).encode()).decode()
    return _unauthorized(request, message, f', error="insufficient_claims", claims="{text}"')


def _forbidden(request: Request, granted: set[str]) -> Reply | None:
    wanted = needed(request.method, request.path)
    if not wanted or granted & set(wanted):
        return None
    if wanted == _GROUPS:
        code, message = "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    else:
        code, message = "Forbidden", _intune_message(request, wanted)
    return error_reply(403, code, message, request_id=request.id)


def _intune_message(request: Request, wanted: tuple[str, ...]) -> str:
    """Intune's message is itself a JSON text (source: issues of Micke-K/IntuneManagement)."""
    words = (
        "Application is not authorized to perform this operation. Application must have one of the following "
        f"scopes: {', '.join(wanted)} - Operation ID (for customer support): {request.id}"
    )
    return json.dumps({"_version": 3, "Message": words, "CustomApiErrorPhrase": "", "RetryAfter": None})
