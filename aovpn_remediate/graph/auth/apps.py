"""Sign-in of an app: with a certificate, a secret or a federated assertion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aovpn_remediate.graph.auth.assertions import FEDERATED, Assertion, check_address
from aovpn_remediate.graph.auth.certificate import load_certificate
from aovpn_remediate.graph.auth.choice import SignIn
from aovpn_remediate.graph.auth.explain import refused
from aovpn_remediate.graph.auth.msal_client import client_options, grant_of, plain_errors
from aovpn_remediate.graph.auth.tokens import Ask, Grant


class AppSignIn:
    """Gets tokens for an app; msal and its first request wait until the first token is asked for."""

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in
        self._assertion = Assertion(sign_in) if sign_in.method in FEDERATED else None
        check_address(sign_in)
        self._client: Any = None

    def __call__(self, ask: Ask) -> Grant:
        """Return a token; raises ``SignInError``."""
        with plain_errors(self._sign_in):
            answer = self._ask(ask)
            if "access_token" in answer:
                return grant_of(answer)
        raise refused(self._sign_in, answer, sent=self._assertion.sent if self._assertion else None)

    def _ask(self, ask: Ask) -> Mapping[str, Any]:
        from msal import ConfidentialClientApplication

        if self._client is None:
            credential = self._credential()
            self._client = ConfidentialClientApplication(
                client_credential=credential, **client_options(self._sign_in)
            )
        if ask.is_fresh:
            self._client.remove_tokens_for_client()
        scopes = [self._sign_in.hosts.scope]
        answer: Mapping[str, Any] = self._client.acquire_token_for_client(
            scopes, claims_challenge=ask.claims or None
        )
        return answer

    def _credential(self) -> object:
        """What msal signs in with; checked here, because msal would send a request without a credential."""
        if self._assertion is not None:
            return {"client_assertion": self._assertion}
        if self._sign_in.method == "certificate":
            return load_certificate(self._sign_in).credential
        return self._sign_in.value("secret")
