"""Whom a package is assigned to, when it runs there, and as which account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum


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
