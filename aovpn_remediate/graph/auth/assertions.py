"""Federated assertions: fetched for each token request, just before it, and never kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aovpn_remediate.errors import SignInError, UsageError
from aovpn_remediate.graph.auth.choice import SignIn
from aovpn_remediate.graph.auth.explain import tried
from aovpn_remediate.graph.auth.login_session import LoginSession, json_object
from aovpn_remediate.graph.auth.tokens import claims_of
from aovpn_remediate.graph.url import is_loopback, origin

AUDIENCE = "api://AzureADTokenExchange"
_API_VERSION = "7.1"
_LONGEST = 64 * 1024


class Assertion:
    """A callable that returns an assertion.

    ``sent`` has the three fields of the last one that Entra compares.
    """

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in
        self._fetch = _SOURCES[sign_in.method]
        self.sent: Mapping[str, str] = {}

    def __call__(self) -> str:
        """Return an assertion that is valid now; raises ``SignInError``, never returns an empty one."""
        text = self._fetch(self._sign_in).strip()
        where = tried(self._sign_in)
        claims = claims_of(text)
        if not text:
            raise SignInError(f"{where}: the token file is empty; check the program that writes it")
        if not claims:
            raise SignInError(
                f"{where}: the value is not an assertion (a JSON web token); check the program or step that "
                "provides it"
            )
        ends = claims.get("exp")
        if isinstance(ends, int | float) and ends < time.time():
            minutes = max(1, round((time.time() - ends) / 60))
            raise SignInError(
                f"{where}: the assertion ended {minutes} min ago by the clock of this computer; get a new "
                "one just before this command, or correct the clock"
            )
        self.sent = {name: str(claims.get(name, "")) for name in ("iss", "sub", "aud")}
        return text


def _from_file(sign_in: SignIn) -> str:
    path = Path(sign_in.value("file"))
    where = sign_in.values["file"].source
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST).decode("utf-8-sig")
    except FileNotFoundError:
        raise SignInError(f"{where}: the token file does not exist; correct the variable") from None
    except (OSError, ValueError):
        raise SignInError(f"{where}: the token file cannot be read as text; correct the variable") from None


def _fixed(sign_in: SignIn) -> str:
    return sign_in.value("assertion")


def _from_azure_pipelines(sign_in: SignIn) -> str:
    # Source: azure-identity, AzurePipelinesCredential; without the header a wrong token gets a sign-in page.
    query = {"api-version": _API_VERSION, "serviceConnectionId": sign_in.value("connection")}
    headers = {"X-TFS-FedAuthRedirect": "Suppress", "Content-Type": "application/json"}
    answer = _ask(sign_in, "POST", _with_query(sign_in, query), headers)
    return _token_in(sign_in, answer, "oidcToken")


def _from_github(sign_in: SignIn) -> str:
    answer = _ask(sign_in, "GET", _with_query(sign_in, {"audience": AUDIENCE}), {})
    return _token_in(sign_in, answer, "value")


_SOURCES: Mapping[str, Callable[[SignIn], str]] = {
    "workload-identity": _from_file,
    "assertion": _fixed,
    "azure-pipelines": _from_azure_pipelines,
    "github": _from_github,
}
FEDERATED = tuple(_SOURCES)
"""The methods that sign in with a federated assertion."""


def check_address(sign_in: SignIn) -> None:
    """Refuse an address of a token service that is neither https nor loopback; raises ``UsageError``."""
    if "url" not in sign_in.values:
        return
    url = sign_in.value("url")
    try:
        parts = urlsplit(url)
        is_good = bool(parts.hostname) and origin(url) is not None and parts.port != 0
        is_good = is_good and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)))
    except ValueError:
        is_good = False
    if not is_good or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(
            f"{sign_in.values['url'].source}: the value must be an https:// address without a user name, "
            "because a token goes there; correct the variable"
        )


def _with_query(sign_in: SignIn, more: Mapping[str, str]) -> str:
    parts = urlsplit(sign_in.value("url"))
    query = [(name, value) for name, value in parse_qsl(parts.query) if name not in more]
    return urlunsplit(parts._replace(query=urlencode([*query, *more.items()])))


def _ask(sign_in: SignIn, method: str, url: str, headers: Mapping[str, str]) -> Mapping[str, object]:
    check_address(sign_in)
    what = tried(sign_in)
    _check_token(sign_in)
    bearer = {"Authorization": f"Bearer {sign_in.value('token')}", "Accept": "application/json"}
    refusal = partial(_refusal, sign_in)
    with closing(LoginSession(url, what, refusal=refusal)) as session:
        send = session.post if method == "POST" else session.get
        return json_object(send(url, headers={**bearer, **headers}))


def _check_token(sign_in: SignIn) -> None:
    """Refuse a token that no header can carry; the library's own error would show it."""
    token = sign_in.values["token"]
    if not (token.text.isascii() and token.text.isprintable()):
        raise SignInError(
            f"{tried(sign_in)}: the value of {token.source} has characters that a token cannot have; set it "
            "again, without line breaks"
        )


def _refusal(sign_in: SignIn, _method: str, status: int, _body: object) -> SignInError | None:
    """The error for a status that says what is wrong, whatever the body is: it may be a page."""
    why = _why(sign_in, status) if 400 <= status < 500 and status != 429 else ""
    return SignInError(f"{tried(sign_in)}: {why}", status=status) if why else None


def _why(sign_in: SignIn, status: int) -> str:
    host = urlsplit(sign_in.value("url")).netloc
    if status in (401, 403):
        source = sign_in.values["token"].source
        why = f"{host} refuses the token of {source} (status {status})"
        return f"{why}; run this in the job that the token is for"
    if status == 404 and sign_in.method == "azure-pipelines":
        return (
            f"{host} does not know the service connection (status 404); name it in a task of this job, "
            "such as AzureCLI@2, and check the connection id"
        )
    return f"{host} refuses the request (status {status}); check {sign_in.values['url'].source}"


def _token_in(sign_in: SignIn, answer: Mapping[str, object], name: str) -> str:
    token = answer.get(name)
    if not isinstance(token, str) or not token:
        host = urlsplit(sign_in.value("url")).netloc
        raise SignInError(f"{tried(sign_in)}: the answer of {host} has no {name}; check the address")
    return token
