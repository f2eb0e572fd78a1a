"""The pair of the kind route-presence, run in real PowerShell on the simulated client."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest

from aovpn_remediate.client import SimulatedClient, live_interface
from aovpn_remediate.client.phonebook import entry, record
from aovpn_remediate.model import ScriptPackage
from tests.pairs import PROFILE, check, files, kept, metric_pair, pair, repair, say

TWO = ["10.20.0.0/16", "2001:db8:20::/48"]


def routes(*wanted: object, **settings: object):
    """A pair that wants these routes, for the device tunnel unless told otherwise."""
    return pair(
        "route-presence", **({"profile": PROFILE, "scope": "device", "routes": list(wanted)} | settings)
    )


def connect(client: SimulatedClient, *prefixes: str, families: tuple[str, ...] = ("IPv4", "IPv6")) -> None:
    """A connected interface with these routes, beside another adapter's."""
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7)]
    client.interfaces += [live_interface(PROFILE, family) for family in families]
    client.routes = [live_route("0.0.0.0/0", 7), live_route("10.20.0.0/16", 7)]
    client.routes += [live_route(prefix) for prefix in prefixes]


def live_route(prefix: str, index: int = 23, metric: int = 1):
    family = "IPv6" if ":" in prefix else "IPv4"
    hop = "::" if family == "IPv6" else "0.0.0.0"
    return {
        "DestinationPrefix": prefix,
        "InterfaceIndex": index,
        "NextHop": hop,
        "RouteMetric": metric,
        "AddressFamily": family,
    }


def prefixes(client: SimulatedClient, index: int = 23) -> list[str]:
    return [one["DestinationPrefix"] for one in client.routes if one["InterfaceIndex"] == index]


def instead(package: ScriptPackage, command: str, happens: str) -> ScriptPackage:
    """A pair whose repair does this instead of a command, to let something happen in the middle of it."""
    function = f"function {command} {{\r\n    {happens}\r\n}}\r\n"
    door = b"Complete-Remediation -Settings"
    return replace(package, remediation=package.remediation.replace(door, function.encode() + door))


def writing(path: Path, content: bytes) -> str:
    """A statement that makes this the content of a file."""
    digits = base64.b64encode(content).decode("ascii")
    return f"[IO.File]::WriteAllBytes('{path}', [Convert]::FromBase64String('{digits}'))"


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


def test_routes_that_are_there_are_not_touched(client, shell):
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


def test_a_metric_that_cannot_be_set_leaves_the_old_route(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("10.20.0.0/16@9",)))
    client.faults = {"Add-VpnConnectionRoute 10.20.0.0/16": "RPC server unavailable"}
    run = repair(client, shell, routes({"prefix": "10.20.0.0/16", "metric": 5}))
    assert run.result["state"] == "failed"
    assert path.read_bytes() == entry(PROFILE, routes=("10.20.0.0/16@9",))


@pytest.mark.parametrize(
    ("stale", "left"),
    [("keep", ("10.9.0.0/16", "!10.8.0.0/16", TWO[0])), ("remove", ("!10.8.0.0/16", TWO[0]))],
)
def test_stale_routes_go_when_asked_and_exclusions_never(client, shell, stale, left):
    path = client.write_phonebook("device", entry(PROFILE, routes=("10.9.0.0/16", "!10.8.0.0/16")))
    assert say(client, shell, routes(TWO[0], stale=stale)).states == "issue fixed healthy healthy"
    written = re.findall(rb"LowDateTime=(-?\d+)", path.read_bytes())
    assert path.read_bytes() == entry(PROFILE, routes=left, time=int(written[0]) + 1180434704)


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


def test_a_refused_route_leaves_no_route_around_an_exclusion_that_is_not_there(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    client.faults = {"Add-VpnConnectionRoute fd00::/8": "no"}
    exclusion = {"prefix": "10.8.0.0/16", "exclude": True}
    run = repair(client, shell, routes("10.0.0.0/8", "fd00::/8", exclusion, exclusions="write"))
    assert run.result["state"] == "failed"
    assert path.read_bytes() == entry(PROFILE, routes=("!10.8.0.0/16", "10.0.0.0/8"), time=1)


def test_a_refused_stored_route_keeps_none_from_the_interface_and_takes_none_from_it(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=("10.9.0.0/16",)))
    connect(client, "10.9.0.0/16")
    client.faults = {"Add-VpnConnectionRoute": "no"}
    run = repair(client, shell, routes(*TWO, stale="remove"))
    assert (run.result["state"], run.result["detail"]) == ("failed", ", ".join(TWO) + ": no")
    assert prefixes(client) == ["10.9.0.0/16", *TWO]


def test_no_live_route_is_added_around_an_exclusion_that_is_only_stored(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=(*TWO, "!10.20.8.0/24")))
    connect(client)
    assert say(client, shell, routes(*TWO)).states == "issue fixed pending pending"
    assert prefixes(client) == [TWO[1]]


def test_a_route_that_goes_with_an_error_comes_back_where_its_new_metric_is_refused(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("10.20.0.0/16@9",)))
    client.faults = {"Add-VpnConnectionRoute 10.20.0.0/16@5": "no"}
    package = routes({"prefix": "10.20.0.0/16", "metric": 5})
    takes = writing(path, entry(PROFILE))
    run = repair(client, shell, instead(package, "Remove-VpnConnectionRoute", f"{takes}; throw 'timed out'"))
    assert (run.result["state"], run.result["detail"]) == ("failed", "10.20.0.0/16: timed out")
    assert path.read_bytes() == entry(PROFILE, routes=("10.20.0.0/16@9",), time=1)


def test_a_repair_that_changed_nothing_leaves_the_copy_of_the_last_one_that_did(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    backup = path.with_name("rasphone.pbk.aovpn-remediate.bak")
    backup.write_bytes(entry("Earlier"))
    client.faults = {"Add-VpnConnectionRoute": "no"}
    assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    assert backup.read_bytes() == entry("Earlier") and len(files(client)) == 2


@pytest.mark.parametrize("new", [b"", b"\r\n" + entry("New VPN")])
def test_an_entry_that_is_put_back_before_a_new_one_keeps_its_last_line(client, shell, new):
    """The last line of the phonebook had no end, and another program wrote it with its own entry."""
    before = entry(PROFILE, ipv4=3).rstrip()
    path = client.write_phonebook("device", before)
    client.switches = ("resetsMetric",)
    added = base64.b64encode(new).decode("ascii")
    client.changes = [{"path": str(path), "command": "Confirm-OtherContent", "adds": added}]
    run = repair(client, shell, routes(*TWO))
    assert "the entry was put back" in str(run.result["detail"])
    assert path.read_bytes() == before + new


def test_a_metric_that_is_refused_stops_no_other_route_unless_the_entry_is_put_back(client, shell):
    before = entry(PROFILE, routes=("10.20.0.0/16@9",))
    path = client.write_phonebook("device", before)
    package = routes({"prefix": "10.20.0.0/16", "metric": 5}, "10.21.0.0/16")
    client.faults = {"Add-VpnConnectionRoute 10.20.0.0/16": "no"}
    assert repair(client, shell, package).result["detail"] == "10.20.0.0/16: no"
    assert path.read_bytes() == before
    client.faults = {"Add-VpnConnectionRoute 10.20.0.0/16@5": "no"}
    assert repair(client, shell, package).result["detail"] == "10.20.0.0/16: no"
    assert path.read_bytes() == entry(PROFILE, routes=("10.20.0.0/16@9", "10.21.0.0/16"), time=3)


@pytest.mark.parametrize("switch", ["resetsMetric", "dropsExclusions"])
def test_whatever_else_the_route_commands_change_is_put_back(client, shell, switch):
    before = entry("Other", ipv4=4) + entry(PROFILE, ipv4=3, ipv6=3, routes=("!10.8.0.0/16",))
    path = client.write_phonebook("device", before)
    client.switches = (switch,)
    run = repair(client, shell, routes(*TWO))
    assert (run.result["state"], run.exit_code) == ("failed", 1)
    assert "the entry was put back" in str(run.result["detail"])
    assert path.read_bytes() == before


def test_a_refused_device_tunnel_is_failed_and_never_healthy(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    client.switches = ("refusesRoutes",)
    assert say(client, shell, routes(*TWO)).states == "issue failed issue failed"
    assert path.read_bytes() == entry(PROFILE)


def test_exclusions_are_written_into_the_phonebook_when_asked(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("172.16.0.0/12",)) + entry("Other"))
    exclusion = {"prefix": "13.107.6.152/31", "exclude": True}
    said = say(client, shell, routes("172.16.0.0/12", exclusion, exclusions="write"))
    assert said.states == "issue fixed healthy healthy"
    assert said.runs[0].result["found"] == {"stored": {"missing": ["exclude 13.107.6.152/31"]}}
    _, head, rest = path.read_bytes().partition(b"NumRoutes=2\r\n")
    assert head and rest.replace(b"\r\nRoutes=", b"").count(b"0D6B0698") == 1
    assert path.read_bytes().endswith(entry("Other"))


def test_exclusions_are_reported_by_a_detection_alone(client, shell):
    client.write_phonebook("device", entry(PROFILE))
    run = check(client, shell, routes({"prefix": "10.8.0.0/16", "exclude": True}, repair=False))
    assert (run.result["state"], run.exit_code) == ("issue", 1)


def test_sixty_routes_straddle_lines_and_the_result_line_stays_short(client, shell):
    many = [f"10.{n}.0.0/16" for n in range(60)]
    path = client.write_phonebook("device", entry(PROFILE))
    said = say(client, shell, routes(*many))
    assert said.states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=tuple(many), time=60)
    missing = said.runs[0].result["found"]["stored"]["missing"]
    assert missing == [*many[:8], "52 more"]


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


def test_live_routes_that_are_missing_are_added_by_system(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=tuple(TWO)))
    connect(client, "10.1.2.3/32", "224.0.0.0/4")
    said = say(client, shell, routes({"prefix": TWO[0], "metric": 1}, TWO[1]))
    assert said.states == "issue fixed healthy healthy"
    assert said.runs[0].result["found"]["live"] == {"missing": TWO}
    assert prefixes(client) == ["10.1.2.3/32", "224.0.0.0/4", *TWO]
    assert prefixes(client, 7) == ["0.0.0.0/0", "10.20.0.0/16"]


@pytest.mark.parametrize("families", [("IPv4", "IPv6"), ("IPv4",)])
def test_a_live_route_goes_only_if_it_just_left_the_profile(client, shell, families):
    client.write_phonebook("device", entry(PROFILE, routes=("10.9.0.0/16", TWO[0])))
    connect(client, "10.9.0.0/16", "10.7.0.0/16", TWO[0], families=families)
    assert say(client, shell, routes(TWO[0], stale="remove")).states == "issue fixed healthy healthy"
    assert prefixes(client) == ["10.7.0.0/16", TWO[0]]


def test_a_user_sees_missing_live_routes_as_pending(client, shell):
    client.write_phonebook("user", entry(PROFILE, routes=tuple(TWO)))
    connect(client)
    said = say(client, shell, routes(*TWO, scope="user"))
    assert said.states == "pending pending pending pending"
    assert said.runs[0].result["detail"] == "live routes: 2 missing; right at the next connection"
    assert prefixes(client) == []


def test_without_a_look_at_the_phonebook_nothing_is_said_about_the_next_connection(client, shell):
    connect(client)
    package = routes(*TWO, stored="ignore", live="report", repair=False)
    run = check(client, shell, package)
    assert run.result["detail"] == "live routes: 2 missing; the phonebook was not looked at"


def test_the_live_companion_runs_as_system_and_reads_no_phonebook(client, shell):
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
def test_a_failing_look_at_the_live_state_never_starts_a_repair(client, shell, command):
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


def test_a_live_route_that_windows_was_first_with_is_no_failure(client, shell):
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
        detail = "live routes: 1 missing, around an exclusion; the phonebook was not looked at"
        assert said.runs[0].result["detail"] == detail


def test_other_live_routes_are_added_all_the_same(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=(*TWO, "!10.20.8.0/24")))
    connect(client)
    exclusion = {"prefix": "10.20.8.0/24", "exclude": True}
    said = say(client, shell, routes(*TWO, exclusion, exclusions="write"))
    assert said.states == "issue fixed pending pending"
    assert prefixes(client) == [TWO[1]]
    assert str(said.runs[2].result["detail"]).endswith("around an exclusion; right at the next connection")


def test_neighbors_and_files_beside_it_stay(client, shell):
    client.write_phonebook("device", entry(PROFILE + " 2", routes=("10.9.0.0/16",)) + entry(PROFILE))
    client.write_phonebook("user", entry(PROFILE))
    user = client.phonebook("user").read_bytes()
    say(client, shell, routes(*TWO))
    assert client.phonebook("user").read_bytes() == user
    assert client.phonebook("device").read_bytes().startswith(entry(PROFILE + " 2", routes=("10.9.0.0/16",)))
    assert len(files(client)) == 3  # the copy of the phonebook among them


def test_the_line_counts_each_kind_of_difference(client, shell):
    stale = ["10.8.0.0/16", "10.9.0.0/16"]
    client.write_phonebook("device", entry(PROFILE, routes=("10.1.0.0/16", "10.2.0.0/16", *stale)))
    wanted = [{"prefix": f"10.{n}.0.0/16", "metric": 5} for n in (1, 2)]
    said = say(client, shell, routes(*wanted, TWO[1], stale="remove"))
    assert said.runs[0].result["detail"] == "stored routes: 1 missing, 2 metric, 2 stale"
    metrics = [one["prefix"] for one in wanted]
    assert said.runs[0].result["found"] == {"stored": {"missing": TWO[1:], "metric": metrics, "stale": stale}}
    assert said.states == "issue fixed healthy healthy"


@pytest.mark.parametrize("old", ["10.20.0.0/16@9", "10.20.0.0/16@305419896"])
def test_an_old_route_comes_back_where_its_new_metric_is_refused(client, shell, old):
    path = client.write_phonebook("device", entry(PROFILE, routes=(old,)))
    client.faults = {"Add-VpnConnectionRoute 10.20.0.0/16@5": "no such metric"}
    run = repair(client, shell, routes({"prefix": "10.20.0.0/16", "metric": 5}))
    assert (run.result["state"], run.result["detail"]) == ("failed", "10.20.0.0/16: no such metric")
    assert path.read_bytes() == entry(PROFILE, routes=(old,), time=2)


def test_keys_behind_the_routes_stay_there(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=(TWO[0],), last=(b"Behind=1",)))
    assert say(client, shell, routes(*TWO)).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=tuple(TWO), last=(b"Behind=1",), time=1)


def test_the_metric_of_one_exclusion_is_changed_and_all_else_stays(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("!10.7.0.0/16", "!10.8.0.0/16", TWO[0])))
    exclusion = {"prefix": "10.8.0.0/16", "exclude": True, "metric": 5}
    said = say(client, shell, routes(TWO[0], exclusion, exclusions="write"))
    assert said.states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=("!10.7.0.0/16", TWO[0], "!10.8.0.0/16@5"))


@pytest.mark.parametrize("stored", [TWO, TWO[:1]])
def test_a_replacement_that_broke_off_half_way_is_repaired(client, shell, stored):
    path = client.phonebook("device")
    path.parent.mkdir(parents=True)
    path.with_name("rasphone.pbk.aovpn-remediate.old").write_bytes(entry(PROFILE, routes=tuple(stored)))
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"half")
    said = say(client, shell, routes(*TWO))
    assert said.states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=tuple(TWO), time=2 - len(stored))


def test_a_phonebook_that_somebody_else_brings_back_is_repaired(client, shell):
    path = client.phonebook("device")
    path.parent.mkdir(parents=True)
    path.with_name("rasphone.pbk.aovpn-remediate.old").write_bytes(entry(PROFILE))
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"half")
    package = instead(routes(*TWO), "Restore-ScopePhonebook", writing(path, entry(PROFILE)))
    assert repair(client, shell, package).result["state"] == "fixed"
    assert path.read_bytes() == entry(PROFILE, routes=tuple(TWO), time=2)


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


def test_of_stale_routes_those_that_left_the_profile_leave_the_interface(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=("10.8.0.0/16", "10.9.0.0/16", TWO[0])))
    connect(client, "10.8.0.0/16", "10.9.0.0/16", TWO[0])
    client.faults = {"Remove-VpnConnectionRoute 10.8.0.0/16": "no"}
    run = repair(client, shell, routes(TWO[0], stale="remove"))
    assert (run.result["state"], run.result["detail"]) == ("failed", "10.8.0.0/16: no")
    assert prefixes(client) == ["10.8.0.0/16", TWO[0]]


def test_of_stale_routes_all_that_left_the_profile_leave_the_interface(client, shell):
    client.write_phonebook("device", entry(PROFILE, routes=("10.8.0.0/16", "10.9.0.0/16", TWO[0])))
    connect(client, "10.8.0.0/16", "10.9.0.0/16", TWO[0])
    assert repair(client, shell, routes(TWO[0], stale="remove")).result["state"] == "fixed"
    assert prefixes(client) == [TWO[0]]


def test_where_no_exclusion_is_wanted_the_lines_of_refused_routes_stay_where_they_are(client, shell):
    digits = record("10.9.0.0/16").encode()
    before = entry(PROFILE).replace(b"NumRoutes=0", b"NumRoutes=1") + b"Routes=" + digits + b"\r\n"
    path = client.write_phonebook("device", before)
    client.faults = {"Add-VpnConnectionRoute": "no"}
    assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    assert path.read_bytes() == before and len(files(client)) == 1


def test_of_stale_routes_that_were_put_back_none_leaves_the_interface(client, shell):
    client.switches = ("resetsMetric",)
    client.write_phonebook("device", entry(PROFILE, ipv4=3, routes=("10.8.0.0/16", TWO[0])))
    connect(client, "10.8.0.0/16", TWO[0])
    assert repair(client, shell, routes(TWO[0], stale="remove")).result["state"] == "failed"
    assert prefixes(client) == ["10.8.0.0/16", TWO[0]]


def test_a_refused_route_and_a_damage_are_both_said(client, shell):
    client.switches = ("reencodes",)
    client.write_phonebook("device", entry(b"M\xfcnchen") + entry(PROFILE))
    client.faults = {"Add-VpnConnectionRoute 10.20.0.0/16": "no"}
    detail = str(repair(client, shell, routes(*TWO)).result["detail"])
    assert detail.startswith("10.20.0.0/16: no; another entry changed")


def test_two_records_of_a_stale_route_leave_with_one_command(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("10.9.0.0/16", "10.9.0.0/16@5", TWO[0])))
    assert say(client, shell, routes(TWO[0], stale="remove")).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=(TWO[0],), time=1)


def test_a_metric_is_wrong_as_long_as_one_record_of_the_route_has_another(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("10.20.0.0/16@5", "10.20.0.0/16@9")))
    said = say(client, shell, routes({"prefix": TWO[0], "metric": 5}))
    assert said.states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=("10.20.0.0/16@5",), time=2)


@pytest.mark.parametrize("wanted", [TWO[0], {"prefix": "10.9.0.0/16", "metric": 5}])
def test_an_exclusion_that_left_with_a_route_of_its_prefix_is_put_back(client, shell, wanted):
    before = entry(PROFILE, routes=("10.9.0.0/16", "!10.9.0.0/16", TWO[0]))
    path = client.write_phonebook("device", before)
    assert say(client, shell, routes(wanted, stale="remove")).states == "issue failed issue failed"
    assert path.read_bytes() == before


def test_routes_that_nobody_can_read_after_the_commands_are_put_back(client, shell):
    content = (
        entry(PROFILE)
        .replace(b"NumRoutes=", b"HighDateTime=1\r\n NumRoutes=")
        .replace(b"NumRoutes=0\r\n", b"NumRoutes=1\r\nRoutes=" + record("10.9.0.0/16").encode() + b"\r\n")
    )
    path = client.write_phonebook("device", content)
    assert say(client, shell, routes(*TWO)).states == "issue failed issue failed"
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (entry(PROFILE, kind=1) + entry(PROFILE), "another entry changed"),  # the command takes the wrong one
        (entry(b"M\xfcnchen") + entry(PROFILE), "another entry changed"),  # or changes a neighbor's bytes
        (entry(PROFILE, kind=None, last=(b"Type=2\xa0",)), "the profile left the phonebook"),
    ],
)
def test_damage_elsewhere_is_failed_with_a_copy_and_others_are_not_written(client, shell, content, detail):
    client.switches = ("reencodes",)
    path = client.write_phonebook("device", content)
    run = repair(client, shell, routes(*TWO))
    assert run.result["state"] == "failed" and detail in str(run.result["detail"])
    assert kept(path) == [content]


def test_a_line_added_to_the_entry_behind_is_a_change_of_another_entry(client, shell):
    path = client.write_phonebook("device", entry(PROFILE) + entry("Last"))
    line = base64.b64encode(b"New=1\r\n").decode("ascii")
    client.changes = [{"path": str(path), "command": "Confirm-OtherContent", "adds": line}]
    run = repair(client, shell, routes(*TWO))
    assert run.result["state"] == "failed" and "another entry changed" in str(run.result["detail"])
    assert path.read_bytes().endswith(entry("Last") + b"New=1\r\n")


def test_a_copy_lies_beside_the_phonebook_before_the_commands_write(client, shell):
    before = entry(PROFILE) + entry("Stra\u00dfe")
    path = client.write_phonebook("device", before)
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"of a script that was killed")
    client.faults = {"Confirm-OtherContent": "the script ends here"}
    assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    spoilt = path.read_bytes()
    assert spoilt != before
    assert path.with_name("rasphone.pbk.aovpn-remediate.before").read_bytes() == before
    assert len(files(client)) == 2
    client.faults = {}
    assert repair(client, shell, metric_pair(profile=PROFILE, scope="device")).result["state"] == "fixed"
    assert path.with_name("rasphone.pbk.aovpn-remediate.before").read_bytes() == before
    assert repair(client, shell, routes(*TWO, "10.7.0.0/16")).result["state"] == "fixed"
    assert kept(path) == [before]


def test_a_look_that_breaks_off_loses_nothing(client, shell):
    before = entry(b"M\xfcnchen") + entry(PROFILE, ipv4=3)
    path = client.write_phonebook("device", before)
    client.switches = ("reencodes", "resetsMetric")
    client.faults = {"Test-OtherEntry": "the phonebook is held"}
    assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    assert kept(path) == [before]


def test_an_entry_that_cannot_be_put_back_is_in_a_copy_that_is_kept(client, shell):
    before = entry(PROFILE, ipv4=3)
    path = client.write_phonebook("device", before)
    client.switches = ("resetsMetric",)
    client.faults = {"Restore-Entry": "the phonebook is held"}
    assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    assert kept(path) == [before]


@pytest.mark.parametrize(("times", "left"), [(1, []), (2, [entry(PROFILE, routes=("10.20.0.0/16@9",))])])
def test_a_route_whose_entry_could_not_be_put_back_is_put_back_by_the_look_or_is_in_a_copy(
    client, shell, times, left
):
    """Removed, refused twice, and the phonebook is held: nothing but this look knows that a route is gone."""
    before = entry(PROFILE, routes=("10.20.0.0/16@9",))
    path = client.write_phonebook("device", before)
    client.faults = {"Add-VpnConnectionRoute": "RPC server unavailable"}
    package = routes({"prefix": "10.20.0.0/16", "metric": 5})
    place = b"    $Saved['PutBack'] = 'failed'\r\n"
    held = f"    if ($script:times -lt {times}) {{ $script:times++; throw 'held' }}\r\n".encode()
    script = package.remediation.replace(place, place + held)
    script = script.replace(
        b"Set-StrictMode -Version 2.0\r\n", b"Set-StrictMode -Version 2.0\r\n$script:times = 0\r\n"
    )
    assert repair(client, shell, replace(package, remediation=script)).result["state"] == "failed"
    assert kept(path) == left
    assert (path.read_bytes() == before) == (not left)
    assert not path.with_name("rasphone.pbk.aovpn-remediate.before").exists()


def test_what_another_program_made_of_the_entry_is_in_the_copy_where_it_is_put_back(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    theirs = entry(PROFILE, ipv4=77)
    run = repair(client, shell, instead(routes(*TWO), "Add-VpnConnectionRoute", writing(path, theirs)))
    assert run.result["state"] == "failed"
    assert path.read_bytes() == entry(PROFILE)
    assert {one.name: one.read_bytes() for one in path.parent.iterdir() if one != path} == {
        "rasphone.pbk.aovpn-remediate.bak": theirs
    }


def test_scripts_that_are_killed_before_they_did_anything_fill_nothing(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    client.faults = {"Set-StoredRoute": "killed", "Confirm-OtherContent": "killed"}
    for _ in range(3):
        assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    assert kept(path) == [] and path.read_bytes() == entry(PROFILE)
    client.faults = {}
    assert repair(client, shell, routes(*TWO)).result["state"] == "fixed" and kept(path) == []


def test_a_phonebook_that_changes_while_its_copy_is_made_is_left_for_the_next_run(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    adds = base64.b64encode(entry("New")).decode("ascii")
    client.changes = [{"path": str(path), "command": "Write-NewFile", "adds": adds}]
    run = repair(client, shell, routes(*TWO))
    assert (run.result["state"], run.result["detail"]) == (
        "failed",
        "the phonebook changed while its copy was made",
    )
    assert files(client) == {path.relative_to(client.folder).as_posix(): entry(PROFILE) + entry("New")}
    assert repair(client, shell, routes(*TWO)).result["state"] == "fixed"


def test_after_a_repair_the_one_file_beside_the_phonebook_is_the_copy_of_it(client, shell):
    before = entry("Other") + entry(PROFILE)
    path = client.write_phonebook("device", before)
    assert repair(client, shell, routes(*TWO)).result["state"] == "fixed"
    assert {one.name: one.read_bytes() for one in path.parent.iterdir() if one != path} == {
        "rasphone.pbk.aovpn-remediate.bak": before
    }


@pytest.mark.parametrize("line", [b"Routes=0100", b"Routes=" + b"z" * 72, b"Routes=" + b"0" * 73])
def test_routes_that_are_none_cannot_be_read(client, shell, line):
    text = entry(PROFILE, last=(line,)).replace(b"NumRoutes=0", b"NumRoutes=1")
    client.write_phonebook("device", text)
    run = check(client, shell, routes(*TWO))
    assert (run.result["state"], run.result["detail"]) == ("unknown", "the stored routes cannot be read")


def test_two_losses_are_two_copies_and_both_damages_are_said(client, shell):
    client.switches = ("reencodes", "resetsMetric")
    first = entry(b"M\xfcnchen") + entry(PROFILE, ipv4=3)
    path = client.write_phonebook("device", first)
    detail = str(repair(client, shell, routes(*TWO)).result["detail"])
    assert "another entry changed" in detail and "the entry was put back" in detail
    second = entry(b"Z\xfcrich") + path.read_bytes()
    path.write_bytes(second)
    assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    assert kept(path) == [first, second]
    assert path.with_name("rasphone.pbk.aovpn-remediate.1.kept").read_bytes() == first


def test_where_nine_copies_are_kept_no_command_is_called_that_could_take_more(client, shell):
    client.switches = ("reencodes",)
    path = client.write_phonebook("device", entry(b"M\xfcnchen") + entry(PROFILE))
    for number in range(1, 9):
        path.with_name(f"rasphone.pbk.aovpn-remediate.{number}.kept").write_bytes(b"%d" % number)
    run = repair(client, shell, routes(TWO[0]))
    assert run.result["state"] == "failed" and len(kept(path)) == 9
    before = entry(b"Z\xfcrich") + path.read_bytes()
    path.write_bytes(before)
    run = repair(client, shell, routes(*TWO))
    assert run.result["state"] == "failed" and "nine copies" in str(run.result["detail"])
    again = repair(client, shell, routes(*TWO, "10.7.0.0/16"))
    assert again.result["state"] == "failed" and "nine copies" in str(again.result["detail"])
    assert path.with_name("rasphone.pbk.aovpn-remediate.before").read_bytes() == before
    assert len(kept(path)) == 9


def test_the_copy_is_let_go_before_a_command_is_called(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    copy = path.with_name("rasphone.pbk.aovpn-remediate.before")
    package = routes(*TWO)
    call = b"        Set-StoredRoute -Settings"
    take = f"        [IO.File]::Open('{copy}', 'Open', 'ReadWrite', 'None').Dispose()\r\n".encode()
    script = package.remediation.replace(call, take + call)
    assert repair(client, shell, replace(package, remediation=script)).result["state"] == "fixed"


def test_a_copy_that_has_no_room_is_none_and_no_command_is_called(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    client.disk_full = True
    assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    assert files(client) == {path.relative_to(client.folder).as_posix(): entry(PROFILE)}


def test_what_other_programs_write_meanwhile_stays_when_the_entry_is_put_back(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, ipv4=3))
    client.switches = ("resetsMetric",)
    added = base64.b64encode(entry("New VPN")).decode("ascii")
    client.changes = [{"path": str(path), "command": "Confirm-OtherContent", "adds": added}]
    run = repair(client, shell, routes(*TWO))
    assert "the entry was put back" in str(run.result["detail"])
    assert path.read_bytes() == entry(PROFILE, ipv4=3) + entry("New VPN")


@pytest.mark.parametrize(
    ("at", "detail"),
    [
        ("Restore-ScopePhonebook", "the profile is not in the phonebook of all users"),
        (
            "Add-VpnConnectionRoute",
            "the profile left the phonebook while its routes were changed; a copy is kept beside it",
        ),
    ],
)
@pytest.mark.parametrize("left", [b"", None])
def test_a_profile_that_somebody_removes_meanwhile_does_not_come_back(client, shell, at, detail, left):
    path = client.write_phonebook("device", entry(PROFILE))
    meanwhile = f"[IO.File]::Delete('{path}')" if left is None else writing(path, left)
    run = repair(client, shell, instead(routes(TWO[0]), at, meanwhile))
    assert (run.result["state"], run.result["detail"]) == ("failed", detail)
    assert (path.read_bytes() if path.exists() else None) == left
    assert kept(path) == ([entry(PROFILE)] if "kept" in detail else [])


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


def test_two_records_of_an_exclusion_become_one_and_the_next_entry_keeps_its_number(client, shell):
    last = b"[Last]\r\nType=2\r\nNumRoutes=0\r\n"
    path = client.write_phonebook("device", entry(PROFILE, routes=("!10.8.0.0/16", "!10.8.0.0/16")) + last)
    exclusion = {"prefix": "10.8.0.0/16", "exclude": True, "metric": 5}
    assert say(client, shell, routes(exclusion, exclusions="write")).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=("!10.8.0.0/16@5",)) + last


def test_a_route_that_windows_does_not_find_is_not_added_beside_itself(client, shell):
    digits = record("10.20.0.0/16@9").encode()
    odd = digits[:32] + b"1" + digits[33:]  # behind the four bytes of the address
    before = entry(PROFILE, routes=("10.20.0.0/16@9",)).replace(digits, odd)
    path = client.write_phonebook("device", before)
    run = repair(client, shell, routes({"prefix": "10.20.0.0/16", "metric": 5}))
    said = "10.20.0.0/16: The route was not found."
    assert (run.result["state"], run.result["detail"]) == ("failed", said)
    assert path.read_bytes() == before


@pytest.mark.parametrize("live", [None, TWO])
def test_what_another_program_puts_right_meanwhile_is_no_repair(client, shell, live):
    if live:
        connect(client, *live)
    path = client.write_phonebook("device", entry(PROFILE))
    right = entry(PROFILE, routes=tuple(TWO))
    run = repair(client, shell, instead(routes(*TWO), "Restore-ScopePhonebook", writing(path, right)))
    assert run.result["state"] == "healthy"
    assert path.read_bytes() == right and len(files(client)) == 1


def test_a_live_route_goes_also_if_another_program_takes_it_from_the_profile_meanwhile(client, shell):
    path = client.write_phonebook("device", entry(PROFILE, routes=("10.9.0.0/16", TWO[0])))
    connect(client, "10.9.0.0/16", TWO[0])
    right = writing(path, entry(PROFILE, routes=(TWO[0],)))
    package = instead(routes(TWO[0], stale="remove"), "Restore-ScopePhonebook", right)
    assert repair(client, shell, package).result["state"] == "fixed"
    assert prefixes(client) == [TWO[0]]


@pytest.mark.parametrize(
    ("left", "detail"),
    [(b"", "the profile left the phonebook"), (entry(PROFILE), "another entry changed")],
)
def test_the_copy_is_of_before_the_repair_also_where_an_exclusion_was_written(client, shell, left, detail):
    before = entry(PROFILE, routes=("10.9.0.0/16",)) + entry("Last")
    path = client.write_phonebook("device", before)
    exclusion = {"prefix": "10.8.0.0/16", "exclude": True}
    package = routes(TWO[0], exclusion, exclusions="write", stale="remove")
    run = repair(client, shell, instead(package, "Remove-VpnConnectionRoute", writing(path, left)))
    assert run.result["state"] == "failed" and detail in str(run.result["detail"])
    assert kept(path) == [before]
