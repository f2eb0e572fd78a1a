"""Who issued the certificate that a host shows, for the message about a certificate that is not trusted."""

from __future__ import annotations

import ssl
from http.client import HTTPException, HTTPSConnection
from urllib.parse import unquote, urlsplit

from requests.utils import get_environ_proxies, select_proxy

from aovpn_remediate.graph.limits import begin
from aovpn_remediate.graph.url import is_loopback

_TIMEOUT, _LONGEST = 5.0, 10.0


def issuer_of(host: str) -> str:
    """Return the issuer's name in the certificate of ``host`` (with ``:port`` or without), or an empty text.

    The connection is not checked; nothing is sent over it.
    """
    from aovpn_remediate.graph.answer import shorten

    try:
        certificate = begin(lambda: _certificate_of(host)).result(_LONGEST)
    except (OSError, HTTPException, ValueError):
        return ""
    return shorten(_issuer(certificate))


def _certificate_of(host: str) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = _connection(host, context)
    try:
        connection.connect()
        found = connection.sock.getpeercert(binary_form=True)
    finally:
        connection.close()
    return found or b""


def _connection(host: str, context: ssl.SSLContext) -> HTTPSConnection:
    """A connection to the host, through the proxy of the environment if there is one."""
    target = urlsplit(f"//{host}")
    name, port = target.hostname or "", target.port or 443
    url = f"https://{host}"
    proxy = None if is_loopback(url) else select_proxy(url, get_environ_proxies(url))
    if not proxy:
        return HTTPSConnection(name, port, timeout=_TIMEOUT, context=context)
    through = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    connection = HTTPSConnection(
        through.hostname or "", through.port or 8080, timeout=_TIMEOUT, context=context
    )
    connection.set_tunnel(name, port, _proxy_headers(through.username, through.password))
    return connection


def _proxy_headers(user: str | None, password: str | None) -> dict[str, str]:
    from requests.auth import _basic_auth_str

    if user is None:
        return {}
    return {"Proxy-Authorization": _basic_auth_str(unquote(user), unquote(password or ""))}


def _issuer(certificate: bytes) -> str:
    """The organization or the common name of the issuer."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    issuer = x509.load_der_x509_certificate(certificate).issuer
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in issuer.get_attributes_for_oid(kind):
            return str(attribute.value)
    return issuer.rfc4514_string()
