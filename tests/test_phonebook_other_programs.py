"""The phonebook file: what other programs write meanwhile is never lost."""

from __future__ import annotations

import pytest

from aovpn_remediate.client.phonebook import entry
from tests.pairs import PROFILE, files, kept, metric_pair, repair
from tests.script_faults import BETWEEN, META, PUT_BACK, REPAIRS, REPLACE, WRITE, happening, surgery


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


def test_what_cannot_be_put_back_is_kept(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    script = surgery(surgery(metric_pair().remediation, REPLACE, BETWEEN), PUT_BACK, "throw 'held'")
    said = client.run(shell, script, run_as="user").result
    detail = "held; what another program may have written is in a copy beside the phonebook"
    assert (said["state"], said["detail"]) == ("failed", detail)
    assert kept(path) == [entry(PROFILE) + b"[Other]"]


def test_what_is_written_while_something_is_put_back_is_kept(client, shell):
    path = client.write_phonebook("user", entry(PROFILE))
    again = "[IO.File]::AppendAllText($Path, '[Third]'); "
    script = surgery(surgery(metric_pair().remediation, REPLACE, BETWEEN), PUT_BACK, again + PUT_BACK)
    client.run(shell, script, run_as="user")
    changed = entry(PROFILE, ipv4=3, ipv6=3)
    assert kept(path)[:1] == [changed + b"[Third]"]
    assert path.read_bytes().startswith(entry(PROFILE)) and b"[Other]" in path.read_bytes()


def test_a_phonebook_that_was_deleted_meanwhile_is_not_brought_back(client, shell):
    path = client.write_phonebook("user", entry(PROFILE, ipv4=9, ipv6=9))
    repair(client, shell, metric_pair())
    gone = surgery(metric_pair(ipv4=5).remediation, REPLACE, "[IO.File]::Delete($Path)\n" + REPLACE)
    run = client.run(shell, gone, run_as="user")
    assert (run.result["state"], run.state["sleeps"]) == ("failed", 0)
    assert not path.exists()


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
