"""The phonebook file: what other programs write in the meantime is never lost."""

from __future__ import annotations

import pytest

from aovpn_remediate.client.phonebook import entry
from tests.pairs import PROFILE, files, kept, metric_pair, repair
from tests.script_faults import OTHER_WRITES, REAL, around, at_start, on_replacement

BETWEEN = f"{OTHER_WRITES}\n{REAL}"
"""Another program writes between the comparison and the replacement."""


@pytest.mark.parametrize(
    "happens", [f"{OTHER_WRITES}; throw [IO.IOException] 'locked'", OTHER_WRITES], ids=["locked", "between"]
)
def test_a_change_of_another_program_is_never_lost(client, shell, happens):
    """First while it holds the file, then between the comparison and the replacement."""
    path = client.write_phonebook("user", entry(PROFILE))
    once = f"if (-not $script:once) {{ $script:once = $true; {happens} }}\n{REAL}"
    package = at_start(on_replacement(metric_pair(), new=once), "$script:once = $false")
    assert repair(client, shell, package).result["state"] == "fixed"
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3) + b"[Other]"
    assert len(files(client)) == 2


def test_a_change_that_cannot_be_put_back_is_kept(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    package = on_replacement(metric_pair(), new=BETWEEN, put_back="throw 'held'")
    said = repair(client, shell, package).result
    detail = "held; what another program may have written is in a copy beside the phonebook"
    assert (said["state"], said["detail"]) == ("failed", detail)
    assert kept(path) == [entry(PROFILE) + b"[Other]"]


def test_a_change_during_the_put_back_is_kept(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    again = f"[IO.File]::AppendAllText($Path, '[Third]'); {REAL}"
    repair(client, shell, on_replacement(metric_pair(), new=BETWEEN, put_back=again))
    changed = entry(PROFILE, ipv4=3, ipv6=3)
    assert kept(path)[:1] == [changed + b"[Third]"]
    assert path.read_bytes().startswith(entry(PROFILE)) and b"[Other]" in path.read_bytes()
    assert not path.with_name("rasphone.pbk.aovpn-remediate.old").exists()


def test_a_change_during_the_put_back_that_cannot_be_moved_stays(client, shell):
    client.write_phonebook("user", entry(PROFILE))
    again = f"[IO.File]::AppendAllText($Path, '[Third]'); {REAL}"
    package = on_replacement(metric_pair(), new=BETWEEN, put_back=again)
    held = f"if ($args -like '*.old') {{ throw [IO.IOException] 'held' }}\n{REAL} @args"
    run = repair(client, shell, around(package, "Move-File", held))
    assert (run.result["state"], run.result["detail"]) == ("failed", "held")
    assert entry(PROFILE, ipv4=3, ipv6=3) + b"[Third]" in files(client).values()


def test_a_change_during_the_put_back_is_never_the_only_one_deleted(client, shell):
    """There is no place for another kept copy, so the second version stays under another name."""
    path = client.write_phonebook("user", entry(PROFILE))
    for number in range(1, 10):
        path.with_name(f"rasphone.pbk.aovpn-remediate.{number}.kept").write_bytes(b"%d" % number)
    again = f"[IO.File]::AppendAllText($Path, '[Third]'); {REAL}"
    run = repair(client, shell, on_replacement(metric_pair(), new=BETWEEN, put_back=again))
    assert run.result["state"] == "failed" and "nine copies" in str(run.result["detail"])
    second = entry(PROFILE, ipv4=3, ipv6=3) + b"[Third]"
    assert second in files(client).values() and entry(PROFILE) + b"[Other]" in files(client).values()


def test_a_phonebook_deleted_during_the_repair_is_not_restored(client, shell):
    path = client.write_phonebook("user", entry(PROFILE, ipv4=9, ipv6=9))
    repair(client, shell, metric_pair())
    gone = on_replacement(metric_pair(ipv4=5), new=f"[IO.File]::Delete($Path)\n{REAL}")
    run = repair(client, shell, gone)
    assert (run.result["state"], run.state["sleeps"]) == ("failed", 0)
    assert not path.exists()


def test_a_repair_by_another_program_is_healthy_not_fixed(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    right = client.folder / "right.pbk"
    right.write_bytes(entry(PROFILE, ipv4=3, ipv6=3))
    copy = f"[IO.File]::Copy('{right}', '{path}', $true)"
    package = around(metric_pair(), "Repair-StoredCondition", f"{copy}; {REAL} @args")
    assert repair(client, shell, package).result["state"] == "healthy"
    assert len(files(client)) == 2, "nothing was written, not even a copy"


def test_a_profile_removed_before_the_repair_stays_removed(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    gone = f"[IO.File]::WriteAllText('{path}', '[Other]')"
    run = repair(client, shell, around(metric_pair(), "Repair-StoredCondition", f"{gone}; {REAL} @args"))
    assert run.result["state"] == "failed" and "was removed from the phonebook" in str(run.result["detail"])
    assert path.read_bytes() == b"[Other]"


@pytest.mark.parametrize(("times", "state"), [(4, "fixed"), (5, "failed")])
@pytest.mark.parametrize("place", ["replacement", "comparison"])
def test_a_phonebook_that_keeps_changing_is_tried_five_times(client, shell, times, state, place):
    path = client.write_phonebook("user", entry(PROFILE))
    write = f"[IO.File]::AppendAllText('{path}', '[Other]')"
    about = f"$args -contains '{path}'" if place == "comparison" else "$true"
    write = f"if ($script:times -lt {times} -and {about}) {{ $script:times++; {write} }}"
    package = at_start(metric_pair(live="ignore"), "$script:times = 0")
    if place == "replacement":
        package = on_replacement(package, new=f"{write}\n{REAL}")
    else:
        package = around(package, "Test-Content", f"{write}\n{REAL} @args")
    run = repair(client, shell, package)
    assert run.result["state"] == state
    assert (state == "failed") == ("changed the phonebook five times" in str(run.result["detail"]))
    after = entry(PROFILE, ipv4=3, ipv6=3) if state == "fixed" else entry(PROFILE)
    assert path.read_bytes() == after + b"[Other]" * times


def test_a_change_right_after_the_replacement_stays_and_fails(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    run = repair(client, shell, on_replacement(metric_pair(), new=f"{REAL}\n{OTHER_WRITES}"))
    assert run.result["state"] == "failed" and "another program changed it" in str(run.result["detail"])
    assert path.read_bytes() == entry(PROFILE, ipv4=3, ipv6=3) + b"[Other]"
