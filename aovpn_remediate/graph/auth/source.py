"""Tokens for a session: one at a time, renewed before they end, and after a refusal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.auth.choice import SignIn, is_guid
from aovpn_remediate.graph.auth.explain import tried
from aovpn_remediate.graph.auth.tokens import Ask, Grant, claims_of

_RESERVE = 300.0
"""Seconds before its end in which a token is not used any more; msal has the same number."""
_LAST_SECONDS = 10.0
"""Seconds before its end in which a token that cannot be renewed is not used any more."""


class TokenSource:
    """The tokens of one sign-in; several threads may ask, and one of them gets a new token for all."""

    def __init__(self, sign_in: SignIn, acquire: Callable[[Ask], Grant]) -> None:
        self.sign_in = sign_in
        self._acquire = acquire
        self._lock = threading.Lock()
        self._grant: Grant | None = None
        self._reserve = _RESERVE
        self._failure: SignInError | None = None

    def token(self) -> str:
        """Return a token that is still valid for a while; raises ``SignInError``."""
        return self.grant().token

    def grant(self) -> Grant:
        """Return the token with its end and the account."""
        with self._lock:
            if self._grant is None:
                self._renew(Ask())
            elif not self._grant.lasts(self._reserve):
                self._renew_early(self._grant)
            return self._held()

    def tenant_id(self) -> str:
        """Return the id of the tenant that the token is for, else the one that was asked for."""
        found = claims_of(self.token()).get("tid")
        return found if isinstance(found, str) else self.sign_in.tenant

    def token_after(self, refused: str, claims: str = "") -> str:
        """Return another token than the refused one, with the claims that the service demands."""
        with self._lock:
            if self._grant is None or self._grant.token == refused:
                self._renew(Ask(claims, is_fresh=True))
            return self._held().token

    def _held(self) -> Grant:
        if self._grant is None:
            raise SignInError(f"{tried(self.sign_in)}: there is no token; run this again")
        return self._grant

    def _renew_early(self, grant: Grant) -> None:
        """Renew before the end; while the token can be used, a failure only means: try again later."""
        try:
            self._renew(Ask())
        except SignInError:
            if not grant.lasts(_LAST_SECONDS):
                raise
            self._failure = None
            self._reserve = (grant.expires - time.time()) / 2

    def _renew(self, ask: Ask) -> None:
        """Get a token; after a failure nothing is tried again, since each thread would ask once more."""
        if self._failure is not None:
            raise self._failure
        try:
            grant = self._acquire(ask)
            self._check_tenant(grant.token)
        except SignInError as error:
            self._failure = error
            raise
        self._grant = grant
        self._reserve = min(_RESERVE, (grant.expires - time.time()) / 2)

    def _check_tenant(self, token: str) -> None:
        """Refuse a token for another tenant, which az or a fixed assertion may give."""
        tenant, found = self.sign_in.tenant, claims_of(token).get("tid")
        if is_guid(tenant) and isinstance(found, str) and found.casefold() != tenant.casefold():
            raise SignInError(
                f"{tried(self.sign_in)}: the token is for another tenant than the chosen one; sign in to "
                "the right tenant, or correct --tenant"
            )
