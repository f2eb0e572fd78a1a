"""The pair of the kind route-presence: exclusions of a profile."""

from __future__ import annotations

import pytest

from aovpn_remediate.client.phonebook import entry, record
from tests.pairs import PROFILE, check, repair, say
from tests.route_client import TWO, routes


def test_a_refused_route_never_leaves_a_route_without_its_exclusion(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    client.faults = {"Add-VpnConnectionRoute fd00::/8": "no"}
    exclusion = {"prefix": "10.8.0.0/16", "exclude": True}
    run = repair(client, shell, routes("10.0.0.0/8", "fd00::/8", exclusion, exclusions="write"))
    assert run.result["state"] == "failed"
    assert path.read_bytes() == entry(PROFILE, routes=("!10.8.0.0/16", "10.0.0.0/8"), time=1)


def test_exclusions_are_written_where_configured(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("172.16.0.0/12",)) + entry("Other"))
    exclusion = {"prefix": "13.107.6.152/31", "exclude": True}
    said = say(client, shell, routes("172.16.0.0/12", exclusion, exclusions="write"))
    assert said.states == "issue fixed healthy healthy"
    assert said.runs[0].result["found"] == {"stored": {"missing": ["exclude 13.107.6.152/31"]}}
    _, head, rest = path.read_bytes().partition(b"NumRoutes=2\r\n")
    assert head and rest.replace(b"\r\nRoutes=", b"").count(b"0D6B0698") == 1
    assert path.read_bytes().endswith(entry("Other"))


def test_exclusions_are_reported_by_a_detection_without_repair(client, shell):
    client.write_phonebook("device", entry(PROFILE))
    run = check(client, shell, routes({"prefix": "10.8.0.0/16", "exclude": True}, repair=False))
    assert (run.result["state"], run.exit_code) == ("issue", 1)


def test_only_the_metric_of_one_exclusion_is_changed(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("!10.7.0.0/16", "!10.8.0.0/16", TWO[0])))
    exclusion = {"prefix": "10.8.0.0/16", "exclude": True, "metric": 5}
    said = say(client, shell, routes(TWO[0], exclusion, exclusions="write"))
    assert said.states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=("!10.7.0.0/16", TWO[0], "!10.8.0.0/16@5"))


@pytest.mark.parametrize("wanted", [TWO[0], {"prefix": "10.9.0.0/16", "metric": 5}])
def test_an_exclusion_removed_with_its_route_is_put_back(client, shell, wanted):
    before = entry(PROFILE, routes=("10.9.0.0/16", "!10.9.0.0/16", TWO[0]))
    path = client.write_phonebook("device", before)
    assert say(client, shell, routes(wanted, stale="remove")).states == "issue failed issue failed"
    assert path.read_bytes() == before


@pytest.mark.parametrize("prefix", ["10.8.0.0/16", "2001:db8:8::/48"])
def test_an_exclusion_is_written_behind_a_last_line_without_an_end(client, shell, prefix):
    head, _, _ = entry(PROFILE).partition(b"NumRoutes=")
    path = client.write_phonebook("device", head + b" NumRoutes=0\r\nLast=1")
    exclusion = {"prefix": prefix, "exclude": True}
    assert say(client, shell, routes(exclusion, exclusions="write")).states == "issue fixed healthy healthy"
    digits = record(f"!{prefix}").encode()
    assert path.read_bytes() == head + b" NumRoutes=1\r\nLast=1\r\nRoutes=" + digits


def test_an_entry_without_a_number_of_routes_has_none(client, shell):
    before = entry(PROFILE).replace(b"NumRoutes=0\r\n", b"")
    path = client.write_phonebook("device", before)
    exclusion = {"prefix": "10.8.0.0/16", "exclude": True}
    assert say(client, shell, routes(exclusion, exclusions="write")).states == "issue fixed healthy healthy"
    lines = b"\r\nRoutes=" + record("!10.8.0.0/16").encode() + b"\r\nNumRoutes=1\r\n\r\nNETCOMPONENTS="
    assert path.read_bytes() == before.replace(b"\r\n\r\nNETCOMPONENTS=", lines)


def test_two_records_of_an_exclusion_become_one(client, shell):
    last = b"[Last]\r\nType=2\r\nNumRoutes=0\r\n"
    path = client.write_phonebook("device", entry(PROFILE, routes=("!10.8.0.0/16", "!10.8.0.0/16")) + last)
    exclusion = {"prefix": "10.8.0.0/16", "exclude": True, "metric": 5}
    assert say(client, shell, routes(exclusion, exclusions="write")).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=("!10.8.0.0/16@5",)) + last


def test_without_the_exclusions_no_route_is_written(client, shell):
    before = entry(PROFILE, routes=("10.9.0.0/16",))
    path = client.write_phonebook("device", before)
    client.faults = {"Write-Exclusion": "no"}
    exclusion = {"prefix": "10.8.0.0/16", "exclude": True}
    package = routes("10.0.0.0/8", exclusion, exclusions="write", stale="remove")
    run = repair(client, shell, package)
    assert (run.result["state"], run.result["detail"]) == ("failed", "no")
    assert path.read_bytes() == before
