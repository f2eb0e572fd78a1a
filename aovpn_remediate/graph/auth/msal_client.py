"""How every msal client is made and asked: our hosts, our session, our words for its errors."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.answer import shorten
from aovpn_remediate.graph.auth.choice import SignIn
from aovpn_remediate.graph.auth.explain import refused, tried
from aovpn_remediate.graph.auth.login_session import LoginSession
from aovpn_remediate.graph.auth.tokens import Grant, is_token

_CAPABILITY = "CP1"  # only then Graph sends claims challenges
_ADDRESSES = ("authorization_endpoint", "device_authorization_endpoint", "token_endpoint")
# What msal raises for an answer that it does not expect.
_OF_ANSWERS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


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
            refusal=partial(_refusal, sign_in),
        ),
    }


def _refusal(sign_in: SignIn, method: str, status: int, body: object) -> SignInError | None:
    """What is wrong with the answer to msal's only GET: it says where the credential will be sent.

    Of a refusal, which is mostly about the tenant, msal itself keeps nothing.
    """
    if method != "GET" or not isinstance(body, dict):
        return None
    if 400 <= status < 500 and status != 429 and "error" in body:
        return refused(sign_in, body)
    for name in _ADDRESSES:
        address = body.get(name)
        if isinstance(address, str) and not sign_in.hosts.is_login(address):
            return _elsewhere(sign_in, address)
    return None


def _elsewhere(sign_in: SignIn, address: str) -> SignInError:
    host = urlsplit(sign_in.hosts.login).netloc
    return SignInError(
        f"{tried(sign_in)}: {host} says to sign in at another address ({shorten(address)}); nothing was sent "
        "there; check the address, and whether a proxy answers in its place"
    )


@contextmanager
def plain_errors(sign_in: SignIn, service: str = "") -> Iterator[None]:
    """Turn what msal raises into one message; its own text may contain what was sent and is not used.

    ``service`` is what answers, the login service if it is empty.
    """
    from msal.exceptions import MsalError

    try:
        yield
    except (MsalError, *_OF_ANSWERS):
        host = service or urlsplit(sign_in.hosts.login).netloc
        raise SignInError(
            f"{tried(sign_in)}: the answer of {host} is not what Microsoft's service sends; check the "
            "address, and whether a proxy answers in its place"
        ) from None


def grant_of(answer: Mapping[str, Any]) -> Grant:
    """Return the token in an answer of msal; the name of the account is only there for a person.

    Raises ``ValueError`` for what is not a token.
    """
    claims = answer.get("id_token_claims") or {}
    token, seconds = answer["access_token"], float(answer.get("expires_in", 0))
    if not is_token(token) or not isfinite(seconds):
        raise ValueError("not a token")
    return Grant(
        token,
        time.time() + seconds,
        str(claims.get("preferred_username", "")),
    )


def _silence_log() -> None:
    """Without a handler Python prints msal's warnings, which contain whole pages, on stderr."""
    log = logging.getLogger("msal")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    log.propagate = False
