"""What a device pays for the packages of a config."""

from __future__ import annotations

from datetime import date, time

import pytest

from aovpn_remediate.cli import run
from aovpn_remediate.device_cost import device_costs
from aovpn_remediate.display.device_cost_text import cost_warnings, costs_text
from aovpn_remediate.model import Assignment, DailySchedule, OnceSchedule, TargetKind
from tests.builders import assignment, everyone, exclusion, package
from tests.tenants import config


def daily(group, days):
    return Assignment(
        target=assignment(group).target, schedule=DailySchedule(days=days, at=time(6), utc=False)
    )


def once(group):
    schedule = OnceSchedule(on=date(2027, 1, 1), at=time(6), utc=False)
    return Assignment(target=assignment(group).target, schedule=schedule)


def test_runs_of_a_day_are_added_for_each_group():
    packages = [
        package("a", assignments=(assignment("Users", every=4), exclusion("Lab"))),
        package("b", assignments=(assignment("Users", every=1), daily("Devices", 2))),
        package("c", assignments=(once("Devices"),)),
    ]
    found = [(one.target.group, one.packages, one.runs, one.minutes) for one in device_costs(packages)]
    assert found == [("Users", 2, 30.0, 7.5), ("Devices", 2, 0.5, 0.125)]


def test_all_devices_are_named_so():
    packages = [package(assignments=(everyone(TargetKind.ALL_DEVICES),))]
    assert "all devices: 1 package" in costs_text(packages)


def test_a_single_run_is_one_run():
    text = costs_text([package(assignments=(daily("Users", 1),))])
    assert text.endswith("Users: 1 package, 1 run and 0.25 min a day")


def test_nothing_assigned_costs_nothing():
    assert costs_text([package()]) == ""


@pytest.mark.parametrize(("count", "every", "expected"), [(12, 23, 0), (13, 23, 1), (10, 1, 0), (11, 1, 1)])
def test_too_much_is_a_warning(count, every, expected):
    packages = [
        package(f"k{number}", assignments=(assignment("Users", every=every),)) for number in range(count)
    ]
    warnings = cost_warnings(packages)
    assert len(warnings) == expected
    assert all("use fewer packages, or longer intervals" in warning for warning in warnings)


def test_validate_and_plan_say_what_a_device_pays(bench):
    bench.write(config("a", "b"))
    line = "    AOVPN Users: 2 packages, 12 runs and 3 min a day"
    assert line in bench.remediate("plan").out
    assert line not in bench.remediate("plan", "a").out
    assert run(["validate", "-c", str(bench.folder / "r.yaml")]) == 0
    assert line in bench.capsys.readouterr().out
