"""A tenant over Microsoft Graph: sign-in, requests, and JSON made into the model's values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aovpn_remediate.errors import SignInError

if TYPE_CHECKING:
    from aovpn_remediate.graph.tenant import GraphTenant

_LATER = (
    "signing in to a real tenant is not possible yet; pass --graph-url http://127.0.0.1:PORT of a running "
    "`remediate simulator`"
)


def open_tenant(graph_url: str | None) -> GraphTenant:
    """Return the tenant at a service root; no request is made yet.

    Raises ``SignInError`` where a sign-in would be needed, ``UsageError`` for an invalid address.
    """
    from aovpn_remediate.graph.session import GraphSession
    from aovpn_remediate.graph.tenant import GraphTenant
    from aovpn_remediate.graph.url import is_loopback, service_root

    if graph_url is None:
        raise SignInError(f"tenant: {_LATER}")
    root = service_root(graph_url)
    if not is_loopback(root):
        raise SignInError(f"--graph-url {root}: {_LATER}")
    return GraphTenant(GraphSession(root))
