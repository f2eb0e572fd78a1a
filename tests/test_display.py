"""What people and programs are shown, and that nothing they are shown can command a terminal or an agent."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import unicodedata
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from aovpn_remediate.display.clean import clean
from aovpn_remediate.display.kind_text import kind_text, kinds_text
from aovpn_remediate.display.package_json import package_files
from aovpn_remediate.display.plan_json import outcomes_json, plan_json
from aovpn_remediate.display.plan_text import outcomes_text, plan_text
from aovpn_remediate.display.words import FIELD_WORDS, assignment_words, schedule_words
from aovpn_remediate.model import (
    Assignment,
    DailySchedule,
    HourlySchedule,
    KindText,
    OnceSchedule,
    SettingText,
    Target,
    TargetKind,
    TenantPackages,
)
from aovpn_remediate.plan import FIELDS, KEY, MARKER, Note, Plan, Stopped, make_plan
from aovpn_remediate.publish import Outcome, Status
from tests.builders import assignment, everyone, exclusion, package, published

DIGEST = "d" * 64
NAMES = {"0": "Default", "g1": "AOVPN Users", "g2": "AOVPN Lab", "f1": "Corporate Windows 11"}
AUDIENCE = (exclusion("g2"), assignment("g1", narrow="f1"))
OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"


def update(existing, desired) -> Plan:
    """The plan that makes one package out of another."""
    return make_plan([desired], TenantPackages(owned=(published(existing),)))


def every_change() -> Plan:
    """A plan with one change of each sort, one package that stays, and two notes."""
    owned = (
        published(package("up", detection=b"one\r\ntwo\r\nthree\r\n", assignments=AUDIENCE)),
        published(package("same")),
        published(package("old"), id="99"),
    )
    changed = package(
        "up",
        name="New name",
        detection=b"one\r\nzwei\r\nthree\r\n",
        remediation=b"",
        scope_tags=("0", "7"),
        assignments=(exclusion("g2"), assignment("g1", every=1)),
    )
    plan = make_plan(
        [package("new", assignments=AUDIENCE), changed, package("mine"), package("same")],
        TenantPackages(owned=owned),
        adopted={"mine": published(package("mine", publisher="Someone"), id="77")},
    )
    return replace(plan, notes=(Note("left the config", "x"), Note("about all")))


def text(plan: Plan, *, diff: bool = False, color: bool = False) -> str:
    return plan_text(plan, names=NAMES, diff=diff, color=color)


def rows(plan: Plan, *, diff: bool = False) -> list[str]:
    """The rows of a plan with one change, without head and summary."""
    return [line.strip() for line in text(plan, diff=diff).splitlines()[1:-2]]


# A plan as text


def test_a_plan_reads_like_this():
    assert (
        text(every_change())
        == """\
+ new  create
    display name        "AOVPN new"
    description         "Keeps the metric."
    publisher           "Contoso"
    run-as account      system
    scope tags          Default
    scripts             detection and remediation
    assignments         exclude AOVPN Lab
                        AOVPN Users, filter Corporate Windows 11 (include), every 4 hours

> mine  adopt
    id                  77, foreign so far
    publisher           "Someone" -> "Contoso"

~ up  update
    display name        "AOVPN up" -> "New name"
    scope tags          Default -> Default, 7
    detection script    1 line added, 1 removed
    remediation script  removed
    assignments           exclude AOVPN Lab
                        - AOVPN Users, filter Corporate Windows 11 (include), every 4 hours
                        + AOVPN Users, every 1 hour

- old  delete
    display name        "AOVPN old"
    id                  99

= same  no change
! x: left the config
! about all

Plan: 1 to create, 1 to adopt, 1 to update, 1 to delete, 1 unchanged."""
    )


@pytest.mark.parametrize(
    ("unchanged", "words"),
    [
        ((), "No changes. 0 packages match the config."),
        (("a",), "= a  no change\n\nNo changes. 1 package matches the config."),
        (("a", "b"), "= a  no change\n= b  no change\n\nNo changes. 2 packages match the config."),
    ],
)
def test_a_plan_without_changes_says_so(unchanged, words):
    assert text(Plan(unchanged=unchanged)) == words


def test_a_plan_is_ascii_where_the_names_are():
    assert text(every_change(), diff=True).isascii()


def test_names_of_other_scripts_pass_through():
    assert '"VPN für 東京 🔒"' in text(update(package(), package(name="VPN für 東京 🔒")))


def test_color_is_only_there_when_asked_for_and_alters_no_character():
    plain, colored = text(every_change(), diff=True), text(every_change(), diff=True, color=True)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9]+m", "", colored) == plain


@pytest.mark.parametrize(
    ("color", "line"),
    [(32, "+ new  create"), (33, "~ up  update"), (31, "- old  delete"), (2, "= same  no change")],
)
def test_each_sort_of_change_has_its_color(color, line):
    assert f"\x1b[{color}m{line}\x1b[0m" in text(every_change(), color=True).splitlines()


def test_every_field_has_words_of_its_own_and_room_for_them():
    assert set(FIELD_WORDS) == {*FIELDS, KEY, MARKER}
    assert len(set(FIELD_WORDS.values())) == len(FIELD_WORDS)
    assert max(map(len, FIELD_WORDS.values())) < 20


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({"description": ""}, 'description         "Keeps the metric." -> ""'),
        ({"run_as": "user"}, "run-as account      system -> user"),
        ({"run_as_32_bit": True}, "32-bit              no -> yes"),
        ({"signature_check": True}, "signature check     no -> yes"),
        ({"scope_tags": ()}, "scope tags          Default -> none"),
        ({"assignments": (everyone(),)}, "assignments         + all devices, every 1 hour"),
    ],
)
def test_a_changed_field_is_shown_before_and_after(changes, row):
    assert rows(update(package(), package(**changes))) == [row]


def test_an_adopted_package_without_a_marker_had_none():
    foreign = published(package(), marked_hash="")
    plan = make_plan([package()], TenantPackages(), adopted={package().key: foreign})
    assert f"marker              none -> {package().content_hash}" in rows(plan)


def test_a_marker_that_is_put_right_is_shown():
    off = published(package(), marked_hash="0" * 16)
    (row,) = rows(make_plan([package()], TenantPackages(owned=(off,))))[:1]
    assert row == f"marker              {'0' * 16} -> {package().content_hash}"


def test_taking_all_assignments_away_is_said_and_shown():
    assert rows(update(package(assignments=AUDIENCE), package())) == [
        "assignments         none; no device runs it",
        "- exclude AOVPN Lab",
        "- AOVPN Users, filter Corporate Windows 11 (include), every 4 hours",
    ]


def test_a_package_that_is_created_for_nobody_or_without_a_repair_says_so():
    plan = make_plan([package(remediation=b"", signature_check=True)], TenantPackages())
    assert rows(plan)[-4:] == [
        "signature check     yes",
        "scope tags          Default",
        "scripts             detection only",
        "assignments         none; no device runs it",
    ]


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (assignment("g1", every=1), "AOVPN Users, every 1 hour"),
        (assignment("unknown-id", every=23), "unknown-id, every 23 hours"),
        (
            assignment("g1", narrow="f1", mode="exclude"),
            "AOVPN Users, filter Corporate Windows 11 (exclude), every 4 hours",
        ),
        (exclusion("g2"), "exclude AOVPN Lab"),
        (everyone(TargetKind.ALL_USERS, narrow="f9"), "all users, filter f9 (include), every 1 hour"),
        (Assignment(target=Target(kind=TargetKind.OTHER, group="aTarget")), "other aTarget"),
    ],
)
def test_an_assignment_is_one_line_with_names_where_they_are_known(one, words):
    assert assignment_words(one, NAMES) == words


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        (HourlySchedule(hours=1), "every 1 hour"),
        (HourlySchedule(hours=4), "every 4 hours"),
        (DailySchedule(days=1, at=time(6, 30)), "every 1 day at 06:30"),
        (DailySchedule(days=2, at=time(6, 0, 5), utc=True), "every 2 days at 06:00:05 UTC"),
        (OnceSchedule(on=date(2026, 12, 1), at=time(12)), "once on 2026-12-01 at 12:00"),
    ],
)
def test_a_schedule_reads_as_the_config_says_it(schedule, words):
    assert schedule_words(schedule) == words


# Scripts


def test_a_script_is_counted_and_shown_with_diff_only():
    plan = update(package(detection=b"a\r\nb\r\nc\r\n"), package(detection=b"a\r\nB\r\nc\r\nd\r\ne\r\n"))
    assert rows(plan) == ["detection script    3 lines added, 1 removed"]
    assert rows(plan, diff=True)[1:] == [
        "--- tenant",
        "+++ config",
        "@@ -1,3 +1,5 @@",
        "a",
        "-b",
        "+B",
        "c",
        "+d",
        "+e",
    ]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b"a\n", b"a\r\n", "only line ends or encoding differ"),
        (b"a", b"a\r\n", "only line ends or encoding differ"),
        ("é".encode("latin-1"), "é".encode(), "only line ends or encoding differ"),
        (b"\xe9", b"\xea", "1 line added, 1 removed"),
        (b"\x00\xff\xfe", b"\x00\xff\xfd", "1 line added, 1 removed"),
        (b"a", b"\xef\xbb\xbfa", "1 line added, 1 removed"),
        (b"", b"a", "added"),
        (b"a", b"", "removed"),
    ],
)
def test_what_differs_between_scripts_is_said_truly(before, after, words):
    plan = update(package(remediation=before), package(remediation=after))
    assert rows(plan, diff=True)[0] == f"remediation script  {words}"


@given(st.binary(), st.binary())
def test_no_bytes_of_a_script_break_a_diff(before, after):
    shown = text(update(package(detection=before), package(detection=after)), diff=True)
    assert all(is_harmless(line) for line in shown.split("\n"))


def test_a_line_of_a_script_cannot_command_an_agent():
    shown = text(update(package(), package(detection=b"##vso[task.complete]\r\n##[error]\r\n")), diff=True)
    assert "+# #vso[task.complete]" in shown and "+# #[error]" in shown


# Outcomes as text


def test_outcomes_are_one_line_each_and_a_summary():
    errors = {Status.AWAITING_APPROVAL: "wait for it", Status.FAILED: "POST: broke"}
    stopped = [Stopped("x", "X", "id-x", "look at it")]
    create, *others = every_change().changes
    changes = [create, create, *others]
    outcomes = [
        Outcome(one, status, errors.get(status, "")) for one, status in zip(changes, Status, strict=False)
    ]
    assert (
        outcomes_text(outcomes, color=False, stopped=stopped)
        == """\
+ new  create: done
! new  create: created, not assigned
! mine  adopt: awaiting approval; wait for it
! up  update: failed; POST: broke
= old  delete: not tried
! x  stopped: look at it
Published: 1 done, 1 created, not assigned, 1 awaiting approval, 1 failed, 1 not tried, 1 stopped."""
    )


@pytest.mark.parametrize("status", [Status.FAILED, Status.NOT_TRIED])
def test_a_summary_without_anything_published_says_so(status):
    outcomes = [Outcome(every_change().changes[0], status)]
    assert outcomes_text(outcomes, color=False).endswith(f"\nNothing published: 1 {status.value}.")


def test_outcomes_are_colored_only_when_asked():
    outcomes = [Outcome(every_change().changes[0], Status.DONE)]
    assert outcomes_text(outcomes, color=True) == "\x1b[32m+ new  create: done\x1b[0m\nPublished: 1 done."


# Text that others wrote


def texts() -> st.SearchStrategy[str]:
    """Text of anything, rich in what commands terminals and agents."""
    bad = [
        "##vso[task.x]",
        "##[error]",
        "##VSO[",
        "#",
        "[",
        "\r",
        "\n",
        "\x1b[2J",
        "\x85",
        "\u2028",
        "\u200b",
    ]
    return st.lists(st.one_of(st.sampled_from([*bad, *OVERRIDES]), st.text(max_size=3)), max_size=8).map(
        "".join
    )


def is_harmless(line: str) -> bool:
    has_command = re.search(r"##(vso)?\[", line, re.IGNORECASE)
    categories = {unicodedata.category(one) for one in line}
    return not has_command and not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(texts())
@example("##\u200bvso[task.complete]")
@example("###vso[x]")
@example("##[##[")
def test_clean_text_is_one_line_without_a_command(anything):
    cleaned = clean(anything)
    assert len(f"-{cleaned}-".splitlines()) == 1
    assert is_harmless(cleaned)
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("plain 'text' — für 東京 🔒", "plain 'text' — für 東京 🔒"),
        ("a\r\nb\tc", "a\\u000d\\u000ab\\u0009c"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("abc\u202edef", "abc\\u202edef"),
        ("##vso[task.x]", "# #vso[task.x]"),
        ("## heading", "## heading"),
    ],
)
def test_clean_text_shows_what_was_there(before, after):
    assert clean(before) == after


def test_text_that_is_harmless_is_returned_at_once():
    line = "    [string] $Path = 'C:\\ProgramData'  # 100 %"
    assert clean(line) is line


def test_every_character_is_shown_unless_its_category_is_invisible():
    for number in range(sys.maxunicode + 1):
        one = chr(number)
        is_shown = unicodedata.category(one) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert (clean(one) == one) == is_shown, hex(number)


@given(texts(), texts(), texts())
def test_no_text_of_a_tenant_adds_a_line_or_a_command_to_a_plan(name, label, error):
    def shown(name: str, label: str, error: str) -> list[str]:
        hostile = {
            "name": f"n{name}",
            "publisher": name,
            "description": f"d{name}",
            "scope_tags": (f"t{name}",),
        }
        existing = published(package("up", **hostile, assignments=(exclusion("g"),)), id=f"i{label}")
        gone = published(package("old", name=name), id=label)
        plan = make_plan(
            [
                package("new", **hostile, assignments=(assignment("g", narrow="f"),)),
                package("up"),
                package("mine"),
            ],
            TenantPackages(owned=(existing, gone)),
            adopted={"mine": published(package(name="x"), id=label)},
        )
        plan = replace(plan, notes=(Note(f"-{error}"),))
        outcomes = [Outcome(change, Status.FAILED, f"-{error}") for change in plan.changes]
        names = {"g": label, "f": label, f"t{name}": label}
        whole = plan_text(plan, names=names, diff=True, color=False) + outcomes_text(outcomes, color=False)
        return whole.split("\n")

    lines = shown(name, label, error)
    assert len(lines) == len(shown("x", "x", "x"))
    assert all(is_harmless(line) for line in lines)


# JSON


def test_a_plan_for_programs_has_this_shape():
    plan = every_change()
    shape = json.loads(json.dumps(plan_json(plan, NAMES, DIGEST)))
    assert {key: shape[key] for key in ("schemaVersion", "digest", "summary", "unchanged", "notes")} == {
        "schemaVersion": 1,
        "digest": DIGEST,
        "summary": {"create": 1, "update": 1, "adopt": 1, "delete": 1, "unchanged": 1, "stopped": 0},
        "unchanged": ["same"],
        "notes": [{"key": "x", "text": "left the config"}, {"key": "", "text": "about all"}],
    }
    heads = [(one["action"], one["key"], one["name"], one.get("id")) for one in shape["changes"]]
    assert heads == [
        ("create", "new", "AOVPN new", None),
        ("adopt", "mine", "AOVPN mine", "77"),
        ("update", "up", "New name", "id-up"),
        ("delete", "old", "AOVPN old", "99"),
    ]


def test_json_gives_scripts_by_size_and_hash_and_groups_by_id_and_name():
    shape = json.loads(json.dumps(plan_json(every_change(), NAMES, DIGEST)))
    fields = {one["field"]: (one["before"], one["after"]) for one in shape["changes"][2]["fields"]}
    old = b"one\r\ntwo\r\nthree\r\n"
    assert fields["name"] == ("AOVPN up", "New name")
    assert fields["scope_tags"] == (["0"], ["0", "7"])
    assert fields["detection"][0] == {"bytes": len(old), "sha256": hashlib.sha256(old).hexdigest()}
    assert fields["remediation"][1] is None
    assert fields["assignments"][0] == [
        {"target": "exclude", "groupId": "g2", "group": "AOVPN Lab"},
        {
            "target": "group",
            "groupId": "g1",
            "group": "AOVPN Users",
            "filterId": "f1",
            "filter": "Corporate Windows 11",
            "filterMode": "include",
            "schedule": "every 4 hours",
        },
    ]


@pytest.mark.parametrize(
    ("one", "shape"),
    [
        (exclusion("gone"), {"target": "exclude", "groupId": "gone"}),
        (everyone(), {"target": "all devices", "schedule": "every 1 hour"}),
        (
            Assignment(target=Target(kind=TargetKind.OTHER, group="aTarget")),
            {"target": "other", "type": "aTarget"},
        ),
    ],
)
def test_an_assignment_for_programs_never_gives_an_id_as_a_name(one, shape):
    (change,) = plan_json(update(package(assignments=(one,)), package()), NAMES, DIGEST)["changes"]
    assert change["fields"] == [{"field": "assignments", "before": [shape], "after": []}]


def test_no_script_body_is_in_a_plan_for_programs():
    secret = b"$Settings = 'body of a script'"
    plan = make_plan(
        [package("a", detection=secret), package("b", remediation=secret)],
        TenantPackages(owned=(published(package("b")), published(package("c", detection=secret)))),
    )
    assert "body of a script" not in json.dumps(plan_json(plan, {}, DIGEST))


def test_outcomes_for_programs_have_this_shape():
    plan = every_change()
    ids = {"request_id": "r-1", "client_request_id": "c-1", "package_id": "id-up", "approval_code": "x"}
    failed = Outcome(plan.changes[2], Status.FAILED, "broke", **ids)
    outcomes = (Outcome(plan.changes[0], Status.DONE), failed)
    done = {"id": None, "status": "done", "error": None}
    done |= {"requestId": None, "clientRequestId": None, "approvalCode": None}
    broke = {"id": "id-up", "status": "failed", "error": "broke"}
    broke |= {"requestId": "r-1", "clientRequestId": "c-1", "approvalCode": "x"}
    assert outcomes_json(DIGEST, outcomes, 3) == {
        "schemaVersion": 1,
        "digest": DIGEST,
        "outcomes": [
            {"action": "create", "key": "new", "name": "AOVPN new", **done},
            {"action": "update", "key": "up", "name": "New name", **broke},
        ],
        "exitCode": 3,
    }


def test_a_stopped_key_is_in_the_json_of_a_plan_and_of_its_outcomes():
    plan = Plan(stopped=(Stopped("x", "X", "id-x", "look at it"),))
    shape = {"key": "x", "name": "X", "id": "id-x", "error": "look at it"}
    assert plan_json(plan, {}, DIGEST)["stopped"] == [shape]
    nothing = {"action": None, "requestId": None, "clientRequestId": None, "approvalCode": None}
    said = outcomes_json(DIGEST, (), 1, plan.stopped)
    assert said["outcomes"] == [{**shape, **nothing, "status": "stopped"}]


# Packages as files, kinds


def test_a_package_is_two_scripts_byte_for_byte_and_what_surrounds_them():
    files = package_files(package(assignments=(assignment("AOVPN Users", narrow="Corporate"),)))
    assert files["metric/detect.ps1"] == b"exit 0\r\n" and files["metric/remediate.ps1"] == b"exit 1\r\n"
    metadata = json.loads(files["metric/package.json"] or b"")
    assert (metadata["displayName"], metadata["runAsAccount"]) == ("AOVPN metric", "system")
    assert metadata["detection"] == {"bytes": 8, "sha256": hashlib.sha256(b"exit 0\r\n").hexdigest()}
    assert metadata["assignments"] == [
        {
            "target": "group",
            "group": "AOVPN Users",
            "filter": "Corporate",
            "filterMode": "include",
            "schedule": "every 4 hours",
        }
    ]


def test_a_package_without_a_repair_has_no_remediation_file():
    files = package_files(package(remediation=b""))
    assert files["metric/remediate.ps1"] is None
    assert json.loads(files["metric/package.json"] or b"")["remediation"] is None


def test_a_kind_is_a_line_in_the_list_and_a_page_of_its_own():
    settings = (
        SettingText("ipv4", "1 to 9999", "required", "The metric."),
        SettingText("live", "x", "ignore", "L."),
    )
    kind = KindText(
        "interface-metric",
        "the metric drifts",
        "slow DNS",
        "Windows",
        "the phonebook",
        settings,
        "m:\n  kind: x\n",
    )
    assert kinds_text([kind]) == "interface-metric  the metric drifts"
    assert (
        kind_text(kind)
        == """\
interface-metric: the metric drifts

Symptom  slow DNS
Cause    Windows
Touches  the phonebook

Settings, beside those that every kind has:
  ipv4  1 to 9999; required
        The metric.
  live  x; default: ignore
        L.

Example:
  m:
    kind: x"""
    )


def test_display_draws_without_a_library():
    texts = [
        path.read_text(encoding="utf-8") for path in Path(clean.__code__.co_filename).parent.glob("*.py")
    ]
    assert texts and not any("import rich" in text for text in texts)
