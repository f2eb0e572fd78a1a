"""How every msal client is made and asked: our hosts, our session, our words for its errors."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.auth.choice import SignIn
from aovpn_remediate.graph.auth.explain import tried
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
        "http_client": LoginSession(sign_in.hosts.login, tried(sign_in)),
    }


@contextmanager
def plain_errors(sign_in: SignIn) -> Iterator[None]:
    """Turn what msal raises into one message; its own text may contain what was sent and is not used."""
    from msal.exceptions import MsalError

    try:
        yield
    except (MsalError, ValueError, TypeError, KeyError) as error:
        raise SignInError(
            f"{tried(sign_in)}: the sign-in library msal cannot use the answer of {sign_in.hosts.login} "
            f"({type(error).__name__}); check the address, the tenant and --cloud"
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
