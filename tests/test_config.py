"""The config: what a file says, and what it leaves to defaults."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, time

import pytest

from aovpn_remediate.config import load_config
from aovpn_remediate.model import (
    Assignment,
    AssignmentFilter,
    DailySchedule,
    FilterMode,
    HourlySchedule,
    OnceSchedule,
    Target,
    TargetKind,
)
from tests.config_texts import ENTRY, EXAMPLE, HEAD, LIST, load


def test_the_example_is_read():
    config = load_config(EXAMPLE)
    assert (config.name, [one.key for one in config.remediations]) == (
        "contoso-aovpn",
        ["user-metric", "user-metric-live", "device-metric", "user-routes", "device-routes", "rasman"],
    )
    user, live, device, *_ = config.remediations
    assert user.publisher == "Contoso Endpoint" and user.scope_tags == ("VPN",)
    assert [one.settings.run_as for one in (user, live, device)] == ["user", "system", "system"]
    assert user.assignments == (
        Assignment(target=Target(kind=TargetKind.EXCLUDED_GROUP, group="AOVPN Lab")),
        Assignment(
            target=Target(kind=TargetKind.GROUP, group="AOVPN Users"),
            filter=AssignmentFilter(filter="Corporate Windows 11"),
            schedule=HourlySchedule(hours=4),
        ),
    )
    assert device.assignments[0].schedule == DailySchedule(days=1, at=time(6, 30))


def test_what_is_not_said_has_a_default(tmp_path):
    (one,) = load(tmp_path, ENTRY).remediations
    assert (one.name, one.description, one.publisher) == ("AOVPN interface metric: m", "", "contoso")
    assert (one.scope_tags, one.assignments, one.repair) == (("0",), (), True)
    settings = dict(one.settings.script_settings())
    assert [row["Wanted"] for row in settings.pop("EntryKeys")] == [[3], [3]]
    assert settings == {
        "Kind": "interface-metric", "Profile": "VPN", "Scope": "user", "RunAs": "user", "WhenAbsent": "ok",
        "WhenUnknown": "ok",
        "Stored": "repair", "Live": "report", "Ipv4": 3, "Ipv6": 3,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("    ipv6: null\n", "Ipv6", None),
        ("    ipv6: 9999\n", "Ipv6", 9999),
        ("    ipv6: automatic\n", "Ipv6", "automatic"),
        ("    live: ignore\n", "Live", "ignore"),
        ("    repair: false\n    when_absent: issue\n", "WhenAbsent", "issue"),
        ("    stored: ignore\n    live: repair\n", "RunAs", "system"),
    ],
)
def test_a_setting_reaches_the_script(tmp_path, text, key, value):
    assert load(tmp_path, ENTRY + text).remediations[0].settings.script_settings()[key] == value


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("{every: 1 hour}", HourlySchedule(hours=1)),
        ("{every: 23 hours}", HourlySchedule(hours=23)),
        ('{every: 1 day, at: "06:30", utc: true}', DailySchedule(days=1, at=time(6, 30), utc=True)),
        ("{every: 7 days, at: '23:59:59'}", DailySchedule(days=7, at=time(23, 59, 59))),
        ('{once: 2026-12-01, at: "12:00"}', OnceSchedule(on=date(2026, 12, 1), at=time(12))),
        ('{once: "2026-12-01", at: "12:00"}', OnceSchedule(on=date(2026, 12, 1), at=time(12))),
    ],
)
def test_the_three_schedules(tmp_path, schedule, expected):
    (one,) = load(tmp_path, LIST + f"      - all: devices\n        schedule: {schedule}\n").remediations
    assert one.assignments[0] == Assignment(target=Target(kind=TargetKind.ALL_DEVICES), schedule=expected)


def test_a_filter_can_keep_its_devices_out(tmp_path):
    text = "      - {all: users, filter: F, filter_mode: exclude, schedule: {every: 1 hour}}\n"
    (one,) = load(tmp_path, LIST + text).remediations
    assert one.assignments[0].filter == AssignmentFilter(filter="F", mode=FilterMode.EXCLUDE)


def test_a_remediation_that_is_not_enabled_is_assigned_to_nobody(tmp_path):
    text = "      - {group: G, schedule: {every: 1 hour}}\n    enabled: false\n"
    assert load(tmp_path, LIST + text).remediations[0].assignments == ()


def test_a_config_may_be_emptied(tmp_path):
    assert load(tmp_path, "name: contoso\nremediations: {}\n").remediations == ()


@pytest.mark.parametrize(
    "name", ["O'Neil", "a [b] {c} $d `e", "\u6771\u4eac \U0001f600", "Smart \u2019 quote", "#% x %#"]
)
def test_every_name_that_windows_accepts_is_kept_exactly(tmp_path, name):
    text = HEAD + f"    profile: '{name.replace(chr(39), chr(39) * 2)}'\n    scope: user\n    ipv4: 3\n"
    assert load(tmp_path, text).remediations[0].settings.script_settings()["Profile"] == name


def test_a_byte_order_mark_is_accepted(tmp_path):
    assert load(tmp_path, b"\xef\xbb\xbf" + ENTRY.encode()).name == "contoso"


def test_an_entry_that_writes_no_phonebook_needs_no_exclusions_write(tmp_path):
    text = ENTRY.replace("interface-metric", "route-presence").replace(
        "ipv4: 3", "routes: [10.0.0.0/8, {prefix: 10.1.0.0/16, exclude: true}]"
    )
    (one,) = load(tmp_path, text + "    stored: ignore\n    live: repair\n").remediations
    assert one.settings.repairs() == ("Live",)


def test_the_config_can_come_from_the_standard_input(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "aovpn_remediate", "validate", "-c", "-"],
        input=ENTRY.replace("ipv4: 3", "ipv4: 0").encode(), capture_output=True, check=False,
    )  # fmt: skip
    assert run.returncode == 65
    assert run.stderr.decode().startswith("stdin:7:11: ipv4 0 is not a valid metric")
