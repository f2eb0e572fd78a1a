"""What a device pays for packages: Intune runs their scripts one after another; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aovpn_remediate.model import (
    DailySchedule,
    HourlySchedule,
    Schedule,
    ScriptPackage,
    Target,
    TargetKind,
)

SECONDS_A_RUN = 15.0
"""Seconds that one run of a pair is counted with (unconfirmed: Intune's agent starts PowerShell for each)."""
_MOST_PACKAGES, _MOST_MINUTES = 12, 60.0
_INCLUDED = (TargetKind.GROUP, TargetKind.ALL_DEVICES, TargetKind.ALL_USERS)


@dataclass(frozen=True)
class DeviceCost:
    """What a device in one target pays: packages, runs and minutes of a day."""

    target: Target
    packages: int
    runs: float

    @property
    def minutes(self) -> float:
        """Minutes of a day."""
        return self.runs * SECONDS_A_RUN / 60

    @property
    def is_high(self) -> bool:
        """Whether a device would be busy with them for long."""
        return self.packages > _MOST_PACKAGES or self.minutes > _MOST_MINUTES


def device_costs(packages: Iterable[ScriptPackage]) -> tuple[DeviceCost, ...]:
    """Return the cost for each target that a package is assigned to, the highest first.

    A device in several of them pays the sum. A run at one date is not counted.
    """
    found: dict[Target, list[float]] = defaultdict(list)
    for package in packages:
        for target, runs in _runs(package):
            found[target].append(runs)
    costs = [DeviceCost(target, len(runs), sum(runs)) for target, runs in found.items()]
    return tuple(sorted(costs, key=lambda one: (-one.minutes, -one.packages, one.target)))


def _runs(package: ScriptPackage) -> Iterator[tuple[Target, float]]:
    for assignment in package.assignments:
        if assignment.target.kind in _INCLUDED:
            yield assignment.target, _runs_a_day(assignment.schedule)


def _runs_a_day(schedule: Schedule | None) -> float:
    match schedule:
        case HourlySchedule():
            return 24 / schedule.hours
        case DailySchedule():
            return 1 / schedule.days
    return 0.0 if schedule else 1.0  # Intune runs a package without a schedule once a day
