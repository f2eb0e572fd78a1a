"""The model of ``remediate.yaml`` as a whole; each remediation in it has the model of its kind."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from aovpn_remediate.documents.file_type import FileType
from aovpn_remediate.kinds import Key, Name, Strict, Tags
from aovpn_remediate.model import TenantSettings

_GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_ANY_GUID = "11111111-1111-1111-1111-111111111111"
_OF_ASSIGNMENTS = ("group", "exclude", "all", "filter", "filter_mode", "schedule")

Guid = Annotated[str, StringConstraints(pattern=_GUID)]

CONFIG_FILE = FileType(
    unknown_key="config/unknown-key",
    missing_key="config/missing-key",
    secret_key="config/secret",  # noqa: S106  the code of a problem
    choose_file="write the path of the config after -c",
    example="remediate docs config shows an example",
    hints={
        "run_as": "scope decides the account; only the kind custom has run_as",
        "at": "at belongs in schedule",
        "every": "every belongs in schedule",
        "once": "once belongs in schedule",
        "<<": "merge keys are not accepted, write the keys out",
        **{name: f"{name} belongs in an assignment" for name in _OF_ASSIGNMENTS},
    },
    first_keys="it must start with keys such as name: and remediations:",
    samples={
        "remediations": "remediations: with an entry below it",
        "routes": "routes: [10.0.0.0/8]",
        "id": f"id: {_ANY_GUID}",
        "client_id": f"client_id: {_ANY_GUID}",
    },
    forms={
        "every": ("interval", "4 hours"),
        "at": ("time of day", '"06:30"'),
        "schedule": ("schedule", "{every: 4 hours}"),
    },
)


class Defaults(Strict, title="Defaults"):
    """What an entry may leave out."""

    publisher: Name | None = Field(
        None, title="Publisher", description="Shown in Intune. Default: the config's name."
    )
    scope_tags: Tags | None = Field(None, title="Scope tags", description="Names or ids. Default: Default.")


class TenantEntry(Strict, title="Tenant"):
    """A tenant to sign in to."""

    id: Guid = Field(title="Tenant id", description="The directory's id.")
    client_id: Guid = Field(title="Client id", description="The app registration's id.")

    def settings(self, name: str) -> TenantSettings:
        """Return the settings of the tenant with this name."""
        return TenantSettings(name=name, id=self.id, client_id=self.client_id)


class File(Strict, title="remediate.yaml"):
    """Which remediations there are, and for whom."""

    name: Key = Field(title="Name", description="Part of the ownership marker, so it never changes.")
    defaults: Defaults = Field(
        default_factory=lambda: Defaults.model_validate({}),
        title="Default values",
        description="What every remediation gets if it does not set it.",
    )
    # validated one by one, each by its kind
    remediations: dict[str, object] = Field(
        title="Remediations", description="By key: file names, marker, arguments."
    )
    tenants: dict[str, TenantEntry] = Field({}, title="Tenants", description="By name, for signing in.")
