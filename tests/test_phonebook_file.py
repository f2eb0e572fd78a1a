"""The phonebook file: locks, links, and the copies beside it."""

from __future__ import annotations

import base64

import pytest

from aovpn_remediate.client.phonebook import entry
from tests.pairs import PROFILE, check, files, kept, metric_pair, repair, say
from tests.script_faults import REAL, around, at_call, at_start, on_replacement


def test_a_file_that_is_locked_for_two_tries_is_repaired(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    client.locks = [{"path": str(path), "tries": 2}]
    assert say(client, shell, metric_pair()).states == "issue fixed healthy healthy"
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3)


@pytest.mark.parametrize(("tries", "state"), [(4, "issue"), (5, "unknown")])
def test_a_file_is_tried_five_times(client, shell, tries, state):
    path = client.write_phonebook("user", entry(PROFILE))
    client.locks = [{"path": str(path), "tries": tries}]
    run = check(client, shell, metric_pair(live="ignore"))
    assert (run.result["state"], run.state["sleeps"]) == (state, 4)


def test_access_that_is_denied_is_tried_again(client, shell):
    client.phonebook("user").mkdir(parents=True)
    run = check(client, shell, metric_pair())
    assert (run.result["state"], run.state["sleeps"]) == ("unknown", 4)


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


def test_a_link_to_a_missing_file_is_refused_too(client, shell):
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


def test_a_failed_replacement_leaves_the_old_phonebook(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    path.with_name("rasphone.pbk.aovpn-remediate.bak").joinpath("in the way").mkdir(parents=True)
    run = repair(client, shell, metric_pair())
    assert (run.result["state"], run.result["reason"], run.exit_code) == ("failed", "error", 1)
    assert path.read_bytes() == entry(PROFILE)
    assert not list(path.parent.glob("*.tmp"))


def test_a_replacement_that_never_works_leaves_the_phonebook_alone(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    package = on_replacement(metric_pair(), new="throw 'held'")
    assert repair(client, shell, package).result["state"] == "failed"
    assert files(client) == {path.relative_to(client.folder).as_posix(): entry(PROFILE)}


@pytest.mark.parametrize("same", ["rasphone.pbk", "rasphone.pbk.aovpn-remediate.bak"])
def test_an_old_file_with_the_same_content_elsewhere_is_not_kept(client, shell, same):
    path = client.write_phonebook("user", entry(PROFILE))
    path.with_name("rasphone.pbk.aovpn-remediate.bak").write_bytes(entry("Earlier"))
    old = path.with_name("rasphone.pbk.aovpn-remediate.old")
    old.write_bytes(path.with_name(same).read_bytes())
    package = on_replacement(metric_pair(), new="throw 'held'")
    assert repair(client, shell, package).result["state"] == "failed"
    assert not old.exists() and kept(path) == []


def test_the_backup_stays_until_the_next_repair_is_checked(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    backup = path.with_name("rasphone.pbk.aovpn-remediate.bak")
    backup.write_bytes(entry("Earlier"))
    package = on_replacement(metric_pair(), new="throw 'held'")
    assert repair(client, shell, package).result["state"] == "failed"
    assert backup.read_bytes() == entry("Earlier")


def test_an_old_file_that_cannot_become_the_backup_is_kept_next_time(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    held = f"if (\"$args\" -like '*.bak*') {{ throw [IO.IOException] 'held' }}\n{REAL} @args"
    package = around(metric_pair(), "Move-File", held)
    assert repair(client, shell, package).result["state"] == "fixed"
    old = path.with_name("rasphone.pbk.aovpn-remediate.old")
    assert old.read_bytes() == entry(PROFILE)
    assert repair(client, shell, metric_pair(ipv4=5)).result["state"] == "fixed"
    assert kept(path) == [entry(PROFILE)] and not old.exists()


def test_an_appdata_folder_that_is_a_link_is_followed(client, shell):
    """Administrators redirect it; what counts is what lies below it."""
    path = client.write_phonebook("user", entry(PROFILE))
    elsewhere = client.folder / "elsewhere"
    client.app_data.rename(elsewhere)
    client.app_data.symlink_to(elsewhere)
    assert repair(client, shell, metric_pair()).result["state"] == "fixed"
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3)


def test_a_full_disk_leaves_no_incomplete_file(client, shell):
    """A small text is written when the stream is closed, which fails once more."""
    path = client.write_phonebook("user", entry(PROFILE))
    package = at_call(metric_pair(), "Write-NewFile", ".Flush(", "throw 'full'")
    package = at_call(package, "Write-NewFile", ".Dispose(", f"{REAL}; throw 'full'")
    run = repair(client, shell, package)
    assert (run.result["state"], run.result["detail"]) == ("failed", "full")
    assert files(client) == {path.relative_to(client.folder).as_posix(): entry(PROFILE)}


def test_an_empty_phonebook_is_read_again_after_a_moment(client, shell):
    path = client.write_phonebook("user", b"")
    adds = base64.b64encode(entry(PROFILE)).decode("ascii")
    client.changes = [{"path": str(path), "command": "Start-Sleep", "adds": adds}]
    assert check(client, shell, metric_pair()).result["state"] == "issue"


@pytest.mark.parametrize("copy", ["bak", "old"])
@pytest.mark.parametrize("make", ["link", "folder"])
def test_a_link_or_folder_in_the_place_of_a_copy_stops_the_repair(client, shell, make, copy):
    path = client.write_phonebook("user", entry(PROFILE))
    backup = path.with_name(f"rasphone.pbk.aovpn-remediate.{copy}")
    backup.mkdir() if make == "folder" else backup.symlink_to(client.folder / "victim")
    state = "unknown" if copy == "old" else "failed"
    assert repair(client, shell, metric_pair()).result["state"] == state
    assert path.read_bytes() == entry(PROFILE) and not (client.folder / "victim").exists()


@pytest.mark.parametrize(
    ("problem", "state", "waits"),
    [
        ("IO.IOException", "fixed", 2),
        ("UnauthorizedAccessException", "fixed", 2),
        ("InvalidOperationException", "failed", 0),
    ],
)
def test_only_temporary_errors_are_tried_again(client, shell, problem, state, waits):
    client.write_phonebook("user", entry(PROFILE))
    throw = f"if ($script:times -lt 2) {{ $script:times++; throw [{problem}] 'no' }}\n{REAL}"
    package = at_start(on_replacement(metric_pair(), new=throw), "$script:times = 0")
    run = repair(client, shell, package)
    assert (run.result["state"], run.state["sleeps"]) == (state, waits)


def test_nothing_behind_the_first_link_is_read(client, shell):
    path = client.write_phonebook("device", entry(PROFILE))
    folder = client.folder / "elsewhere"
    path.parent.rename(folder)
    path.parent.symlink_to(folder, target_is_directory=True)
    (folder / path.name).rename(folder / "real.pbk")
    path.symlink_to(folder / "real.pbk")
    found = check(client, shell, metric_pair(scope="device")).result
    assert found["detail"] == "the path to the phonebook contains a link, which is not followed: Pbk"
