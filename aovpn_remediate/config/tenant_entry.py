"""The model of one entry of ``tenants``: which keys it has, and what their values look like."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import ConfigDict, Field, ValidationInfo, WithJsonSchema, field_validator

from aovpn_remediate.documents.secrets import is_secret_text
from aovpn_remediate.kinds import Strict
from aovpn_remediate.kinds.common.conditions import explained
from aovpn_remediate.model import TenantSettings
from aovpn_remediate.problems import InvalidValue
from aovpn_remediate.problems.words import close_word
from aovpn_remediate.wording import any_of

CLOUDS = ("public", "usgov", "usgov-dod", "china")
METHODS = (
    "auto", "browser", "device-code", "secret", "certificate", "workload-identity", "azure-pipelines",
    "github", "assertion", "managed-identity", "azure-cli", "broker",
)  # fmt: skip

SECRETS_BELONG = (
    "remove it and put the secret into the environment variable AZURE_CLIENT_SECRET, or into another "
    "variable and write that variable's name after secret_env"
)
"""What to do about a secret in the file."""

_SAMPLE = "11111111-1111-1111-1111-111111111111"
_GUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = rf"({_LABEL}\.)+[A-Za-z]([A-Za-z0-9-]{{0,61}}[A-Za-z0-9])"
_PATH = r"[^\u0000-\u001f]{1,1000}"
_TENANT_ID = f"write it as {_SAMPLE}, or one of the tenant's domains such as contoso.onmicrosoft.com"


class Form(NamedTuple):
    """What a value looks like, the code of the problem if it does not, and what to write then."""

    pattern: str
    code: str
    advice: str
    words: tuple[str, ...] = ()


_ID = Form(_GUID, "value/not-an-id", f"write it as {_SAMPLE}")
_CLOUD = Form("|".join(CLOUDS), "value/unknown-word", f"write {any_of(CLOUDS)}", CLOUDS)
_METHOD = Form("|".join(METHODS), "value/unknown-word", f"write {any_of(METHODS)}", METHODS)
FORMS: Mapping[str, Form] = {
    "id": Form(f"{_GUID}|{_DOMAIN}", "tenant/id", _TENANT_ID),
    "client_id": _ID,
    "cloud": _CLOUD,
    "auth": _METHOD,
    "service_connection_id": _ID,
    "certificate": Form(_PATH, "tenant/certificate", "write the path of a PEM or PFX file"),
    "secret_env": Form(
        "[A-Za-z_][A-Za-z0-9_]*",
        "tenant/variable",
        "write the name of the environment variable that holds the secret, such as CONTOSO_SECRET",
    ),
}
"""The form of each key's value. Entra accepts a tenant's id and its verified domains in the same places."""


_EXPLAINED = {
    "public": "Microsoft's public cloud.",
    "usgov": "The cloud of the US government (GCC High).",
    "usgov-dod": "The cloud of the US Department of Defense.",
    "china": "The cloud of 21Vianet in China.",
    "auto": "The first of these that the environment has everything for.",
    "browser": "A person signs in in a browser.",
    "device-code": "A person signs in on another device, with a code.",
    "secret": "An app with a secret.",
    "certificate": "An app with a certificate.",
    "workload-identity": "An app with a token file, as in Kubernetes.",
    "azure-pipelines": "A service connection of Azure Pipelines.",
    "github": "A workflow of GitHub.",
    "assertion": "An app with a fixed assertion.",
    "managed-identity": "The managed identity of an Azure resource.",
    "azure-cli": "The person who is signed in to Azure's CLI.",
    "broker": "The person who is signed in to Windows.",
}
"""What an editor shows beside each word."""


def _text(key: str) -> WithJsonSchema:
    form = FORMS[key]
    if form.words:
        shown = explained(*(_EXPLAINED[word] for word in form.words))
        return WithJsonSchema({"type": "string", "enum": list(form.words), **shown})
    return WithJsonSchema({"type": "string", "pattern": f"^({form.pattern})$"})


class TenantEntry(Strict, title="Tenant"):
    """A tenant to sign in to; what is not here comes from the environment."""

    model_config = ConfigDict(hide_input_in_errors=True)

    id: Annotated[str, _text("id")] | None = Field(
        None, title="Tenant id", description="The directory's id, or one of its verified domains."
    )
    client_id: Annotated[str, _text("client_id")] | None = Field(
        None, title="Client id", description="The app registration's id."
    )
    cloud: Annotated[str, _text("cloud")] | None = Field(
        None, title="Cloud", description="Which Microsoft cloud the tenant is in. Default: public."
    )
    auth: Annotated[str, _text("auth")] | None = Field(
        None, title="Sign-in method", description="How to sign in. Default: auto."
    )
    service_connection_id: Annotated[str, _text("service_connection_id")] | None = Field(
        None, title="Service connection", description="The id of the Azure DevOps service connection."
    )
    certificate: Annotated[str, _text("certificate")] | None = Field(
        None, title="Certificate", description="A PEM or PFX file with its key, from the config's folder."
    )
    secret_env: Annotated[str, _text("secret_env")] | None = Field(
        None, title="Variable of the secret", description="The name of an environment variable, not a secret."
    )

    @field_validator("*")
    @classmethod
    def _has_its_form(cls, value: str, info: ValidationInfo) -> str:
        return check_value(value, FORMS[str(info.field_name)])

    def settings(self, name: str, folder: Path) -> TenantSettings:
        """Return the settings of the tenant with this name; a certificate's path starts at a folder."""
        given = self.model_dump(exclude_unset=True)
        if self.certificate is not None:
            given["certificate"] = folder / self.certificate
        return TenantSettings(name=name, **given)


def check_value(value: str, form: Form) -> str:
    """Return a value that has its form, or raise ``InvalidValue`` without the value in its text."""
    if not value:
        raise InvalidValue("value/empty", "is empty; write a value or remove the key")
    if is_secret_text(value):
        raise InvalidValue("config/secret", f"looks like a secret; {SECRETS_BELONG}")
    if re.fullmatch(form.pattern, value):
        return value
    close = close_word(value, form.words)
    raise InvalidValue(
        form.code, f'is not valid; did you mean "{close}"?' if close else f"is not valid; {form.advice}"
    )
