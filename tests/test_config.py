"""The config: what is taken, and what is said of everything else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from aovpn_remediate.config import Config, config_schema, load_config
from aovpn_remediate.config.problem import Problem
from aovpn_remediate.config.wording import explain
from aovpn_remediate.config.yaml_tree import Tree
from aovpn_remediate.errors import ConfigError
from aovpn_remediate.kinds import KINDS, Strict
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

EXAMPLE = Path(__file__).parent.parent / "examples" / "remediate.yaml"
HEAD = "name: contoso\nremediations:\n  m:\n    kind: interface-metric\n"
ENTRY = HEAD + "    profile: VPN\n    scope: user\n    ipv4: 3\n"
LIST = ENTRY + "    assignments:\n"
KEYS = (
    "assignments, description, enabled, ipv4, ipv6, kind, live, name, profile, publisher, repair, scope, "
    "scope_tags, signature_check, stored, when_absent"
)
TWO_ENTRIES = (
    "write two entries: one with stored: repair, live: report (it runs as the user), one with stored: ignore, "
    "live: repair (it runs as SYSTEM)"
)
METRIC = "is no metric; write a number from 1 to 9999 without quotes, or automatic"
SECRET = "looks like a secret; secrets do not belong in this file, remove it"


def load(folder: Path, text: str | bytes) -> Config:
    path = folder / "r.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_config(path)


def problems(folder: Path, text: str | bytes) -> list[str]:
    """Every problem of a file of this text, without the path."""
    with pytest.raises(ConfigError) as refused:
        load(folder, text)
    prefix = f"{folder / 'r.yaml'}:"
    assert all(line.startswith(prefix) for line in refused.value.problems)
    return [line.removeprefix(prefix) for line in refused.value.problems]


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
    assert dict(one.settings.script_settings()) == {
        "Kind": "interface-metric", "Profile": "VPN", "Scope": "user", "RunAs": "user", "WhenAbsent": "ok",
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


def test_tenants_are_read(tmp_path):
    guid = "11111111-1111-1111-1111-111111111111"
    config = load(tmp_path, ENTRY + f"tenants:\n  test: {{id: {guid}, client_id: {guid}}}\n")
    assert config.tenants == {"test": (guid, guid)}


def test_a_config_may_be_emptied(tmp_path):
    assert load(tmp_path, "name: contoso\nremediations: {}\n").remediations == ()


@pytest.mark.parametrize(
    "name", ["O'Neil", "a [b] {c} $d `e", "\u6771\u4eac \U0001f600", "Smart \u2019 quote", "#% x %#"]
)
def test_every_name_that_windows_takes_is_taken_exactly(tmp_path, name):
    text = HEAD + f"    profile: '{name.replace(chr(39), chr(39) * 2)}'\n    scope: user\n    ipv4: 3\n"
    assert load(tmp_path, text).remediations[0].settings.script_settings()["Profile"] == name


BAD: dict[str, tuple[str | bytes, str]] = {
    "a tab": (HEAD + "\tscope: user\n", "5:1: a tab indents this line; YAML takes spaces only"),
    "a duplicate key": (
        ENTRY + "    ipv4: 4\n",
        '8:5: key "ipv4" stands here a second time; remove one',
    ),
    "an unknown key": (ENTRY + "    colour: red\n", f'8:5: unknown key "colour"; there is {KEYS}'),
    "a typo in a key": (
        HEAD + "    profil: VPN\n    scope: user\n    ipv4: 3\n",
        '3:3: profile is missing; add profile: ...\n5:5: unknown key "profil"; did you mean "profile"?',
    ),
    "a missing key": (HEAD + "    scope: user\n    ipv4: 3\n", "3:3: profile is missing; add profile: ..."),
    "a typo in a kind": (
        "name: c\nremediations:\n  m:\n    kind: interface-metrics\n",
        '4:11: there is no kind "interface-metrics"; did you mean "interface-metric"?',
    ),
    "a later kind": (
        "name: c\nremediations:\n  m:\n    kind: x\n",
        '4:11: there is no kind "x"; there is custom, interface-metric, rasman-privileges, route-presence',
    ),
    "no kind": ("name: c\nremediations:\n  m: {}\n", "3:3: kind is missing; add kind: interface-metric"),
    "a kind that is a list": ("name: c\nremediations:\n  m: {kind: [a]}\n", "3:13: there is no kind a list; there is custom, interface-metric, rasman-privileges, route-presence"),
    "an entry that is text": (
        "name: c\nremediations:\n  m: x\n",
        '3:6: m "x" is no mapping; write keys and values below it',
    ),
    "no name": ("remediations: {}\n", "1:1: name is missing; add name: ..."),
    "no remediations": ("name: c\n", "1:1: remediations is missing; add remediations: ..."),
    "remediations is empty": (
        "name: c\nremediations:\n",
        "2:14: remediations has no value; write one or remove the key",
    ),
    "metric 0": (
        ENTRY.replace("ipv4: 3", "ipv4: 0"),
        "7:11: ipv4 0 is no metric; write a number from 1 to 9999 without quotes, or automatic",
    ),
    "a quoted metric": (
        ENTRY.replace("ipv4: 3", 'ipv4: "3"'),
        '7:11: ipv4 "3" is no metric; write a number from 1 to 9999 without quotes, or automatic',
    ),
    "a metric of 10000": (ENTRY.replace("ipv4: 3", "ipv4: 10000"), f"7:11: ipv4 10000 {METRIC}"),
    "a metric of true": (ENTRY.replace("ipv4: 3", "ipv4: true"), f"7:11: ipv4 true {METRIC}"),
    "a metric of 3.0": (ENTRY.replace("ipv4: 3", "ipv4: 3.0"), f"7:11: ipv4 3.0 {METRIC}"),
    "an octal metric": (ENTRY.replace("ipv4: 3", "ipv4: 010"), f'7:11: ipv4 "010" {METRIC}'),
    "a metric below 1": (ENTRY.replace("ipv4: 3", "ipv4: 0.5"), f"7:11: ipv4 0.5 {METRIC}"),
    "a metric without a value": (
        ENTRY.replace("ipv4: 3", "ipv4:"),
        "7:10: ipv4 has no value; write one or remove the key",
    ),
    "a typo in a scope": (
        ENTRY.replace("scope: user", "scope: usr"),
        '6:12: scope "usr" is unknown; did you mean "user"?',
    ),
    "no scope at all": (
        ENTRY.replace("scope: user", "scope: 7"),
        "6:12: scope 7 is unknown; write user, all-users or device",
    ),
    "a word of another setting": (
        ENTRY + "    stored: report\n",
        '8:13: stored "report" is unknown; write repair or ignore',
    ),
    "yes": (
        ENTRY + "    repair: yes\n",
        '8:13: repair "yes" is neither true nor false; write one of them without quotes',
    ),
    "an unquoted time": (
        LIST + "      - group: G\n        schedule: {every: 1 day, at: 06:30}\n",
        '10:38: other YAML readers take 06:30 for a number; write "06:30"',
    ),
    "400 hours": (
        LIST + "      - {group: G, schedule: {every: 400 hours}}\n",
        '9:38: every "400 hours" is no interval; write 1 to 23 hours or days, e.g. 4 hours or 1 day',
    ),
    "4 hour": (LIST + "      - {group: G, schedule: {every: 4 hour}}\n", '9:38: every "4 hour" is no interval; write 1 to 23 hours or days, e.g. 4 hours or 1 day'),
    "an interval without a unit": (
        LIST + "      - {group: G, schedule: {every: 4}}\n",
        "9:38: every 4 is no interval; write it as 4 hours",
    ),
    "a time without minutes": (
        LIST + "      - {group: G, schedule: {every: 1 day, at: 6}}\n",
        '9:49: at 6 is no time of day; write it as "06:30"',
    ),
    "a schedule that is text": (
        LIST + "      - {group: G, schedule: 4 hours}\n",
        '9:30: schedule "4 hours" is no schedule; write it as {every: 4 hours}',
    ),
    "a day that is a number": (
        LIST + '      - {group: G, schedule: {once: 20261201, at: "12:00"}}\n',
        "9:37: once 20261201 is no day; write it as 2026-12-01",
    ),
    "a time with hours": (
        LIST + '      - {group: G, schedule: {every: 4 hours, at: "06:30"}}\n',
        "9:30: a schedule in hours has no time of day; remove at and utc, or use days",
    ),
    "days without a time": (
        LIST + "      - {group: G, schedule: {every: 1 day}}\n",
        '9:30: this schedule needs a time of day; add at: "06:30"',
    ),
    "no such time": (
        LIST + '      - {group: G, schedule: {every: 1 day, at: "25:00"}}\n',
        '9:49: at "25:00" is no time of day; write it as "06:30"',
    ),
    "no such day": (
        LIST + '      - {group: G, schedule: {once: 2026-02-30, at: "12:00"}}\n',
        '9:37: once "2026-02-30" is no day; write it as 2026-12-01',
    ),
    "both schedules": (
        LIST + '      - {group: G, schedule: {every: 1 day, once: 2026-12-01, at: "12:00"}}\n',
        "9:30: every and once exclude each other; keep one",
    ),
    "neither schedule": (
        LIST + "      - {group: G, schedule: {}}\n",
        "9:30: a schedule needs every or once; add every: 4 hours",
    ),
    "no schedule": (
        LIST + "      - group: G\n",
        "9:9: an assignment needs a schedule; add schedule: {every: 4 hours}",
    ),
    "two targets": (
        LIST + "      - {group: G, all: users, schedule: {every: 1 hour}}\n",
        "9:9: all and group stand in one assignment; give each its own",
    ),
    "no target": (LIST + "      - {}\n", "9:9: an assignment needs group, exclude or all; add one"),
    "an exclusion with a schedule": (
        LIST + "      - {exclude: G, schedule: {every: 1 hour}}\n",
        "9:9: an exclusion takes neither filter nor schedule; remove them",
    ),
    "an exclusion with a filter": (
        LIST + "      - {exclude: G, filter: F}\n",
        "9:9: an exclusion takes neither filter nor schedule; remove them",
    ),
    "a filter without a value": (
        LIST + "      - {all: users, filter: , schedule: {every: 1 hour}}\n",
        "9:30: filter has no value; write one or remove the key",
    ),
    "a filter mode alone": (
        LIST + "      - {group: G, filter_mode: exclude, schedule: {every: 1 hour}}\n",
        "9:9: filter_mode stands without a filter; add filter or remove it",
    ),
    "included and excluded": (
        LIST + "      - {group: AOVPN, schedule: {every: 1 hour}}\n      - exclude: aovpn\n",
        '10:9: "aovpn" is both included and excluded; remove one',
    ),
    "listed twice": (
        LIST + "      - {group: G, schedule: {every: 1 hour}}\n      - {group: G, schedule: {every: 2 hours}}\n",
        '10:9: "G" is listed twice; remove one',
    ),
    "only exclusions": (
        LIST + "      - exclude: G\n",
        "8:5: the assignments only exclude, so that no device would run it; add a group or all",
    ),
    "assignments that are a mapping": (
        ENTRY + "    assignments: {group: G}\n",
        "8:18: assignments a mapping is no list; write each item on a line with - before it",
    ),
    "a group that is a number": (
        LIST + "      - {group: 7, schedule: {every: 1 hour}}\n",
        "9:17: group 7 is no text; put it in quotes",
    ),
    "a group that is a list": (
        LIST + "      - {group: [A, B], schedule: {every: 1 hour}}\n",
        "9:17: group a list is no text; write one text",
    ),
    "all devices twice": (
        LIST + "      - {all: devices, schedule: {every: 1 hour}}\n" * 2,
        '10:9: "all devices" is listed twice; remove one',
    ),
    "scope tags without one": (
        ENTRY + "    scope_tags: []\n",
        "8:17: scope_tags a list is empty; write something or remove the key",
    ),
    "a scope tag that is a number": (ENTRY + "    scope_tags: [0]\n", "8:18: scope_tags 0 is no text; put it in quotes"),
    "a schedule beside the assignments": (
        ENTRY + "    schedule: {every: 1 hour}\n",
        '8:5: unknown key "schedule"; schedule belongs into an assignment',
    ),
    "an empty group": (
        LIST + "      - {group: '', schedule: {every: 1 hour}}\n",
        '9:17: group "" is empty; write something or remove the key',
    ),
    "an unknown key deep down": (
        LIST + "      - {group: G, schedule: {evry: 1 hour}}\n",
        '9:31: unknown key "evry"; did you mean "every"?',
    ),
    "a newline in a profile": (
        ENTRY.replace("VPN", '"a\\nb"'),
        '5:14: profile "a\\u000ab" holds the control character U+000A; remove it',
    ),
    "a profile of 300 characters": (
        ENTRY.replace("VPN", "x" * 300),
        f'5:14: profile "{"x" * 57}..." is too long; a profile\'s name has at most 255 characters, this has 300',
    ),
    "a slash in a profile": (
        ENTRY.replace("VPN", "a/b"),
        '5:14: profile "a/b" holds /; a profile\'s name has none of \\ / : * ? " < > |',
    ),
    "a leading dot": (ENTRY.replace("VPN", ".x"), '5:14: profile ".x" starts with a dot; a profile\'s name cannot'),
    "a space at the end": (ENTRY.replace("VPN", "'x '"), '5:14: profile "x " starts or ends with a space; remove it'),
    "an empty profile": (
        ENTRY.replace("VPN", "''"),
        '5:14: profile "" is empty; write the name of the VPN connection',
    ),
    "both halves in one": (
        ENTRY + "    live: repair\n",
        f"4:5: scope: user cannot have stored: repair with live: repair; {TWO_ENTRIES}",
    ),
    "the live half that only reports": (
        ENTRY + "    stored: ignore\n    repair: false\n",
        f"4:5: scope: user cannot have stored: ignore with live: report; {TWO_ENTRIES}",
    ),
    "nothing to check": (
        ENTRY.replace("user", "device") + "    stored: ignore\n    live: ignore\n",
        "4:5: stored: ignore and live: ignore leave nothing to check; set one of them",
    ),
    "nothing to repair": (
        ENTRY.replace("user", "device") + "    stored: ignore\n    live: report\n",
        "4:5: nothing here is repaired; set stored or live to repair, or add repair: false",
    ),
    "an absent profile with a repair": (
        ENTRY + "    when_absent: issue\n",
        "4:5: when_absent: issue needs repair: false; no script can bring a profile back",
    ),
    "an absent profile without a phonebook": (
        ENTRY + "    stored: ignore\n    live: repair\n    repair: false\n    when_absent: issue\n",
        "4:5: when_absent: issue needs stored: repair; only the phonebook tells",
    ),
    "run_as": (ENTRY + "    run_as: user\n", '8:5: unknown key "run_as"; scope decides the account; only the kind custom has run_as'),
    "a secret": (
        "client_secret: hunter2\n" + ENTRY,
        f'1:1: "client_secret" {SECRET}',
    ),
    "a secret deep down": (ENTRY + "defaults: {apiKey: hunter2}\n", f'8:12: "apiKey" {SECRET}'),
    "a secret where the kind is missing": (
        "name: c\nremediations:\n  m: {password: hunter2}\n",
        f'3:3: kind is missing; add kind: interface-metric\n3:7: "password" {SECRET}',
    ),
    "a bad name": (
        ENTRY.replace("contoso", "con/toso"),
        '1:7: name "con/toso" is no key; use 1 to 64 letters, digits, - and _, a letter or digit first',
    ),
    "a bad key": (ENTRY.replace("  m:", "  ../m:"), '3:3: key "../m" is no key; use 1 to 64 letters, digits, - and _, a letter or digit first'),
    "a reserved key": (
        ENTRY.replace("  m:", "  nul:"),
        '3:3: key "nul" is a name that Windows keeps for itself; choose another',
    ),
    "keys that differ by case": (
        ENTRY + "  M: {kind: interface-metric, profile: W, scope: user, ipv4: 3}\n",
        '8:3: key "M" differs from "m" by case only; rename one',
    ),
    "a display name used twice": (
        ENTRY + "    name: N\n  n: {kind: interface-metric, profile: W, scope: user, ipv4: 3, name: N}\n",
        '8:5: display name "N" is used more than once; give each its own name\n'
        '9:65: display name "N" is used more than once; give each its own name',
    ),
    "a control character in a name": (
        ENTRY + '    name: "a\\u001bb"\n',
        '8:11: name "a\\u001bb" holds the control character U+001B; remove it',
    ),
    "a long description": (
        ENTRY + f"    description: {'x' * 1001}\n",
        f'8:18: description "{"x" * 57}..." is too long; 1000 characters is the limit',
    ),
    "a marker in a description": (
        ENTRY + "    description: |\n      x\n      [aovpn-remediate a/b 0123456789abcdef]\n",
        '8:18: description "x\\u000a[aovpn-remediate a/b 0123456789abcdef]\\u000a" ends with an ownership marker; '
        "remove it, remediate writes its own",
    ),
    "a tenant id": (
        ENTRY + "tenants:\n  t: {id: x, client_id: y}\n",
        '9:11: id "x" is no id; write it as 11111111-1111-1111-1111-111111111111\n'
        '9:25: client_id "y" is no id; write it as 11111111-1111-1111-1111-111111111111',
    ),
    "empty": ("", "1:1: the file is empty; remediate schema and the README show what goes here"),
    "only a comment": ("# nothing\n", "1:1: the file is empty; remediate schema and the README show what goes here"),
    "a list": ("- a\n", "1:1: the file a list is no mapping; write keys and values below it"),
    "a word": ("hello\n", '1:1: the file "hello" is no mapping; write keys and values below it'),
    "not UTF-8": (b"name: c\nx: \xff\n", "2:4: byte 0xFF is not UTF-8; save the file as UTF-8"),
    "UTF-16": ("name: c".encode("utf-16"), "1:1: byte 0xFF is not UTF-8; save the file as UTF-8"),
    "a null byte": (b"name: c\0\n", "1:8: holds the control character U+0000; remove it"),
    "a control character": (b"name: c\n# \x1b\n", "2:3: holds the control character U+001B; remove it"),
    "two documents": ("name: c\n---\nname: d\n---\n", "2:1: a second document starts here; keep one in a file"),
    "an alias": ("a: &x 1\nb: *x\n", "2:4: *x is an alias; write the value out"),
    "a tag": ("a: !!python/object:os.system x\n", '1:4: "tag:yaml.org,2002:python/object:os.system" is a tag; remove it'),
    "a merge key": (ENTRY + "    <<: {a: 1}\n", '8:5: unknown key "<<"; merge keys are not taken, write the keys out'),
    "a bomb": (
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        "2:8: *a is an alias; write the value out\n2:12: *a is an alias; write the value out\n"
        "3:5: *b is an alias; write the value out\n3:9: *b is an alias; write the value out",
    ),
    "deep": ("a: " + "[" * 5000 + "\n", "1:1003: is nested more than 20 deep; no config needs it"),
    "deep, but not that deep": ("a: " + "[" * 30 + "\n", "1:23: is nested more than 20 deep; no config needs it"),
    "a complex key": ("? [a]\n: 1\n" + ENTRY, "1:3: is no key; a key is one word"),
    "a tab after a dash": (LIST + "      -\tgroup: G\n\t\tschedule: x\n", "9:8: a tab indents this line; YAML takes spaces only"),
    "no YAML": ("a: b: c\n", "1:5: is no YAML (mapping values are not allowed in this context); look at this line and the one before"),
    "an open bracket": ("a: [1\n", "2:1: is no YAML (did not find expected ',' or ']'); look at this line and the one before"),
    "20 MB": (b"x" * 20_000_000, "1:1: is larger than 1,000,000 bytes; a config is a few kilobytes"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_with_place_and_advice(tmp_path, case):
    text, expected = BAD[case]
    assert problems(tmp_path, text) == expected.split("\n")


def is_ours(line: str) -> bool:
    """Whether a problem says what to do, in no library's words."""
    theirs = ("Input should", "value_error", "Extra inputs", "pydantic", "Value error", "type=", "expected <")
    return "; " in line and not any(word in line for word in theirs)


@pytest.mark.parametrize("case", BAD)
def test_no_message_speaks_the_librarys_language(tmp_path, case):
    assert all(is_ours(line) for line in problems(tmp_path, BAD[case][0]))


def test_all_problems_come_at_once_in_the_files_order(tmp_path):
    text = (
        "name: a/b\ndefault: {}\nremediations:\n  m: {kind: nope}\n  n: {kind: interface-metric, ipv4: 0}\n"
    )
    places = [line.split(": ")[0] for line in problems(tmp_path, text)]
    assert places == ["1:7", "2:1", "4:13", "5:3", "5:3", "5:37"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("missing.yaml", "is not there; name the config with -c FILE"),
        ("", "is a folder; name the file, e.g. remediate.yaml in it"),
        ("x" * 300, "file name too long; name a file that can be read with -c FILE"),
    ],
)
def test_a_path_that_is_no_file_is_named(tmp_path, name, expected):
    with pytest.raises(ConfigError) as refused:
        load_config(tmp_path / name)
    assert str(refused.value) == f"{tmp_path / name}:1:1: {expected}"


def test_a_byte_order_mark_is_taken(tmp_path):
    assert load(tmp_path, b"\xef\xbb\xbf" + ENTRY.encode()).name == "contoso"


def test_the_parser_in_python_says_the_same():
    program = """
import sys, tempfile, yaml
del yaml.CSafeLoader
from aovpn_remediate.config.yaml_tree import Loader
from tests.test_config import BAD, ENTRY, Path, problems
assert Loader is yaml.SafeLoader
folder = Path(tempfile.mkdtemp())
for case in ("metric 0", "an alias", "deep, but not that deep", "a tab", "a null byte", "a list"):
    assert problems(folder, BAD[case][0]) == BAD[case][1].split("\\n"), case
print(*problems(folder, ENTRY.replace("VPN", r'"\\U00110000"')))
print(*problems(folder, ENTRY.replace("VPN", r'"\\ud800"')))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=EXAMPLE.parents[1], capture_output=True, text=True, check=False
    )
    assert run.stdout.splitlines() == [
        "1:1: is no YAML; compare it with the README's example",
        '5:14: profile "\\ud800" holds the control character U+D800; remove it',
    ], run.stderr


def test_a_problem_that_no_words_were_made_for_is_still_told_in_ours():
    class Other(Strict):
        """A part of a later kind."""

        count: int = Field(gt=3)

    with pytest.raises(ValidationError) as refused:
        Other.model_validate({"count": 1})
    tree = Tree(places={(): (1, 1), ("other",): (2, 3)})
    assert explain(refused.value, Other, ("other",), tree) == [
        Problem(2, 3, "count 1 is not taken here; remediate schema says what is")
    ]


YAML_LIKE = st.text(
    alphabet=st.sampled_from(list("abk:-[]{}'\"#&*!|>%@`,? \n\t0123456789\0\u00e9~<")), max_size=80
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=60), YAML_LIKE.map(str.encode), YAML_LIKE.map(lambda text: (ENTRY + text).encode())
    )
)
def test_any_file_ends_in_a_config_or_in_problems(tmp_path, content):
    path = tmp_path / "any.yaml"
    path.write_bytes(content)
    try:
        load_config(path)
    except ConfigError as error:
        assert error.problems


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.dates()
    | st.sampled_from(["interface-metric", "user", "devices", "1 hour", "06:30", "~", "<<", "automatic"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["name", "kind", "group", "exclude", "all", "every", "once", "at", "id", "filter", "secret", "stored"]
    ), inner, max_size=4),
    max_leaves=6,
)  # fmt: skip
TOP = ["name", "defaults", "remediations", "tenants"]
ENTRY_KEYS = KEYS.split(", ")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(TOP), JUNK), st.dictionaries(st.sampled_from(ENTRY_KEYS), JUNK), JUNK)
def test_any_value_at_any_key_ends_in_a_config_or_in_our_words(tmp_path, top, entry, assignment):
    good = yaml.safe_load(ENTRY)
    good["remediations"]["m"] |= {"assignments": [assignment]} | entry
    path = tmp_path / "any.yaml"
    path.write_text(yaml.safe_dump(good | top, allow_unicode=True), encoding="utf-8", errors="replace")
    try:
        load_config(path)
    except ConfigError as error:
        assert error.problems and all(is_ours(line) for line in error.problems)


def fits(value: Any, part: dict[str, Any]) -> bool:
    """Whether a JSON value is one that a part of our schema takes, as far as ours uses JSON Schema."""
    if "$ref" in part:
        return fits(value, config_schema()["$defs"][part["$ref"].rsplit("/", 1)[1]])
    if options := part.get("anyOf") or part.get("oneOf"):
        return any(fits(value, option) for option in options)
    is_a_word = value == part.get("const", value) and value in part.get("enum", [value])
    return is_a_word and CHECKS[part.get("type", "")](value, part)


def fits_mapping(value: Any, part: dict[str, Any]) -> bool:
    if not isinstance(value, dict) or not set(part.get("required", [])) <= set(value):
        return False
    known, other = part.get("properties", {}), part["additionalProperties"]
    names = {"type": "string"} | part.get("propertyNames", {})
    return all(
        fits(key, names) and (key in known or other is not False) and fits(one, known.get(key, other))
        for key, one in value.items()
    )


def fits_list(value: Any, part: dict[str, Any]) -> bool:
    enough = isinstance(value, list) and len(value) >= part.get("minItems", 0)
    return enough and all(fits(one, part["items"]) for one in value)


def fits_text(value: Any, part: dict[str, Any]) -> bool:
    is_like = isinstance(value, str) and re.search(part.get("pattern", ""), value) is not None
    return is_like and part.get("minLength", 0) <= len(value) <= part.get("maxLength", 9999)


CHECKS = {
    "object": fits_mapping,
    "array": fits_list,
    "string": fits_text,
    "integer": lambda value, part: type(value) is int and part["minimum"] <= value <= part["maximum"],
    "boolean": lambda value, _: isinstance(value, bool),
    "null": lambda value, _: value is None,
    "": lambda *_: True,
}


def plain(text: str | bytes) -> object:
    """A document as an editor's JSON Schema sees it: a day is text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def test_the_schema_takes_the_example():
    assert fits(plain(EXAMPLE.read_bytes()), config_schema())


@pytest.mark.parametrize(
    "text",
    [
        ENTRY + "    ipv6: null\n    live: ignore\n    enabled: false\n",
        ENTRY + "    scope_tags: [VPN]\n    description: two\n    repair: false\n    when_absent: issue\n",
        LIST + '      - {all: devices, schedule: {every: 1 day, at: "06:30", utc: false}}\n',
        LIST
        + '      - {group: G, filter: F, filter_mode: exclude, schedule: {once: 2026-12-01, at: "12:00"}}\n',
        ENTRY.replace("ipv4: 3", "ipv4: automatic") + "defaults: {publisher: P, scope_tags: [A, B]}\n",
        ENTRY + "tenants:\n  t: {id: 11111111-1111-1111-1111-111111111111, "
        "client_id: 22222222-2222-2222-2222-222222222222}\n",
        "name: contoso\nremediations: {}\n",
        ENTRY + "    signature_check: false\n",
    ],
)
def test_the_schema_takes_what_the_loader_takes(tmp_path, text):
    load(tmp_path, text)
    assert fits(plain(text), config_schema())


@pytest.mark.parametrize(
    "case",
    [
        "an unknown key", "a missing key", "a typo in a kind", "no kind", "no name", "no remediations",
        "remediations is empty", "metric 0", "a quoted metric", "a metric of 10000", "a metric of true",
        "a metric without a value", "a typo in a scope", "400 hours", "4 hour", "no such time",
        "a schedule that is text", "assignments that are a mapping", "a group that is a number",
        "a filter without a value", "scope tags without one", "an empty group", "a slash in a profile",
        "a newline in a profile", "a profile of 300 characters", "a leading dot", "a space at the end",
        "an empty profile", "run_as", "a secret", "a bad name", "a bad key", "a long description",
        "a tenant id", "a list", "a word",
    ],
)  # fmt: skip
def test_the_schema_refuses_what_an_editor_can_see(case):
    assert not fits(plain(BAD[case][0]), config_schema())


def test_the_schema_explains_every_part():
    def walk(part: object) -> None:
        for sub in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            walk(sub)
        for name, sub in part.get("properties", {}).items() if isinstance(part, dict) else ():
            assert sub.get("title") and sub.get("description"), name

    schema = config_schema()
    walk(schema)
    for part in (schema, *schema["$defs"].values()):
        assert part["title"] and part["description"] and "``" not in part["description"]


def test_the_schema_tells_the_kinds_apart():
    entries = config_schema()["properties"]["remediations"]["additionalProperties"]
    assert entries == {"oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in KINDS]}


ADVICE = {
    "one profile twice": (
        "  n: {kind: interface-metric, profile: vpn, scope: user, ipv4: automatic}\n",
        ['8:3: "m" repairs the stored state of this profile too'],
    ),
    "a live companion": (
        "  n: {kind: interface-metric, profile: VPN, scope: user, ipv4: 3, stored: ignore, live: repair}\n",
        [],
    ),
    "one metric for two profiles": (
        "  n: {kind: interface-metric, profile: W, scope: device, ipv4: 3}\n",
        ['8:3: the profile "VPN" has the metric 3 too; the two would tie'],
    ),
    "a route in another": (
        "  n: {kind: route-presence, profile: W, scope: device, routes: [10.0.0.0/8, {prefix: 10.1.0.0/16, metric: 5}]}\n",
        [
            "8:3: route 10.0.0.0/8 (any metric) and route 10.1.0.0/16 (metric 5) overlap; the longer one wins, whatever the metrics"
        ],
    ),
    "a signature check": (
        "    signature_check: true\n",
        ["3:3: with signature_check a device refuses the rendered scripts, which have no signature"],
    ),
    "no routes": (
        "  n: {kind: route-presence, profile: W, scope: device, routes: []}\n",
        ["8:3: no routes are listed, so every device is healthy"],
    ),
    "all fine": (
        "  n: {kind: route-presence, profile: W, scope: device, routes: [10.0.0.0/8, 10.1.0.0/16]}\n",
        [],
    ),
}


@pytest.mark.parametrize("case", ADVICE)
def test_what_is_probably_not_meant_is_a_warning(tmp_path, case):
    text, expected = ADVICE[case]
    said = [f"{one.line}:{one.column}: {one.text}" for one in load(tmp_path, ENTRY + text).warnings]
    assert said == expected


@pytest.mark.parametrize(
    ("privileges", "problems"),
    [
        ("[SeTcb]", ['privileges "SeTcb" is no privilege of Windows; did you mean "SeTcbPrivilege"?']),
        (
            "[SeTcdPrivilige]",
            ['privileges "SeTcdPrivilige" is no privilege of Windows; did you mean "SeTcbP'],
        ),
        ("[SeUnsolicitedInputPrivilege]", ["is no privilege of Windows; write one as SeTcbPrivilege"]),
        ("[SeLoadDriversPrivilege]", ['of Windows; did you mean "SeLoadDriverPrivilege"?']),
        ("[setcbprivilege]", ['of Windows; did you mean "SeTcbPrivilege"?']),
        ("window", ['privileges "window" is unknown; did you mean "windows"?']),
        ("5", ["privileges 5 is no list; write each item on a line with - before it"]),
        ("[SeX1, 5]", ['privileges "SeX1" is no privilege', "privileges 5 is no text"]),
    ],
)
def test_of_two_ways_to_write_a_value_the_problem_of_the_meant_one_is_said(tmp_path, privileges, problems):
    path = tmp_path / "r.yaml"
    path.write_text(f"name: c\nremediations:\n  m: {{kind: rasman-privileges, privileges: {privileges}}}\n")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert len(caught.value.problems) == len(problems)
    assert all(text in found for text, found in zip(problems, caught.value.problems, strict=True))


@pytest.mark.parametrize("key", ["a[b]", "x[]"])
def test_a_key_with_brackets_is_a_key_like_another(tmp_path, key):
    path = tmp_path / "r.yaml"
    path.write_text(
        f'name: c\nremediations:\n  m:\n    kind: rasman-privileges\n    privileges: windows\n    "{key}": 1\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    (problem,) = caught.value.problems
    assert problem.startswith(f"{path}:6:5: unknown key") and key in problem
