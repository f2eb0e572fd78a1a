"""What the config says about a tenant, and who is signed in to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class TenantSettings:
    """What the config says about one tenant; an empty value is not set and may come from the environment."""

    name: str = ""
    id: str = ""
    client_id: str = ""
    cloud: str = ""
    auth: str = ""
    service_connection_id: str = ""
    certificate: Path | None = None
    secret_env: str = ""


@dataclass(frozen=True)
class SignInStatus:
    """A sign-in that works, or why it does not (``problem``); unknown texts are empty.

    ``sources`` say where each value is from. ``missing`` are permissions, ``variables`` names of variables.
    """

    tenant: str = ""
    client: str = ""
    method: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    account: str = ""
    expires: datetime | None = None
    permissions: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    problem: str = ""
