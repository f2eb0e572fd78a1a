"""What a plan file holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from aovpn_remediate.plan import Plan, PlanOptions

FORMAT = "aovpn-remediate plan"
"""The first member of every plan file."""
SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class PlanTenant:
    """The tenant that a plan is for, and how to sign in to it; an empty text is not set.

    ``id`` is the tenant that was signed in to, empty where nobody signs in; then ``graph``, the address of
    the service, is all that names the tenant. No secret is in here.
    """

    graph: str
    cloud: str
    name: str = ""
    id: str = ""
    client_id: str = ""
    auth: str = ""
    service_connection_id: str = ""
    secret_env: str = ""


@dataclass(frozen=True, kw_only=True)
class PlanFile:
    """A plan with all that is needed to show it and to carry it out.

    ``tool`` is the version that made it. ``config`` is the config's name, ``config_digest`` a sha256 of its
    files. ``names`` are the display names of the ids in the plan.
    """

    tool: str
    tenant: PlanTenant
    config: str
    config_digest: str
    options: PlanOptions
    plan: Plan
    names: Mapping[str, str] = field(default_factory=dict)
