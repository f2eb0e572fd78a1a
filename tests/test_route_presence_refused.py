"""The pair of the kind route-presence: routes that Windows refuses."""

from __future__ import annotations

import pytest

from aovpn_remediate.client.phonebook import entry, record
from tests.pairs import PROFILE, files, kept, repair, say
from tests.route_client import TWO, connect, prefixes, routes, writing
from tests.script_faults import instead

PUT_BACK = "the route commands lost a route or changed more than routes; the entry was put back"


def test_a_metric_that_cannot_be_set_leaves_the_old_route(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("10.20.0.0/16@9",)))
    client.faults = {"Add-VpnConnectionRoute 10.20.0.0/16": "RPC server unavailable"}
    run = repair(client, shell, routes({"prefix": "10.20.0.0/16", "metric": 5}))
    assert run.result["state"] == "failed"
    assert path.read_bytes() == entry(PROFILE, routes=("10.20.0.0/16@9",))


@pytest.mark.parametrize(
    ("stored", "faults", "detail"),
    [
        (("10.9.0.0/16",), {"Add-VpnConnectionRoute 10.20.0.0/16": "no"}, "10.20.0.0/16: no"),
        (("10.9.0.0/16", "!10.20.0.0/16"), {}, "10.20.0.0/16: The route already exists."),
    ],
)
def test_nothing_is_removed_when_an_addition_failed(client, shell, stored, faults, detail):
    path = client.write_phonebook("device", entry(PROFILE, routes=stored))
    client.faults = faults
    before = path.read_bytes()
    run = repair(client, shell, routes(TWO[0], stale="remove"))
    assert (run.result["state"], run.result["detail"]) == ("failed", detail)
    assert path.read_bytes() == before


def test_a_refused_route_is_named_and_stops_no_other(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    client.faults = {"Add-VpnConnectionRoute fd00::/8": "no at fe80::1:2"}
    package = routes("fd00::/8", *TWO)
    run = repair(client, shell, package)
    assert (run.result["state"], run.result["detail"]) == ("failed", "fd00::/8: no at (address)")
    assert path.read_bytes() == entry(PROFILE, routes=tuple(TWO), time=2)
    client.faults = {}
    assert repair(client, shell, package).result["state"] == "fixed"


@pytest.mark.parametrize(("count", "more"), [(5, ""), (6, ", 1 more"), (7, ", 2 more")])
def test_of_many_refused_routes_five_are_named(client, shell, count, more):
    client.write_phonebook("device", entry(PROFILE))
    client.faults = {"Add-VpnConnectionRoute": "RPC server at 10.1.2.3 unavailable"}
    run = repair(client, shell, routes(*(f"10.{number}.0.0/16" for number in range(count))))
    names = "10.0.0.0/16, 10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16, 10.4.0.0/16"
    assert run.result["detail"] == f"{names}{more}: RPC server at (address) unavailable"


def test_a_refused_stored_route_changes_nothing_for_the_live_routes(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=("10.9.0.0/16",)))
    connect(client, "10.9.0.0/16")
    client.faults = {"Add-VpnConnectionRoute": "no"}
    run = repair(client, shell, routes(*TWO, stale="remove"))
    assert (run.result["state"], run.result["detail"]) == ("failed", ", ".join(TWO) + ": no")
    assert prefixes(client) == ["10.9.0.0/16", *TWO]


def test_a_route_removed_with_an_error_comes_back(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("10.20.0.0/16@9",)))
    client.faults = {"Add-VpnConnectionRoute 10.20.0.0/16@5": "no"}
    package = routes({"prefix": "10.20.0.0/16", "metric": 5})
    takes = writing(path, entry(PROFILE))
    run = repair(client, shell, instead(package, "Remove-VpnConnectionRoute", f"{takes}; throw 'timed out'"))
    assert (run.result["state"], run.result["detail"]) == ("failed", "10.20.0.0/16: timed out")
    assert path.read_bytes() == entry(PROFILE, routes=("10.20.0.0/16@9",), time=1)


def test_a_refused_metric_does_not_stop_other_routes(client, shell):
    before = entry(PROFILE, routes=("10.20.0.0/16@9",))
    path = client.write_phonebook("device", before)
    package = routes({"prefix": "10.20.0.0/16", "metric": 5}, "10.21.0.0/16")
    client.faults = {"Add-VpnConnectionRoute 10.20.0.0/16": "no"}
    assert repair(client, shell, package).result["detail"] == f"10.20.0.0/16: no; {PUT_BACK}"
    assert path.read_bytes() == before
    client.faults = {"Add-VpnConnectionRoute 10.20.0.0/16@5": "no"}
    assert repair(client, shell, package).result["detail"] == "10.20.0.0/16: no"
    assert path.read_bytes() == entry(PROFILE, routes=("10.20.0.0/16@9", "10.21.0.0/16"), time=3)


def test_a_refused_device_tunnel_is_failed_and_never_healthy(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    client.switches = ("refusesRoutes",)
    assert say(client, shell, routes(*TWO)).states == "issue failed issue failed"
    assert path.read_bytes() == entry(PROFILE)


@pytest.mark.parametrize("old", ["10.20.0.0/16@9", "10.20.0.0/16@305419896"])
def test_an_old_route_comes_back_if_its_new_metric_is_refused(client, shell, old):
    path = client.write_phonebook("device", entry(PROFILE, routes=(old,)))
    client.faults = {"Add-VpnConnectionRoute 10.20.0.0/16@5": "no such metric"}
    run = repair(client, shell, routes({"prefix": "10.20.0.0/16", "metric": 5}))
    assert (run.result["state"], run.result["detail"]) == ("failed", "10.20.0.0/16: no such metric")
    assert path.read_bytes() == entry(PROFILE, routes=(old,), time=2)


def test_without_exclusions_lines_of_refused_routes_stay_in_place(client, shell):
    digits = record("10.9.0.0/16").encode()
    before = entry(PROFILE).replace(b"NumRoutes=0", b"NumRoutes=1") + b"Routes=" + digits + b"\r\n"
    path = client.write_phonebook("device", before)
    client.faults = {"Add-VpnConnectionRoute": "no"}
    assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    assert path.read_bytes() == before and len(files(client)) == 1


def test_a_refused_route_and_a_damage_are_both_reported(client, shell):
    client.switches = ("reencodes",)
    client.write_phonebook("device", entry(b"M\xfcnchen") + entry(PROFILE))
    client.faults = {"Add-VpnConnectionRoute 10.20.0.0/16": "no"}
    detail = str(repair(client, shell, routes(*TWO)).result["detail"])
    assert detail.startswith("10.20.0.0/16: no; another entry changed")


@pytest.mark.parametrize("is_held", [False, True])
def test_a_lost_route_is_put_back_by_the_check_or_is_in_a_copy(client, shell, is_held):
    """It is removed, and Windows refuses both metrics; then the phonebook may be held too."""
    before = entry(PROFILE, routes=("10.20.0.0/16@9",))
    path = client.write_phonebook("device", before)
    client.faults = {"Add-VpnConnectionRoute": "RPC server unavailable"}
    client.faults |= {"Restore-Entry": "held"} if is_held else {}
    run = repair(client, shell, routes({"prefix": "10.20.0.0/16", "metric": 5}))
    said = f"10.20.0.0/16: RPC server unavailable; {'held' if is_held else PUT_BACK}"
    assert (run.result["state"], run.result["detail"]) == ("failed", said)
    assert kept(path) == ([before] if is_held else [])
    assert (path.read_bytes() == before) == (not is_held)


def test_a_route_that_windows_does_not_find_is_not_added_beside_itself(client, shell):
    digits = record("10.20.0.0/16@9").encode()
    odd = digits[:32] + b"1" + digits[33:]  # behind the four bytes of the address
    before = entry(PROFILE, routes=("10.20.0.0/16@9",)).replace(digits, odd)
    path = client.write_phonebook("device", before)
    run = repair(client, shell, routes({"prefix": "10.20.0.0/16", "metric": 5}))
    said = "10.20.0.0/16: The route was not found."
    assert (run.result["state"], run.result["detail"]) == ("failed", said)
    assert path.read_bytes() == before
