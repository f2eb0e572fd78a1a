"""The config: one entry for both states of a user's profile makes two packages."""

from __future__ import annotations

import pytest

from aovpn_remediate.model import HourlySchedule
from tests.config_texts import ENTRY, load

DOUBLE = ENTRY + "    live: repair\n"
ASSIGNED = (
    DOUBLE
    + """    description: D
    assignments:
      - {group: G, filter: F, schedule: {every: 1 day, at: "06:30"}}
      - {exclude: X}
"""
)


def test_a_users_profile_with_a_live_repair_makes_two_packages(tmp_path):
    own, live = load(tmp_path, ASSIGNED).remediations
    assert [(one.key, one.entry) for one in (own, live)] == [("m", "m"), ("m-live", "m")]
    assert [one.name for one in (own, live)] == [
        "AOVPN interface metric: m",
        "AOVPN interface metric: m (live)",
    ]
    assert [one.settings.run_as for one in (own, live)] == ["user", "system"]
    assert [one.settings.repairs() for one in (own, live)] == [("Stored",), ("Live",)]
    assert own.settings.script_settings()["Live"] == "report"
    assert live.settings.script_settings()["Stored"] == "ignore"
    assert own.assignments == live.assignments and own.description == live.description == "D"


def test_the_two_packages_are_those_of_the_two_entries(tmp_path):
    two = (
        ENTRY
        + "  m-live: {kind: interface-metric, profile: VPN, scope: user, ipv4: 3, stored: ignore, live: repair}\n"
    )
    written = [one.settings.script_settings() for one in load(tmp_path, two).remediations]
    assert [one.settings.script_settings() for one in load(tmp_path, DOUBLE).remediations] == written


def test_the_live_package_may_have_an_interval_of_its_own(tmp_path):
    own, live = load(tmp_path, ASSIGNED + "    live_every: 2 hours\n").remediations
    excluded, included = live.assignments
    assert excluded == own.assignments[0]
    assert included.filter == own.assignments[1].filter
    assert (included.schedule, own.assignments[1].schedule == included.schedule) == (
        HourlySchedule(hours=2),
        False,
    )


@pytest.mark.parametrize("text", ["    repair: false\n", "    enabled: false\n"])
def test_without_repair_or_not_enabled_is_said_of_both(tmp_path, text):
    own, live = load(tmp_path, ASSIGNED + text).remediations
    assert (own.repair, own.assignments) == (live.repair, live.assignments)
    assert not own.repair or own.assignments == ()


def test_an_absent_profile_is_an_issue_of_the_first_package_alone(tmp_path):
    own, live = load(tmp_path, DOUBLE + "    repair: false\n    when_absent: issue\n").remediations
    settings = [one.settings.script_settings()["WhenAbsent"] for one in (own, live)]
    assert settings == ["issue", "ok"]


def test_two_entries_for_the_live_state_are_a_warning(tmp_path):
    second = (
        "  n: {kind: interface-metric, profile: VPN, scope: user, ipv4: 3, stored: ignore, live: repair}\n"
    )
    (said,) = load(tmp_path, DOUBLE + second).warnings
    assert said.text.startswith('"m" keeps ') and "connected interface" in said.text


def test_an_unknown_state_reaches_the_script_of_the_entry_that_shows_it(tmp_path):
    own, live = load(tmp_path, DOUBLE + "    when_unknown: issue\n").remediations
    for one in (own, live):
        assert one.settings.script_settings()["WhenUnknown"] == "issue" and one.settings.features()["unknown"]
