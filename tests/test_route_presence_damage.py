"""The pair of the kind route-presence: what the route commands change besides routes."""

from __future__ import annotations

import base64

import pytest

from aovpn_remediate.client.phonebook import entry, record
from tests.pairs import PROFILE, files, kept, repair, say
from tests.route_client import TWO, connect, routes, writing
from tests.script_faults import instead


@pytest.mark.parametrize("new", [b"", b"\r\n" + entry("New VPN")])
def test_a_restored_entry_ends_before_the_next_entry(client, shell, new):
    """The last line of the phonebook had no end, and another program wrote it with its own entry."""
    before = entry(PROFILE, ipv4=3).rstrip()
    path = client.write_phonebook("device", before)
    client.switches = ("resetsMetric",)
    added = base64.b64encode(new).decode("ascii")
    client.changes = [{"path": str(path), "command": "Confirm-OtherContent", "adds": added}]
    run = repair(client, shell, routes(*TWO))
    assert "the entry was put back" in str(run.result["detail"])
    assert path.read_bytes() == before + new


@pytest.mark.parametrize("switch", ["resetsMetric", "dropsExclusions"])
def test_other_changes_of_the_route_commands_are_put_back(client, shell, switch):
    before = entry("Other", ipv4=4) + entry(PROFILE, ipv4=3, ipv6=3, routes=("!10.8.0.0/16",))
    path = client.write_phonebook("device", before)
    client.switches = (switch,)
    run = repair(client, shell, routes(*TWO))
    assert (run.result["state"], run.exit_code) == ("failed", 1)
    assert "the entry was put back" in str(run.result["detail"])
    assert path.read_bytes() == before


def test_other_entries_and_phonebooks_stay(client, shell):
    client.write_phonebook("device", entry(PROFILE + " 2", routes=("10.9.0.0/16",)) + entry(PROFILE))
    client.write_phonebook("user", entry(PROFILE))
    user = client.phonebook("user").read_bytes()
    say(client, shell, routes(*TWO))
    assert client.phonebook("user").read_bytes() == user
    assert client.phonebook("device").read_bytes().startswith(entry(PROFILE + " 2", routes=("10.9.0.0/16",)))
    assert len(files(client)) == 3  # the copy of the phonebook among them


def test_unreadable_routes_after_the_commands_are_put_back(client, shell):
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
        (entry(PROFILE, kind=None, last=(b"Type=2\xa0",)), "the profile was removed from the phonebook"),
    ],
)
def test_damage_of_another_entry_is_failed_and_leaves_a_copy(client, shell, content, detail):
    client.switches = ("reencodes",)
    path = client.write_phonebook("device", content)
    run = repair(client, shell, routes(*TWO))
    assert run.result["state"] == "failed" and detail in str(run.result["detail"])
    assert kept(path) == [content]


def test_a_new_line_in_the_next_entry_is_a_change_of_it(client, shell):
    path = client.write_phonebook("device", entry(PROFILE) + entry("Last"))
    line = base64.b64encode(b"New=1\r\n").decode("ascii")
    client.changes = [{"path": str(path), "command": "Confirm-OtherContent", "adds": line}]
    run = repair(client, shell, routes(*TWO))
    assert run.result["state"] == "failed" and "another entry changed" in str(run.result["detail"])
    assert path.read_bytes().endswith(entry("Last") + b"New=1\r\n")


def test_an_interrupted_check_after_the_commands_loses_nothing(client, shell):
    before = entry(b"M\xfcnchen") + entry(PROFILE, ipv4=3)
    path = client.write_phonebook("device", before)
    client.switches = ("reencodes", "resetsMetric")
    client.faults = {"Test-OtherEntry": "the phonebook is held"}
    assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    assert kept(path) == [before]


def test_another_programs_change_is_in_the_backup_after_putting_back(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    theirs = entry(PROFILE, ipv4=77)
    run = repair(client, shell, instead(routes(*TWO), "Add-VpnConnectionRoute", writing(path, theirs)))
    assert run.result["state"] == "failed"
    assert path.read_bytes() == entry(PROFILE)
    assert {one.name: one.read_bytes() for one in path.parent.iterdir() if one != path} == {
        "rasphone.pbk.aovpn-remediate.bak": theirs
    }


def test_another_programs_entries_stay_when_the_entry_is_put_back(client, shell):
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
            "the profile was removed from the phonebook while its routes were changed; a copy is kept",
        ),
    ],
)
@pytest.mark.parametrize("left", [b"", None])
def test_a_profile_removed_during_the_repair_stays_removed(client, shell, at, detail, left):
    path = client.write_phonebook("device", entry(PROFILE))
    meanwhile = f"[IO.File]::Delete('{path}')" if left is None else writing(path, left)
    run = repair(client, shell, instead(routes(TWO[0]), at, meanwhile))
    assert (run.result["state"], run.result["detail"]) == ("failed", detail)
    assert (path.read_bytes() if path.exists() else None) == left
    assert kept(path) == ([entry(PROFILE)] if "kept" in detail else [])


@pytest.mark.parametrize("live", [None, TWO])
def test_a_correction_by_another_program_is_not_a_repair(client, shell, live):
    if live:
        connect(client, *live)
    path = client.write_phonebook("device", entry(PROFILE))
    right = entry(PROFILE, routes=tuple(TWO))
    run = repair(client, shell, instead(routes(*TWO), "Restore-ScopePhonebook", writing(path, right)))
    assert run.result["state"] == "healthy"
    assert path.read_bytes() == right and len(files(client)) == 1


def test_damage_and_an_entry_that_cannot_be_put_back_are_both_reported(client, shell):
    client.switches = ("reencodes", "resetsMetric")
    client.write_phonebook("device", entry(b"M\xfcnchen") + entry(PROFILE, ipv4=3))
    client.faults = {"Restore-Entry": "held"}
    detail = str(repair(client, shell, routes(*TWO)).result["detail"])
    assert detail == "another entry changed while routes were changed; a copy is kept; held"
