"""The gate that all workers share: the budget of writes, the pause, and what it says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from aovpn_remediate.graph.gate import WINDOW, WRITES, Clock, Gate
from tests.fake_clock import FakeClock


def gate(clock=None):
    return Gate((clock or FakeClock()).clock())


def test_writes_within_the_budget_do_not_wait():
    ours = gate()
    assert [ours.enter(is_write=True) for _ in range(WRITES)] == [0.0] * WRITES


def test_a_write_above_the_budget_waits_for_the_end_of_the_window():
    clock = FakeClock()
    ours = gate(clock)
    for _ in range(WRITES):
        ours.enter(is_write=True)
    clock.sleep(5)
    assert ours.enter(is_write=True) == pytest.approx(WINDOW - 5, abs=0.01)


def test_reads_are_outside_of_the_budget():
    ours = gate()
    assert sum(ours.enter(is_write=False) for _ in range(WRITES * 3)) == 0
    assert ours.enter(is_write=True) == 0


def test_no_window_has_more_writes_than_the_budget_however_many_workers():
    clock = FakeClock()
    ours = gate(clock)

    def write(_):
        ours.enter(is_write=True)
        return clock.now()

    with ThreadPoolExecutor(8) as pool:
        times = sorted(pool.map(write, range(600)))
    for first, last in zip(times, times[WRITES:], strict=False):
        assert last - first >= WINDOW - 0.1


def test_a_pause_holds_reads_and_writes():
    ours = gate()
    ours.close(10.0)
    assert ours.enter(is_write=False) == pytest.approx(11.0, abs=0.01)
    assert ours.enter(is_write=True) == 0


def test_answers_that_come_during_a_pause_do_not_make_it_grow():
    clock = FakeClock()
    ours = gate(clock)
    pauses = []
    for _ in range(4):
        pauses.append(ours.close(None))
        clock.sleep(0.5)
    assert pauses == [2.0, 1.5, 1.0, 0.5]


def test_pauses_grow_until_something_succeeds():
    clock = FakeClock()
    ours = gate(clock)
    pauses = []
    for number in range(6):
        if number == 4:
            ours.succeeded()
        pauses.append(ours.close(None))
        ours.enter(is_write=True)
    assert pauses == [2.0, 4.0, 8.0, 16.0, 2.0, 4.0]


def test_it_is_stalled_ten_minutes_after_the_first_failure():
    clock = FakeClock()
    ours = gate(clock)
    ours.failed()
    clock.sleep(599)
    ours.failed()
    assert not ours.is_stalled
    clock.sleep(1)
    assert ours.is_stalled
    ours.succeeded()
    assert not ours.is_stalled


def test_giving_up_ends_a_wait_that_has_begun():
    clock = FakeClock()
    ours = gate(clock)
    ours.close(100.0)
    sleep = clock.sleep

    def interrupted(seconds: float) -> None:
        sleep(seconds)
        if clock.passed > 3:
            ours.give_up()

    ours.clock = Clock(clock.now, interrupted, lambda: 1.0)
    assert 3 < ours.enter(is_write=True) < 4
