"""The phonebook: keys of one entry change, every other byte stays."""

from __future__ import annotations

import pytest

from aovpn_remediate.client.phonebook import CRLF, entry
from tests.pairs import PROFILE, check, files, metric_pair, say


def test_a_missing_key_becomes_the_last_of_the_entrys_first_block(client, shell):
    path = client.write_phonebook("user", entry(PROFILE, ipv4=None, ipv6=None))
    assert say(client, shell, metric_pair(ipv4=3, ipv6=4)).states == "issue fixed healthy healthy"
    added = (b"IpInterfaceMetric=3", b"Ipv6InterfaceMetric=4")
    assert path.read_bytes() == entry(PROFILE, ipv4=None, ipv6=None, last=added)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"[V]\nType=2\nA=1\n\nMEDIA=x\n", b"[V]\nType=2\nA=1\nIpInterfaceMetric=3\n\nMEDIA=x\n"),
        (b"[V]\r\nType=2", b"[V]\r\nType=2\r\nIpInterfaceMetric=3"),
        (b"[V]\r\nType=2\nA=1\r\n[W]\r\n", b"[V]\r\nType=2\nA=1\r\nIpInterfaceMetric=3\r\n[W]\r\n"),
        (b"[V]\r\nType=2\nIpInterfaceMetric=1\n\n", b"[V]\r\nType=2\nIpInterfaceMetric=3\n\n"),
        (b"[V]\r\nType=2\r\nIpInterfaceMetric=", b"[V]\r\nType=2\r\nIpInterfaceMetric=3"),
        (b"\xef\xbb\xbf[V]\r\nType=2\r\n \r\nB=1\r\n", b"\xef\xbb\xbf[V]\r\nType=2\r\nIpInterfaceMetric=3\r\n \r\nB=1\r\n"),
        (b"[V]\r\n\r\nType=2\r\n\r\nB=1\r\n", b"[V]\r\n\r\nType=2\r\nIpInterfaceMetric=3\r\n\r\nB=1\r\n"),
        (b"[V]\r\ntype=2\r\nipinterfacemetric=9\r\n", b"[V]\r\ntype=2\r\nipinterfacemetric=3\r\n"),
        (b"[a=b]\r\nType=1\r\n\r\n[V]\r\nType=2\r\n", b"[a=b]\r\nType=1\r\n\r\n[V]\r\nType=2\r\nIpInterfaceMetric=3\r\n"),
    ],
)  # fmt: skip
def test_each_line_keeps_its_own_line_end(client, shell, before, after):
    path = client.write_phonebook("user", before)
    assert say(client, shell, metric_pair(profile="V", ipv6=None)).states == "issue fixed healthy healthy"
    assert path.read_bytes() == after


def test_other_entries_keep_every_byte(client, shell):
    neighbors = (
        entry(f"{PROFILE} Backup", ipv4=1),
        entry("Contoso User", ipv4=2),
        entry("Stra\u00dfe \u6771\u4eac", ipv4=4),
        entry("M\u00fcnchen".encode("cp1252"), ipv4=5, encoding=False),
        entry("Broadband", kind=5, last=(b"X=[Contoso User VPN]", b"Y=IpInterfaceMetric=0")),
    )
    before = neighbors[0] + neighbors[1] + entry(PROFILE) + b"".join(neighbors[2:]) + b"\xff\xfe odd\r\n"
    path = client.write_phonebook("all-users", before)
    assert say(client, shell, metric_pair(scope="all-users")).states == "issue fixed healthy healthy"
    expected = neighbors[0] + neighbors[1] + entry(PROFILE, ipv4=3, ipv6=3) + b"".join(neighbors[2:])
    assert path.read_bytes() == expected + b"\xff\xfe odd\r\n"


@pytest.mark.parametrize("kind", [1, 5, 22, None])
def test_an_entry_of_the_name_that_is_no_vpn_is_said_to_be_one(client, shell, kind):
    client.write_phonebook("user", entry(PROFILE, kind=kind) + entry("Other"))
    found = check(client, shell, metric_pair()).result
    assert found["state"] == "absent"
    assert found["detail"] == "the entry with this name is not a VPN connection (Type=2)"


def test_a_vpn_entry_counts_beside_an_entry_of_the_name_that_is_none(client, shell):
    path = client.write_phonebook("user", entry(PROFILE, kind=5) + entry(PROFILE))
    assert say(client, shell, metric_pair()).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, kind=5) + entry(PROFILE, ipv4=3, ipv6=3)


@pytest.mark.parametrize(
    "phonebook",
    [None, b"", entry("Other"), entry(PROFILE, kind=5), entry(PROFILE, kind=None), b"junk\r\n[", b"[]\r\n"],
)
def test_a_profile_without_an_entry_is_absent(client, shell, phonebook):
    if phonebook is not None:
        client.write_phonebook("user", phonebook)
    before = files(client)
    assert say(client, shell, metric_pair()).states == "absent absent absent absent"
    assert files(client) == before


def test_an_absent_profile_is_an_issue_where_configured(client, shell):
    run = check(client, shell, metric_pair(when_absent="issue", repair=False))
    assert (run.result["state"], run.exit_code) == ("issue", 1)
    assert run.result["detail"] == "the profile is not in this user's phonebook"


@pytest.mark.parametrize(
    ("phonebook", "why"),
    [
        (entry(PROFILE) + entry(PROFILE.upper()), "more than one VPN entry"),
        (entry(PROFILE, last=(b"IpInterfaceMetric=9",)), "IpInterfaceMetric more than once"),
        (entry(PROFILE, ipv4=b"abc"), "value of IpInterfaceMetric is not a number"),
        (entry(PROFILE, ipv6=b"99999999999999999999"), "value of Ipv6InterfaceMetric is not a number"),
        (entry(PROFILE).decode().encode("utf-16-le"), "null characters"),
        (b"\0" + entry(PROFILE), "null characters"),
    ],
    ids=["entry twice", "key twice", "no number", "huge number", "UTF-16", "null"],
)
def test_an_unclear_phonebook_is_unknown_and_not_changed(client, shell, phonebook, why):
    path = client.write_phonebook("user", phonebook)
    said = say(client, shell, metric_pair())
    assert said.states == "unknown unknown unknown unknown"
    assert said.exits == [0, 0, 0, 0]
    assert why in str(said.runs[0].result["detail"])
    assert path.read_bytes() == phonebook


def test_a_phonebook_may_have_very_long_lines(client, shell):
    big = entry("Other", last=(b"CustomAuthData=" + b"A" * 200_000,)) * 3
    path = client.write_phonebook("user", big.replace(b"[Other]", b"[Other 1]", 1) + entry(PROFILE) + CRLF)
    assert say(client, shell, metric_pair()).states == "issue fixed healthy healthy"
    assert (
        path.read_bytes() == big.replace(b"[Other]", b"[Other 1]", 1) + entry(PROFILE, ipv4=3, ipv6=3) + CRLF
    )


@pytest.mark.parametrize(("before", "wanted"), [(1, 3000), (9999, 3)])
def test_a_longer_or_shorter_value_keeps_the_next_key(client, shell, before, wanted):
    text = "[V]\r\nType=2\r\nIpInterfaceMetric={}\r\nIpv6InterfaceMetric={}\r\n"
    path = client.write_phonebook("user", text.format(before, 7).encode())
    said = say(client, shell, metric_pair(profile="V", ipv4=wanted, ipv6=9))
    assert said.states == "issue fixed healthy healthy"
    assert path.read_bytes() == text.format(wanted, 9).encode()
