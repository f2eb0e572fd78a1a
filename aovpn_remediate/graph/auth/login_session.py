"""Requests to a login service: what a token request gets instead of an answer, in plain words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import requests
from requests import exceptions
from urllib3.exceptions import InvalidHeader
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.answer import NotJson, json_kind, read_body
from aovpn_remediate.graph.connection import open_connections, silence_of

_CONNECT, _READ = 5.0, 20.0
_LONGEST_WAIT = 20.0
_BUSY = (429, 500, 502, 503, 504)
_ABSENT = "check the address, the network and the proxy"

Refusal: TypeAlias = Callable[[str, int, object], SignInError | None]


def _unknown(_method: str, _status: int, _body: object) -> None:
    """No answer is known."""


class LoginSession:
    """Requests to one service, in the form that msal wants: time-outs and a few retries are inside.

    Every answer is a JSON object; anything else is raised as ``SignInError``, which begins with
    ``what``. Redirects are refused. ``refusal`` returns the error for an answer that it does not accept, by
    method, status and body; it is asked first. ``absent`` is the advice where nothing answers.
    """

    def __init__(
        self, root: str, what: str, *, refusal: Refusal | None = None, absent: str = _ABSENT
    ) -> None:
        self._http = open_connections(root, retries=_Retries.few())
        self._what = what
        self._refusal = refusal or _unknown
        self._absent = absent

    def get(self, url: str, **options: Any) -> requests.Response:
        """Return the answer to a GET."""
        return self._request("GET", url, options)

    def post(self, url: str, **options: Any) -> requests.Response:
        """Return the answer to a POST."""
        return self._request("POST", url, options)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _request(self, method: str, url: str, options: dict[str, Any]) -> requests.Response:
        options |= {"timeout": (_CONNECT, _READ), "allow_redirects": False}
        host = urlsplit(url).netloc
        try:
            response = self._http.request(method, url, **options)
        except exceptions.RequestException as error:
            silence = silence_of(error, host, absent=self._absent)
            raise SignInError(f"{self._what}: {silence.reason}; {silence.advice}") from None
        self._check(method, response, host)
        return response

    def _check(self, method: str, response: requests.Response, host: str) -> None:
        status = response.status_code
        body = read_body(response.content, response.headers.get("content-type", ""))
        known = self._refusal(method, status, body)
        if known is not None:
            raise known
        if 300 <= status < 400:
            raise SignInError(
                f"{self._what}: {host} redirects to another address (status {status}), which is not "
                "followed; "
                "check the address and the token that was sent",
                status=status,
            )
        if status in _BUSY and not isinstance(body, NotJson):
            busy = "is throttling" if status == 429 else "has a problem"
            raise SignInError(
                f"{self._what}: {host} {busy} (status {status}); wait some minutes and run this again",
                status=status,
            )
        if not isinstance(body, dict):
            came = body.what if isinstance(body, NotJson) else json_kind(body)
            raise SignInError(
                f"{self._what}: {host} answered with {came} (status {status}) instead of a JSON object; "
                "check whether a proxy answers in its place, and the address",
                status=status,
            )


class _Retries(Retry):
    """Few retries with short waits, after an answer that says the service is busy."""

    @classmethod
    def few(cls) -> _Retries:
        return cls(
            total=3,
            connect=1,
            read=0,
            status=3,
            other=0,  # a certificate that is not trusted stays so
            backoff_factor=0.5,
            backoff_jitter=0.5,
            status_forcelist=_BUSY,
            allowed_methods=None,
            raise_on_status=False,
        )

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        try:
            asked = super().get_retry_after(response)
        except InvalidHeader:
            return None
        return None if asked is None else min(asked, _LONGEST_WAIT)


def json_object(response: requests.Response) -> Mapping[str, object]:
    """Return the JSON object of an answer, empty for anything else."""
    found = json.loads(response.content or b"{}")
    return found if isinstance(found, dict) else {}
