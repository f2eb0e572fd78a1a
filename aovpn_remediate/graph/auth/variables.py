"""Values for signing in and where each was found; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

TENANT = ("AZURE_TENANT_ID", "ARM_TENANT_ID", "AZURESUBSCRIPTION_TENANT_ID", "tenantId")
CLIENT = ("AZURE_CLIENT_ID", "ARM_CLIENT_ID", "AZURESUBSCRIPTION_CLIENT_ID", "servicePrincipalId")
CERTIFICATE = ("AZURE_CLIENT_CERTIFICATE_PATH", "ARM_CLIENT_CERTIFICATE_PATH")
CERTIFICATE_PASSWORD = ("AZURE_CLIENT_CERTIFICATE_PASSWORD", "ARM_CLIENT_CERTIFICATE_PASSWORD")
SECRET = ("AZURE_CLIENT_SECRET", "ARM_CLIENT_SECRET", "servicePrincipalKey")
TOKEN_FILE = ("AZURE_FEDERATED_TOKEN_FILE", "ARM_OIDC_TOKEN_FILE_PATH")
CONNECTION = (
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
    "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
    "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
)
ASSERTION = ("idToken", "ARM_OIDC_TOKEN")
PIPELINES_URL, PIPELINES_TOKEN = ("SYSTEM_OIDCREQUESTURI",), ("SYSTEM_ACCESSTOKEN",)
GITHUB_URL, GITHUB_TOKEN = ("ACTIONS_ID_TOKEN_REQUEST_URL",), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN",)
# Sources of the names: azure-identity, Terraform's azurerm provider, Azure Pipelines' AzureCLI task.

_CI = ("TF_BUILD", "CI", "GITHUB_ACTIONS")
_NOT_REPLACED = re.compile(r"\$\([^()]+\)")


@dataclass(frozen=True)
class Value:
    """A value, never shown, and the option, key or variable that it is from."""

    text: str = field(repr=False)
    source: str


def find(names: Sequence[str], environment: Mapping[str, str], *first: Value) -> Value | None:
    """Return the first value that is set: those given, then the variables in their order."""
    for value in first:
        if value.text:
            return value
    for name in names:
        text = environment.get(name, "").strip()
        if text and not is_not_replaced(text):
            return Value(text, name)
    return None


def is_not_replaced(text: str) -> bool:
    """Whether a pipeline left the text ``$(name)``, because it has no variable of this name."""
    return _NOT_REPLACED.fullmatch(text.strip()) is not None


def in_ci(environment: Mapping[str, str]) -> bool:
    """Whether a pipeline runs this."""
    return any(environment.get(name, "").strip() for name in _CI)


def in_azure_pipelines(environment: Mapping[str, str]) -> bool:
    """Whether an agent of Azure Pipelines runs this."""
    return bool(environment.get("TF_BUILD", "").strip())
