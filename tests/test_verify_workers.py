"""The workers of `verify`: every job is taken once."""

from __future__ import annotations

import pytest

from aovpn_remediate.client import device
from aovpn_remediate.verify import prove
from aovpn_remediate.verify.workers import Queue
from tests.proof_jobs import broken, the_case
from tests.script_faults import at_start


@pytest.mark.parametrize("end", ["[Environment]::Exit(1)", "while ($true) { }"])
def test_a_script_that_ends_powershell_fails_its_case_only(shell, tmp_path, monkeypatch, end):
    (tmp_path / "2").mkdir()
    assert prove(the_case(tmp_path / "2", "the stored state is wrong"), shell).ok, "which makes it warm"
    job = broken(the_case(tmp_path, "the stored state is wrong"), lambda package: at_start(package, end))
    with monkeypatch.context() as patch:
        patch.setattr(device, "LIMIT", 5)
        proof = prove(job, shell)
    assert proof.states == ("issue",)
    assert any("run 2: the script could not be run to its end" in one for one in proof.differences)
    assert prove(the_case(tmp_path / "2", "the stored state is wrong"), shell).ok


def test_every_job_runs_once_and_idle_workers_help_the_others():
    queue = Queue(list(range(7)), workers=2)
    mine, others = queue.shares
    assert [list(mine), list(others)] == [[0, 1, 2, 3], [4, 5, 6]]
    assert [queue.next(others) for _ in range(5)] == [4, 5, 6, 3, 2]
    assert [queue.next(mine) for _ in range(3)] == [0, 1, None]
    assert Queue([], workers=2).shares == []


@pytest.mark.parametrize(
    ("groups", "shares"),
    [
        ("aaaaabbbbbb", ["aaaaa", "bbbbbb"]),
        ("aaaaaaabbbb", ["aaaaaaa", "bbbb"]),
        ("aaabbbbbbbb", ["aaabbb", "bbbbb"]),
        ("aaaaaaaaaaa", ["aaaaaa", "aaaaa"]),
    ],
)
def test_a_share_begins_with_another_group_where_one_is_near(groups, shares):
    found = Queue(groups, workers=2).shares
    assert ["".join(groups[number] for number in share) for share in found] == shares


def test_an_ended_queue_has_nothing_left():
    queue = Queue([1, 2, 3], workers=2)
    queue.end()
    assert [queue.next(share) for share in queue.shares] == [None, None]
