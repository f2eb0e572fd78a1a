"""A profile is found by its exact name, in every encoding and culture."""

from __future__ import annotations

import pytest

from aovpn_remediate.client.phonebook import entry
from tests.metric_client import connect
from tests.pairs import PROFILE, check, metric_pair, say


@pytest.mark.parametrize(
    "name",
    [
        "Contoso [Corp] VPN", "M\u00fcnchen", "\u6771\u4eac VPN", "Caf\u00e9 \U0001f600", "O'Neil\u2019s $env_X `n {0}",
        "a]b[c", "[x]", "#% if %# {{ y }}", "100 % & more; exit 1", "\u0130stanbul",
    ],
)  # fmt: skip
def test_every_name_is_found_and_its_prefix_is_not(client, shell, name):
    path = client.write_phonebook("user", entry(f"{name}2", ipv4=9) + entry(name))
    connect(client, name)
    said = say(client, shell, metric_pair(profile=name))
    assert said.states == "issue fixed pending pending"
    assert said.runs[0].result["profile"] == name
    assert path.read_bytes() == entry(f"{name}2", ipv4=9) + entry(name, ipv4=3, ipv6=3)


@pytest.mark.parametrize("header", [PROFILE.upper(), PROFILE.lower()])
def test_a_name_is_found_in_upper_and_lower_case(client, shell, header):
    path = client.write_phonebook("user", entry(header))
    assert say(client, shell, metric_pair()).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(header, ipv4=3, ipv6=3)


def test_a_name_in_the_ansi_code_page_is_found(client, shell):
    header = "M\u00fcnchen".encode("cp1252")
    path = client.write_phonebook("user", entry(header, encoding=False))
    assert say(client, shell, metric_pair(profile="M\u00fcnchen")).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(header, encoding=False, ipv4=3, ipv6=3)


def test_a_name_may_begin_with_a_letter_of_the_ansi_code_page(client, shell):
    client.culture = "de-DE"
    client.write_phonebook("user", entry(b"\xdcber", encoding=False))
    assert check(client, shell, metric_pair(profile="\u00dcber")).result["state"] == "issue"


def test_a_name_that_no_encoding_can_read_is_absent(client, shell):
    client.culture = "hi-IN"  # which has no ANSI code page
    client.write_phonebook("user", entry(b"\xff\xfe", encoding=False))
    assert check(client, shell, metric_pair()).result["state"] == "absent"


def test_a_name_in_utf_8_is_not_read_in_the_ansi_code_page(client, shell):
    client.write_phonebook("user", entry("M\u00fcnchen"))
    assert check(client, shell, metric_pair(profile="M\u00c3\u00bcnchen")).result["state"] == "absent"


@pytest.mark.parametrize("culture", ["tr-TR", "de-DE", "ja-JP", "th-TH"])
def test_the_culture_of_the_device_changes_nothing(client, shell, culture):
    client.culture = culture
    path = client.write_phonebook("device", entry("VPN INSIDE", ipv4=None))
    assert (
        say(client, shell, metric_pair(profile="vpn inside", scope="device")).states
        == "issue fixed healthy healthy"
    )
    assert path.read_bytes() == entry("VPN INSIDE", ipv4=None, ipv6=3, last=(b"IpInterfaceMetric=3",))
