"""A tenant over Microsoft Graph: sign-in, requests, and JSON made into the model's values."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aovpn_remediate.graph.auth.opening import Access
    from aovpn_remediate.graph.tenant import GraphTenant
    from aovpn_remediate.model import References, TenantSettings


def open_tenant(tenant: TenantSettings, access: Access, *, writes: bool, wanted: References) -> GraphTenant:
    """Return a tenant; no request is made yet.

    ``wanted`` are the names that will be looked up: people are asked for the permissions of these only.
    Raises ``UsageError`` and ``SignInError``.
    """
    from aovpn_remediate.graph.auth.cache import AccountCache
    from aovpn_remediate.graph.auth.opening import choose_sign_in, hosts_of, open_tokens
    from aovpn_remediate.graph.permissions import need_of
    from aovpn_remediate.graph.session import GraphSession
    from aovpn_remediate.graph.tenant import GraphTenant

    root = hosts_of(tenant, access).graph
    if access.is_anonymous:
        return GraphTenant(GraphSession(root, patience=access.patience, watch=access.watch))
    cache = AccountCache(os.environ, access.say)
    sign_in = choose_sign_in(tenant, access, cache)
    tokens = open_tokens(sign_in, need_of(wanted, writes=writes), access, cache)
    session = GraphSession(root, tokens=tokens, patience=access.patience, watch=access.watch)
    return GraphTenant(session, tokens.tenant_id)
