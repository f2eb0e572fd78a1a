"""A token's readable part; pure. Nothing here is proof: only the service can check a token."""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

_TOKEN = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class Grant:
    """An access token, when it ends (seconds since 1970), and the account of a person."""

    token: str = field(repr=False)
    expires: float
    account: str = ""

    def lasts(self, seconds: float) -> bool:
        """Whether the token is valid for this long from now."""
        return self.expires - time.time() > seconds


@dataclass(frozen=True)
class Ask:
    """How a token is asked for: with claims that a service demands, or in place of a refused one."""

    claims: str = ""
    is_fresh: bool = False


def is_token(value: object) -> TypeGuard[str]:
    """Return whether a value can be sent as a token: text of visible ASCII characters."""
    return isinstance(value, str) and _TOKEN.fullmatch(value) is not None


def claims_of(token: str) -> Mapping[str, object]:
    """Return the claims in a JSON web token, empty if it is not one."""
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        found = json.loads(_decoded(parts[1]))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def permissions_of(token: str) -> tuple[str, ...]:
    """Return the permissions in a token: the roles of an app, or the scopes of a person."""
    claims = claims_of(token)
    roles, scopes = claims.get("roles"), claims.get("scp")
    found = [role for role in roles if isinstance(role, str)] if isinstance(roles, list) else []
    found += scopes.split() if isinstance(scopes, str) else []
    return tuple(sorted(set(found)))


def challenge_in(header: str) -> str:
    """Return the claims that a ``WWW-Authenticate`` header demands as JSON, or an empty text."""
    # Source: learn.microsoft.com, "Claims challenges, claims requests and client capabilities".
    start = header.find('claims="')
    if start < 0 or "insufficient_claims" not in header:
        return ""
    value = header[start + len('claims="') :].partition('"')[0]
    try:
        text = _decoded(value).decode("utf-8")
        return text if isinstance(json.loads(text), dict) else ""
    except (ValueError, RecursionError):
        return ""


def _decoded(text: str) -> bytes:
    """The bytes of base64, in either alphabet and without padding."""
    standard = text.strip().replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error
