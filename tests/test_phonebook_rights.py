"""The phonebook file: whose files are trusted, and who may read the copies."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from aovpn_remediate.client.phonebook import entry
from tests.pairs import PROFILE, check, files, kept, metric_pair, repair, say
from tests.route_client import TWO, routes
from tests.script_faults import REAL, around, at_call, on_replacement

COPY = "rasphone.pbk.aovpn-remediate."
NOT_TRUSTED = (
    "files in the place of the phonebook or of its copies are not of SYSTEM, Administrators or "
    "TrustedInstaller: {}"
)
INSTALLER = "O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"


def plant(client, *names: str, content: bytes = b"") -> None:
    """Let a standard user make files in the place of the phonebook of all users."""
    folder = client.phonebook("device").parent
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(content)
        client.planted.append(str(folder / name))


@pytest.mark.parametrize("scope", ["device", "all-users"])
@pytest.mark.parametrize("package", [metric_pair, lambda **more: routes(*TWO, profile=PROFILE, **more)])
def test_planted_files_never_become_the_phonebook(client, shell, scope, package):
    plant(client, f"{COPY}old", f"{COPY}x.tmp", content=entry(PROFILE))
    said = say(client, shell, package(scope=scope))
    assert said.states == "unknown unknown unknown unknown"
    assert said.exits == [0, 0, 0, 0]
    assert said.runs[0].result["reason"] == said.runs[1].result["reason"] == "owner"
    assert said.runs[0].result["detail"] == NOT_TRUSTED.format(2)
    assert not client.phonebook("device").exists()


def test_nine_planted_copies_are_said_and_not_a_failed_repair(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    plant(client, *(f"{COPY}{number}.kept" for number in range(1, 10)))
    said = say(client, shell, metric_pair(scope="device"))
    assert said.states == "unknown unknown unknown unknown"
    assert said.runs[1].result["detail"] == NOT_TRUSTED.format(9)
    assert path.read_bytes() == entry(PROFILE)


def test_a_planted_folder_counts_too(client, shell):
    client.write_phonebook("device", entry(PROFILE))
    folder = client.phonebook("device").with_name(f"{COPY}1.kept")
    folder.mkdir()
    client.planted.append(str(folder))
    assert say(client, shell, metric_pair(scope="device")).states == "unknown unknown unknown unknown"


def test_a_planted_phonebook_is_not_read(client, shell):
    plant(client, "rasphone.pbk", content=entry(PROFILE))
    assert check(client, shell, metric_pair(scope="device")).result["detail"] == NOT_TRUSTED.format(1)


def test_other_files_of_users_beside_the_phonebook_do_not_count(client, shell):
    client.write_phonebook("device", entry(PROFILE))
    plant(client, "rasphone.pbk.bak", "other.pbk", "rasphone.pbk.aovpn", content=entry(PROFILE))
    assert say(client, shell, metric_pair(scope="device")).states == "issue fixed healthy healthy"


def test_a_user_owns_the_copies_beside_the_own_phonebook(client, shell):
    path = client.write_phonebook("user", b"")
    path.unlink()
    for name in ("old", "x.tmp"):
        path.with_name(COPY + name).write_bytes(entry(PROFILE))
        client.planted.append(str(path.with_name(COPY + name)))
    assert say(client, shell, metric_pair()).states == "issue fixed healthy healthy"


@pytest.mark.parametrize(
    ("owner", "state"),
    [("O:SY", "issue"), ("O:BA", "issue"), (INSTALLER, "issue"), ("O:BU", "unknown"), ("O:LA", "unknown")],
)
def test_three_owners_are_trusted(client, shell, owner, state):
    client.write_phonebook("device", entry(PROFILE))
    package = metric_pair(scope="device")
    shown = (
        f"{REAL} @args | Add-Member -NotePropertyName OwnerForm -NotePropertyValue '{owner}' -Force -PassThru"
    )
    package = around(package, "Get-Acl", shown, of="detection")
    assert check(client, shell, package).result["state"] == state


def test_a_file_whose_owner_cannot_be_read_is_unknown(client, shell):
    client.write_phonebook("device", entry(PROFILE))
    client.faults = {"Get-Acl": "Access is denied."}
    said = say(client, shell, metric_pair(scope="device"))
    assert said.states == "unknown unknown unknown unknown"
    assert said.runs[0].result["detail"] == "Access is denied."


PRIVATE = 0o640
EMPTY = 'throw [InvalidOperationException] "$($stream.Length)"'
WINDOWS = sys.platform == "win32"


def mode(path: Path) -> int:
    """The access rights of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def beside(path: Path) -> dict[str, int]:
    """The access rights of the phonebook and of each copy."""
    return {one.name.removeprefix(COPY): mode(one) for one in path.parent.iterdir()}


@pytest.mark.skipif(WINDOWS, reason="Windows has no modes")
@pytest.mark.parametrize("scope", ["user", "device"])
def test_the_phonebook_and_its_backup_keep_their_access_rights(client, shell, scope):
    path = client.write_phonebook(scope, entry(PROFILE))
    path.chmod(PRIVATE)
    assert repair(client, shell, metric_pair(scope=scope)).result["state"] == "fixed"
    assert beside(path) == {"rasphone.pbk": PRIVATE, "bak": PRIVATE}


@pytest.mark.skipif(WINDOWS, reason="Windows has no modes")
def test_a_copy_for_a_person_has_the_access_rights_of_the_phonebook(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    path.chmod(PRIVATE)
    package = at_call(routes(*TWO), "Repair-StoredCondition", "$problems = @(Set-StoredRoute", "throw 'end'")
    assert repair(client, shell, package).result["state"] == "failed"
    assert kept(path) == [entry(PROFILE)]
    assert beside(path) == {"rasphone.pbk": PRIVATE, "1.kept": PRIVATE}


@pytest.mark.skipif(WINDOWS, reason="Windows has no modes")
def test_a_new_file_is_empty_until_it_has_the_access_rights(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    path.chmod(PRIVATE)
    package = at_call(metric_pair(), "Write-NewFile", "Set-Acl", EMPTY)
    run = repair(client, shell, package)
    assert (run.result["state"], run.result["detail"]) == ("failed", "0")
    assert files(client) == {path.relative_to(client.folder).as_posix(): entry(PROFILE)}


@pytest.mark.skipif(WINDOWS, reason="Windows has no modes")
def test_what_is_left_of_a_replacement_has_the_access_rights_too(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    path.chmod(PRIVATE)
    half = on_replacement(metric_pair(), new="[IO.File]::Move($Path, $Aside); throw 'power cut'")
    assert repair(client, shell, half).result["state"] == "failed"
    assert set(beside(path).values()) == {PRIVATE}


@pytest.mark.parametrize("command", ["Get-Acl", "Set-Acl"])
def test_access_rights_that_cannot_be_copied_leave_the_phonebook_alone(client, shell, command):
    path = client.write_phonebook("user", entry(PROFILE))
    client.faults = {command: "Access is denied."}
    run = repair(client, shell, metric_pair())
    assert (run.result["state"], run.result["detail"]) == ("failed", "Access is denied.")
    assert files(client) == {path.relative_to(client.folder).as_posix(): entry(PROFILE)}
