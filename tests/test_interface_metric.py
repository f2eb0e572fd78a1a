"""The pair of the kind interface-metric, run in real PowerShell on the simulated client."""

from __future__ import annotations

import base64
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from aovpn_remediate.client import PowerShell, SimulatedClient, live_interface
from aovpn_remediate.client.phonebook import CRLF, entry
from aovpn_remediate.model import ScriptPackage
from tests.pairs import PROFILE, check, files, kept, metric_pair, repair, say

LIVE_ONLY = {"stored": "ignore", "live": "repair"}


def connect(client: SimulatedClient, alias: str = PROFILE, *, ipv6: bool = True) -> None:
    """Give the device a connected interface of that alias beside two others."""
    client.interfaces = [live_interface("Ethernet", "IPv4", index=7), live_interface(alias, "IPv4")]
    client.interfaces += [live_interface(alias, "IPv6")] if ipv6 else []


def metrics(client: SimulatedClient, alias: str = PROFILE) -> list[object]:
    """The live metric of each family: a number, or automatic."""
    return [
        "automatic" if one["AutomaticMetric"] == "Enabled" else one["InterfaceMetric"]
        for one in client.interfaces
        if one["InterfaceAlias"] == alias
    ]


@pytest.mark.parametrize("scope", ["user", "all-users", "device"])
def test_a_wrong_stored_metric_is_an_issue_then_fixed_then_healthy(client, shell, scope):
    path = client.write_phonebook(scope, entry(PROFILE))
    said = say(client, shell, metric_pair(scope=scope))
    assert said.states == "issue fixed healthy healthy"
    assert said.exits == [1, 0, 0, 0]
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3)


def test_a_right_phonebook_is_never_written(client, shell):
    path = client.write_phonebook("user", entry(PROFILE, ipv4=3, ipv6=3))
    path.chmod(0o444)
    assert say(client, shell, metric_pair()).states == "healthy healthy healthy healthy"
    assert list(files(client)) == [path.relative_to(client.folder).as_posix()]


def test_the_line_says_what_was_found_and_what_is_wanted(client, shell):
    client.write_phonebook("user", entry(PROFILE, ipv4=25, ipv6=None))
    connect(client, ipv6=False)
    line = check(client, shell, metric_pair(ipv4=3, ipv6=4)).result
    assert line["found"] == {"stored": {"ipv4": 25, "ipv6": "missing"}, "live": {"ipv4": "automatic"}}
    assert line["want"] == {"ipv4": 3, "ipv6": 4}
    assert line["profile"] == PROFILE
    assert line["detail"] == "stored metric: ipv4 is 25, wanted 3, ipv6 is missing, wanted 4"


def test_the_line_says_no_more_than_there_is_to_say(client, shell):
    line = check(client, shell, metric_pair()).result
    assert list(line) == ["v", "kind", "profile", "state", "detail"]


def test_the_line_of_a_repair_says_what_was_and_what_is(client, shell):
    client.write_phonebook("user", entry(PROFILE))
    first, second, _, _ = say(client, shell, metric_pair()).runs
    was, now = first.result["detail"], "the stored metric is as wanted; not connected"
    assert second.result["detail"] == f"repaired: {was}; now: {now}"
    assert second.result["found"] == first.result["found"]


def test_where_the_profile_is_absent_nothing_else_is_looked_at(client, shell):
    client.faults = {"Get-NetIPInterface": "RPC server unavailable"}
    assert check(client, shell, metric_pair(scope="device")).result["state"] == "absent"


@pytest.mark.parametrize(("length", "cut"), [(2000, False), (2001, True)])
def test_a_line_may_have_two_thousand_characters(client, shell, length, cut):
    package = metric_pair(**LIVE_ONLY)
    client.faults = {"Get-NetIPInterface": "x"}
    rest = len(check(client, shell, package).output[0]) - 1
    client.faults = {"Get-NetIPInterface": "x" * (length - rest)}
    line = check(client, shell, package)
    assert len(str(line.result["detail"])) == (150 if cut else length - rest)
    assert list(line.result) == ["v", "kind", "profile", "state", "detail", "reason"]


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


def test_automatic_is_healthy_where_windows_left_the_key_out(client, shell):
    client.write_phonebook("user", entry(PROFILE, ipv4=None, ipv6=None))
    assert say(client, shell, metric_pair(ipv4="automatic")).states == "healthy healthy healthy healthy"


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


def test_neighbors_keep_every_byte(client, shell):
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
def test_a_name_is_found_whatever_its_case(client, shell, header):
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


def test_a_name_that_no_encoding_can_read_is_nobodys(client, shell):
    client.culture = "hi-IN"  # which has no ANSI code page
    client.write_phonebook("user", entry(b"\xff\xfe", encoding=False))
    assert check(client, shell, metric_pair()).result["state"] == "absent"


def test_a_name_in_utf_8_is_not_taken_for_its_letters_in_the_ansi_code_page(client, shell):
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


@pytest.mark.parametrize(
    "phonebook",
    [None, b"", entry("Other"), entry(PROFILE, kind=5), entry(PROFILE, kind=None), b"junk\r\n[", b"[]\r\n"],
)
def test_a_profile_that_is_not_there_is_absent(client, shell, phonebook):
    if phonebook is not None:
        client.write_phonebook("user", phonebook)
    before = files(client)
    assert say(client, shell, metric_pair()).states == "absent absent absent absent"
    assert files(client) == before


def test_an_absent_profile_can_be_made_an_issue(client, shell):
    run = check(client, shell, metric_pair(when_absent="issue", repair=False))
    assert (run.result["state"], run.exit_code) == ("issue", 1)
    assert run.result["detail"] == "the profile is not in this user's phonebook"


@pytest.mark.parametrize(
    ("phonebook", "why"),
    [
        (entry(PROFILE) + entry(PROFILE.upper()), "more than one VPN entry"),
        (entry(PROFILE, last=(b"IpInterfaceMetric=9",)), "IpInterfaceMetric more than once"),
        (entry(PROFILE, ipv4=b"abc"), "ipv4 metric is not a number"),
        (entry(PROFILE, ipv6=b"99999999999999999999"), "ipv6 metric is not a number"),
        (entry(PROFILE).decode().encode("utf-16-le"), "null characters"),
        (b"\0" + entry(PROFILE), "null characters"),
    ],
)
def test_what_cannot_be_understood_is_unknown_and_left_alone(client, shell, phonebook, why):
    path = client.write_phonebook("user", phonebook)
    said = say(client, shell, metric_pair())
    assert said.states == "unknown unknown unknown unknown"
    assert said.exits == [0, 0, 0, 0]
    assert why in str(said.runs[0].result["detail"])
    assert path.read_bytes() == phonebook


def test_a_live_metric_that_the_user_may_not_change_is_pending(client, shell):
    client.write_phonebook("user", entry(PROFILE))
    connect(client)
    said = say(client, shell, metric_pair())
    assert said.states == "issue fixed pending pending"
    assert metrics(client) == ["automatic", "automatic"]
    assert "at the next connection" in str(said.runs[2].result["detail"])


def test_system_repairs_the_live_metric_of_its_own_profiles(client, shell):
    client.write_phonebook("device", entry(PROFILE))
    connect(client)
    assert say(client, shell, metric_pair(scope="device")).states == "issue fixed healthy healthy"
    assert metrics(client) == [3, 3]
    assert metrics(client, "Ethernet") == ["automatic"]


@pytest.mark.parametrize(
    ("live", "states"), [("report", "pending pending pending pending"), ("ignore", "healthy " * 4)]
)
def test_live_drift_is_reported_or_ignored_as_asked(client, shell, live, states):
    client.write_phonebook("device", entry(PROFILE, ipv4=3, ipv6=3))
    connect(client)
    assert say(client, shell, metric_pair(scope="device", live=live)).states == states.strip()
    assert metrics(client) == ["automatic", "automatic"]


def test_the_live_companion_of_a_user_tunnel_runs_as_system_and_reads_no_phonebook(client, shell):
    client.write_phonebook("user", b"\0")
    connect(client)
    package = metric_pair(**LIVE_ONLY)
    assert package.run_as == "system"
    assert say(client, shell, package).states == "issue fixed healthy healthy"
    assert metrics(client) == [3, 3]
    assert b"rasphone" not in package.detection + package.remediation


def test_the_live_companion_says_healthy_while_nothing_is_connected(client, shell):
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


def test_a_live_family_that_nobody_asked_about_is_left_alone(client, shell):
    connect(client)
    assert say(client, shell, metric_pair(ipv6=None, **LIVE_ONLY)).states == "issue fixed healthy healthy"
    assert metrics(client) == [3, "automatic"]


@pytest.mark.parametrize(
    ("settings", "account"), [({}, "system"), (LIVE_ONLY, "user"), ({"scope": "device"}, "user")]
)
def test_the_wrong_account_is_unknown_and_touches_nothing(client, shell, settings, account):
    for scope in ("user", "device"):
        client.write_phonebook(scope, entry(PROFILE))
    connect(client)
    before = files(client)
    for script in (check, repair):
        run = script(client, shell, metric_pair(**settings), run_as=account)
        assert (run.result["state"], run.result["reason"], run.exit_code) == ("unknown", "wrong-account", 0)
    assert files(client) == before and metrics(client) == ["automatic", "automatic"]


@pytest.mark.parametrize("name", [PROFILE, "\u6771\u4eac\U0001f600" * 80])
def test_constrained_language_is_unknown_and_touches_nothing(client, shell, name):
    client.write_phonebook("user", entry(name))
    client.language_mode = "ConstrainedLanguage"
    for script in (check, repair):
        run = script(client, shell, metric_pair(profile=name))
        assert (run.result["state"], run.result["reason"]) == ("unknown", "constrained-language")


@pytest.mark.parametrize("name", ["\u6771" * 255, "\U0001f600" * 255, "x" + "\U0001f600" * 254])
def test_a_long_name_never_makes_the_line_too_long(client, shell, name):
    path = client.write_phonebook("user", entry(name))
    said = say(client, shell, metric_pair(profile=name))
    assert said.states == "issue fixed healthy healthy"
    line = said.runs[0].result
    assert name.startswith(str(line["profile"]))
    assert {"found", "want"} & set(line) == ({"found", "want"} if line["profile"] == name else set())
    assert path.read_bytes() == entry(name, ipv4=3, ipv6=3)


def test_a_file_that_is_locked_for_two_tries_is_waited_for(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    client.locks = [{"path": str(path), "tries": 2}]
    assert say(client, shell, metric_pair()).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3)


def test_a_file_that_stays_locked_is_unknown_without_a_path_in_the_line(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    client.locks = [{"path": str(path), "tries": 99}]
    run = check(client, shell, metric_pair())
    assert (run.result["state"], run.exit_code) == ("unknown", 0)
    assert "jdoe" not in run.output[0] and str(client.folder) not in run.output[0]
    assert re.search(r" \(0x[0-9A-F]{8}\)\Z", str(run.result["detail"]))


@pytest.mark.parametrize(("tries", "state"), [(4, "issue"), (5, "unknown")])
def test_a_file_is_tried_five_times(client, shell, tries, state):
    path = client.write_phonebook("user", entry(PROFILE))
    client.locks = [{"path": str(path), "tries": tries}]
    run = check(client, shell, metric_pair(live="ignore"))
    assert (run.result["state"], run.state["sleeps"]) == (state, 4)


def test_a_file_that_is_refused_is_tried_again_too(client, shell):
    client.phonebook("user").mkdir(parents=True)
    run = check(client, shell, metric_pair())
    assert (run.result["state"], run.state["sleeps"]) == ("unknown", 4)


@pytest.mark.parametrize("left", [["abc.tmp"], ["bak", "abc.tmp"]])
def test_half_of_what_a_broken_replacement_leaves_is_none(client, shell, left):
    """Else a phonebook that a user deleted would come back with what was in it before the last repair."""
    path = client.phonebook("user")
    path.parent.mkdir(parents=True)
    for suffix in left:
        path.with_name(f"rasphone.pbk.aovpn-remediate.{suffix}").write_bytes(entry(PROFILE))
    assert say(client, shell, metric_pair()).states == "absent absent absent absent"


@pytest.mark.parametrize("copy", ["old", "before", "1.kept", "9.kept"])
@pytest.mark.parametrize("now", [None, b"", entry("Other")])
def test_a_profile_that_is_only_in_a_copy_is_a_doubt(client, shell, now, copy):
    """A repair was killed, and Windows made a new phonebook before the next one; or a route command lost it."""
    path = client.write_phonebook("user", now or b"")
    if now is None:
        path.unlink()
    old = path.with_name(f"rasphone.pbk.aovpn-remediate.{copy}")
    old.write_bytes(entry(PROFILE))
    said = say(client, shell, metric_pair())
    assert said.states == "unknown unknown unknown unknown"
    assert said.runs[0].result["reason"] == "interrupted"
    old.write_bytes(entry("Third"))
    assert check(client, shell, metric_pair()).result["state"] == "absent"


@pytest.mark.parametrize("linked", ["rasphone.pbk", "Pbk", "Connections", "Network", "Microsoft"])
def test_a_link_in_the_way_is_never_followed(client, shell, linked):
    path = client.write_phonebook("device", entry(PROFILE))
    place = next(folder for folder in (path, *path.parents) if folder.name == linked)
    target = client.folder / "elsewhere"
    place.rename(target)
    place.symlink_to(target, target_is_directory=target.is_dir())
    package = metric_pair(scope="device")
    found = check(client, shell, package)
    done = repair(client, shell, package)
    assert (found.result["state"], found.exit_code) == ("unknown", 0)
    assert (done.result["state"], done.exit_code) == ("failed", 1)
    assert found.result["reason"] == done.result["reason"] == "link"
    assert path.read_bytes() == entry(PROFILE)


def test_a_dangling_link_is_a_link_too(client, shell):
    path = client.phonebook("user")
    path.parent.mkdir(parents=True)
    path.symlink_to(client.folder / "nowhere")
    assert repair(client, shell, metric_pair()).result["state"] == "failed"
    assert not (client.folder / "nowhere").exists()


def test_one_backup_of_the_last_change_is_kept(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    for metric in (3, 4):
        assert repair(client, shell, metric_pair(ipv4=metric)).result["state"] == "fixed"
    backup = path.with_name("rasphone.pbk.aovpn-remediate.bak")
    assert sorted(path.parent.iterdir()) == [path, backup]
    assert backup.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3)


def test_what_a_killed_script_left_is_cleared_by_the_next_repair(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"half")
    keep = path.with_name("rasphone.pbk.tmp")
    keep.write_bytes(b"somebody else's")
    assert repair(client, shell, metric_pair()).result["state"] == "fixed"
    assert not list(path.parent.glob("*.aovpn-remediate.*.tmp")) and keep.exists()


@pytest.mark.parametrize(
    "text",
    [
        "Zugriff verweigert f\u00fcr CONTOSO\\jdoe auf LAPTOP-0815",
        "\u30d5\u30a1\u30a4\u30eb 'C:\\Users\\jdoe\\AppData\\x.pbk' \u306b\u30a2\u30af\u30bb\u30b9\u3067\u304d\u307e\u305b\u3093",
        "Access to s-1-5-21-1-2-3-1001 denied\r\nat line 1",
        "Access to the path 'C:\\Users\\D'Angelo jdoe\\AppData\\x' is denied to AzureAD\\jdoe D'Angelo",
        "User jdoe@contoso.com at 10.1.2.3 has no access",
    ],
)
@pytest.mark.parametrize("command", ["Get-NetIPInterface", "Set-NetIPInterface"])
def test_windows_own_words_are_said_without_names_and_paths(client, shell, command, text):
    client.faults = {command: text}
    connect(client)
    package = metric_pair(**LIVE_ONLY)
    run = repair(client, shell, package)
    assert run.result["state"] == ("unknown" if command.startswith("Get") else "failed")
    assert run.result["reason"] == "error"
    for secret in (
        "jdoe",
        "LAPTOP-0815",
        "CONTOSO",
        "S-1-5-21",
        "s-1-5-21",
        "AppData",
        "\\",
        "10.1.2.3",
        "@",
    ):
        assert secret not in str(run.result["detail"])


@pytest.mark.parametrize(
    ("user", "text", "said"),
    [
        ("ann", "Ann may not read the annual plan of ann", "(name) may not read the annual plan of (name)"),
        ("anna", "Joanna and PC7's group", "Jo(name) and (name)'s group"),
        ("anna", "'C:\\Users\\D'Angelo\\x' is not there", "(path) is not there"),
        ("anna", "no access to C:\\Users\\x y", "no access to (path)"),
        ("anna", "no access to /home/x", "no access to (path)"),
        ("anna", "read/write failed", "read/write failed"),
        ("anna", "CORP\\bob and bob@contoso.net", "(name) and (name)"),
        ("anna", "S-1-5-21-1-2 at 10.1.2.3", "(sid) at (address)"),
        ("anna", "one\r\n  two\x7fthree ", "one two\x7fthree"),
    ],
)
def test_what_is_left_of_an_error(client, shell, user, text, said):
    client.user, client.computer = user, "PC7"
    client.write_phonebook("user", entry(PROFILE))
    client.faults = {"Get-NetIPInterface": text}
    assert check(client, shell, metric_pair()).result["detail"] == said


def test_a_failing_live_check_never_starts_a_repair(client, shell):
    client.write_phonebook("device", entry(PROFILE))
    client.faults = {"Get-NetIPInterface": "RPC server unavailable"}
    said = say(client, shell, metric_pair(scope="device"))
    assert said.states == "unknown unknown unknown unknown"
    assert said.runs[0].result["detail"] == "RPC server unavailable"


def test_a_replacement_that_fails_is_failed_and_leaves_the_old_phonebook(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    path.with_name("rasphone.pbk.aovpn-remediate.bak").joinpath("in the way").mkdir(parents=True)
    run = repair(client, shell, metric_pair())
    assert (run.result["state"], run.result["reason"], run.exit_code) == ("failed", "error", 1)
    assert path.read_bytes() == entry(PROFILE)
    assert not list(path.parent.glob("*.tmp"))


def test_a_script_says_the_same_twice(client, shell):
    client.write_phonebook("user", entry(PROFILE))
    first, second = (check(client, shell, metric_pair()).output for _ in range(2))
    assert first == second


def test_a_script_runs_by_itself_in_a_process_of_its_own(shell: PowerShell, tmp_path: Path):
    import subprocess

    from aovpn_remediate.client import find_powershell

    script = tmp_path / "detect.ps1"
    script.write_bytes(metric_pair(live="ignore").detection)
    pbk = tmp_path / "Microsoft" / "Network" / "Connections" / "Pbk" / "rasphone.pbk"
    pbk.parent.mkdir(parents=True)
    pbk.write_bytes(entry(PROFILE))
    environment = {**os.environ, "APPDATA": str(tmp_path), "USERNAME": "jdoe"}
    command = [str(find_powershell()), "-NoProfile", "-File", str(script)]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.count(b"\n") == 1 and b'"state":"issue"' in done.stdout


def test_every_line_of_a_phonebook_may_be_large(client, shell):
    big = entry("Other", last=(b"CustomAuthData=" + b"A" * 200_000,)) * 3
    path = client.write_phonebook("user", big.replace(b"[Other]", b"[Other 1]", 1) + entry(PROFILE) + CRLF)
    assert say(client, shell, metric_pair()).states == "issue fixed healthy healthy"
    assert (
        path.read_bytes() == big.replace(b"[Other]", b"[Other 1]", 1) + entry(PROFILE, ipv4=3, ipv6=3) + CRLF
    )


def surgery(script: bytes, old: str, new: str) -> bytes:
    """The script with one statement changed, to let something happen in the middle of it."""
    assert script.count(old.encode()) == 1, old
    return script.replace(old.encode(), new.replace("\n", "\r\n").encode())


WRITE = "[IO.File]::AppendAllText($Path, '[Other]')"
REPLACE = "                    [IO.File]::Replace($temporary, $Path, $old)"


@pytest.mark.parametrize(
    "happens",
    [
        "if (-not (Test-Path variable:script:once)) { $script:once = 1; "
        + WRITE
        + "; throw [IO.IOException] 'locked' }\n"
        + REPLACE,
        "if (-not (Test-Path variable:script:once)) { $script:once = 1; " + WRITE + " }\n" + REPLACE,
    ],
)
def test_what_another_program_writes_meanwhile_is_never_lost(client, shell, happens):
    """First while it holds the file, then between the comparison and the replacement."""
    path = client.write_phonebook("user", entry(PROFILE))
    script = surgery(
        metric_pair().remediation, REPLACE, happens.replace("Test-Path variable:script:once", "$script:once")
    )
    script = script.replace(
        b"Set-StrictMode -Version 2.0\r\n", b"Set-StrictMode -Version 2.0\r\n$script:once = $null\r\n", 1
    )
    run = client.run(shell, script, run_as="user")
    assert run.result["state"] == "fixed"
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3) + b"[Other]"
    assert len(files(client)) == 2


BETWEEN = WRITE + "\n" + REPLACE
PUT_BACK = "[IO.File]::Replace($old, $Path, $temporary)"


def test_what_cannot_be_put_back_is_kept(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    script = surgery(surgery(metric_pair().remediation, REPLACE, BETWEEN), PUT_BACK, "throw 'held'")
    said = client.run(shell, script, run_as="user").result
    detail = "held; what another program may have written is in a copy beside the phonebook"
    assert (said["state"], said["detail"]) == ("failed", detail)
    assert kept(path) == [entry(PROFILE) + b"[Other]"]


def test_a_replacement_that_never_works_leaves_the_phonebook_alone(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    script = surgery(metric_pair().remediation, REPLACE, "throw 'held'")
    assert client.run(shell, script, run_as="user").result["state"] == "failed"
    assert files(client) == {path.relative_to(client.folder).as_posix(): entry(PROFILE)}


def test_a_put_back_that_broke_off_half_way_is_finished(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    script = surgery(metric_pair().remediation, REPLACE, BETWEEN)
    script = surgery(script, PUT_BACK, "[IO.File]::Move($Path, $temporary); throw 'half-way'")
    assert client.run(shell, script, run_as="user").result["state"] == "failed"
    assert path.read_bytes() == entry(PROFILE) + b"[Other]" and kept(path) == []


def test_the_copy_of_a_replacement_that_broke_off_is_kept_where_somebody_made_another_phonebook(
    client, shell
):
    path = client.write_phonebook("user", entry(PROFILE))
    path.with_name("rasphone.pbk.aovpn-remediate.old").write_bytes(entry("Lost"))
    path.with_name("rasphone.pbk.aovpn-remediate.x.tmp").write_bytes(b"half")
    assert repair(client, shell, metric_pair()).result["state"] == "fixed"
    assert kept(path) == [entry("Lost")]
    names = sorted(one.name for one in path.parent.iterdir())
    assert names == [path.name, f"{path.name}.aovpn-remediate.1.kept", f"{path.name}.aovpn-remediate.bak"]


@pytest.mark.parametrize("same", ["rasphone.pbk", "rasphone.pbk.aovpn-remediate.bak"])
def test_an_old_file_that_is_there_once_more_is_not_kept(client, shell, same):
    path = client.write_phonebook("user", entry(PROFILE))
    path.with_name("rasphone.pbk.aovpn-remediate.bak").write_bytes(entry("Earlier"))
    old = path.with_name("rasphone.pbk.aovpn-remediate.old")
    old.write_bytes(path.with_name(same).read_bytes())
    held = surgery(metric_pair().remediation, REPLACE, "throw 'held'")
    assert client.run(shell, held, run_as="user").result["state"] == "failed"
    assert not old.exists() and kept(path) == []


def test_the_copy_of_the_last_repair_stays_until_the_next_one_was_looked_at(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    backup = path.with_name("rasphone.pbk.aovpn-remediate.bak")
    backup.write_bytes(entry("Earlier"))
    script = surgery(metric_pair().remediation, REPLACE, "throw 'held'")
    assert client.run(shell, script, run_as="user").result["state"] == "failed"
    assert backup.read_bytes() == entry("Earlier")


def test_a_copy_that_cannot_take_its_place_is_left_as_the_old_file_and_kept_by_the_next_repair(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    moves = "        Move-File -Path $Copy -Target $backup"
    script = surgery(metric_pair().remediation, moves, "throw [IO.IOException] 'held'")
    assert client.run(shell, script, run_as="user").result["state"] == "fixed"
    old = path.with_name("rasphone.pbk.aovpn-remediate.old")
    assert old.read_bytes() == entry(PROFILE)
    assert repair(client, shell, metric_pair(ipv4=5)).result["state"] == "fixed"
    assert kept(path) == [entry(PROFILE)] and not old.exists()


def test_an_appdata_that_is_a_link_itself_is_followed(client, shell):
    """Administrators redirect it; what counts is what lies below it."""
    path = client.write_phonebook("user", entry(PROFILE))
    elsewhere = client.folder / "elsewhere"
    client.app_data.rename(elsewhere)
    client.app_data.symlink_to(elsewhere)
    assert repair(client, shell, metric_pair()).result["state"] == "fixed"
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3)


def test_what_is_written_while_something_is_put_back_is_kept(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    again = "[IO.File]::AppendAllText($Path, '[Third]'); "
    script = surgery(surgery(metric_pair().remediation, REPLACE, BETWEEN), PUT_BACK, again + PUT_BACK)
    client.run(shell, script, run_as="user")
    changed = entry(PROFILE, ipv4=3, ipv6=3)
    assert kept(path)[:1] == [changed + b"[Third]"]
    assert path.read_bytes().startswith(entry(PROFILE)) and b"[Other]" in path.read_bytes()


def test_a_disk_that_is_full_to_the_last_byte_leaves_no_half_file(client, shell):
    """A small text is written when the stream is closed, which fails once more."""
    path = client.write_phonebook("user", entry(PROFILE))
    script = surgery(metric_pair().remediation, "$stream.Flush($true)", "throw 'full'")
    script = surgery(script, "$stream.Dispose()", "$stream.Dispose(); throw 'full'")
    assert client.run(shell, script, run_as="user").result["state"] == "failed"
    assert files(client) == {path.relative_to(client.folder).as_posix(): entry(PROFILE)}


def test_a_replacement_that_broke_off_half_way_is_repaired_by_the_next_run(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    half = surgery(
        metric_pair().remediation,
        REPLACE,
        "[IO.File]::Move($Path, $old); $old = 'x'; throw 'power cut'",
    )
    half = surgery(half, "$null = Restore-Phonebook -Path $Path", "$null = 1")
    client.run(shell, half, run_as="user")
    assert not path.exists()
    assert list(path.parent.glob("*.tmp")), "without the new file nothing tells that a repair broke off"
    found = check(client, shell, metric_pair())
    assert (found.result["state"], found.result["reason"], found.exit_code) == ("issue", "interrupted", 1)
    assert repair(client, shell, metric_pair()).result["state"] == "fixed"
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3)
    assert not list(path.parent.glob("*.tmp"))


def broken_off(client: SimulatedClient, now: bytes | None) -> Path:
    """What a replacement leaves that broke off between its renames, and what Windows then made of it."""
    path = client.write_phonebook("user", now or b"")
    if now is None:
        path.unlink()
    path.with_name("rasphone.pbk.aovpn-remediate.old").write_bytes(entry(PROFILE))
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"half")
    return path


@pytest.mark.parametrize("now", [None, b"", b"\r\n"])
def test_a_phonebook_without_an_entry_is_none_where_a_replacement_broke_off(client, shell, now):
    path = broken_off(client, now)
    assert say(client, shell, metric_pair()).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3)
    assert len(files(client)) == 2 and kept(path) == []


def test_a_phonebook_that_is_brought_back_without_the_profile_is_no_failure(client, shell):
    path = broken_off(client, None)
    run = repair(client, shell, metric_pair(profile="Another"))
    assert (run.result["state"], run.exit_code) == ("absent", 0)
    assert str(run.result["detail"]).startswith("the phonebook was brought back; the profile is not in")
    assert path.read_bytes() == entry(PROFILE)


def test_a_phonebook_that_cannot_be_brought_back_is_said_to_be_that(client, shell):
    broken_off(client, None)
    client.faults = {"Move-File": "Access denied"}
    detail = repair(client, shell, metric_pair()).result["detail"]
    assert str(detail).startswith("not repaired: a repair was interrupted: ")
    assert str(detail).endswith(": Access denied")


def test_a_phonebook_that_is_just_being_written_is_read_once_more(client, shell):
    path = client.write_phonebook("user", b"")
    adds = base64.b64encode(entry(PROFILE)).decode("ascii")
    client.changes = [{"path": str(path), "command": "Start-Sleep", "adds": adds}]
    assert check(client, shell, metric_pair()).result["state"] == "issue"


def test_a_phonebook_with_another_entry_stays_where_a_replacement_broke_off(client, shell):
    path = broken_off(client, entry("Other"))
    assert say(client, shell, metric_pair()).states == "unknown unknown unknown unknown"
    assert path.read_bytes() == entry("Other")


def test_a_phonebook_comes_back_also_where_windows_does_not_answer_about_its_interfaces(client, shell):
    path = broken_off(client, None)
    client.faults = {"Get-NetIPInterface": "RPC server unavailable"}
    found = check(client, shell, metric_pair()).result
    assert (found["state"], found["reason"]) == ("issue", "interrupted")
    assert repair(client, shell, metric_pair()).result["state"] == "failed"
    assert path.read_bytes() == entry(PROFILE)


def test_no_link_comes_back_in_the_place_of_a_phonebook(client, shell):
    path = broken_off(client, None)
    old = path.with_name("rasphone.pbk.aovpn-remediate.old")
    old.rename(client.folder / "victim")
    old.symlink_to(client.folder / "victim")
    assert say(client, shell, metric_pair()).states == "unknown unknown unknown unknown"
    assert not path.is_symlink() and not path.exists()


def test_a_replacement_that_breaks_off_is_undone_at_once(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    half = surgery(metric_pair().remediation, REPLACE, "[IO.File]::Move($Path, $old); throw 'error 1177'")
    assert client.run(shell, half, run_as="user").result["state"] == "failed"
    assert path.read_bytes() == entry(PROFILE)


def test_a_phonebook_that_was_deleted_meanwhile_is_not_brought_back(client, shell):
    path = client.write_phonebook("user", entry(PROFILE, ipv4=9, ipv6=9))
    repair(client, shell, metric_pair())
    gone = surgery(metric_pair(ipv4=5).remediation, REPLACE, "[IO.File]::Delete($Path)\n" + REPLACE)
    run = client.run(shell, gone, run_as="user")
    assert (run.result["state"], run.state["sleeps"]) == ("failed", 0)
    assert not path.exists()


@pytest.mark.parametrize("copy", ["bak", "old"])
@pytest.mark.parametrize("make", ["link", "folder"])
def test_nothing_may_stand_where_the_copy_belongs(client, shell, make, copy):
    path = client.write_phonebook("user", entry(PROFILE))
    backup = path.with_name(f"rasphone.pbk.aovpn-remediate.{copy}")
    backup.mkdir() if make == "folder" else backup.symlink_to(client.folder / "victim")
    state = "unknown" if copy == "old" else "failed"
    assert repair(client, shell, metric_pair()).result["state"] == state
    assert path.read_bytes() == entry(PROFILE) and not (client.folder / "victim").exists()


def test_an_interface_that_is_disconnected_is_not_connected(client, shell):
    connect(client)
    for one in client.interfaces:
        one["ConnectionState"] = "Disconnected"
    assert check(client, shell, metric_pair(**LIVE_ONLY)).result["detail"] == "not connected"


@pytest.mark.parametrize("order", [1, -1])
def test_two_interfaces_of_one_name_must_both_be_right(client, shell, order):
    right = live_interface(PROFILE, "IPv4", index=9, metric=3, automatic=False)
    client.interfaces = [live_interface(PROFILE, "IPv4"), right][::order]
    assert say(client, shell, metric_pair(**LIVE_ONLY)).states == "issue fixed healthy healthy"
    assert metrics(client) == [3, 3]


@pytest.mark.parametrize("value", [b"3\xa0", b"3\x85", b"\xb3"])
def test_a_metric_that_only_looks_right_is_unknown(client, shell, value):
    client.write_phonebook("user", entry(PROFILE, ipv4=value))
    assert check(client, shell, metric_pair()).result["state"] == "unknown"


@pytest.mark.parametrize(("before", "wanted"), [(1, 3000), (9999, 3)])
def test_a_number_that_grows_or_shrinks_moves_the_key_behind_it(client, shell, before, wanted):
    text = "[V]\r\nType=2\r\nIpInterfaceMetric={}\r\nIpv6InterfaceMetric={}\r\n"
    path = client.write_phonebook("user", text.format(before, 7).encode())
    said = say(client, shell, metric_pair(profile="V", ipv4=wanted, ipv6=9))
    assert said.states == "issue fixed healthy healthy"
    assert path.read_bytes() == text.format(wanted, 9).encode()


def test_a_restored_phonebook_that_is_right_is_a_repair_too(client, shell):
    path = client.phonebook("user")
    path.parent.mkdir(parents=True)
    path.with_name("rasphone.pbk.aovpn-remediate.old").write_bytes(entry(PROFILE, ipv4=3, ipv6=3))
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"half")
    assert say(client, shell, metric_pair()).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3)


DOOR = "Complete-Remediation -Settings"
REPAIRS = "        $changes = foreach ($one in $Repair) {"
META = "Set-StrictMode -Version 2.0"


def happening(package: ScriptPackage, place: str, what: str) -> ScriptPackage:
    """The pair with something that happens in the middle of its repair, before a statement."""
    return replace(package, remediation=surgery(package.remediation, place, f"{what}\n{place}"))


def test_a_repair_that_does_nothing_is_failed_after_two_rounds(client, shell):
    connect(client)
    log = client.folder / "calls"
    call = f"function Set-NetIPInterface {{\n    [IO.File]::AppendAllText('{log}', 'x')\n}}"
    run = repair(client, shell, happening(metric_pair(ipv6=None, **LIVE_ONLY), DOOR, call))
    assert (run.result["state"], run.exit_code) == ("failed", 1)
    assert run.result["detail"] == "after the repair: live metric: ipv4 is automatic, wanted 3"
    assert log.read_text() == "xx"


def test_what_somebody_else_repairs_meanwhile_is_healthy_and_not_fixed(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    right = client.folder / "right.pbk"
    right.write_bytes(entry(PROFILE, ipv4=3, ipv6=3))
    copy = f"[IO.File]::Copy('{right}', '{path}', $true)"
    assert repair(client, shell, happening(metric_pair(), REPAIRS, copy)).result["state"] == "healthy"
    assert len(files(client)) == 2, "nothing was written, not even a copy"


def test_a_profile_that_leaves_before_the_repair_is_failed_and_stays_away(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    gone = f"[IO.File]::WriteAllText('{path}', '[Other]')"
    run = repair(client, shell, happening(metric_pair(), REPAIRS, gone))
    assert run.result["state"] == "failed" and "left the phonebook" in str(run.result["detail"])
    assert path.read_bytes() == b"[Other]"


@pytest.mark.parametrize(("times", "state"), [(4, "fixed"), (5, "failed")])
@pytest.mark.parametrize("place", [REPLACE, "            $same = Test-Content"])
def test_a_phonebook_that_keeps_changing_is_tried_five_times(client, shell, times, state, place):
    path = client.write_phonebook("user", entry(PROFILE))
    write = f"if ($script:times -lt {times}) {{ $script:times++; {WRITE} }}"
    package = happening(metric_pair(live="ignore"), place, write)
    package = happening(package, META, "$script:times = 0")
    run = repair(client, shell, package)
    assert run.result["state"] == state
    assert (state == "failed") == ("kept changing" in str(run.result["detail"]))
    after = entry(PROFILE, ipv4=3, ipv6=3) if state == "fixed" else entry(PROFILE)
    assert path.read_bytes() == after + b"[Other]" * times


def test_what_is_written_right_after_the_replacement_stays_and_is_failed(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    script = surgery(metric_pair().remediation, REPLACE, f"{REPLACE}\n{WRITE}")
    run = client.run(shell, script, run_as="user")
    assert run.result["state"] == "failed" and "another program changed it" in str(run.result["detail"])
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3) + b"[Other]"


def test_a_session_without_an_appdata_is_unknown(client, shell):
    client.write_phonebook("user", entry(PROFILE))
    script = surgery(metric_pair().detection, META, f"{META}\n$env:APPDATA = ''")
    run = client.run(shell, script, run_as="user")
    assert run.result["state"] == "unknown"
    assert run.result["detail"] == "this session does not say where the phonebook is"


@pytest.mark.parametrize(
    ("problem", "state", "waits"),
    [
        ("IO.IOException", "fixed", 2),
        ("UnauthorizedAccessException", "fixed", 2),
        ("InvalidOperationException", "failed", 0),
    ],
)
def test_only_what_may_pass_is_tried_again(client, shell, problem, state, waits):
    client.write_phonebook("user", entry(PROFILE))
    throw = f"if ($script:times -lt 2) {{ $script:times++; throw [{problem}] 'no' }}"
    package = happening(happening(metric_pair(), REPLACE, throw), META, "$script:times = 0")
    run = repair(client, shell, package)
    assert (run.result["state"], run.state["sleeps"]) == (state, waits)


@pytest.mark.parametrize(
    ("command", "states"),
    [
        ("Get-NetIPInterface", "unknown unknown unknown unknown"),
        ("Set-NetIPInterface", "issue failed issue failed"),
    ],
)
def test_an_error_that_ends_nothing_by_itself_ends_the_look_or_the_repair(client, shell, command, states):
    client.faults = {command: "RPC server unavailable"}
    connect(client)
    said = say(client, shell, metric_pair(**LIVE_ONLY))
    assert said.states == states
    assert said.runs[1].result["detail"] == "RPC server unavailable"


def test_a_live_interface_of_a_family_that_nobody_knows_is_unknown(client, shell):
    connect(client)
    client.interfaces[2]["AddressFamily"] = "2048"
    said = say(client, shell, metric_pair(**LIVE_ONLY))
    assert said.states == "unknown unknown unknown unknown"
    assert metrics(client) == ["automatic", "automatic"]
