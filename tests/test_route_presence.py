"""The pair of the kind route-presence: the stored routes of a profile."""

from __future__ import annotations

import re

import pytest

from aovpn_remediate.client.phonebook import entry
from tests.pairs import PROFILE, check, repair, say
from tests.route_client import TWO, connect, routes, writing
from tests.script_faults import instead


@pytest.mark.parametrize("scope", ["user", "all-users", "device"])
def test_missing_routes_are_an_issue_then_fixed_then_healthy(client, shell, scope):
    path = client.write_phonebook(scope, entry("Other") + entry(PROFILE, routes=("10.9.0.0/16@7",)))
    said = say(client, shell, routes(*TWO, scope=scope))
    assert said.states == "issue fixed healthy healthy"
    assert said.exits == [1, 0, 0, 0]
    assert said.runs[0].result["found"] == {"stored": {"missing": TWO}}
    assert said.runs[0].result["want"] == {"routes": 2}
    after = entry(PROFILE, routes=("10.9.0.0/16@7", *TWO), time=2)
    assert path.read_bytes() == entry("Other") + after


def test_a_phonebook_that_lost_its_routes_gets_them_back(client, shell):
    client.write_phonebook("device", entry(PROFILE))
    assert say(client, shell, routes(*TWO)).states == "issue fixed healthy healthy"


def test_correct_routes_are_not_changed(client, shell):
    path = client.write_phonebook(
        "device", entry(PROFILE, routes=("10.20.0.0/16@9", TWO[1], "172.16.0.0/12"))
    )
    before = path.read_bytes()
    assert say(client, shell, routes(*TWO)).states == "healthy healthy healthy healthy"
    assert path.read_bytes() == before


def test_the_spelling_of_an_address_does_not_matter(client, shell):
    client.write_phonebook(
        "device", entry(PROFILE, routes=("2001:db8:0:0:0:0:0:1/128", "::ffff:1.2.3.0/120"))
    )
    package = routes("2001:0db8::1/128", "::ffff:102:300/120")
    assert say(client, shell, package).states == "healthy healthy healthy healthy"


@pytest.mark.parametrize("scope", ["user", "device"])
def test_a_metric_is_changed_by_removing_and_adding(client, shell, scope):
    path = client.write_phonebook(scope, entry(PROFILE, routes=("10.20.0.0/16@9", "172.16.0.0/12")))
    wanted = {"prefix": "10.20.0.0/16", "metric": 5}
    said = say(client, shell, routes(wanted, "172.16.0.0/12", scope=scope))
    assert said.states == "issue fixed healthy healthy"
    assert said.runs[0].result["found"] == {"stored": {"metric": ["10.20.0.0/16"]}}
    assert path.read_bytes() == entry(PROFILE, routes=("172.16.0.0/12", "10.20.0.0/16@5"), time=2)


@pytest.mark.parametrize(
    ("stale", "left"),
    [("keep", ("10.9.0.0/16", "!10.8.0.0/16", TWO[0])), ("remove", ("!10.8.0.0/16", TWO[0]))],
)
def test_stale_routes_go_where_configured_and_exclusions_never(client, shell, stale, left):
    path = client.write_phonebook("device", entry(PROFILE, routes=("10.9.0.0/16", "!10.8.0.0/16")))
    assert say(client, shell, routes(TWO[0], stale=stale)).states == "issue fixed healthy healthy"
    written = re.findall(rb"LowDateTime=(-?\d+)", path.read_bytes())
    assert path.read_bytes() == entry(PROFILE, routes=left, time=int(written[0]) + 1180434704)


def test_sixty_routes_straddle_lines_and_the_result_line_stays_short(client, shell):
    many = [f"10.{n}.0.0/16" for n in range(60)]
    path = client.write_phonebook("device", entry(PROFILE))
    said = say(client, shell, routes(*many))
    assert said.states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=tuple(many), time=60)
    missing = said.runs[0].result["found"]["stored"]["missing"]
    assert missing == [*many[:8], "52 more"]


def test_six_hundred_routes_are_compared_and_stay_small(client, shell):
    many = [f"10.{n // 256}.{n % 256}.0/24" for n in range(600)]
    client.write_phonebook("device", entry(PROFILE, routes=(*many[:-1], "10.9.0.0/16")))
    connect(client, *many[1:])
    package = routes(*many, stale="remove")
    found = check(client, shell, package).result["found"]
    assert found["stored"] == {"missing": many[-1:], "stale": ["10.9.0.0/16"]}
    assert found["live"] == {"missing": many[:1]}
    more = len(package.remediation) - len(routes(*many[:60], stale="remove").remediation)
    assert more <= 18 * 540


@pytest.mark.parametrize(("count", "left_out"), [(8, []), (9, ["1 more"])])
def test_the_line_names_eight_of_a_list(client, shell, count, left_out):
    many = [f"10.{n}.0.0/16" for n in range(count)]
    client.write_phonebook("device", entry(PROFILE))
    missing = check(client, shell, routes(*many)).result["found"]["stored"]["missing"]
    assert missing == many[:8] + left_out


@pytest.mark.parametrize(
    "broken",
    [
        lambda text: text.replace(b"NumRoutes=1", b"NumRoutes=2"),
        lambda text: text.replace(b"Routes=0100", b"Routes=01X0"),
        lambda text: text.replace(b"Routes=01000000", b"Routes=010000"),
        lambda text: text.replace(b"0100000002000000", b"0100000003000000"),
        lambda text: text.replace(b"0200000010000000", b"0200000021000000"),
        lambda text: text.replace(b"0000\r\n\r\nNETC", b"000X\r\n\r\nNETC"),
        lambda text: text.replace(b"NumRoutes=1", b"NumRoutes=x"),
    ],
)
def test_routes_that_cannot_be_read_are_unknown_and_left_alone(client, shell, broken):
    content = broken(entry(PROFILE, routes=("10.9.0.0/16",)))
    path = client.write_phonebook("device", content)
    assert say(client, shell, routes(*TWO)).states == "unknown unknown unknown unknown"
    assert path.read_bytes() == content


@pytest.mark.parametrize("phonebook", [None, entry("Other")])
def test_an_absent_profile_is_absent(client, shell, phonebook):
    if phonebook:
        client.write_phonebook("device", phonebook)
    assert say(client, shell, routes(*TWO)).states == "absent absent absent absent"


def test_the_line_counts_each_kind_of_difference(client, shell):
    stale = ["10.8.0.0/16", "10.9.0.0/16"]
    client.write_phonebook("device", entry(PROFILE, routes=("10.1.0.0/16", "10.2.0.0/16", *stale)))
    wanted = [{"prefix": f"10.{n}.0.0/16", "metric": 5} for n in (1, 2)]
    said = say(client, shell, routes(*wanted, TWO[1], stale="remove"))
    assert said.runs[0].result["detail"] == "stored routes: 1 missing, 2 metric, 2 stale"
    metrics = [one["prefix"] for one in wanted]
    assert said.runs[0].result["found"] == {"stored": {"missing": TWO[1:], "metric": metrics, "stale": stale}}
    assert said.states == "issue fixed healthy healthy"


def test_keys_after_the_routes_stay_in_place(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=(TWO[0],), last=(b"Behind=1",)))
    assert say(client, shell, routes(*TWO)).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=tuple(TWO), last=(b"Behind=1",), time=1)


def test_two_records_of_a_stale_route_leave_with_one_command(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("10.9.0.0/16", "10.9.0.0/16@5", TWO[0])))
    assert say(client, shell, routes(TWO[0], stale="remove")).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=(TWO[0],), time=1)


@pytest.mark.parametrize(
    "stored", [("10.20.0.0/16@5", "10.20.0.0/16@9"), ("10.20.0.0/16@9", "10.20.0.0/16@5")]
)
def test_one_record_with_another_metric_is_an_issue(client, shell, stored):
    path = client.write_phonebook("device", entry(PROFILE, routes=stored))
    said = say(client, shell, routes({"prefix": TWO[0], "metric": 5}))
    assert said.states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=("10.20.0.0/16@5",), time=2)


@pytest.mark.parametrize("line", [b"Routes=0100", b"Routes=" + b"z" * 72, b"Routes=" + b"0" * 73])
def test_invalid_route_records_are_unknown(client, shell, line):
    text = entry(PROFILE, last=(line,)).replace(b"NumRoutes=0", b"NumRoutes=1")
    client.write_phonebook("device", text)
    run = check(client, shell, routes(*TWO))
    assert (run.result["state"], run.result["detail"]) == ("unknown", "the stored routes cannot be read")


def test_both_time_stamps_of_the_entry_may_change(client, shell):
    number = b"NumRoutes="
    before = entry(PROFILE).replace(number, b"HighDateTime=1\r\n" + number)
    after = entry(PROFILE, routes=(TWO[0],), time=1).replace(number, b"HighDateTime=2\r\n" + number)
    path = client.write_phonebook("device", before)
    package = instead(routes(TWO[0]), "Add-VpnConnectionRoute", writing(path, after))
    assert repair(client, shell, package).result["state"] == "fixed"
    assert path.read_bytes() == after
