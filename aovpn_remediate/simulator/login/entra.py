"""The errors of Microsoft's login service: codes, their OAuth names, and the JSON they come in.

Codes and OAuth names: Microsoft Entra documentation, "authentication and authorization error codes", and the
issues of Azure/login and azure-workload-identity (7002xx). The sentences are the simulator's own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from aovpn_remediate.simulator.wire import JsonObject, Reply, Request


@dataclass(frozen=True)
class Kind:
    """How a code is answered."""

    error: str
    sentence: str
    status: int = 400
    suberror: str = ""
    has_claims: bool = False


_GRANT, _CLIENT, _REQUEST = "invalid_grant", "invalid_client", "invalid_request"

KINDS: Final[dict[int, Kind]] = {
    50011: Kind(_REQUEST, "The redirect URI is not one of those registered for the application."),
    50013: Kind(_CLIENT, "The assertion's signature is not valid for any key of its issuer.", 401),
    50076: Kind(
        _GRANT, "Multi-factor authentication is required for this resource.", 400, "basic_action", True
    ),
    50079: Kind(_GRANT, "The user has to enroll in multi-factor authentication.", 400, "basic_action", True),
    50097: Kind(_GRANT, "Device authentication is required.", 400, "device_authentication_failed", True),
    50173: Kind(_GRANT, "The grant was revoked; the user has to sign in again.", 400, "bad_token"),
    50199: Kind(_GRANT, "The user has to confirm this sign-in."),
    53000: Kind(_GRANT, "The device is not compliant.", 400, "message_only", True),
    53003: Kind(_GRANT, "Conditional access does not issue a token.", 400, "message_only", True),
    54005: Kind(_GRANT, "The authorization code was used before."),
    65001: Kind(_GRANT, "Nobody has consented to what the application asks for.", 400, "consent_required"),
    65002: Kind(_REQUEST, "Microsoft's own applications need a preauthorization between them."),
    65004: Kind("access_denied", "The user declined."),
    70000: Kind(_GRANT, "The grant is not valid."),
    70003: Kind("unsupported_grant_type", "This grant type is not supported."),
    70008: Kind(_GRANT, "The code or refresh token has expired because of inactivity.", 400, "token_expired"),
    70011: Kind("invalid_scope", "The scope is not valid."),
    70016: Kind("authorization_pending", "The device sign-in is pending; ask again."),
    70018: Kind(_GRANT, "The device code is not known.", 400, "bad_verification_code"),
    70019: Kind("expired_token", "The device code has expired."),
    70021: Kind(_CLIENT, "No federated credential fits the assertion.", 401),
    90002: Kind("invalid_tenant", "The tenant was not found; check its id and the cloud."),
    90033: Kind("temporarily_unavailable", "The service is temporarily unavailable.", 503),
    90055: Kind("temporarily_unavailable", "There are too many requests.", 429),
    500011: Kind("invalid_resource", "The tenant has no resource of this name."),
    501481: Kind(_GRANT, "The code verifier does not fit the code challenge."),
    650053: Kind(_CLIENT, "The application asks for a scope that the resource does not have."),
    700016: Kind("unauthorized_client", "The application was not found in the tenant."),
    700021: Kind(_CLIENT, "The assertion's issuer and subject are not the client id.", 401),
    700023: Kind(_CLIENT, "The assertion's audience is not this tenant's token address.", 401),
    700024: Kind(_CLIENT, "The assertion is outside of its valid time range.", 401),
    700027: Kind(_CLIENT, "The certificate of the assertion is not registered, or has expired.", 401),
    700211: Kind(_CLIENT, "No federated credential fits the assertion's issuer.", 401),
    700212: Kind(_CLIENT, "No federated credential fits the assertion's audience.", 401),
    700213: Kind(_CLIENT, "No federated credential fits the assertion's subject.", 401),
    900144: Kind(_REQUEST, "The body lacks a required parameter."),
    1002012: Kind("invalid_scope", "An application's scope has to end with /.default."),
    7000215: Kind(_CLIENT, "The client secret is not valid; send its value, not its ID.", 401),
    7000216: Kind(_CLIENT, "client_secret or client_assertion is required for client_credentials.", 401),
    7000218: Kind(_CLIENT, "The body has to contain client_assertion or client_secret.", 401),
    7000222: Kind(_CLIENT, "The client secret keys have expired.", 401),
}
_OTHER = Kind(_GRANT, "The login service was asked for this answer.")


class EntraError(Exception):
    """The login service refuses a request."""

    def __init__(self, code: int, detail: str = "", *, error: str = "") -> None:
        self.code = code
        self.kind = KINDS.get(code, _OTHER)
        self.error = error or self.kind.error
        self.sentence = f"{self.kind.sentence} ({detail})" if detail else self.kind.sentence
        super().__init__(self.sentence)


def error_body(error: EntraError, *, root: str, correlation_id: str) -> JsonObject:
    """Return the JSON object of a refusal."""
    trace_id = str(uuid4())
    time = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    marks = f"Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {time}"
    body: JsonObject = {
        "error": error.error,
        "error_description": f"AADSTS{error.code}: {error.sentence} {marks}",
        "error_codes": [error.code],
        "timestamp": time,
        "trace_id": trace_id,
        "correlation_id": correlation_id,
        "error_uri": f"{root}/error?code={error.code}",
    }
    if error.kind.suberror:
        body["suberror"] = error.kind.suberror
    if error.kind.has_claims:
        wanted = {"access_token": {"capolids": {"essential": True, "values": [str(uuid4())]}}}
        body["claims"] = json.dumps(wanted)
    return body


def refusal(error: EntraError, request: Request) -> Reply:
    """Return the answer to a request that is refused."""
    body = error_body(error, root=request.root, correlation_id=correlation_id(request))
    return Reply(error.kind.status, body)


def correlation_id(request: Request) -> str:
    """Return the id that the client gave a request, or that of the request itself."""
    return request.headers.get("client-request-id") or request.id
