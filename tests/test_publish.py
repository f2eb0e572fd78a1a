"""A plan carried out on a tenant that may refuse, stop answering, or be interrupted."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aovpn_remediate.errors import (
    ApprovalNeededError,
    RefusedPlanError,
    ResolveError,
    SignInError,
    TenantError,
    UnreachableError,
)
from aovpn_remediate.plan import Adopt, Create, Delete, PlanOptions
from aovpn_remediate.publish import (
    Draft,
    InterruptedPublishError,
    Outcome,
    Status,
    Watcher,
    Wish,
    carry_out,
    draft_plan,
    exit_code,
)
from tests.builders import (
    CONFIG,
    MemoryTenant,
    assignment,
    directory,
    everyone,
    exclusion,
    package,
    published,
    refusing,
)
from tests.patience import HANGING

GROUPS = directory({"Users": ["g1"]})
APPROVAL = ApprovalNeededError("wait", status=409, code="c", request_id="r", approval_code="a")
BROKEN = TenantError("POST: broke; try again")
SIGN_IN = SignInError("not signed in")
OUT_OF_REACH = UnreachableError("no answer")


def draft(tenant, *desired, adopt=(), allow_delete=True) -> Draft:
    wish = Wish(
        config=CONFIG, packages=desired, options=PlanOptions(adopt=tuple(adopt), allow_delete=allow_delete)
    )
    return draft_plan(wish, tenant)


def run(tenant, *desired, workers=1, **options) -> list[tuple[str, str, str]]:
    """Plan and publish, and return each outcome as (action, key, status)."""
    plan = draft(tenant, *desired, **options).plan
    return summary(carry_out(plan, tenant, workers=workers))


def summary(outcomes) -> list[tuple[str, str, str]]:
    return [(one.change.action, one.change.package.key, one.status.value) for one in outcomes]


def outcomes_of(*statuses: str, code: int = 0) -> list[Outcome]:
    """Outcomes with these statuses; a failed one has the exit code."""
    return [
        Outcome(Create(package()), Status(status), exit_code=code if status == "failed" else 0)
        for status in statuses
    ]


# Planning


def test_names_are_resolved_and_kept_for_reading():
    tenant = MemoryTenant(
        published(package("old", assignments=(assignment("g2"), exclusion("gone")))),
        known=directory({"Users": ["g1"], "Left behind": ["g2"]}, {"Win11": ["f1"]}, {"VPN": ["7"]}),
    )
    desired = package(scope_tags=("VPN",), assignments=(assignment("Users", narrow="Win11"),))
    drafted = draft(tenant, desired)
    assert drafted.plan.changes[0] == Create(
        package(scope_tags=("7",), assignments=(assignment("g1", narrow="f1"),))
    )
    assert drafted.names == {"0": "Default", "g1": "Users", "f1": "Win11", "7": "VPN", "g2": "Left behind"}
    assert tenant.writes == []


def test_a_name_that_does_not_resolve_ends_before_the_first_write():
    tenant = MemoryTenant()
    with pytest.raises(ResolveError):
        draft(tenant, package("a"), package("b", assignments=(assignment("Nobody"),)))
    assert tenant.writes == []


def test_a_delete_that_is_not_allowed_is_left_and_the_rest_is_published():
    tenant = MemoryTenant(published(package("old")))
    assert run(tenant, package("new"), allow_delete=False) == [("create", "new", "done")]
    assert [one.key for one in tenant.packages] == ["new", "old"]


def test_a_package_without_our_marker_is_never_changed_or_deleted():
    foreign = published(package("theirs", name="AOVPN metric"))
    tenant = MemoryTenant(others=[foreign])
    run(tenant, package())
    run(tenant)
    assert tenant.others == {foreign.id: foreign}
    assert tenant.packages == []


def test_a_package_of_another_config_is_left_alone():
    other = published(package(config="fabrikam"))
    tenant = MemoryTenant(other)
    assert run(tenant) == []
    assert tenant.owned == {other.id: other}


def test_a_foreign_package_is_adopted_by_its_key_and_keeps_its_id():
    foreign = published(package("theirs", name="AOVPN metric", publisher="Someone"), id="f1")
    tenant = MemoryTenant(others=[foreign])
    assert run(tenant, package(), adopt=["metric"]) == [("adopt", "metric", "done")]
    assert (tenant.others, tenant.owned) == ({}, {"f1": replace(published(package()), id="f1")})


def test_a_foreign_package_that_only_lacks_the_marker_gets_it():
    tenant = MemoryTenant(others=[published(package())])
    run(tenant, package(), adopt=["metric"])
    assert tenant.writes == [("update", "metric")]
    assert draft(tenant, package()).plan.is_empty


def test_adopting_what_is_not_there_is_refused():
    with pytest.raises(RefusedPlanError):
        draft(MemoryTenant(), package(), adopt=["metric"])


# Publishing


def test_what_was_published_is_what_the_next_plan_finds():
    tenant = MemoryTenant(published(package("old")), known=directory({"Users": ["g1"]}))
    desired = [package("a", assignments=(assignment("Users"),)), package("b", remediation=b"")]
    assert run(tenant, *desired) == [
        ("create", "a", "done"),
        ("create", "b", "done"),
        ("delete", "old", "done"),
    ]
    assert draft(tenant, *desired).plan.unchanged == ("a", "b")
    assert draft(tenant, *desired).plan.is_empty


def test_creates_come_before_updates_before_deletes():
    tenant = MemoryTenant(published(package("a")), published(package("b")))
    run(tenant, package("b", publisher="x"), package("c"), workers=4)
    assert tenant.writes == [("create", "c"), ("update", "b"), ("delete", "a")]


@pytest.mark.parametrize(
    ("existing", "desired", "writes"),
    [
        (None, package(), ["create"]),
        (None, package(assignments=(everyone(),)), ["create", "assign"]),
        (package(), package(name="n", publisher="p", detection=b"d", remediation=b"r"), ["update"]),
        (package(), package(assignments=(everyone(),)), ["assign"]),
        (package(assignments=(everyone(),)), package(), ["assign"]),
        (package(), package(name="n", assignments=(everyone(),)), ["update", "assign"]),
        (package(), package(), []),
        (package(), None, ["delete"]),
    ],
)
def test_a_package_is_written_once_and_assigned_once_and_only_if_needed(existing, desired, writes):
    tenant = MemoryTenant(*([published(existing)] if existing else []))
    run(tenant, *([desired] if desired else []))
    assert [verb for verb, _ in tenant.writes] == writes
    assert tenant.packages == ([desired] if desired else [])


def test_a_marker_that_is_off_is_written_alone():
    tenant = MemoryTenant(published(package(), marked_hash="0" * 16))
    run(tenant, package())
    assert tenant.writes == [("update", "metric")]
    assert draft(tenant, package()).plan.is_empty


def test_packages_of_a_phase_are_written_side_by_side():
    both_are_here = threading.Barrier(2, timeout=HANGING)
    tenant = MemoryTenant(on_write=lambda verb, key: both_are_here.wait() and None)
    assert {one[2] for one in run(tenant, package("a"), package("b"), workers=2)} == {"done"}


def test_no_more_are_written_at_once_than_there_are_workers():
    lock, here, most = threading.Lock(), [0], [0]
    three_are_here = threading.Barrier(3, timeout=HANGING)

    def on_write(verb: str, key: str) -> None:
        with lock:
            here[0] += 1
            most[0] = max(most[0], here[0])
        three_are_here.wait()
        with lock:
            here[0] -= 1

    run(MemoryTenant(on_write=on_write), *(package(f"p{number}") for number in range(12)), workers=3)
    assert most[0] == 3


def test_outcomes_have_the_order_of_the_plan():
    second_is_done = threading.Event()

    def on_write(verb: str, key: str) -> None:
        if key == "a":
            second_is_done.wait(HANGING)

    tenant = MemoryTenant(on_write=on_write)
    reported = []

    def progress(outcome: Outcome) -> None:
        reported.append(outcome.change.package.key)
        second_is_done.set()

    outcomes = carry_out(draft(tenant, package("a"), package("b")).plan, tenant, watcher=Watcher(progress))
    assert reported == ["b", "a"]
    assert [one.change.package.key for one in outcomes] == ["a", "b"]


@pytest.mark.parametrize("workers", [1, 4])
def test_a_failure_leaves_the_others_alone_but_nothing_is_deleted_after_it(workers):
    tenant = MemoryTenant(
        published(package("old")), published(package("u")), on_write=refusing(("create", "a"), error=BROKEN)
    )
    desired = [package("a"), package("b"), package("u", publisher="x")]
    assert run(tenant, *desired, workers=workers) == [
        ("create", "a", "failed"),
        ("create", "b", "done"),
        ("update", "u", "done"),
        ("delete", "old", "not tried"),
    ]


def test_a_failure_says_what_the_tenant_said():
    tenant = MemoryTenant(on_write=refusing(("create", "metric"), error=BROKEN))
    (outcome,) = carry_out(draft(tenant, package()).plan, tenant)
    assert outcome.error == "POST: broke; try again"


@pytest.mark.parametrize("error", [SIGN_IN, OUT_OF_REACH])
def test_without_sign_in_or_connection_nothing_more_is_begun(error):
    tenant = MemoryTenant(
        published(package("u")), published(package("old")), on_write=refusing(("create", "b"), error=error)
    )
    desired = [package("a"), package("b"), package("c"), package("u", publisher="x")]
    assert run(tenant, *desired) == [
        ("create", "a", "done"),
        ("create", "b", "failed"),
        ("create", "c", "not tried"),
        ("update", "u", "not tried"),
        ("delete", "old", "not tried"),
    ]


def test_a_change_that_awaits_approval_keeps_nothing_back():
    tenant = MemoryTenant(published(package("old")), on_write=refusing(("create", "a"), error=APPROVAL))
    assert run(tenant, package("a"), package("b")) == [
        ("create", "a", "awaiting approval"),
        ("create", "b", "done"),
        ("delete", "old", "done"),
    ]


def test_an_outcome_has_the_ids_of_the_package_and_of_the_approval():
    writes = [("assign", "a"), ("create", "b")]
    tenant = MemoryTenant(published(package("old")), on_write=refusing(*writes, error=APPROVAL), known=GROUPS)
    wanted = [package(key, assignments=(assignment("Users"),)) for key in ("a", "b", "c")]
    outcomes = carry_out(draft(tenant, *wanted).plan, tenant, workers=1)
    made = {one.package.key: one.id for one in tenant.owned.values()}
    found = [(one.status.value, one.package_id, one.approval_code) for one in outcomes]
    assert found == [
        ("awaiting approval", made["a"], "a"),
        ("awaiting approval", "", "a"),
        ("done", made["c"], ""),
        ("done", "id-old", ""),
    ]


def test_nothing_is_deleted_after_a_create_that_is_not_assigned():
    tenant = MemoryTenant(
        published(package("old")), on_write=refusing(("assign", "a"), error=BROKEN), known=GROUPS
    )
    assert run(tenant, package("a", assignments=(assignment("Users"),))) == [
        ("create", "a", "created, not assigned"),
        ("delete", "old", "not tried"),
    ]


def test_a_create_whose_assignment_failed_is_finished_by_the_next_run():
    tenant = MemoryTenant(
        known=directory({"Users": ["g1"]}), on_write=refusing(("assign", "metric"), error=BROKEN)
    )
    desired = package(assignments=(assignment("Users"),))
    assert run(tenant, desired) == [("create", "metric", "created, not assigned")]
    tenant.on_write = lambda verb, key: None
    assert run(tenant, desired) == [("update", "metric", "done")]
    assert tenant.packages == [package(assignments=(assignment("g1"),))]


def test_an_interruption_waits_for_what_runs_and_begins_nothing_new():
    first_is_reported = threading.Event()

    def on_write(verb: str, key: str) -> None:
        if key == "b":
            first_is_reported.wait(HANGING)

    def interrupt(outcome: Outcome) -> None:
        first_is_reported.set()
        raise KeyboardInterrupt

    tenant = MemoryTenant(published(package("old")), on_write=on_write)
    plan = draft(tenant, package("a"), package("b"), package("c")).plan
    with pytest.raises(InterruptedPublishError) as interrupted:
        carry_out(plan, tenant, watcher=Watcher(interrupt), workers=2)
    assert summary(interrupted.value.outcomes) == [
        ("create", "a", "done"),
        ("create", "b", "done"),
        ("create", "c", "not tried"),
        ("delete", "old", "not tried"),
    ]
    assert [one.key for one in tenant.packages] == ["a", "b", "old"]


def test_an_interruption_says_that_running_again_goes_on():
    error = InterruptedPublishError(())
    assert error.exit_code == 130
    assert str(error) == "interrupted; run publish again to continue"


def test_the_next_publish_finishes_an_interrupted_one_without_duplicates():
    def interrupt(outcome: Outcome) -> None:
        raise KeyboardInterrupt

    tenant = MemoryTenant(published(package("old")))
    desired = [package("a"), package("b"), package("c")]
    with pytest.raises(InterruptedPublishError):
        carry_out(draft(tenant, *desired).plan, tenant, watcher=Watcher(interrupt), workers=1)
    run(tenant, *desired)
    assert tenant.packages == desired


def packages() -> st.SearchStrategy[list]:
    """Some of four packages, each with a publisher and an audience out of two."""
    one = st.builds(
        lambda key, publisher, audience: package(key, publisher=publisher, assignments=audience),
        st.sampled_from("abcd"),
        st.sampled_from(["x", "y"]),
        st.sampled_from([(), (everyone(),)]),
    )
    return st.lists(one, unique_by=lambda one: one.key, max_size=4)


@given(before=packages(), desired=packages())
def test_one_publish_is_enough(before, desired):
    tenant = MemoryTenant(*(published(one, marked_hash="0" * 16) for one in before))
    run(tenant, *desired)
    assert draft(tenant, *desired).plan.is_empty


@given(before=packages(), desired=packages(), broken=st.integers(0, 8))
def test_wherever_a_publish_fails_the_next_one_ends_at_the_config(before, desired, broken):
    writes = iter(range(100))

    def break_once(verb: str, key: str) -> None:
        if next(writes) == broken:
            raise BROKEN

    foreign = published(package("foreign", name="AOVPN a"))
    tenant = MemoryTenant(*map(published, before), others=[foreign], on_write=break_once)
    run(tenant, *desired)
    run(tenant, *desired)
    assert tenant.packages == sorted(desired, key=lambda one: one.key)
    assert tenant.others == {foreign.id: foreign}
    assert draft(tenant, *desired).plan.is_empty


def test_nothing_to_do_writes_nothing():
    tenant = MemoryTenant(published(package()))
    assert run(tenant, package()) == []
    assert tenant.writes == []


# Exit codes


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ([], 0),
        (outcomes_of("done", "done"), 0),
        (outcomes_of("done", "awaiting approval"), 5),
        (outcomes_of("awaiting approval"), 5),
        (outcomes_of("done", "failed"), 3),
        (outcomes_of("done", "failed", "not tried", code=4), 3),
        (outcomes_of("done", "awaiting approval", "failed"), 3),
        (outcomes_of("failed", "not tried", code=4), 4),
        (outcomes_of("failed", "not tried", code=1), 1),
        (outcomes_of("failed"), 1),
        (outcomes_of("created, not assigned"), 1),
        (outcomes_of("created, not assigned", "not tried"), 1),
        (outcomes_of("done", "created, not assigned"), 3),
    ],
)
def test_the_exit_code_says_how_much_was_published(outcomes, code):
    assert exit_code(outcomes) == code


@pytest.mark.parametrize(("error", "code"), [(SIGN_IN, 4), (OUT_OF_REACH, 1), (APPROVAL, 5), (BROKEN, 1)])
def test_the_tenants_refusal_decides_the_exit_code(error, code):
    tenant = MemoryTenant(on_write=refusing(("create", "metric"), error=error))
    assert exit_code(carry_out(draft(tenant, package()).plan, tenant)) == code


def test_a_plan_made_by_hand_is_carried_out_in_its_order_too():
    changes = (
        Create(package("a")),
        Adopt(published(package("b"), id="f"), package("b"), ()),
        Delete(published(package("c"))),
    )
    tenant = MemoryTenant(published(package("c")), others=[published(package("b"), id="f")])
    plan = replace(draft(MemoryTenant()).plan, changes=changes)
    assert [one[2] for one in summary(carry_out(plan, tenant))] == ["done"] * 3
    assert [one.key for one in tenant.packages] == ["a", "b"]


def test_a_part_of_a_config_deletes_nothing_and_sees_nothing_else():
    tenant = MemoryTenant(published(package("a")), published(package("b")))
    options = PlanOptions(allow_delete=True)
    wish = Wish(config=CONFIG, packages=[package("a", publisher="New")], is_whole=False, options=options)
    plan = draft_plan(wish, tenant).plan
    assert [(change.action, change.package.key) for change in plan.changes] == [("update", "a")]
    assert (plan.unchanged, plan.notes) == ((), ())
