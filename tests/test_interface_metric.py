"""The pair of the kind interface-metric, run in real PowerShell on the simulated client."""

from __future__ import annotations

import pytest

from aovpn_remediate.client import live_interface
from aovpn_remediate.client.phonebook import entry
from tests.metric_client import LIVE_ONLY, connect, metrics
from tests.pairs import PROFILE, check, files, metric_pair, say


@pytest.mark.parametrize("scope", ["user", "all-users", "device"])
def test_a_wrong_stored_metric_is_an_issue_then_fixed_then_healthy(client, shell, scope):
    path = client.write_phonebook(scope, entry(PROFILE))
    said = say(client, shell, metric_pair(scope=scope))
    assert said.states == "issue fixed healthy healthy"
    assert said.exits == [1, 0, 0, 0]
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3)


def test_a_correct_phonebook_is_never_written(client, shell):
    path = client.write_phonebook("user", entry(PROFILE, ipv4=3, ipv6=3))
    path.chmod(0o444)
    assert say(client, shell, metric_pair()).states == "healthy healthy healthy healthy"
    assert list(files(client)) == [path.relative_to(client.folder).as_posix()]


def test_the_line_names_the_found_and_the_wanted_metric(client, shell):
    client.write_phonebook("user", entry(PROFILE, ipv4=25, ipv6=None))
    connect(client, ipv6=False)
    line = check(client, shell, metric_pair(ipv4=3, ipv6=4)).result
    assert line["found"] == {"stored": {"ipv4": 25, "ipv6": "missing"}, "live": {"ipv4": "automatic"}}
    assert line["want"] == {"ipv4": 3, "ipv6": 4}
    assert line["profile"] == PROFILE
    assert line["detail"] == "stored: ipv4 is 25, wanted 3, ipv6 is missing, wanted 4"


@pytest.mark.parametrize(
    ("wanted", "before", "after"),
    [
        ({"ipv4": 3, "ipv6": None}, {"ipv4": 0, "ipv6": 77}, {"ipv4": 3, "ipv6": 77}),
        ({"ipv4": 3, "ipv6": 9999}, {"ipv4": 3, "ipv6": 0}, {"ipv4": 3, "ipv6": 9999}),
        ({"ipv4": "automatic"}, {"ipv4": 3, "ipv6": 3}, {"ipv4": 0, "ipv6": 0}),
        ({"ipv4": "automatic", "ipv6": 5}, {"ipv4": None, "ipv6": 3}, {"ipv4": None, "ipv6": 5}),
        ({"ipv4": 3}, {"ipv4": 30, "ipv6": 3}, {"ipv4": 3, "ipv6": 3}),
        ({"ipv4": 3}, {"ipv4": b" 25 ", "ipv6": b"0003"}, {"ipv4": 3, "ipv6": b"0003"}),
    ],
)
def test_only_the_families_that_differ_are_written(client, shell, wanted, before, after):
    path = client.write_phonebook("user", entry(PROFILE, **before))
    assert say(client, shell, metric_pair(**wanted)).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, **after)


def test_a_missing_key_means_automatic(client, shell):
    client.write_phonebook("user", entry(PROFILE, ipv4=None, ipv6=None))
    assert say(client, shell, metric_pair(ipv4="automatic")).states == "healthy healthy healthy healthy"


def test_a_live_metric_that_the_user_may_not_change_is_pending(client, shell):
    client.write_phonebook("user", entry(PROFILE))
    connect(client)
    said = say(client, shell, metric_pair())
    assert said.states == "issue fixed pending pending"
    assert metrics(client) == ["automatic", "automatic"]
    assert "the next connection corrects this" in str(said.runs[2].result["detail"])


def test_system_repairs_the_live_metric_of_its_own_profiles(client, shell):
    client.write_phonebook("device", entry(PROFILE))
    connect(client)
    assert say(client, shell, metric_pair(scope="device")).states == "issue fixed healthy healthy"
    assert metrics(client) == [3, 3]
    assert metrics(client, "Ethernet") == ["automatic"]


@pytest.mark.parametrize(
    ("live", "states"), [("report", "pending pending pending pending"), ("ignore", "healthy " * 4)]
)
def test_a_wrong_live_metric_is_reported_or_ignored_as_configured(client, shell, live, states):
    client.write_phonebook("device", entry(PROFILE, ipv4=3, ipv6=3))
    connect(client)
    assert say(client, shell, metric_pair(scope="device", live=live)).states == states.strip()
    assert metrics(client) == ["automatic", "automatic"]


def test_the_live_package_of_a_user_tunnel_reads_no_phonebook(client, shell):
    client.write_phonebook("user", b"\0")
    connect(client)
    package = metric_pair(**LIVE_ONLY)
    assert package.run_as == "system"
    assert say(client, shell, package).states == "issue fixed healthy healthy"
    assert metrics(client) == [3, 3]
    assert b"rasphone" not in package.detection + package.remediation


def test_the_live_package_is_healthy_while_nothing_is_connected(client, shell):
    connect(client, "Contoso User VPN 2")
    said = say(client, shell, metric_pair(**LIVE_ONLY))
    assert said.states == "healthy healthy healthy healthy"
    assert said.runs[0].result["detail"] == "not connected"


def test_a_device_without_any_interface_is_not_connected(client, shell):
    assert check(client, shell, metric_pair(**LIVE_ONLY)).result["detail"] == "not connected"


def test_an_alias_with_wildcards_means_itself(client, shell):
    client.interfaces = [
        live_interface("VPN a", "IPv4", index=4),
        live_interface("VPN [ab]", "IPv4", index=5),
    ]
    assert (
        say(client, shell, metric_pair(profile="VPN [ab]", **LIVE_ONLY)).states
        == "issue fixed healthy healthy"
    )
    assert (metrics(client, "VPN a"), metrics(client, "VPN [ab]")) == (["automatic"], [3])


def test_a_live_metric_can_be_made_automatic_again(client, shell):
    client.interfaces = [live_interface(PROFILE, "IPv4", metric=9, automatic=False)]
    assert (
        say(client, shell, metric_pair(ipv4="automatic", **LIVE_ONLY)).states == "issue fixed healthy healthy"
    )
    assert metrics(client) == ["automatic"]


def test_a_live_family_that_is_not_configured_is_not_changed(client, shell):
    connect(client)
    assert say(client, shell, metric_pair(ipv6=None, **LIVE_ONLY)).states == "issue fixed healthy healthy"
    assert metrics(client) == [3, "automatic"]


def test_a_failing_live_check_never_starts_a_repair(client, shell):
    client.write_phonebook("device", entry(PROFILE))
    client.faults = {"Get-NetIPInterface": "RPC server unavailable"}
    said = say(client, shell, metric_pair(scope="device"))
    assert said.states == "unknown unknown unknown unknown"
    assert said.runs[0].result["detail"] == "RPC server unavailable"


def test_an_interface_that_is_disconnected_is_not_connected(client, shell):
    connect(client)
    for one in client.interfaces:
        one["ConnectionState"] = "Disconnected"
    assert check(client, shell, metric_pair(**LIVE_ONLY)).result["detail"] == "not connected"


@pytest.mark.parametrize("order", [1, -1])
def test_two_interfaces_of_one_name_must_both_be_correct(client, shell, order):
    right = live_interface(PROFILE, "IPv4", index=9, metric=3, automatic=False)
    client.interfaces = [live_interface(PROFILE, "IPv4"), right][::order]
    assert say(client, shell, metric_pair(**LIVE_ONLY)).states == "issue fixed healthy healthy"
    assert metrics(client) == [3, 3]


@pytest.mark.parametrize("value", [b"3\xa0", b"3\x85", b"\xb3"])
def test_a_metric_with_other_characters_is_unknown(client, shell, value):
    client.write_phonebook("user", entry(PROFILE, ipv4=value))
    assert check(client, shell, metric_pair()).result["state"] == "unknown"


def test_an_interface_of_an_unknown_family_is_unknown(client, shell):
    connect(client)
    client.interfaces[2]["AddressFamily"] = "2048"
    said = say(client, shell, metric_pair(**LIVE_ONLY))
    assert said.states == "unknown unknown unknown unknown"
    assert metrics(client) == ["automatic", "automatic"]
