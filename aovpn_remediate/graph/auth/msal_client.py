"""How every msal client is made and asked: our hosts, our session, our words for its errors."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.auth.choice import SignIn
from aovpn_remediate.graph.auth.explain import refused, tried
from aovpn_remediate.graph.auth.login_session import LoginSession
from aovpn_remediate.graph.auth.tokens import Grant

_CAPABILITY = "CP1"  # only then Graph sends claims challenges


def client_options(sign_in: SignIn) -> dict[str, Any]:
    """Return the arguments that every msal application gets; no host is asked which hosts to trust."""
    _silence_log()
    return {
        "client_id": sign_in.client,
        "authority": f"{sign_in.hosts.login}/{sign_in.tenant}",
        "instance_discovery": False,
        "client_capabilities": [_CAPABILITY],
        "http_client": LoginSession(
            sign_in.hosts.login,
            tried(sign_in),
            refusal=partial(_unknown_tenant, sign_in),
        ),
    }


def _unknown_tenant(sign_in: SignIn, method: str, status: int, body: object) -> SignInError | None:
    """A refusal of msal's only GET, of which msal itself keeps nothing; it is mostly about the tenant."""
    is_refusal = method == "GET" and 400 <= status < 500 and status != 429
    return refused(sign_in, body) if is_refusal and isinstance(body, dict) and "error" in body else None


@contextmanager
def plain_errors(sign_in: SignIn, service: str = "") -> Iterator[None]:
    """Turn what msal raises into one message; its own text may contain what was sent and is not used.

    ``service`` is what answers, the login service if it is empty.
    """
    from msal.exceptions import MsalError

    try:
        yield
    except (MsalError, AttributeError, LookupError, RuntimeError, TypeError, ValueError):
        host = service or urlsplit(sign_in.hosts.login).netloc
        raise SignInError(
            f"{tried(sign_in)}: the answer of {host} is not what Microsoft's service sends; check the "
            "address, and whether a proxy answers in its place"
        ) from None


def grant_of(answer: Mapping[str, Any]) -> Grant:
    """Return the token in an answer of msal; the name of the account is only there for a person."""
    claims = answer.get("id_token_claims") or {}
    return Grant(
        answer["access_token"],
        time.time() + float(answer.get("expires_in", 0)),
        str(claims.get("preferred_username", "")),
    )


def _silence_log() -> None:
    """Without a handler Python prints msal's warnings, which contain whole pages, on stderr."""
    log = logging.getLogger("msal")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    log.propagate = False
