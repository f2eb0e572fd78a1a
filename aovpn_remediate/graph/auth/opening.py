"""A tenant's connection: the hosts, the sign-in and the tokens of one run."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from aovpn_remediate.graph.auth import variables
from aovpn_remediate.graph.auth.cache import AccountCache
from aovpn_remediate.graph.auth.choice import SignIn, Surroundings, choose
from aovpn_remediate.graph.auth.clouds import Hosts, choose_hosts, is_simulated
from aovpn_remediate.graph.auth.source import TokenSource
from aovpn_remediate.graph.auth.tokens import Ask, Grant
from aovpn_remediate.graph.permissions import Need
from aovpn_remediate.graph.retry import Patience
from aovpn_remediate.graph.trace import Exchange, Watch
from aovpn_remediate.model import TenantSettings


@dataclass(frozen=True)
class Access:
    """How a command reaches its tenants, by its options.

    ``may_ask``: a person is at a terminal and may be asked to sign in. ``say`` prints a line for them.
    ``record`` gets each request to Graph with its result.
    """

    graph_url: str | None = None
    auth: str = ""
    cloud: str = ""
    may_ask: bool = False
    say: Callable[[str], None] = field(default=lambda _: None)
    record: Callable[[Exchange], None] = field(default=lambda _: None)
    patience: Patience = field(default_factory=Patience)

    @property
    def watch(self) -> Watch:
        """Who is told about the requests."""
        return Watch(self.say, self.record)

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody signs in: a simulated tenant, unless a method is asked for."""
        return is_simulated(self.graph_url) and not self.auth

    @property
    def has_person(self) -> bool:
        """Whether a person can be asked, which is never so in a pipeline."""
        return self.may_ask and not variables.in_ci(os.environ)

    def without_asking(self) -> Access:
        """Return the same access, by which nobody is asked to sign in."""
        return replace(self, may_ask=False)


def hosts_of(tenant: TenantSettings, access: Access) -> Hosts:
    """Return where to sign in to a tenant and where its Graph is; raises ``UsageError``."""
    return choose_hosts(
        os.environ, option=access.cloud, tenant_cloud=tenant.cloud, graph_url=access.graph_url
    )


def choose_sign_in(tenant: TenantSettings, access: Access, cache: AccountCache) -> SignIn:
    """Return how to sign in to a tenant; nothing is sent. Raises ``UsageError`` and ``NoSignInError``."""
    hosts = hosts_of(tenant, access)
    login_host = urlsplit(hosts.login).hostname or ""
    surroundings = Surroundings(
        os.environ, access.has_person, lambda client: cache.method_of(login_host, client)
    )
    return choose(tenant, hosts, surroundings, method=access.auth)


def open_tokens(
    sign_in: SignIn, need: Need, access: Access, cache: AccountCache, *, is_new: bool = False
) -> TokenSource:
    """Return the tokens of a sign-in; the first request for one is sent when a token is asked for.

    With ``is_new`` a kept sign-in of a person is not used. Raises ``UsageError``.
    """
    return TokenSource(sign_in, _acquirer(sign_in, need, access, cache, is_new=is_new))


def _acquirer(
    sign_in: SignIn, need: Need, access: Access, cache: AccountCache, *, is_new: bool
) -> Callable[[Ask], Grant]:
    if sign_in.is_person:
        from aovpn_remediate.graph.auth.people import Person, PersonSignIn

        person = Person(access.say, access.has_person, is_new)
        return PersonSignIn(sign_in, need, cache, person)
    if sign_in.method == "managed-identity":
        from aovpn_remediate.graph.auth.outside import ManagedIdentity

        return ManagedIdentity(sign_in)
    if sign_in.method == "azure-cli":
        from aovpn_remediate.graph.auth.outside import AzureCli

        return AzureCli(sign_in)
    from aovpn_remediate.graph.auth.apps import AppSignIn

    return AppSignIn(sign_in)
