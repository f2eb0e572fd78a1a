"""One pool of connections to one service, and the reason for a missing answer."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
import truststore
from requests import exceptions
from requests.utils import get_environ_proxies
from urllib3.exceptions import MaxRetryError, NameResolutionError, NewConnectionError, ReadTimeoutError
from urllib3.util import Retry

from aovpn_remediate import __version__
from aovpn_remediate.errors import UsageError
from aovpn_remediate.graph.interception import issuer_of
from aovpn_remediate.graph.limits import EndlessAnswerError, LimitedAdapter, LimitedSession
from aovpn_remediate.graph.url import is_loopback

_PARALLEL = 8
_CORRECT = "correct the address"


@dataclass(frozen=True)
class Timeouts:
    """Seconds: to connect to one address, for the first answer of all, for any later answer.

    With these a service that cannot be reached is reported within 15 s, and a slow write has enough time.
    """

    connect: float = 3.0
    first: float = 12.0
    later: float = 30.0


@dataclass(frozen=True)
class Silence:
    """No answer: why, what to do, and whether the service may have the request.

    ``is_final``: another try is useless. ``is_absent``: it is, unless the service was there before.
    """

    reason: str
    advice: str
    was_sent: bool = True
    is_final: bool = False
    is_absent: bool = False
    client_request_id: str = ""


def open_connections(root: str, *, retries: Retry | int = 0) -> requests.Session:
    """Return a session that several threads may use at once: nothing in it changes after this.

    It repeats no request by itself, unless ``retries`` say so.
    Proxies and certificates of the environment are read once; loopback never uses a proxy. The system's
    certificates are trusted, and ``SSL_CERT_FILE``, ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE``.
    ``.netrc`` is not read, because it would replace the token. Raises ``UsageError`` for certificates that
    are not there.
    """
    session = LimitedSession()
    # Source: psf/requests#3829, variables win over ``verify``; unconfirmed: .netrc wins over the token.
    session.trust_env = False
    session.proxies = {} if is_loopback(root) else get_environ_proxies(root)
    session.verify = (root.startswith("https:") and _more_trust()) or True
    session.headers.update({"Accept": "application/json", "User-Agent": f"aovpn-remediate/{__version__}"})
    session.mount("https://", _SystemTrust(pool_connections=1, pool_maxsize=_PARALLEL, max_retries=retries))
    session.mount("http://", LimitedAdapter(pool_connections=1, pool_maxsize=_PARALLEL, max_retries=retries))
    return session


def _more_trust() -> str:
    """The file or folder with certificates that are trusted besides the system's, if there is one."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = os.environ.get(name, "")
        if path:
            _check_certificates(name, Path(path))
            return path
    return ""


def silence_of(error: exceptions.RequestException, host: str, *, absent: str = "") -> Silence:
    """Return why the answer is missing; the text of the error may contain secrets and is not used.

    ``absent`` is the advice where nothing answers, if the service is not a Graph.
    """
    cause = _cause(error)
    check = absent or "check the address and that the service runs"
    if isinstance(error, EndlessAnswerError):
        advice = "check the address, and whether a proxy answers in its place"
        return Silence(f"{host} sends an answer that does not end", advice, is_final=True)
    if isinstance(error, exceptions.ProxyError):
        return _proxy_silence(cause)
    if isinstance(error, exceptions.SSLError):
        return _tls_silence(cause, host)
    if isinstance(error, exceptions.ConnectTimeout):
        return Silence(
            f"{host} does not accept the connection in time",
            absent or "check the network and the proxy",
            was_sent=False,
        )
    if isinstance(cause, NameResolutionError):
        return Silence(
            f"the name {host} cannot be resolved", "check the address and the network", was_sent=False
        )
    if isinstance(cause, NewConnectionError):
        return _refused(host, check, absent)
    if isinstance(error, exceptions.ReadTimeout) or isinstance(cause, ReadTimeoutError):
        return Silence(f"{host} got the request but does not answer in time", check)
    if isinstance(error, exceptions.ConnectionError | exceptions.ChunkedEncodingError):
        return Silence(f"{host} closed the connection", check)
    return _never_sent(error)


def _never_sent(error: exceptions.RequestException) -> Silence:
    """A request that cannot be made at all."""
    if isinstance(error, exceptions.InvalidHeader):
        reason = "a value that is sent with the request has a line break or another invalid character"
        return Silence(reason, "set the token or key again, without spaces and line breaks", is_final=True)
    if isinstance(error, exceptions.InvalidSchema | exceptions.InvalidURL):  # the service's own is checked
        return Silence(
            "the address of the proxy is not valid, or proxies of this kind are not supported",
            "write the address of an HTTP proxy into HTTPS_PROXY, as http://HOST:PORT",
            was_sent=False,
            is_final=True,
        )
    return Silence("the request cannot be made, because the address is not valid", _CORRECT, is_final=True)


def _proxy_silence(cause: object) -> Silence:
    if "407" in str(cause):
        return Silence(
            "the proxy asks for a user name and password",
            "write them into HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT, or ask for an exception",
            was_sent=False,
            is_final=True,
        )
    return Silence("the proxy refuses the request", "check HTTPS_PROXY and NO_PROXY", was_sent=False)


def _tls_silence(cause: object, host: str) -> Silence:
    """A certificate that is not trusted is final; a TLS connection that ends early is not."""
    if "certificate" not in str(cause).lower():
        return Silence(f"{host} closed the TLS connection", "check the network and the proxy")
    issuer = issuer_of(host)
    reason = f"the certificate of {host} is not trusted"
    if issuer:
        reason += f"; its issuer is {issuer}"
    advice = (
        "if your company inspects TLS, add the issuer's certificate to the certificate store of this "
        "computer, or "
        "name a PEM file with it in REQUESTS_CA_BUNDLE, or have this host excluded from the inspection"
    )
    return Silence(reason, advice, is_final=True)


def _check_certificates(name: str, path: Path) -> None:
    """Refuse a file in which no certificate can be; requests would show an error of its own."""
    correct = "correct the path, or remove the variable"
    try:
        is_there = path.is_dir() or b"-----BEGIN " in path.read_bytes()
    except FileNotFoundError:
        again = "where a simulator printed the variable, run the lines of the one that runs now"
        raise UsageError(f"{name}: the file does not exist; {correct}, or {again}") from None
    except OSError as error:
        reason = (error.strerror or "unknown error").lower()
        raise UsageError(f"{name}: the file cannot be read ({reason}); {correct}") from None
    if not is_there:
        raise UsageError(f"{name}: the file has no certificate in PEM form; {correct}")


def _refused(host: str, check: str, absent: str) -> Silence:
    """Nothing accepts the connection; on this machine that is mostly a simulator that was not started."""
    port = urlsplit(f"//{host}").port
    if absent:
        return Silence(f"nothing answers at {host}", absent, was_sent=False, is_absent=True)
    if port is None or not is_loopback(f"//{host}"):
        return Silence(f"{host} refuses the connection", check, was_sent=False, is_absent=True)
    advice = f'start "remediate simulator --port {port}" or correct --graph-url'
    return Silence(f"nothing answers at {host}", advice, was_sent=False, is_absent=True)


def _cause(error: exceptions.RequestException) -> object:
    inner = error.args[0] if error.args else None
    return inner.reason if isinstance(inner, MaxRetryError) else inner


class _SystemTrust(LimitedAdapter):
    """Certificates are checked by the operating system, so that a company's own issuer is trusted."""

    # Source: truststore#115.

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **options: object
    ) -> None:
        options["ssl_context"] = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        super().init_poolmanager(connections, maxsize, block, **options)

    def proxy_manager_for(self, proxy: str, **options: object) -> object:
        options["ssl_context"] = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return super().proxy_manager_for(proxy, **options)
