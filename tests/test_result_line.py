"""The result line of a script: what it says, and what it never says."""

from __future__ import annotations

import re

import pytest

from aovpn_remediate.client.phonebook import entry
from tests.metric_client import LIVE_ONLY, connect
from tests.pairs import PROFILE, check, metric_pair, repair, say


def test_the_line_has_no_empty_members(client, shell):
    line = check(client, shell, metric_pair()).result
    assert list(line) == ["v", "kind", "profile", "state", "detail"]


def test_the_line_of_a_repair_has_the_state_before_and_after(client, shell):
    client.write_phonebook("user", entry(PROFILE))
    first, second, _, _ = say(client, shell, metric_pair()).runs
    was, now = first.result["detail"], "the phonebook entry is as configured; not connected"
    assert second.result["detail"] == f"repaired: {was}; now: {now}"
    assert second.result["found"] == first.result["found"]


def test_for_an_absent_profile_nothing_else_is_checked(client, shell):
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


@pytest.mark.parametrize("name", ["\u6771" * 255, "\U0001f600" * 255, "x" + "\U0001f600" * 254])
def test_a_long_name_never_makes_the_line_too_long(client, shell, name):
    path = client.write_phonebook("user", entry(name))
    said = say(client, shell, metric_pair(profile=name))
    assert said.states == "issue fixed healthy healthy"
    line = said.runs[0].result
    assert name.startswith(str(line["profile"]))
    assert {"found", "want"} & set(line) == ({"found", "want"} if line["profile"] == name else set())
    assert path.read_bytes() == entry(name, ipv4=3, ipv6=3)


def test_the_line_about_a_locked_file_has_no_path(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    client.locks = [{"path": str(path), "tries": 99}]
    run = check(client, shell, metric_pair())
    assert (run.result["state"], run.exit_code) == ("unknown", 0)
    assert "jdoe" not in run.output[0] and str(client.folder) not in run.output[0]
    assert re.search(r" \(0x[0-9A-F]{8}\)\Z", str(run.result["detail"]))


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
def test_errors_of_windows_are_shown_without_names_and_paths(client, shell, command, text):
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
def test_names_and_paths_in_an_error_are_replaced(client, shell, user, text, said):
    client.user, client.computer = user, "PC7"
    client.write_phonebook("user", entry(PROFILE))
    client.faults = {"Get-NetIPInterface": text}
    assert check(client, shell, metric_pair()).result["detail"] == said


def test_a_script_prints_the_same_line_twice(client, shell):
    client.write_phonebook("user", entry(PROFILE))
    first, second = (check(client, shell, metric_pair()).output for _ in range(2))
    assert first == second
