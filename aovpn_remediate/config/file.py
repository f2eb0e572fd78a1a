"""The model of ``remediate.yaml`` as a whole; each remediation in it has the model of its kind."""

from __future__ import annotations

from pydantic import Field, SkipValidation

from aovpn_remediate.config.tenant_entry import TenantEntry
from aovpn_remediate.documents.file_type import FileType
from aovpn_remediate.kinds import Key, Name, Strict, Tags

_OF_ASSIGNMENTS = ("group", "exclude", "all", "filter_mode")

CONFIG_FILE = FileType(
    unknown_key="config/unknown-key",
    missing_key="config/missing-key",
    secret_key="config/secret",  # noqa: S106  the code of a problem
    private_section="tenants",
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
        "scope": "scope: user",
        "assignments": "assignments: [{group: NAME}]",
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
    # validated where it is used, like a set
    assignments: object = Field(
        [],
        title="Assignments",
        description="The name of a set or a list, for entries that have none of their own.",
    )


class File(Strict, title="remediate.yaml"):
    """Which remediations there are, and for whom."""

    name: Key = Field(title="Name", description="Part of the ownership marker, so it never changes.")
    defaults: Defaults = Field(
        default_factory=lambda: Defaults.model_validate({}),
        title="Default values",
        description="What every remediation gets if it does not set it.",
    )
    # each of the three sections is validated part by part, with the entries that use it
    profiles: dict[str, object] = Field(
        {},
        title="Profiles",
        description="By key. With this section, entries name these keys and have no scope.",
    )
    route_lists: dict[str, object] = Field(
        {}, title="Route lists", description="By name: routes, or {file: ...}, or {list: [...], file: ...}."
    )
    assignment_sets: dict[str, object] = Field(
        {}, title="Assignment sets", description="By name: assignments, or {schedule, filter, assignments}."
    )
    # validated one by one, each by its kind
    remediations: dict[str, object] = Field(
        title="Remediations", description="By key: file names, marker, arguments."
    )
    # validated one by one, with messages that show no values
    tenants: SkipValidation[dict[str, TenantEntry]] = Field(
        {}, title="Tenants", description="By name, for signing in. Secrets do not belong here."
    )
