"""Who is signed in, as what, and what this sign-in may do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.auth.cache import AccountCache
from aovpn_remediate.graph.auth.choice import NoSignInError, SignIn
from aovpn_remediate.graph.auth.opening import Access, choose_sign_in, open_tokens
from aovpn_remediate.graph.auth.tokens import Grant, permissions_of
from aovpn_remediate.graph.permissions import Need
from aovpn_remediate.model import SignInStatus, TenantSettings

_LAST_MOMENT = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def read_status(tenant: TenantSettings, access: Access, cache: AccountCache, need: Need) -> SignInStatus:
    """Return how a tenant would be signed in to now, and try it; nobody is asked.

    ``need`` is what the sign-in should be able to do. Raises ``UsageError``.
    """
    try:
        sign_in = choose_sign_in(tenant, access, cache)
    except NoSignInError as error:
        return replace(error.known, variables=error.variables, problem=str(error))
    try:
        grant = open_tokens(sign_in, need, access.without_asking(), cache).grant()
    except SignInError as error:
        return SignInStatus(
            sign_in.tenant, sign_in.client, sign_in.method, sign_in.sources, problem=str(error)
        )
    return _status_of(sign_in, grant, need)


def sign_in_anew(tenant: TenantSettings, access: Access, cache: AccountCache, need: Need) -> SignInStatus:
    """Sign a person in, whoever signed in before, and keep the sign-in.

    Raises ``UsageError`` and ``SignInError``.
    """
    sign_in = choose_sign_in(tenant, access, cache)
    return _status_of(sign_in, open_tokens(sign_in, need, access, cache, is_new=True).grant(), need)


def _status_of(sign_in: SignIn, grant: Grant, need: Need) -> SignInStatus:
    permissions = permissions_of(grant.token)
    return SignInStatus(
        sign_in.tenant,
        sign_in.client,
        sign_in.method,
        sign_in.sources,
        grant.account,
        datetime.fromtimestamp(min(grant.expires, _LAST_MOMENT), UTC),
        permissions,
        need.missing(permissions),
    )
