"""The tenant over Microsoft Graph: HTTP, JSON and nothing else.

``open_tenant`` is the door. A service root that is not a loopback address would need a sign-in.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aovpn_remediate.errors import SignInError, UsageError

if TYPE_CHECKING:
    from aovpn_remediate.graph.tenant import GraphTenant

_LATER = (
    "signing in to a tenant comes with the next version; pass --graph-url http://127.0.0.1:PORT of a running "
    "`remediate simulator`"
)


def open_tenant(graph_url: str | None) -> GraphTenant:
    """Return the tenant at a service root; sends nothing yet.

    Raises ``SignInError`` where signing in would be needed and ``UsageError`` for what is no service root.
    """
    if graph_url is None:
        raise SignInError(_LATER)
    check_service_root(graph_url)
    from aovpn_remediate.graph.session import GraphSession
    from aovpn_remediate.graph.tenant import GraphTenant

    return GraphTenant(GraphSession(graph_url.rstrip("/")))


def check_service_root(url: str) -> None:
    """Raise unless this is a loopback service root: nothing else goes in plain HTTP or without sign-in."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"--graph-url {url!r}: is no URL; write it as http://127.0.0.1:8765")
    if parts.username is not None or parts.query or parts.fragment:
        raise UsageError("--graph-url: holds more than a service root; write it as http://127.0.0.1:8765")
    if _is_loopback(host):
        return
    if parts.scheme == "http":
        raise UsageError(f"--graph-url {url!r}: only loopback may be plain HTTP; use https or 127.0.0.1")
    raise SignInError(_LATER)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
