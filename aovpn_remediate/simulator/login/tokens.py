"""The tokens that the login service issues: RS256, signed by a key of its own.

Claims: Microsoft Entra documentation, access token claims reference and ID token claims reference.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from aovpn_remediate.simulator.login.directory import App, Directory
from aovpn_remediate.simulator.login.scopes import Wanted
from aovpn_remediate.simulator.wire import Json, JsonObject

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from jwt.types import Options

ALGORITHM: Final = "RS256"
_REMEMBERED: Final = 10_000
UNTIMED: Final[Options] = {
    "require": ["exp", "aud"],
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}
"""How ``jwt`` is asked to check all but the time, which is that of the service's own clock."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """A token to issue; ``claims`` is the request's own ``claims`` parameter, decoded."""

    root: str
    app: App
    wanted: Wanted
    lifetime: int
    claims: JsonObject
    is_for_person: bool


class Issuer:
    """Signs tokens, counts them, and remembers which claims each one was asked for with.

    ``secrets`` are the last tokens and codes that were issued, and proofs that were received: a client must
    not write any of them anywhere.
    """

    def __init__(self, directory: Directory, now: Callable[[], float] = time.time) -> None:
        self.directory = directory
        self.now = now
        self._key = _signing_key()
        self._key_id = uuid4().hex
        self._lock = threading.Lock()
        self._asked: dict[str, JsonObject] = {}
        self.secrets: deque[str] = deque(maxlen=_REMEMBERED)

    @property
    def count(self) -> int:
        """How many access tokens were issued."""
        return len(self._asked)

    def keys(self) -> JsonObject:
        """Return the public keys as a JSON Web Key Set."""
        from jwt.algorithms import RSAAlgorithm

        key: JsonObject = dict(RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True))
        return {"keys": [{**key, "use": "sig", "alg": ALGORITHM, "kid": self._key_id}]}

    def access_token(self, order: Order) -> str:
        """Return an access token; its ``uti`` is its number, counted from 0."""
        with self._lock:
            number = str(len(self._asked))
            self._asked[number] = order.claims
        whose = self._person_claims(order) if order.is_for_person else _app_claims(order)
        more: JsonObject = {"xms_cc": ["CP1"]} if _can_be_challenged(order.claims) else {}
        return self._signed({
            **self._common(order, order.lifetime),
            **whose,
            **more,
            "aud": order.wanted.resource,
            "appid": order.app.client_id,
            "azp": order.app.client_id,
            "uti": number,
        })  # fmt: skip

    def id_token(self, order: Order, nonce: str) -> str:
        """Return an ID token of the person."""
        user = self.directory.user
        return self._signed({
            **self._common(order, order.lifetime),
            "aud": order.app.client_id,
            "sub": user.object_id,
            "oid": user.object_id,
            "preferred_username": user.user_name,
            "name": user.user_name,
            **({"nonce": nonce} if nonce else {}),
        })  # fmt: skip

    def client_info(self) -> str:
        """Return who signed in, as MSAL keeps accounts: base64url of JSON with ``uid`` and ``utid``."""
        who = {"uid": self.directory.user.object_id, "utid": self.directory.tenant_id}
        return base64.urlsafe_b64encode(json.dumps(who).encode()).decode().rstrip("=")

    def read(self, token: str, audiences: list[str]) -> dict[str, Any]:
        """Return the claims of an access token that is valid now; else a ``jwt.PyJWTError``."""
        import jwt

        read: dict[str, Any] = jwt.decode(
            token,
            self._key.public_key(),
            algorithms=[ALGORITHM],
            audience=audiences,
            options=UNTIMED,
        )
        if not is_in_time(read, self.now()):
            raise jwt.ExpiredSignatureError
        return read

    def asked_with(self, number: str) -> JsonObject:
        """Return the claims that the token with this ``uti`` was asked for with."""
        with self._lock:
            return self._asked.get(number, {})

    def _common(self, order: Order, lifetime: int) -> JsonObject:
        now = int(self.now())
        tenant = self.directory.tenant_id
        issuer = f"{order.root}/{tenant}/v2.0"
        return {"iss": issuer, "tid": tenant, "iat": now, "nbf": now, "exp": now + lifetime, "ver": "2.0"}

    def _person_claims(self, order: Order) -> JsonObject:
        user = self.directory.user
        scopes = " ".join(sorted(order.app.delegated))
        return {"scp": scopes, "oid": user.object_id, "sub": user.object_id, "upn": user.user_name}

    def _signed(self, claims: JsonObject) -> str:
        import jwt

        token = jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self._key_id})
        self.secrets.append(token)
        return token


@cache
def _signing_key() -> RSAPrivateKey:
    """The RSA key of all login services of this process: a new one takes longer than starting a service."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    return generate_private_key(public_exponent=65537, key_size=2048)


def is_in_time(claims: Mapping[str, Any], now: float, skew: float = 0) -> bool:
    """Whether a moment is within what ``nbf`` and ``exp`` say; a token without ``nbf`` has begun."""
    start, end = claims.get("nbf", 0), claims.get("exp")
    if not isinstance(start, int | float) or not isinstance(end, int | float):
        return False
    return start - skew <= now < end + skew


def is_satisfied(challenge: Mapping[str, Json], asked: Mapping[str, Json]) -> bool:
    """Whether everything that a claims challenge wants was asked for."""
    wanted, given = challenge.get("access_token"), asked.get("access_token")
    if not isinstance(wanted, Mapping) or not isinstance(given, Mapping):
        return False
    return all(given.get(name) == value for name, value in wanted.items())


def _app_claims(order: Order) -> JsonObject:
    app = order.app
    roles: JsonObject = {"roles": sorted(app.permissions)} if app.permissions else {}
    return {**roles, "oid": app.object_id, "sub": app.object_id, "idtyp": "app"}


def _can_be_challenged(claims: JsonObject) -> bool:
    access = claims.get("access_token")
    capability = access.get("xms_cc") if isinstance(access, Mapping) else None
    values = capability.get("values") if isinstance(capability, Mapping) else None
    return isinstance(values, list) and "CP1" in values
