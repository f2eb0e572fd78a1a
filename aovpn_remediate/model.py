"""The values that flow through the tool: frozen, comparable, free of I/O and of wire names.

``ScriptPackage`` is one type for what is desired and for what a tenant holds, so that equality is the
whole comparison.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Protocol

DEFAULT_SCOPE_TAG = "0"
"""The id of Intune's Default scope tag."""


class RunAs(StrEnum):
    """The account that runs a package."""

    SYSTEM = "system"
    USER = "user"


class TargetKind(StrEnum):
    """Whom an assignment means; ``OTHER`` is a target that only the tenant knows."""

    GROUP = "group"
    EXCLUDED_GROUP = "exclude"
    ALL_DEVICES = "all devices"
    ALL_USERS = "all users"
    OTHER = "other"


class FilterMode(StrEnum):
    """Whether an assignment filter includes or excludes its devices."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


@dataclass(frozen=True, kw_only=True, order=True)
class Target:
    """Whom an assignment means; ``group`` is a display name or an object id, empty for all."""

    kind: TargetKind
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class AssignmentFilter:
    """A narrowing of an assignment; ``filter`` is a display name or an id."""

    filter: str
    mode: FilterMode = FilterMode.INCLUDE


@dataclass(frozen=True, kw_only=True)
class HourlySchedule:
    """Every 1 to 23 hours."""

    hours: int


@dataclass(frozen=True, kw_only=True)
class DailySchedule:
    """Every 1 to 23 days at a time of the device's clock, or of UTC."""

    days: int
    at: time
    utc: bool = False


@dataclass(frozen=True, kw_only=True)
class OnceSchedule:
    """Once, on a day at a time of the device's clock, or of UTC."""

    on: date
    at: time
    utc: bool = False


Schedule = HourlySchedule | DailySchedule | OnceSchedule


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One target with its filter and schedule; an exclusion has neither."""

    target: Target
    filter: AssignmentFilter | None = None
    schedule: Schedule | None = None


@dataclass(frozen=True, kw_only=True)
class ScriptPackage:
    """A package as Intune stores it, desired or existing.

    ``config`` and ``key`` are its identity (the marker). ``remediation`` is empty for a detection alone.
    ``description`` is the text without the marker. Groups, filters and scope tags are names until
    ``resolve`` has made them ids. ``scope_tags`` and ``assignments`` are sorted. ``formerly`` is the key
    under which a desired package may be owned still.
    """

    config: str
    key: str
    name: str
    description: str
    publisher: str
    detection: bytes
    remediation: bytes
    run_as: RunAs
    run_as_32_bit: bool = False
    signature_check: bool = False
    scope_tags: tuple[str, ...] = (DEFAULT_SCOPE_TAG,)
    assignments: tuple[Assignment, ...] = ()
    formerly: str = field(default="", compare=False)

    @cached_property
    def content_hash(self) -> str:
        """16 hex digits that change with anything but identity and assignments."""
        content = [
            self.name, self.description, self.publisher, self.run_as.value, self.run_as_32_bit,
            self.signature_check, sorted(self.scope_tags),
            hashlib.sha256(self.detection).hexdigest(), hashlib.sha256(self.remediation).hexdigest(),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Published:
    """A package as a tenant holds it, with the content hash that its marker claims.

    ``owner`` is the other config whose marker it has; empty for our own and for foreign packages.
    """

    id: str
    package: ScriptPackage
    marked_hash: str
    version: str = ""
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """A package without our marker: only ever named, never changed.

    ``stray_key`` is the key of a marker of this config that is not in the last line. ``owner`` is the other
    config whose marker the package has.
    """

    id: str
    name: str
    stray_key: str = ""
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class TenantPackages:
    """All packages of a tenant: those with this config's marker, and the names of the others."""

    owned: tuple[Published, ...] = ()
    foreign: tuple[Foreign, ...] = ()


@dataclass(frozen=True)
class References:
    """The names (or ids) of groups, filters and scope tags that a set of packages uses, sorted."""

    groups: tuple[str, ...]
    filters: tuple[str, ...]
    scope_tags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Directory:
    """What a tenant knows of names: each display name or id asked for, with every match as ``(id, name)``.

    ``all_filters`` and ``all_scope_tags`` are all names of the tenant, if they were read, ``near_groups`` are
    groups that begin like a name without a match: one of them may be what a misspelt name means.
    """

    groups: Mapping[str, tuple[tuple[str, str], ...]]
    filters: Mapping[str, tuple[tuple[str, str], ...]]
    scope_tags: Mapping[str, tuple[tuple[str, str], ...]]
    near_groups: tuple[str, ...] = ()
    all_filters: tuple[str, ...] = ()
    all_scope_tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScriptFile:
    """A script that a user wrote: where it lies, and its bytes."""

    path: Path
    content: bytes


@dataclass(frozen=True)
class OwnPair:
    """A pair that a user wrote, and the descriptions of clients that it is proven on."""

    detection: ScriptFile
    remediation: ScriptFile | None = None
    clients: tuple[Path, ...] = ()


class KindSettings(Protocol):
    """What rendering needs to know of a kind's settings."""

    @property
    def run_as(self) -> RunAs:
        """The account that the pair is made for."""

    @property
    def unconfirmed(self) -> tuple[str, ...]:
        """What the scripts assume and Windows has not confirmed."""

    def script_settings(self) -> Mapping[str, object]:
        """The ``$Settings`` of both scripts, in the order in which a person would write them."""

    def checks(self) -> tuple[str, ...]:
        """Which states the pair looks at: ``Stored``, ``Live`` or both."""

    def repairs(self) -> tuple[str, ...]:
        """Which of them it repairs."""

    def features(self) -> Mapping[str, bool]:
        """Each feature that the kind's templates name in a region, and whether these settings need it."""

    def own_pair(self) -> OwnPair | None:
        """The scripts to publish as they are, where none are rendered."""

    def traces(self) -> Iterable[tuple[str, ...]]:
        """Words that a script of somebody else contains if it writes what this entry keeps correct.

        All words of a tuple belong together; the last one is the name of what is written.
        """


@dataclass(frozen=True, kw_only=True)
class Remediation:
    """One package that an entry of the config asks for, complete with defaults.

    ``entry`` is the key of the entry, which is also ``key`` unless the entry makes more than one package.
    """

    key: str
    entry: str = ""
    formerly: str = ""
    kind: str
    name: str
    description: str
    publisher: str
    scope_tags: tuple[str, ...]
    assignments: tuple[Assignment, ...]
    repair: bool
    signature_check: bool
    settings: KindSettings


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


@dataclass(frozen=True)
class SettingText:
    """One setting of a kind, in words."""

    name: str
    type: str
    default: str
    meaning: str


@dataclass(frozen=True)
class KindText:
    """A kind, in words."""

    kind: str
    summary: str
    symptom: str
    cause: str
    touches: str
    settings: tuple[SettingText, ...]
    example: str = ""
