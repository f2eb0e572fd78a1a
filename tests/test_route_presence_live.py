"""The pair of the kind route-presence: the routes of the connected interface."""

from __future__ import annotations

import pytest

from aovpn_remediate.client.phonebook import entry
from tests.pairs import PROFILE, check, repair, say
from tests.route_client import TWO, connect, live_route, prefixes, routes, writing
from tests.script_faults import instead


def test_no_live_route_is_added_around_an_exclusion_that_is_only_stored(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=(*TWO, "!10.20.8.0/24")))
    connect(client)
    assert say(client, shell, routes(*TWO)).states == "issue fixed pending pending"
    assert prefixes(client) == [TWO[1]]


def test_live_routes_that_are_missing_are_added_by_system(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=tuple(TWO)))
    connect(client, "10.1.2.3/32", "224.0.0.0/4")
    said = say(client, shell, routes({"prefix": TWO[0], "metric": 1}, TWO[1]))
    assert said.states == "issue fixed healthy healthy"
    assert said.runs[0].result["found"]["live"] == {"missing": TWO}
    assert prefixes(client) == ["10.1.2.3/32", "224.0.0.0/4", *TWO]
    assert prefixes(client, 7) == ["0.0.0.0/0", "10.20.0.0/16"]


@pytest.mark.parametrize("families", [("IPv4", "IPv6"), ("IPv4",)])
def test_only_live_routes_that_left_the_profile_are_removed(client, shell, families):
    client.write_phonebook("device", entry(PROFILE, routes=("10.9.0.0/16", TWO[0])))
    connect(client, "10.9.0.0/16", "10.7.0.0/16", TWO[0], families=families)
    assert say(client, shell, routes(TWO[0], stale="remove")).states == "issue fixed healthy healthy"
    assert prefixes(client) == ["10.7.0.0/16", TWO[0]]


def test_a_user_sees_missing_live_routes_as_pending(client, shell):
    client.write_phonebook("user", entry(PROFILE, routes=tuple(TWO)))
    connect(client)
    said = say(client, shell, routes(*TWO, scope="user"))
    assert said.states == "pending pending pending pending"
    assert said.runs[0].result["detail"] == "live routes: 2 missing; the next connection corrects this"
    assert prefixes(client) == []


def test_without_the_phonebook_nothing_is_said_of_the_next_connection(client, shell):
    connect(client)
    package = routes(*TWO, stored="ignore", live="report", repair=False)
    run = check(client, shell, package)
    assert run.result["detail"] == "live routes: 2 missing; the phonebook was not checked"


def test_the_live_package_runs_as_system_and_reads_no_phonebook(client, shell):
    connect(client)
    package = routes({"prefix": TWO[0], "metric": 5}, TWO[1], scope="user", stored="ignore", live="repair")
    assert package.run_as == "system" and b"rasphone" not in package.remediation
    assert say(client, shell, package).states == "issue fixed healthy healthy"
    assert client.routes[2:] == [live_route(TWO[0], metric=5), live_route(TWO[1])]


def test_a_family_that_is_not_live_gets_no_route(client, shell):
    connect(client, families=("IPv4",))
    package = routes(*TWO, scope="user", stored="ignore", live="repair")
    assert say(client, shell, package).states == "issue fixed healthy healthy"
    assert prefixes(client) == TWO[:1]


@pytest.mark.parametrize("command", ["Get-NetRoute", "Get-NetIPInterface"])
def test_a_failing_check_of_live_routes_never_starts_a_repair(client, shell, command):
    path = client.write_phonebook("device", entry(PROFILE))
    connect(client)
    client.faults = {command: "RPC server unavailable"}
    assert say(client, shell, routes(*TWO)).states == "unknown unknown unknown unknown"
    assert path.read_bytes() == entry(PROFILE)


@pytest.mark.parametrize("command", ["New-NetRoute", "Remove-NetRoute"])
def test_a_live_route_that_windows_does_not_change_is_failed(client, shell, command):
    client.write_phonebook("device", entry(PROFILE, routes=("10.9.0.0/16", TWO[0])))
    connect(client, "10.9.0.0/16")
    client.faults = {command: "RPC server unavailable"}
    run = repair(client, shell, routes(TWO[0], stale="remove"))
    refused = TWO[0] if command == "New-NetRoute" else "10.9.0.0/16"
    assert (run.result["state"], run.result["detail"]) == ("failed", f"{refused}: RPC server unavailable")
    added = [TWO[0]] if command == "Remove-NetRoute" else []
    assert prefixes(client) == ["10.9.0.0/16", *added]


def test_an_old_live_route_stays_while_the_new_one_has_to_wait(client, shell):
    stored = ("10.9.0.0/16", "!10.9.8.0/24")
    client.write_phonebook("device", entry(PROFILE, routes=stored))
    connect(client, "10.9.0.0/16")
    run = repair(client, shell, routes("10.0.0.0/8", stale="remove"))
    assert run.result["state"] == "fixed" and "10.9.0.0/16" in prefixes(client)


def test_a_live_route_that_windows_adds_first_is_not_a_failure(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=tuple(TWO)))
    connect(client, "10.1.2.3/32", families=("IPv4",))
    first = "$global:Client.routes += $global:Client.routes[-1].PSObject.Copy(); "
    first += f"$global:Client.routes[-1].DestinationPrefix = '{TWO[0]}'; throw 'Instance already exists'"
    run = repair(client, shell, instead(routes(*TWO), "New-NetRoute", first))
    assert run.result["state"] == "fixed"


LIVE = {"scope": "user", "stored": "ignore", "live": "repair", "exclusions": "write"}


@pytest.mark.parametrize(
    ("outer", "inner", "within"),
    [
        ("10.0.0.0/8", "10.8.0.0/16", True),
        ("10.8.0.0/15", "10.8.0.0/16", True),
        ("0.0.0.0/1", "10.8.0.0/16", True),
        ("128.0.0.0/1", "10.8.0.0/16", False),
        ("10.0.0.0/8", "11.8.0.0/16", False),
        ("10.8.0.0/24", "10.8.0.0/16", False),
        ("10.8.0.0/13", "10.16.0.0/16", False),
        ("2001:db8::/32", "2001:db8:8::/48", True),
        ("2001:db8::/32", "2001:db9:8::/48", False),
        ("2001:db8::/32", "32.1.13.184/31", False),  # the same bits
    ],
)
def test_a_live_route_around_an_exclusion_waits_for_the_next_connection(client, shell, outer, inner, within):
    connect(client)
    package = routes(outer, {"prefix": inner, "exclude": True}, **LIVE)
    said = say(client, shell, package)
    assert said.states == ("pending " * 4 if within else "issue fixed healthy healthy").strip()
    assert prefixes(client) == ([] if within else [outer])
    if within:
        detail = "live routes: 1 missing, not added because each contains an exclusion; the phonebook was not checked"
        assert said.runs[0].result["detail"] == detail


def test_other_live_routes_are_still_added(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=(*TWO, "!10.20.8.0/24")))
    connect(client)
    exclusion = {"prefix": "10.20.8.0/24", "exclude": True}
    said = say(client, shell, routes(*TWO, exclusion, exclusions="write"))
    assert said.states == "issue fixed pending pending"
    assert prefixes(client) == [TWO[1]]
    assert str(said.runs[2].result["detail"]).endswith(
        "not added because each contains an exclusion; the next connection corrects this"
    )


@pytest.mark.parametrize("faults", [{}, {"Move-File": "Access denied"}])
def test_no_live_route_is_added_before_the_phonebook_is_read(client, shell, faults):
    """It was interrupted, and an exclusion is only in what has to be brought back."""
    path = client.phonebook("device")
    path.parent.mkdir(parents=True)
    stored = entry(PROFILE, routes=(*TWO, "!10.20.8.0/24"))
    path.with_name("rasphone.pbk.aovpn-remediate.old").write_bytes(stored)
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"half")
    connect(client)
    client.faults = faults
    assert repair(client, shell, routes(*TWO)).result["state"] == ("failed" if faults else "fixed")
    assert prefixes(client) == ([] if faults else [TWO[1]])


def test_live_routes_are_added_after_the_phonebook_is_restored(client, shell):
    path = client.phonebook("device")
    path.parent.mkdir(parents=True)
    path.with_name("rasphone.pbk.aovpn-remediate.old").write_bytes(entry(PROFILE, routes=tuple(TWO)))
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"half")
    connect(client)
    assert repair(client, shell, routes(*TWO, stale="remove")).result["state"] == "fixed"
    assert prefixes(client) == TWO


def test_only_removed_stale_routes_leave_the_interface(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=("10.8.0.0/16", "10.9.0.0/16", TWO[0])))
    connect(client, "10.8.0.0/16", "10.9.0.0/16", TWO[0])
    client.faults = {"Remove-VpnConnectionRoute 10.8.0.0/16": "no"}
    run = repair(client, shell, routes(TWO[0], stale="remove"))
    assert (run.result["state"], run.result["detail"]) == ("failed", "10.8.0.0/16: no")
    assert prefixes(client) == ["10.8.0.0/16", TWO[0]]


def test_all_removed_stale_routes_leave_the_interface(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=("10.8.0.0/16", "10.9.0.0/16", TWO[0])))
    connect(client, "10.8.0.0/16", "10.9.0.0/16", TWO[0])
    assert repair(client, shell, routes(TWO[0], stale="remove")).result["state"] == "fixed"
    assert prefixes(client) == [TWO[0]]


def test_restored_stale_routes_stay_on_the_interface(client, shell):
    client.switches = ("resetsMetric",)
    client.write_phonebook("device", entry(PROFILE, ipv4=3, routes=("10.8.0.0/16", TWO[0])))
    connect(client, "10.8.0.0/16", TWO[0])
    assert repair(client, shell, routes(TWO[0], stale="remove")).result["state"] == "failed"
    assert prefixes(client) == ["10.8.0.0/16", TWO[0]]


def test_a_live_route_goes_even_if_another_program_removed_it(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("10.9.0.0/16", TWO[0])))
    connect(client, "10.9.0.0/16", TWO[0])
    right = writing(path, entry(PROFILE, routes=(TWO[0],)))
    package = instead(routes(TWO[0], stale="remove"), "Restore-ScopePhonebook", right)
    assert repair(client, shell, package).result["state"] == "fixed"
    assert prefixes(client) == [TWO[0]]


def test_no_live_route_is_added_around_an_exclusion_that_is_just_written(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=(*TWO, "!10.9.0.0/16")))
    connect(client)
    exclusion = {"prefix": "10.20.8.0/24", "exclude": True}
    said = say(client, shell, routes(*TWO, exclusion, exclusions="write"))
    assert said.states == "issue fixed pending pending"
    assert prefixes(client) == [TWO[1]]


def test_no_live_route_is_added_around_an_exclusion_that_is_refused(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=tuple(TWO)))
    connect(client)
    client.faults = {"Write-Exclusion": "held"}
    exclusion = {"prefix": "10.20.8.0/24", "exclude": True}
    run = repair(client, shell, routes(*TWO, exclusion, exclusions="write"))
    assert (run.result["state"], run.result["detail"]) == ("failed", "held")
    assert prefixes(client) == [TWO[1]]


def test_live_routes_go_that_either_this_script_or_another_program_removed(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("10.8.0.0/16", "10.9.0.0/16", TWO[0])))
    connect(client, "10.8.0.0/16", "10.9.0.0/16", TWO[0])
    one_left = writing(path, entry(PROFILE, routes=("10.8.0.0/16", TWO[0])))
    package = instead(routes(TWO[0], stale="remove"), "Restore-ScopePhonebook", one_left)
    assert repair(client, shell, package).result["state"] == "fixed"
    assert prefixes(client) == [TWO[0]]


def test_without_stale_routes_a_missing_live_route_is_added(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=(TWO[0],)))
    connect(client, "10.9.0.0/16")
    assert say(client, shell, routes(TWO[0], stale="remove")).states == "issue fixed healthy healthy"
    assert prefixes(client) == ["10.9.0.0/16", TWO[0]]


def test_refused_live_removals_are_all_reported(client, shell):
    old = ("10.8.0.0/16", "10.9.0.0/16")
    client.write_phonebook("device", entry(PROFILE, routes=(*old, TWO[0])))
    connect(client, *old)
    client.faults = {"Remove-NetRoute": "not now"}
    run = repair(client, shell, routes(TWO[0], stale="remove"))
    assert (run.result["state"], run.result["detail"]) == ("failed", f"{', '.join(old)}: not now")
    assert prefixes(client) == [*old, TWO[0]]
