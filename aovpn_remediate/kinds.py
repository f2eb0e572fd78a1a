"""The kinds: one settings model each, with type, default, limits and words for people.

The JSON Schema of the config and ``remediate kinds`` come from here. How a problem is worded is not
decided here but in ``config``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from aovpn_remediate.errors import UsageError
from aovpn_remediate.model import KindText, RunAs, SettingText
from aovpn_remediate.names import (
    check_interval,
    check_line,
    check_metric,
    check_profile_name,
    check_text,
    check_time,
    parse_day,
)

Name = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(check_line)]
_METRIC_SCHEMA = [{"type": "integer", "minimum": 1, "maximum": 9999}, {"const": "automatic"}]
Metric = Annotated[int | str, PlainValidator(check_metric), WithJsonSchema({"anyOf": _METRIC_SCHEMA})]


class Strict(BaseModel):
    """A part of the config: unknown keys are refused, and a text is no number."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, title="")


class ScheduleEntry(Strict):
    """When the pair runs: again and again (``every``) or ``once``."""

    every: Annotated[
        str | None,
        Field(
            title="Interval",
            description="`N hours` or `N days`, N from 1 to 23; days need `at`.",
            examples=["4 hours", "1 day"],
        ),
        AfterValidator(check_interval),
    ] = None
    once: Annotated[
        date | None,
        Field(title="Day", description="The one day of the run, e.g. 2026-12-01; needs `at`."),
        BeforeValidator(parse_day),
    ] = None
    at: Annotated[
        str | None,
        Field(title="Time of day", description='Quoted, e.g. "06:30"; not with hours.'),
        AfterValidator(check_time),
    ] = None
    utc: Annotated[
        bool, Field(title="UTC", description="Whether `at` is UTC; else it is the device's clock.")
    ] = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.every is None) == (self.once is None):
            raise ValueError("a schedule has exactly one of every and once")
        if self.every is not None and "hour" in self.every:
            if self.model_fields_set & {"at", "utc"}:
                raise ValueError("a schedule in hours has no time of day; remove at and utc, or use days")
        elif self.at is None:
            raise ValueError('this schedule needs a time of day; add at: "06:30"')
        return self


class AssignmentEntry(Strict):
    """Whom the package is for: exactly one of ``group``, ``exclude`` and ``all``."""

    group: Annotated[Name | None, Field(title="Group", description="Display name or object id.")] = None
    exclude: Annotated[
        Name | None,
        Field(title="Excluded group", description="Display name or object id; nothing else beside it."),
    ] = None
    all: Annotated[
        Literal["devices", "users"] | None,
        Field(title="Everybody", description="All devices or all users; publishing it needs --allow-all."),
    ] = None
    filter: Annotated[
        Name | None, Field(title="Assignment filter", description="Display name or id of the filter.")
    ] = None
    filter_mode: Annotated[
        Literal["include", "exclude"],
        Field(title="Filter mode", description="Whether the filter's devices are let in or kept out."),
    ] = "include"
    schedule: Annotated[
        ScheduleEntry | None,
        Field(title="Schedule", description="When the pair runs; an inclusion needs one."),
    ] = None

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        targets = [name for name in ("group", "exclude", "all") if getattr(self, name) is not None]
        if len(targets) != 1:
            raise ValueError("an assignment has exactly one of group, exclude and all")
        if self.exclude is not None and (
            self.filter or self.schedule or "filter_mode" in self.model_fields_set
        ):
            raise ValueError("an exclusion takes neither filter nor schedule; remove them")
        if self.exclude is None and self.schedule is None:
            raise ValueError("an assignment needs a schedule; add schedule: {every: 4 hours}")
        if "filter_mode" in self.model_fields_set and self.filter is None:
            raise ValueError("filter_mode stands without a filter; add filter or remove it")
        return self


class Entry(Strict):
    """What every remediation has, whatever its kind."""

    name: Annotated[
        Name | None, Field(title="Display name", description="Shown in Intune; default: from kind and key.")
    ] = None
    description: Annotated[
        Annotated[str, StringConstraints(max_length=1000), AfterValidator(check_text)] | None,
        Field(title="Description", description="Shown in Intune, above the ownership marker."),
    ] = None
    publisher: Annotated[
        Name | None,
        Field(title="Publisher", description="Default: defaults.publisher, else the config's name."),
    ] = None
    scope_tags: Annotated[
        list[Name] | None,
        Field(title="Scope tags", description="Names or ids; default: defaults.scope_tags, else Default."),
    ] = None
    assignments: Annotated[
        list[AssignmentEntry],
        Field(title="Assignments", description="The whole set; what is not here is taken away."),
    ] = []
    repair: Annotated[bool, Field(title="Repair", description="false publishes the detection alone.")] = True
    enabled: Annotated[
        bool, Field(title="Enabled", description="false keeps the package and assigns it to nobody.")
    ] = True
    signature_check: Annotated[
        bool,
        Field(title="Signature check", description="Whether Intune enforces it; the scripts must be signed."),
    ] = False

    symptom: ClassVar[str]
    cause: ClassVar[str]
    touches: ClassVar[str]


class InterfaceMetric(Entry):
    """The interface metric of a profile, in the phonebook and on the connected interface."""

    symptom = "Names resolve through the provider's DNS, or traffic takes the wrong tunnel."
    cause = "The VPN interface's metric is automatic, or fell back to it, and ties with Ethernet and Wi-Fi."
    touches = (
        "IpInterfaceMetric and Ipv6InterfaceMetric of one entry of rasphone.pbk; metric and automatic metric "
        "of the connected interface of the profile's name. Nothing is disconnected."
    )

    kind: Annotated[
        Literal["interface-metric"], Field(title="Kind", description="What is checked and repaired.")
    ]
    profile: Annotated[
        str,
        Field(title="Profile", description="The VPN connection's name, at most 255 characters."),
        AfterValidator(check_profile_name),
    ]
    scope: Annotated[
        Literal["user", "all-users", "device"],
        Field(title="Scope", description="Where the profile lives; device is the device tunnel."),
    ]
    ipv4: Annotated[
        Metric,
        Field(
            title="IPv4 metric",
            description="Below that of Ethernet and Wi-Fi; 3 is usual.",
        ),
    ]
    ipv6: Annotated[
        Metric | None,
        Field(title="IPv6 metric", description="As ipv4; null leaves it alone. Default: as ipv4."),
    ] = None
    stored: Annotated[
        Literal["repair", "ignore"],
        Field(title="Stored metric", description="What to do about the phonebook."),
    ] = "repair"
    live: Annotated[
        Literal["repair", "report", "ignore"] | None,
        Field(
            title="Live metric",
            description="What to do about the connected interface. Default: report for user, else repair.",
        ),
    ] = None
    when_absent: Annotated[
        Literal["ok", "issue"],
        Field(
            title="Absent profile", description="Whether a missing profile is an issue; needs repair: false."
        ),
    ] = "ok"

    @model_validator(mode="after")
    def _mix(self) -> Self:
        if (self.stored, self.live_mode) not in _MIXES[self.scope]:
            raise ValueError(_MIX_ADVICE if self.scope == "user" else _NOTHING_TO_DO)
        if self.repair and "repair" not in (self.stored, self.live_mode):
            raise ValueError("nothing here is repaired; set stored or live to repair, or add repair: false")
        if self.when_absent == "issue" and self.repair:
            raise ValueError("when_absent: issue needs repair: false; no script can bring a profile back")
        if self.when_absent == "issue" and self.stored == "ignore":
            raise ValueError(
                "when_absent: issue needs stored: repair; without the phonebook nothing is absent"
            )
        return self

    @property
    def live_mode(self) -> str:
        """What to do about the connected interface, default included."""
        return self.live or ("report" if self.scope == "user" else "repair")

    @property
    def run_as(self) -> RunAs:
        """A user's phonebook is the user's; everything else is SYSTEM's."""
        return RunAs.USER if self.scope == "user" and self.stored == "repair" else RunAs.SYSTEM

    def script_settings(self) -> Mapping[str, object]:
        """The ``$Settings`` of both scripts."""
        return {
            "Kind": self.kind,
            "Profile": self.profile,
            "Scope": self.scope,
            "RunAs": self.run_as.value,
            "WhenAbsent": self.when_absent,
            "Stored": self.stored,
            "Live": self.live_mode,
            "Ipv4": self.ipv4,
            "Ipv6": self.ipv6 if "ipv6" in self.model_fields_set else self.ipv4,
        }

    def checks(self) -> tuple[str, ...]:
        """Which states the pair looks at."""
        modes = (("Stored", self.stored), ("Live", self.live_mode))
        return tuple(name for name, mode in modes if mode != "ignore")

    def repairs(self) -> tuple[str, ...]:
        """Which of them it repairs."""
        modes = (("Stored", self.stored), ("Live", self.live_mode))
        return tuple(name for name, mode in modes if mode == "repair")


_ANY = {(s, v) for s in ("repair", "ignore") for v in ("repair", "report", "ignore")} - {("ignore", "ignore")}
_MIXES = {
    "user": {("repair", "report"), ("repair", "ignore"), ("ignore", "repair")},
    "all-users": _ANY,
    "device": _ANY,
}
_MIX_ADVICE = (
    "no account can do both for scope user; write two entries: one with stored: repair, live: report (it "
    "runs as the user), one with stored: ignore, live: repair (it runs as SYSTEM)"
)
_NOTHING_TO_DO = "stored: ignore and live: ignore leave nothing to check; set one of them"

KINDS: dict[str, type[InterfaceMetric]] = {"interface-metric": InterfaceMetric}


def describe_kinds() -> list[KindText]:
    """Return every kind in words, sorted by name."""
    return [describe_kind(kind) for kind in sorted(KINDS)]


def describe_kind(kind: str) -> KindText:
    """Return a kind in words: symptom, cause, what is touched, and its own settings.

    Raises ``UsageError`` for a kind that there is not.
    """
    if kind not in KINDS:
        raise UsageError(f"there is no kind {kind!r}; the kinds are {', '.join(sorted(KINDS))}")
    model = KINDS[kind]
    own = [name for name in model.model_fields if name not in Entry.model_fields and name != "kind"]
    schema = model.model_json_schema()
    settings = tuple(
        _setting_text(name, schema["properties"][name], schema.get("required", [])) for name in own
    )
    summary = (model.__doc__ or "").strip()
    return KindText(kind, summary, model.symptom, model.cause, model.touches, settings)


def _setting_text(name: str, schema: Mapping[str, object], required: list[str]) -> SettingText:
    default = "required" if name in required else str(schema.get("default") or "see text")
    return SettingText(name, _type_text(schema), default, str(schema["description"]))


def _type_text(schema: Mapping[str, object]) -> str:
    if isinstance(options := schema.get("anyOf"), list):
        return " or ".join(_type_text(option) for option in options)
    if isinstance(values := schema.get("enum"), list):
        return " | ".join(values)
    if "const" in schema:
        return str(schema["const"])
    if "minimum" in schema:
        return f"{schema['minimum']}-{schema['maximum']}"
    return {"string": "text", "boolean": "true | false"}.get(str(schema["type"]), str(schema["type"]))
