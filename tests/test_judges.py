"""The judges of a case that was run: each finds the broken promise that it is for, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from aovpn_remediate.client import Run, empty_state
from aovpn_remediate.client.snapshot import Snapshot
from aovpn_remediate.verify.cases import Case
from aovpn_remediate.verify.judges import judge
from aovpn_remediate.verify.record import Record, Step

BOOK = "file ProgramData/Pbk/rasphone.pbk"
BACKUP = f"{BOOK}.aovpn-remediate.bak"
OLD = b"[Contoso VPN]\r\nIpInterfaceMetric=0\r\n\r\n[Other]\r\nType=2\r\n"
NEW = OLD.replace(b"Metric=0", b"Metric=3")
BEFORE: Snapshot = {BOOK: OLD}
AFTER: Snapshot = {BOOK: NEW, BACKUP: OLD}


def run_of(state: str, exit_code: int) -> Run:
    line = json.dumps({"v": 1, "state": state})
    return Run(exit_code=exit_code, output=(line,), errors=(), state=empty_state())


def step(number: int, state: str, exit_code: int, before: Snapshot, after: Snapshot) -> Step:
    script = "remediate" if number in (2, 4) else "detect"
    return Step(number=number, script=script, run=run_of(state, exit_code), before=before, after=after)


def a_good_record(**changes: object) -> Record:
    """A case in which the pair finds the fault, repairs it, and then changes nothing."""
    steps = (
        step(1, "issue", 1, BEFORE, BEFORE),
        step(2, "fixed", 0, BEFORE, AFTER),
        step(3, "healthy", 0, AFTER, AFTER),
        step(4, "healthy", 0, AFTER, AFTER),
    )
    says = ("issue", "fixed", "healthy", "healthy")
    record = Record(
        case=Case("the metric is wrong", before={}, after={}, says=says),
        profile="Contoso VPN",
        is_own_pair=False,
        has_repair=True,
        steps=steps,
        expected={BOOK: NEW},
        end=AFTER,
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def with_step(record: Record, number: int, **changes: object) -> Record:
    """The record with something else in one step."""
    steps = list(record.steps)
    steps[number - 1] = replace(steps[number - 1], **changes)  # type: ignore[arg-type]
    return replace(record, steps=tuple(steps))


def test_a_case_without_a_fault_has_no_problem():
    assert judge(a_good_record()) == ()


def test_other_states_than_those_of_the_case_are_a_problem():
    record = with_step(a_good_record(), 1, run=run_of("healthy", 0))
    assert judge(record) == ("says healthy fixed healthy healthy, expected issue fixed healthy healthy",)


def test_other_exit_codes_than_those_of_the_case_are_a_problem():
    case = replace(a_good_record().case, says=(), exits=(1, 1, 0, 0))
    assert judge(a_good_record(case=case)) == ("exit codes [1, 0, 0, 0], expected [1, 1, 0, 0]",)


def test_a_detection_alone_is_held_to_the_first_state_only():
    record = a_good_record(has_repair=False, steps=a_good_record().steps[:1], expected=BEFORE)
    assert judge(record) == ()


def test_an_interrupted_script_is_a_problem_and_not_compared():
    record = a_good_record(steps=a_good_record().steps[:1], ended="run 2: it did not end within 60 s")
    assert judge(record) == ("run 2: it did not end within 60 s",)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"output": ()}, "run 3: 0 output lines, expected one"),
        ({"output": ('{"state":"healthy"}', "more")}, "run 3: 2 output lines, expected one"),
        ({"output": ('{"state":"healthy","detail":"\u00fc"}',)}, "run 3: the line is not ASCII or longer"),
        ({"output": ('{"state":"healthy","detail":"' + "x" * 2000 + '"}',)}, "run 3: the line is not ASCII"),
        ({"exit_code": 1}, "run 3: exit code 1 for the state healthy"),
        ({"errors": ("boom\nat line 3",)}, "run 3: wrote to stderr: boom"),
        ({"state": {**empty_state(), "refused": ["x has no stand-in"]}}, "run 3: x has no stand-in"),
    ],
)
def test_what_no_script_may_do_is_a_problem_of_its_run(change, problem):
    run = replace(run_of("healthy", 0), **change)
    found = judge(with_step(a_good_record(), 3, run=run))
    assert any(line.startswith(problem) for line in found), found


def test_an_own_pair_without_states_may_print_what_it_likes():
    case = replace(a_good_record().case, says=(), exits=(1, 0, 0, 0))
    run = replace(run_of("healthy", 0), output=("a", "b"))
    record = with_step(a_good_record(case=case, is_own_pair=True, expected=AFTER), 3, run=run)
    assert judge(record) == ()


def test_a_detection_that_changes_a_file_is_a_problem():
    record = with_step(a_good_record(), 1, after={BOOK: NEW, BACKUP: OLD})
    assert any(line.startswith(f"run 1 changed {BOOK}: ") for line in judge(record))


def test_a_refused_command_is_named_once_even_if_its_error_is_printed():
    reason = "netsh has no stand-in"
    state = {**empty_state(), "refused": [reason]}
    bad = replace(run_of("healthy", 0), errors=(f"{reason} at line 3",), state=state)
    found = judge(with_step(a_good_record(), 3, run=bad))
    assert [line for line in found if "netsh" in line] == [f"run 3: {reason}"]
    both = replace(bad, errors=(*bad.errors, "boom"))
    assert "run 3: wrote to stderr: boom" in judge(with_step(a_good_record(), 3, run=both))


def test_a_file_that_is_written_with_its_own_content_is_a_problem():
    found = judge(with_step(a_good_record(), 3, written=(BOOK,)))
    assert f"run 3 (second detect) wrote {BOOK}; a detection script must not write anything" in found


@pytest.mark.parametrize("number", [2, 4])
def test_a_repair_that_tries_again_may_write_the_same_content(number):
    run = run_of("failed", 1)
    found = judge(with_step(a_good_record(), number, written=(BOOK,), run=run))
    assert [line for line in found if "wrote" in line] == []


def test_a_client_that_ends_otherwise_than_the_case_wants_is_a_problem():
    record = a_good_record(expected={BOOK: NEW, "service RasMan": "is stopped"})
    assert judge(record) == ("service RasMan: expected 'is stopped', found nothing",)


def test_a_phonebook_whose_old_content_is_in_no_backup_is_a_problem():
    record = with_step(a_good_record(), 2, after={BOOK: NEW, BACKUP: b"x"})
    problem = f"run 2: {BOOK} was changed, and no backup has what was in it"
    assert problem in judge(record)


def test_a_changed_phonebook_without_any_backup_is_a_problem():
    record = with_step(a_good_record(), 2, after={BOOK: NEW})
    assert f"run 2: {BOOK} was changed, and no backup has what was in it" in judge(record)


def test_a_backup_that_goes_while_its_phonebook_stays_is_a_problem():
    record = with_step(a_good_record(), 4, after={BOOK: NEW})
    problem = f"run 4: the backup {BACKUP} is gone, although the phonebook did not change"
    assert problem in judge(record)


def test_a_backup_that_gets_another_name_is_not_gone():
    kept = f"{BOOK}.aovpn-remediate.1.kept"
    record = with_step(a_good_record(), 4, after={BOOK: NEW, kept: OLD})
    assert judge(record) == ()


def test_what_another_program_added_counts_as_kept():
    kept = {BOOK: NEW, BACKUP: OLD + b"[New]\r\n"}
    record = with_step(a_good_record(added_by_others=(b"[New]\r\n",)), 2, after=kept)
    assert [line for line in judge(record) if line.startswith("run 2:")] == []


def test_another_entry_that_is_in_no_file_any_more_is_a_problem():
    spoilt = {BOOK: NEW.split(b"[Other]")[0], BACKUP: OLD.split(b"[Other]")[0]}
    record = with_step(a_good_record(), 2, after=spoilt)
    assert any("'[Other]" in line and line.startswith("run 2:") for line in judge(record))


def test_a_fault_that_no_script_met_is_a_problem_where_there_is_a_repair():
    unmet = ("the fault Get-Item",)
    problem = "the fault Get-Item never happened; no script called it"
    assert judge(a_good_record(unmet=unmet)) == (problem,)
    alone = a_good_record(unmet=unmet, has_repair=False, steps=a_good_record().steps[:1], expected=BEFORE)
    assert judge(alone) == ()


def test_a_second_repair_without_a_failure_may_not_write_the_same_content():
    found = judge(with_step(a_good_record(), 4, written=(BOOK,)))
    advice = "read the value first, and write only if it differs"
    expected = f"run 4 (second remediate) wrote {BOOK} although it was already correct; {advice}"
    assert found == (expected,)


def test_the_old_entry_of_the_profile_itself_need_not_be_kept():
    kept: Snapshot = {BOOK: NEW, BACKUP: NEW}
    found = judge(with_step(a_good_record(), 3, before=kept, after=kept))
    assert found == ()


def test_an_own_pair_needs_no_backups_and_has_none_that_may_change():
    steps = (
        step(1, "issue", 1, BEFORE, BEFORE),
        step(2, "fixed", 0, BEFORE, {BOOK: b"x", BACKUP: b"x"}),
        step(3, "healthy", 0, {BOOK: b"x", BACKUP: b"x"}, {BOOK: b"x", BACKUP: b"y"}),
    )
    found = judge(a_good_record(is_own_pair=True, steps=steps, expected={BOOK: b"x", BACKUP: b"y"}))
    assert [line for line in found if not line.startswith("says ")] == [
        f"run 3 changed {BACKUP}: -'x'",
        f"run 3 changed {BACKUP}: +'y'",
    ]


def test_what_happens_after_the_four_runs_is_not_compared_with_the_case():
    restarted: Snapshot = {**AFTER, "event Windows restarted": "once"}
    later = replace(step(5, "healthy", 0, restarted, restarted), follows="restart")
    case = replace(a_good_record().case, says=("issue", "fixed", "healthy", "healthy", "healthy"))
    assert judge(a_good_record(case=case, steps=(*a_good_record().steps, later), end=restarted)) == ()


def test_a_detection_alone_is_held_to_the_first_exit_code_only():
    case = replace(a_good_record().case, says=(), exits=(1, 0, 0, 0))
    steps = a_good_record().steps[:1]
    assert judge(a_good_record(case=case, has_repair=False, steps=steps, expected=BEFORE)) == ()


def test_a_fault_that_an_own_detection_does_not_meet_is_a_problem():
    steps = a_good_record().steps[:1]
    record = a_good_record(
        unmet=("the fault Get-Item",), has_repair=False, is_own_pair=True, steps=steps, expected=BEFORE
    )
    assert judge(record) == ("the fault Get-Item never happened; no script called it",)
