"""What the checks start from, and what the later ones know from the earlier ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from aovpn_remediate.desired import Desired
from aovpn_remediate.errors import SignInError, UsageError
from aovpn_remediate.graph.auth.cache import AccountCache
from aovpn_remediate.graph.auth.choice import PERSONS, SignIn, is_tenant_id
from aovpn_remediate.graph.auth.clouds import Hosts
from aovpn_remediate.graph.auth.opening import Access, choose_sign_in, hosts_of, open_tokens
from aovpn_remediate.graph.auth.targets import select_tenants
from aovpn_remediate.graph.permissions import PUBLISH, READ, Need, need_of
from aovpn_remediate.model import TenantSettings
from aovpn_remediate.resolve import references
from aovpn_remediate.wording import any_of

if TYPE_CHECKING:
    from aovpn_remediate.graph.auth.source import TokenSource
    from aovpn_remediate.graph.connection import Silence
    from aovpn_remediate.graph.reach import Reached
    from aovpn_remediate.graph.session import GraphSession
    from aovpn_remediate.graph.survey import Listed

_SHORT = (8.0, 2.0)  # seconds of trying and between tries: a doctor is to say soon that Graph is busy


@dataclass
class Situation:
    """What is asked for: ``read`` is the config or why there is none, ``sign_in`` the same of the sign-in.

    ``sign_in`` is None where nobody signs in. ``listed`` is set by the check that reads the packages.
    ``blocked`` has the reasons to skip what needs a check, by the name of this check.
    """

    path: Path
    is_default_path: bool
    read: Desired | Exception
    access: Access
    hosts: Hosts
    sign_in: SignIn | SignInError | None
    cache: AccountCache
    blocked: dict[str, str] = field(default_factory=dict)
    listed: list[Listed] = field(default_factory=list)

    @property
    def desired(self) -> Desired | None:
        """The config, if it could be read."""
        return self.read if isinstance(self.read, Desired) else None

    @cached_property
    def reached(self) -> Mapping[str, Reached | Silence]:
        """What became of a request to each service, by its root; both are asked at the same time."""
        from aovpn_remediate.graph.reach import reach

        login = [] if self.sign_in is None else [self.hosts.login]
        return reach([*login, self.hosts.graph])

    @cached_property
    def tokens(self) -> TokenSource | None:
        """The tokens of the sign-in, if there is one to try; a person is only asked if --auth says so."""
        if not isinstance(self.sign_in, SignIn):
            return None
        access = self.access if self.access.auth in PERSONS else self.access.without_asking()
        return open_tokens(self.sign_in, self.need(writes=True), access, self.cache)

    @cached_property
    def session(self) -> GraphSession:
        """Requests to Graph, with short waits."""
        from aovpn_remediate.graph.retry import Patience
        from aovpn_remediate.graph.session import GraphSession

        return GraphSession(self.hosts.graph, tokens=self.tokens, patience=Patience(*_SHORT))

    def need(self, *, writes: bool) -> Need:
        """What plan or publish needs for the names in the config; all of it without a config."""
        if self.desired is None:
            return PUBLISH if writes else READ
        return need_of(references(self.desired.packages), writes=writes)


def open_situation(
    path: Path, tenant: str, access: Access, read: Callable[[Path], Desired], *, is_default_path: bool
) -> Situation:
    """Return what the checks start from; nothing is sent.

    ``tenant`` is a name in the config, an id or a domain, or empty. Raises ``UsageError`` for options that
    do not fit.
    """
    config = _read(path, read)
    cache = AccountCache(os.environ, access.say)
    settings = _settings(config, tenant, access)
    hosts = hosts_of(settings or TenantSettings(), access)
    sign_in: SignIn | SignInError | None = None
    if settings is None:
        sign_in = SignInError(
            "sign-in: the tenant that --tenant names is not known, because the config cannot be read; "
            "correct the config, or give the tenant's id"
        )
    elif not access.is_anonymous:
        sign_in = _chosen(settings, access, cache)
    return Situation(path, is_default_path, config, access, hosts, sign_in, cache)


def _read(path: Path, read: Callable[[Path], Desired]) -> Desired | Exception:
    try:
        return read(path)
    except Exception as error:  # each one is a finding of the check named config
        return error


def _settings(config: Desired | Exception, name: str, access: Access) -> TenantSettings | None:
    """The tenant to check; None if only the config knows it, and cannot be read."""
    known = config.tenants if isinstance(config, Desired) else {}
    if name and isinstance(config, Exception) and not is_tenant_id(name):
        return TenantSettings() if access.is_anonymous else None
    if len(known) > 1 and not name and not access.is_anonymous:
        raise UsageError(f"doctor: the config has several tenants; add --tenant {any_of(known)}")
    chosen = select_tenants(known, [name] if name else [], needs_one=not access.is_anonymous)
    return next(iter(chosen.values()))


def _chosen(settings: TenantSettings, access: Access, cache: AccountCache) -> SignIn | SignInError:
    try:
        return choose_sign_in(settings, access, cache)
    except SignInError as error:
        return error
