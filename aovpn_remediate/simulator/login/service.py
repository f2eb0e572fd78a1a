"""The login service as a whole: its addresses, its controls, and a log of the requests.

An entry of ``/simulator/requests`` has names of parameters, never values that are secret:

    {"method": "POST", "path": "/TENANT/oauth2/v2.0/token", "status": 200, "parameters": ["client_id", ...],
     "grant_type": "client_credentials", "client_id": "...", "scope": "...", "claims": "..."}
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.utils import formatdate
from typing import Final
from urllib.parse import parse_qsl

from aovpn_remediate.simulator.control import Control
from aovpn_remediate.simulator.faults import Fault
from aovpn_remediate.simulator.login import pages
from aovpn_remediate.simulator.login.directory import App, Directory
from aovpn_remediate.simulator.login.entra import EntraError, error_body, refusal
from aovpn_remediate.simulator.login.grants import Ask, Grants, refuse_with
from aovpn_remediate.simulator.login.settings import Settings, read_settings
from aovpn_remediate.simulator.login.tokens import Issuer
from aovpn_remediate.simulator.wire import (
    JsonObject,
    RefusalError,
    Reply,
    Request,
    merged_headers,
    parse_json,
)

TOKEN_PATH: Final = "/oauth2/v2.0/token"  # noqa: S105
_REDIRECT = re.compile(r"http://localhost(:\d+)?/?")
_CODE = "AADSTS"
_LOGGED = ("grant_type", "client_id", "scope", "claims")


class LoginService:
    """Answers requests to a directory's login addresses and to the simulator's own controls."""

    def __init__(self, directory: Directory) -> None:
        self.issuer = Issuer(directory, lambda: time.time() + self._settings.clock)
        self.refused_before = 0
        self.directory = directory
        self._settings = Settings()
        self._lock = threading.Lock()
        self._grants = Grants(self.issuer, lambda: self._settings)
        more = {
            ("GET", "/simulator/login"): lambda _: Reply(200, self._shown()),
            ("POST", "/simulator/login"): self._change,
        }
        self.control = Control(more, _completed)

    @property
    def settings(self) -> Settings:
        """The settings now."""
        return self._settings

    def answer(self, request: Request) -> Reply:
        """Return the answer to a request; nothing that a client sends raises."""
        if request.path.startswith("/simulator/"):
            return self.control.answer(request)
        reply = _spelled(self.control.faults.answer(request, self._work, in_batch=False), request)
        reply = self._dated(reply)
        self.control.record(_entry(request, reply))
        return reply

    def close(self) -> None:
        """End all waiting."""
        self.control.faults.end()

    def change(self, **settings: object) -> None:
        """Change settings; see ``settings``."""
        with self._lock:
            self._settings = replace(self._settings, **settings)  # type: ignore[arg-type]

    def refuse(self, code: int, *, times: int | None = 1, path: str = "/token$") -> None:
        """Refuse the next requests with an AADSTS code."""
        status = EntraError(code).kind.status
        self.control.add([Fault(path=path, times=times, status=status, body={_CODE: code})])

    def revoke(self) -> None:
        """Let Graph refuse the access tokens issued until now."""
        self.refused_before = self.issuer.count

    def sign_out(self) -> None:
        """Refuse the refresh tokens issued until now."""
        self._grants.sign_out()

    def _dated(self, reply: Reply) -> Reply:
        date = {"Date": formatdate(self.issuer.now(), usegmt=True)} if self._settings.clock else {}
        return replace(reply, headers=merged_headers(date, reply.headers))

    def _work(self, request: Request) -> Reply:
        try:
            return self._routed(request)
        except EntraError as error:
            return refusal(error, request)

    def _routed(self, request: Request) -> Reply:
        if (request.method, request.path) == ("GET", "/devicelogin"):
            return Reply(200, pages.device_page())
        tenant, slash, rest = request.path[1:].partition("/")
        routes: dict[tuple[str, str], Callable[[Request], Reply]] = {
            ("GET", "/v2.0/.well-known/openid-configuration"): self._configuration,
            ("GET", "/discovery/v2.0/keys"): lambda _: Reply(200, self.issuer.keys()),
            ("POST", TOKEN_PATH): self._token,
            ("POST", "/oauth2/v2.0/devicecode"): self._device_code,
            ("GET", "/oauth2/v2.0/authorize"): self._authorize,
        }
        route = routes.get((request.method, slash + rest))
        if route is None:
            return Reply(404, pages.error_page(EntraError(900144, "no such page")))
        if not self.directory.is_called(tenant):
            raise EntraError(90002, tenant)
        return route(request)

    def _configuration(self, request: Request) -> Reply:
        root = f"{request.root}/{self.directory.tenant_id}"
        return Reply(200, {
            "issuer": f"{root}/v2.0",
            "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
            "token_endpoint": f"{root}{TOKEN_PATH}",
            "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
            "jwks_uri": f"{root}/discovery/v2.0/keys",
            "response_modes_supported": ["query", "form_post"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "tenant_region_scope": "EU",
        })  # fmt: skip

    def _token(self, request: Request) -> Reply:
        return Reply(200, self._grants.answer(self._ask(request)), {"Cache-Control": "no-store"})

    def _device_code(self, request: Request) -> Reply:
        return Reply(200, self._grants.new_device_code(self._ask(request)))

    def _authorize(self, request: Request) -> Reply:
        """Answer with a page: an error of the app's own page, else a form with a code or an error."""
        try:
            ask = self._ask(request)
            target = ask.required("redirect_uri")
            if not _REDIRECT.fullmatch(target):
                raise EntraError(50011)
        except EntraError as error:
            return Reply(400, pages.error_page(error))
        state = ask.form.get("state", "")
        return Reply(200, pages.form_page(target, {**self._outcome(request, ask), "state": state}))

    def _outcome(self, request: Request, ask: Ask) -> Mapping[str, str]:
        try:
            if self._settings.authorize:
                raise refuse_with(self._settings.authorize)
            return {"code": self._grants.new_code(ask), "client_info": self.issuer.client_info()}
        except EntraError as error:
            body = error_body(error, root=request.root, correlation_id=request.id)
            return {name: str(body[name]) for name in ("error", "error_description", "error_uri")}

    def _ask(self, request: Request) -> Ask:
        form = _form(request)
        client_id = form.get("client_id", "")
        if not client_id:
            raise EntraError(900144, "client_id")
        tenant = request.path[1:].partition("/")[0]
        bases = [f"{request.root}/{one}" for one in (self.directory.tenant_id, tenant)]
        audiences = [base + end for base in bases for end in (TOKEN_PATH, "/v2.0")]
        return Ask(root=request.root, app=self._app(client_id), form=form, audiences=audiences)

    def _app(self, client_id: str) -> App:
        app = self.directory.app(client_id)
        if app is None:
            raise EntraError(700016, client_id)
        return app

    def _change(self, request: Request) -> Reply:
        value = parse_json(request.body)
        if not isinstance(value, dict):
            raise RefusalError("the settings must be an object")
        rest = dict(value)
        refused, revoke, sign_out = (rest.pop(name, None) for name in ("refuse", "revoke", "sign_out"))
        self.change(**read_settings(rest))
        if isinstance(refused, dict):
            self._refuse_as_told(refused)
        if revoke:
            self.revoke()
        if sign_out:
            self.sign_out()
        return Reply(200, self._shown())

    def _refuse_as_told(self, told: JsonObject) -> None:
        code, times, path = told.get("code"), told.get("times", 1), told.get("path", "/token$")
        if not isinstance(code, int) or not isinstance(times, int | None) or not isinstance(path, str):
            raise RefusalError("refuse must have a code, and may have times and path")
        self.refuse(code, times=times, path=path)

    def _shown(self) -> JsonObject:
        shown = {**vars(self._settings), "device_code": list(self._settings.device_code)}
        return {**shown, "refused_before": self.refused_before}


def _completed(fault: Fault) -> Fault:
    """A fault with a status alone gets the body that the login service would send."""
    if fault.status is None or fault.body is not None:
        return fault
    return replace(fault, body={_CODE: 90055 if fault.status == 429 else 90033})


def _spelled(reply: Reply, request: Request) -> Reply:
    """A fault names only a code; the rest of the body belongs to the request that it hits."""
    code = reply.body.get(_CODE) if isinstance(reply.body, Mapping) else None
    if not isinstance(code, int):
        return reply
    return replace(reply, body=refusal(EntraError(code), request).body)


def _form(request: Request) -> dict[str, str]:
    text = request.query if request.method == "GET" else request.body.decode("utf-8", "replace")
    return dict(parse_qsl(text))


def _entry(request: Request, reply: Reply) -> JsonObject:
    form = _form(request)
    logged: JsonObject = {name: form.get(name, "") for name in _LOGGED}
    seen: JsonObject = {"method": request.method, "path": request.path, "status": reply.status}
    return {**seen, "parameters": sorted(form), **logged}
