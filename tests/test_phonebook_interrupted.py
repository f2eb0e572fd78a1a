"""The phonebook file: a replacement that was interrupted is repaired."""

from __future__ import annotations

from pathlib import Path

import pytest

from aovpn_remediate.client import SimulatedClient
from aovpn_remediate.client.phonebook import entry
from tests.pairs import PROFILE, check, files, kept, metric_pair, repair, say
from tests.script_faults import OTHER_WRITES, REAL, instead, on_replacement


@pytest.mark.parametrize("left", [["abc.tmp"], ["bak", "abc.tmp"]])
def test_a_temporary_file_alone_is_not_an_interrupted_replacement(client, shell, left):
    """Else a phonebook that a user deleted would come back with what was in it before the last repair."""
    path = client.phonebook("user")
    path.parent.mkdir(parents=True)
    for suffix in left:
        path.with_name(f"rasphone.pbk.aovpn-remediate.{suffix}").write_bytes(entry(PROFILE))
    assert say(client, shell, metric_pair()).states == "absent absent absent absent"


@pytest.mark.parametrize("copy", ["old", "1.kept", "9.kept"])
@pytest.mark.parametrize("now", [None, b"", entry("Other")])
def test_a_profile_that_is_only_in_a_copy_is_unknown(client, shell, now, copy):
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


def test_the_next_repair_deletes_what_a_killed_script_left(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"half")
    keep = path.with_name("rasphone.pbk.tmp")
    keep.write_bytes(b"somebody else's")
    assert repair(client, shell, metric_pair()).result["state"] == "fixed"
    assert not list(path.parent.glob("*.aovpn-remediate.*.tmp")) and keep.exists()


def test_an_interrupted_put_back_is_finished(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    half = "[IO.File]::Move($Path, $Aside); throw 'half-way'"
    package = on_replacement(metric_pair(), new=f"{OTHER_WRITES}\n{REAL}", put_back=half)
    assert repair(client, shell, package).result["state"] == "failed"
    assert path.read_bytes() == entry(PROFILE) + b"[Other]" and kept(path) == []


def test_the_copy_of_an_interrupted_replacement_is_kept_beside_a_new_file(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    path.with_name("rasphone.pbk.aovpn-remediate.old").write_bytes(entry("Lost"))
    path.with_name("rasphone.pbk.aovpn-remediate.x.tmp").write_bytes(b"half")
    assert repair(client, shell, metric_pair()).result["state"] == "fixed"
    assert kept(path) == [entry("Lost")]
    names = sorted(one.name for one in path.parent.iterdir())
    assert names == [path.name, f"{path.name}.aovpn-remediate.1.kept", f"{path.name}.aovpn-remediate.bak"]


def test_the_next_run_repairs_an_interrupted_replacement(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    half = on_replacement(metric_pair(), new="[IO.File]::Move($Path, $Aside); throw 'power cut'")
    repair(client, shell, instead(half, "Restore-Phonebook", "$false"))
    assert not path.exists()
    assert list(path.parent.glob("*.tmp")), "only the new file shows that a repair was interrupted"
    found = check(client, shell, metric_pair())
    assert (found.result["state"], found.result["reason"], found.exit_code) == ("issue", "interrupted", 1)
    assert repair(client, shell, metric_pair()).result["state"] == "fixed"
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3)
    assert not list(path.parent.glob("*.tmp"))


def broken_off(client: SimulatedClient, now: bytes | None) -> Path:
    """The files after an interruption between the renames of a replacement, and after Windows used them."""
    path = client.write_phonebook("user", now or b"")
    if now is None:
        path.unlink()
    path.with_name("rasphone.pbk.aovpn-remediate.old").write_bytes(entry(PROFILE))
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"half")
    return path


@pytest.mark.parametrize("now", [None, b"", b"\r\n"])
def test_an_empty_phonebook_is_replaced_after_an_interrupted_replacement(client, shell, now):
    path = broken_off(client, now)
    assert say(client, shell, metric_pair()).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3)
    assert len(files(client)) == 2 and kept(path) == []


def test_a_restored_phonebook_without_the_profile_is_absent_not_failed(client, shell):
    path = broken_off(client, None)
    run = repair(client, shell, metric_pair(profile="Another"))
    assert (run.result["state"], run.exit_code) == ("absent", 0)
    assert str(run.result["detail"]).startswith("the phonebook was restored; the profile is not in")
    assert path.read_bytes() == entry(PROFILE)


def test_the_line_says_that_a_phonebook_cannot_be_restored(client, shell):
    broken_off(client, None)
    client.faults = {"Move-File": "Access denied"}
    detail = repair(client, shell, metric_pair()).result["detail"]
    assert str(detail).startswith("not repaired: a repair was interrupted: ")
    assert str(detail).endswith(": Access denied")


def test_a_new_phonebook_stays_after_an_interrupted_replacement(client, shell):
    path = broken_off(client, entry("Other"))
    assert say(client, shell, metric_pair()).states == "unknown unknown unknown unknown"
    assert path.read_bytes() == entry("Other")


def test_a_phonebook_is_restored_even_if_interfaces_cannot_be_read(client, shell):
    path = broken_off(client, None)
    client.faults = {"Get-NetIPInterface": "RPC server unavailable"}
    found = check(client, shell, metric_pair()).result
    assert (found["state"], found["reason"]) == ("issue", "interrupted")
    assert repair(client, shell, metric_pair()).result["state"] == "failed"
    assert path.read_bytes() == entry(PROFILE)


def test_a_link_is_never_restored_as_the_phonebook(client, shell):
    path = broken_off(client, None)
    old = path.with_name("rasphone.pbk.aovpn-remediate.old")
    old.rename(client.folder / "victim")
    old.symlink_to(client.folder / "victim")
    assert say(client, shell, metric_pair()).states == "unknown unknown unknown unknown"
    assert not path.is_symlink() and not path.exists()


def test_an_interrupted_replacement_is_undone_at_once(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    half = on_replacement(metric_pair(), new="[IO.File]::Move($Path, $Aside); throw 'error 1177'")
    assert repair(client, shell, half).result["state"] == "failed"
    assert path.read_bytes() == entry(PROFILE)


def test_restoring_a_correct_phonebook_is_a_repair(client, shell):
    path = client.phonebook("user")
    path.parent.mkdir(parents=True)
    path.with_name("rasphone.pbk.aovpn-remediate.old").write_bytes(entry(PROFILE, ipv4=3, ipv6=3))
    path.with_name("rasphone.pbk.aovpn-remediate.abc.tmp").write_bytes(b"half")
    assert say(client, shell, metric_pair()).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3)
