"""Sign-in of a person: a kept sign-in first, then the browser, a device code or the broker."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.answer import shorten
from aovpn_remediate.graph.auth.cache import AccountCache
from aovpn_remediate.graph.auth.choice import SignIn
from aovpn_remediate.graph.auth.explain import refused, tried
from aovpn_remediate.graph.auth.msal_client import client_options, grant_of, plain_errors
from aovpn_remediate.graph.auth.tokens import Ask, Grant
from aovpn_remediate.graph.permissions import PUBLISH, Need

_PATIENCE = 300


@dataclass(frozen=True)
class Person:
    """The person who signs in; ``say`` prints one line for them.

    Without ``may_ask`` only a kept sign-in is used. With ``is_new`` a kept sign-in is not used.
    """

    say: Callable[[str], None]
    may_ask: bool
    is_new: bool = False


class PersonSignIn:
    """Gets tokens for a person."""

    def __init__(self, sign_in: SignIn, need: Need, cache: AccountCache, person: Person) -> None:
        self._sign_in = sign_in
        self._need = need
        self._cache = cache
        self._say = person.say
        self._may_ask = person.may_ask
        self._is_new = person.is_new
        self._client: Any = None

    def __call__(self, ask: Ask) -> Grant:
        """Return a token; raises ``SignInError``."""
        with plain_errors(self._sign_in):
            client = self._opened()
            account = None if self._is_new else self._account(client)
            answer = None if account is None else self._silently(client, account, ask)
            if not answer or "access_token" not in answer:
                answer = self._asked(client, ask, answer)
            grant = grant_of(answer) if "access_token" in answer else None
        if grant is None:
            raise refused(self._sign_in, answer, asked=self._need.permissions)
        self._cache.save()
        self._is_new = False
        name = str((self._account(client) or {}).get("username", ""))
        return grant if grant.account else Grant(grant.token, grant.expires, name)

    def _opened(self) -> Any:
        from msal import PublicClientApplication

        if self._client is None:
            options = client_options(self._sign_in)
            if self._sign_in.method == "broker":
                options |= dict.fromkeys(_BROKERS, True)
            try:
                self._client = PublicClientApplication(token_cache=self._cache.tokens(), **options)
            except ImportError:
                raise SignInError(
                    f"{tried(self._sign_in)}: the broker's package is missing; install it with "
                    'pipx inject aovpn-remediate "msal[broker]", or choose another --auth'
                ) from None
        return self._client

    def _account(self, client: Any) -> Mapping[str, Any] | None:
        """The account that signed in to this tenant, or else one that signed in with this app."""
        accounts: list[Mapping[str, Any]] = client.get_accounts()
        tokens = self._cache.tokens()
        query = {"client_id": self._sign_in.client, "realm": self._sign_in.tenant}
        here = {
            one["home_account_id"] for one in tokens.search(tokens.CredentialType.ACCESS_TOKEN, query=query)
        }
        for account in accounts:
            if account["home_account_id"] in here:
                return account
        return accounts[0] if accounts else None

    def _silently(self, client: Any, account: Mapping[str, Any], ask: Ask) -> Mapping[str, Any] | None:
        """A token without a question; the permissions of publish serve a command that needs less, too."""
        answer: Mapping[str, Any] | None = None
        for need in dict.fromkeys((self._need, PUBLISH)):
            answer = client.acquire_token_silent_with_error(
                self._scopes(need),
                account,
                force_refresh=ask.is_fresh,
                claims_challenge=ask.claims or None,
            )
            if answer and "access_token" in answer:
                break
        return answer

    def _asked(self, client: Any, ask: Ask, silent: Mapping[str, Any] | None) -> Mapping[str, Any]:
        if not self._may_ask:
            if silent:
                raise refused(self._sign_in, silent, asked=self._need.permissions)
            raise SignInError(
                f"{tried(self._sign_in)}: nobody is signed in; run remediate auth login at a terminal, "
                "or for a task: set AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH"
            )
        if self._sign_in.method == "device-code":
            return self._by_device_code(client, ask)
        return self._by_browser(client, ask)

    def _by_browser(self, client: Any, ask: Ask) -> Mapping[str, Any]:
        from msal.oauth2cli.oauth2 import BrowserInteractionTimeoutError

        host = urlsplit(self._sign_in.hosts.login).netloc
        self._say(f"sign in at {host} in the window that opens now; Ctrl-C cancels")
        options: dict[str, Any] = {"timeout": _PATIENCE, "auth_uri_callback": self._no_browser}
        if self._sign_in.method == "broker":
            options = {"parent_window_handle": client.CONSOLE_WINDOW_HANDLE}
        try:
            answer: Mapping[str, Any] = client.acquire_token_interactive(
                self._scopes(self._need),
                claims_challenge=ask.claims or None,
                prompt="select_account",
                **options,
            )
        except BrowserInteractionTimeoutError:
            raise SignInError(
                f"{tried(self._sign_in)}: nobody signed in within {_PATIENCE // 60} minutes; run this "
                "again, or add --device-code to remediate auth login"
            ) from None
        return answer

    def _no_browser(self, address: str) -> None:
        self._say("no browser could be opened; open this address in a browser on this computer:")
        self._say(address)
        self._say("on a computer without a browser, use remediate auth login --device-code")

    def _by_device_code(self, client: Any, ask: Ask) -> Mapping[str, Any]:
        flow = client.initiate_device_flow(self._scopes(self._need))
        if "user_code" not in flow:
            return dict(flow)
        address = shorten(str(flow.get("verification_uri", "")))
        self._say(
            f"open {address} in a browser on any computer and enter the code {shorten(flow['user_code'])}"
        )
        answer: Mapping[str, Any] = client.acquire_token_by_device_flow(
            flow, claims_challenge=ask.claims or None
        )
        return answer

    def _scopes(self, need: Need) -> Sequence[str]:
        return [f"{self._sign_in.hosts.cloud.graph}/{name}" for name in need.permissions]


_BROKERS = (
    "enable_broker_on_windows",
    "enable_broker_on_mac",
    "enable_broker_on_linux",
    "enable_broker_on_wsl",
)
