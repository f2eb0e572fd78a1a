"""The ways to a token: an app's own credential, a code, a device code, a refresh token."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aovpn_remediate.simulator.login.assertions import Desk, check_credential
from aovpn_remediate.simulator.login.directory import App
from aovpn_remediate.simulator.login.entra import EntraError
from aovpn_remediate.simulator.login.scopes import Wanted, app_scopes, person_scopes
from aovpn_remediate.simulator.login.settings import Settings
from aovpn_remediate.simulator.login.tokens import Issuer, Order
from aovpn_remediate.simulator.wire import JsonObject

_PROOFS: Final = ("client_secret", "client_assertion", "code_verifier")
DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
_POLLS: Final = {"authorization_pending": 70016, "authorization_declined": 65004, "expired_token": 70019}


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request of an app: its form, and the addresses that an assertion may be made for."""

    root: str
    app: App
    form: Mapping[str, str]
    audiences: list[str]

    def required(self, name: str) -> str:
        """Return a parameter; a request without it is refused."""
        if not self.form.get(name):
            raise EntraError(900144, name)
        return self.form[name]


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What a code, a device code or a refresh token stands for; ``ends`` is a monotonic time."""

    client_id: str
    scope: str
    ends: float
    nonce: str = ""
    redirect_uri: str = ""
    challenge: str = ""


class Grants:
    """Issues tokens, and keeps the codes and refresh tokens that are out."""

    def __init__(self, issuer: Issuer, settings: Callable[[], Settings]) -> None:
        self._issuer = issuer
        self._settings = settings
        self._lock = threading.Lock()
        self._codes: dict[str, Ticket] = {}
        self._used: set[str] = set()
        self._devices: dict[str, tuple[Ticket, list[str]]] = {}
        self._refresh: dict[str, Ticket] = {}
        self._revoked: set[str] = set()

    def answer(self, ask: Ask) -> JsonObject:
        """Return the tokens that a token request is granted."""
        grants: dict[str, Callable[[Ask], JsonObject]] = {
            "client_credentials": self._of_app,
            "authorization_code": self._of_code,
            "refresh_token": self._of_refresh_token,
            DEVICE_GRANT: self._of_device_code,
        }
        self._issuer.secrets += [ask.form[name] for name in _PROOFS if ask.form.get(name)]
        kind = ask.required("grant_type")
        if kind not in grants:
            raise EntraError(70003, kind)
        is_app = kind == "client_credentials"
        check_credential(ask.app, ask.form, Desk(ask.audiences, self._issuer.now()), is_app=is_app)
        with self._lock:
            return grants[kind](ask)

    def new_code(self, ask: Ask) -> str:
        """Return an authorization code for what the browser asked for."""
        person_scopes(ask.form.get("scope", ""), ask.app)
        code = self._secret(24)
        ticket = self._ticket(ask, lifetime=self._settings().refresh_lifetime)
        with self._lock:
            self._codes[code] = ticket
        return code

    def new_device_code(self, ask: Ask) -> JsonObject:
        """Return a device code and what to tell the person."""
        person_scopes(ask.form.get("scope", ""), ask.app)
        settings = self._settings()
        key, user_code = self._secret(24), secrets.token_hex(4).upper()
        where = f"{ask.root}/devicelogin"
        with self._lock:
            ticket = self._ticket(ask, lifetime=settings.device_lifetime)
            self._devices[key] = (ticket, list(settings.device_code))
        return {
            "user_code": user_code,
            "device_code": key,
            "verification_uri": where,
            "expires_in": settings.device_lifetime,
            "interval": settings.device_interval,
            "message": f"To sign in, open {where} and enter the code {user_code}.",
        }

    def sign_out(self) -> None:
        """Refuse the refresh tokens that are out."""
        with self._lock:
            self._revoked |= set(self._refresh)

    def _of_app(self, ask: Ask) -> JsonObject:
        return self._tokens(ask, app_scopes(ask.form.get("scope", "")))

    def _of_code(self, ask: Ask) -> JsonObject:
        code = ask.required("code")
        if code in self._used:
            raise EntraError(54005)
        ticket = self._known(self._codes, code, ask)
        if ticket.redirect_uri != ask.form.get("redirect_uri", ""):
            raise EntraError(50011)
        if ticket.challenge and ticket.challenge != _challenge(ask.form.get("code_verifier", "")):
            raise EntraError(501481)
        self._used.add(code)
        return self._of_person(ask, ticket)

    def _of_device_code(self, ask: Ask) -> JsonObject:
        key = ask.form.get("device_code") or ask.required("code")
        ticket, script = self._devices.get(key, (None, []))
        if ticket is None or ticket.client_id != ask.app.client_id:
            raise EntraError(70018)
        if ticket.ends < time.monotonic():
            raise EntraError(70019)
        if script:
            _refuse_poll(script.pop(0))
        del self._devices[key]
        return self._of_person(ask, ticket)

    def _of_refresh_token(self, ask: Ask) -> JsonObject:
        token = ask.required("refresh_token")
        if token in self._revoked:
            raise EntraError(50173)
        return self._of_person(ask, self._known(self._refresh, token, ask))

    def _known(self, tickets: Mapping[str, Ticket], key: str, ask: Ask) -> Ticket:
        ticket = tickets.get(key)
        if ticket is None or ticket.client_id != ask.app.client_id:
            raise EntraError(70000)
        if ticket.ends < time.monotonic():
            raise EntraError(70008)
        return ticket

    def _of_person(self, ask: Ask, ticket: Ticket) -> JsonObject:
        scope = ask.form.get("scope") or ticket.scope
        wanted = person_scopes(scope, ask.app)
        order = self._order(ask, wanted, is_for_person=True)
        body = self._tokens(ask, wanted, order)
        body["scope"] = " ".join(f"{wanted.resource}/{name}" for name in sorted(ask.app.delegated))
        if "openid" in scope.split():
            body["id_token"] = self._issuer.id_token(order, ticket.nonce)
        if "offline_access" in scope.split():
            body["refresh_token"] = self._new_refresh_token(ask, scope)
        if ask.form.get("client_info"):
            body["client_info"] = self._issuer.client_info()
        return body

    def _new_refresh_token(self, ask: Ask, scope: str) -> str:
        """A new token each time; the one before stays valid, as Entra's refresh token page says."""
        token = self._secret(32)
        ends = time.monotonic() + self._settings().refresh_lifetime
        self._refresh[token] = Ticket(client_id=ask.app.client_id, scope=scope, ends=ends)
        return token

    def _secret(self, length: int) -> str:
        secret = secrets.token_urlsafe(length)
        self._issuer.secrets.append(secret)
        return secret

    def _tokens(self, ask: Ask, wanted: Wanted, order: Order | None = None) -> JsonObject:
        order = order or self._order(ask, wanted, is_for_person=False)
        lifetime: JsonObject = {"expires_in": order.lifetime, "ext_expires_in": order.lifetime}
        return {"token_type": "Bearer", **lifetime, "access_token": self._issuer.access_token(order)}

    def _order(self, ask: Ask, wanted: Wanted, *, is_for_person: bool) -> Order:
        return Order(
            root=ask.root,
            app=ask.app,
            wanted=wanted,
            lifetime=self._settings().token_lifetime,
            claims=read_claims(ask.form.get("claims", "")),
            is_for_person=is_for_person,
        )

    def _ticket(self, ask: Ask, lifetime: int) -> Ticket:
        form = ask.form
        return Ticket(
            client_id=ask.app.client_id,
            scope=form.get("scope", ""),
            ends=time.monotonic() + lifetime,
            nonce=form.get("nonce", ""),
            redirect_uri=form.get("redirect_uri", ""),
            challenge=form.get("code_challenge", ""),
        )


def read_claims(text: str) -> JsonObject:
    """Return what a ``claims`` parameter asks for."""
    try:
        value = json.loads(text) if text else {}
    except ValueError as error:
        raise EntraError(900144, "claims") from error
    return value if isinstance(value, dict) else {}


def refuse_with(name: str) -> EntraError:
    """Return the refusal with an AADSTS code, or with the name of an OAuth error."""
    if name.isdecimal():
        return EntraError(int(name))
    code = {"slow_down": 70016, "access_denied": 65004, **_POLLS}.get(name, 70000)
    return EntraError(code, error=name)


def _refuse_poll(outcome: str) -> None:
    if outcome:
        raise refuse_with(outcome)


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
