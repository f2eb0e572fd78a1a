"""What the login service knows: a tenant, its apps, and the one person who signs in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

TENANT_ID: Final = "0a1b2c3d-0000-4000-8000-000000000001"
CLIENT_ID: Final = "0a1b2c3d-0000-4000-8000-000000000002"
DOMAIN: Final = "contoso.example"
EXCHANGE: Final = "api://AzureADTokenExchange"
# Source: Microsoft Entra documentation, workload identity federation: the audience of an assertion.

GRAPH_ROOTS: Final = (
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
)
# Source: Microsoft Graph documentation, national cloud deployments.

PUBLISHING: Final = (
    "DeviceManagementScripts.ReadWrite.All",
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementRBAC.Read.All",
    "Group.Read.All",
)
"""The permissions that ``publish`` needs."""
READING: Final = ("DeviceManagementScripts.Read.All", *PUBLISHING[1:])
"""The permissions that ``plan`` needs."""
KNOWN_PERMISSIONS: Final = {
    *PUBLISHING,
    *READING,
    "DeviceManagementConfiguration.ReadWrite.All",
    "DeviceManagementManagedDevices.Read.All",
    "DeviceManagementManagedDevices.PrivilegedOperations.All",
    "DeviceManagementRBAC.ReadWrite.All",
    "Device.Read.All",
    "Directory.Read.All",
    "GroupMember.Read.All",
    "User.Read",
}


@dataclass(frozen=True)
class Secret:
    """A client secret; an ended one is known and refused."""

    text: str = field(repr=False)
    is_ended: bool = False


@dataclass(frozen=True)
class Trust:
    """A federated credential: whose assertions are accepted; ``key`` is the issuer's public key as PEM."""

    issuer: str
    subject: str
    key: str = field(repr=False)
    audience: str = EXCHANGE


@dataclass(frozen=True, kw_only=True)
class App:
    """An app registration; ``permissions`` are its app roles, ``delegated`` the consented scopes."""

    client_id: str = CLIENT_ID
    object_id: str = "0a1b2c3d-0000-4000-8000-000000000003"
    secrets: tuple[Secret, ...] = ()
    certificates: tuple[str, ...] = ()
    """Registered certificates as PEM, without keys."""
    federated: tuple[Trust, ...] = ()
    permissions: tuple[str, ...] = PUBLISHING
    delegated: tuple[str, ...] = (*PUBLISHING, READING[0])
    is_public: bool = True
    """Whether people may sign in to it without the app's own credential."""


@dataclass(frozen=True)
class Person:
    """The person who signs in."""

    user_name: str = f"admin@{DOMAIN}"
    object_id: str = "0a1b2c3d-0000-4000-8000-000000000004"


@dataclass(frozen=True, kw_only=True)
class Directory:
    """A tenant of the login service."""

    tenant_id: str = TENANT_ID
    domains: tuple[str, ...] = (DOMAIN,)
    apps: tuple[App, ...] = (App(),)
    user: Person = Person()

    def app(self, client_id: str) -> App | None:
        """Return the app with a client id, ignoring case."""
        for app in self.apps:
            if app.client_id.lower() == client_id.lower():
                return app
        return None

    def is_called(self, name: str) -> bool:
        """Whether the directory has this id or this verified domain."""
        return name.lower() in {self.tenant_id.lower(), *(domain.lower() for domain in self.domains)}


def new_directory(*, secret: str | None = None, app: App | None = None) -> Directory:
    """Return a directory with one app; without ``secret`` the app gets a random one."""
    import secrets

    secret = secrets.token_urlsafe(30) if secret is None else secret
    one = app or App()
    return Directory(apps=(replace(one, secrets=(*one.secrets, Secret(secret))),))


def allowing(permissions: Iterable[str], app: App | None = None) -> App:
    """Return an app that has exactly these permissions, for itself and for people."""
    names = tuple(permissions)
    return replace(app or App(), permissions=names, delegated=names)
