"""The pair of the kind route-presence: copies of the phonebook beside it."""

from __future__ import annotations

import base64

import pytest

from aovpn_remediate.client.phonebook import entry
from tests.pairs import PROFILE, files, kept, metric_pair, repair, say
from tests.route_client import TWO, routes, writing
from tests.script_faults import REAL, around, instead


def test_a_repair_that_changes_nothing_leaves_the_last_backup(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    backup = path.with_name("rasphone.pbk.aovpn-remediate.bak")
    backup.write_bytes(entry("Earlier"))
    client.faults = {"Add-VpnConnectionRoute": "no"}
    assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    assert backup.read_bytes() == entry("Earlier") and len(files(client)) == 2


@pytest.mark.parametrize("stored", [TWO, TWO[:1]])
def test_an_interrupted_replacement_is_repaired(client, shell, stored):
    path = client.phonebook("device")
    path.parent.mkdir(parents=True)
    path.with_name("rasphone.pbk.aovpn-remediate.old").write_bytes(entry(PROFILE, routes=tuple(stored)))
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"half")
    said = say(client, shell, routes(*TWO))
    assert said.states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, routes=tuple(TWO), time=2 - len(stored))


@pytest.mark.parametrize("stale", ["keep", "remove"])
def test_a_phonebook_restored_by_another_program_is_repaired(client, shell, stale):
    path = client.phonebook("device")
    path.parent.mkdir(parents=True)
    path.with_name("rasphone.pbk.aovpn-remediate.old").write_bytes(entry(PROFILE))
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"half")
    package = routes(*TWO, stale=stale)
    package = instead(package, "Restore-ScopePhonebook", writing(path, entry(PROFILE)))
    assert repair(client, shell, package).result["state"] == "fixed"
    assert path.read_bytes() == entry(PROFILE, routes=tuple(TWO), time=2)


def test_a_copy_is_made_before_the_route_commands_run(client, shell):
    before = entry(PROFILE) + entry("Stra\u00dfe")
    path = client.write_phonebook("device", before)
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"of a script that was killed")
    client.faults = {"Confirm-OtherContent": "the script ends here"}
    assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    spoilt = path.read_bytes()
    assert spoilt != before
    assert kept(path) == [before] and len(files(client)) == 2
    client.faults = {}
    assert repair(client, shell, metric_pair(profile=PROFILE, scope="device")).result["state"] == "fixed"
    assert kept(path) == [before]
    assert repair(client, shell, routes(*TWO, "10.7.0.0/16")).result["state"] == "fixed"
    assert kept(path) == [before]


def test_an_entry_that_cannot_be_put_back_is_in_a_copy_that_is_kept(client, shell):
    before = entry(PROFILE, ipv4=3)
    path = client.write_phonebook("device", before)
    client.switches = ("resetsMetric",)
    client.faults = {"Restore-Entry": "the phonebook is held"}
    assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    assert kept(path) == [before]


def test_scripts_that_are_killed_early_leave_one_copy(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    client.faults = {"Set-StoredRoute": "killed", "Confirm-OtherContent": "killed"}
    for _ in range(3):
        assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    assert kept(path) == [path.read_bytes()] == [entry(PROFILE)]
    client.faults = {}
    assert repair(client, shell, routes(*TWO)).result["state"] == "fixed" and kept(path) == []


def test_a_phonebook_that_changes_during_its_backup_is_left_alone(client, shell):
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


def test_after_a_repair_only_the_backup_is_beside_the_phonebook(client, shell):
    before = entry("Other") + entry(PROFILE)
    path = client.write_phonebook("device", before)
    assert repair(client, shell, routes(*TWO)).result["state"] == "fixed"
    assert {one.name: one.read_bytes() for one in path.parent.iterdir() if one != path} == {
        "rasphone.pbk.aovpn-remediate.bak": before
    }


def test_two_damages_leave_two_copies_and_are_both_reported(client, shell):
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


def test_with_nine_kept_copies_no_route_command_is_called(client, shell):
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
    assert path.read_bytes() == before and len(kept(path)) == 9


def test_the_copy_is_closed_before_a_route_command_runs(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    copy = path.with_name("rasphone.pbk.aovpn-remediate.1.kept")
    take = f"[IO.File]::Open('{copy}', 'Open', 'ReadWrite', 'None').Dispose()\n{REAL} @args"
    package = around(routes(*TWO), "Set-StoredRoute", take)
    assert repair(client, shell, package).result["state"] == "fixed"


def test_without_room_for_a_copy_no_route_command_runs(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    client.disk_full = True
    assert repair(client, shell, routes(*TWO)).result["state"] == "failed"
    assert files(client) == {path.relative_to(client.folder).as_posix(): entry(PROFILE)}


@pytest.mark.parametrize(
    ("left", "detail"),
    [(b"", "the profile was removed from the phonebook"), (entry(PROFILE), "another entry changed")],
)
def test_the_copy_is_older_than_the_repair_that_wrote_an_exclusion(client, shell, left, detail):
    before = entry(PROFILE, routes=("10.9.0.0/16",)) + entry("Last")
    path = client.write_phonebook("device", before)
    exclusion = {"prefix": "10.8.0.0/16", "exclude": True}
    package = routes(TWO[0], exclusion, exclusions="write", stale="remove")
    run = repair(client, shell, instead(package, "Remove-VpnConnectionRoute", writing(path, left)))
    assert run.result["state"] == "failed" and detail in str(run.result["detail"])
    assert kept(path) == [before]


def test_the_phonebook_is_compared_after_an_equal_kept_copy_was_found(client, shell):
    before, changed = entry(PROFILE), entry(PROFILE, ipv4=42)
    path = client.write_phonebook("device", before)
    path.with_name("rasphone.pbk.aovpn-remediate.1.kept").write_bytes(before)
    package = around(routes(*TWO), "Find-KeptPlace", f"{writing(path, changed)}\n{REAL} @args")
    run = repair(client, shell, package)
    assert run.result["state"] == "failed" and "changed while its copy" in str(run.result["detail"])
    assert path.read_bytes() == changed and kept(path) == [before]


@pytest.mark.parametrize("make", ["hardlink_to", "write"])
def test_a_kept_copy_of_somebody_else_is_not_the_only_one(client, shell, make):
    before = entry(b"M\xfcnchen") + entry(PROFILE)
    path = client.write_phonebook("device", before)
    other = path.with_name("rasphone.pbk.aovpn-remediate.1.kept")
    if make == "write":
        other.write_bytes(before)
    else:
        other.hardlink_to(path)
    client.switches = ("reencodes",)
    package = around(routes(*TWO), "Set-StoredRoute", f"{writing(other, b'x')}\n{REAL} @args")
    assert repair(client, shell, package).result["state"] == "failed"
    assert before in files(client).values()


def test_a_dangling_link_in_the_place_of_a_kept_copy_stops_nothing(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    path.with_name("rasphone.pbk.aovpn-remediate.3.kept").symlink_to(path.with_name("nothing"))
    assert repair(client, shell, routes(*TWO, scope="user")).result["state"] == "fixed"


def test_a_link_to_the_same_text_in_the_place_of_a_kept_copy_stays(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    (client.folder / "elsewhere").write_bytes(entry(PROFILE))
    link = path.with_name("rasphone.pbk.aovpn-remediate.3.kept")
    link.symlink_to(client.folder / "elsewhere")
    assert repair(client, shell, routes(*TWO, scope="user")).result["state"] == "fixed"
    assert link.is_symlink() and link.read_bytes() == entry(PROFILE)
