"""The environment of a process without anything about signing in, proxies and certificates."""

from __future__ import annotations

import os

_FOREIGN = (
    "AZURE", "ARM_", "SYSTEM_", "ACTIONS_", "IDENTITY_", "MSI_", "REMEDIATE_", "TF_", "GITHUB_",
    "BROWSER", "TENANTID", "SERVICEPRINCIPAL", "IDTOKEN", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT",
)  # fmt: skip
_KEPT = ("REMEDIATE_PWSH",)


def foreign_variables() -> list[str]:
    """Return the variables that decide how a command signs in and reaches the network."""
    found: list[str] = []
    for name in os.environ:
        if name not in _KEPT and (name.upper() == "CI" or name.upper().startswith(_FOREIGN)):
            found.append(name)
    return found
