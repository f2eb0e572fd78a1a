"""A reviewed plan and the tenant as it is now: what is still to do, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from aovpn_remediate.errors import RefusedPlanError
from aovpn_remediate.model import Published, ScriptPackage
from aovpn_remediate.plan import Adopt, Change, Create, Delete, Plan, PlanOptions, Update, differences
from aovpn_remediate.plan_file import PlanFile, PlanTenant
from aovpn_remediate.publish import (
    Outcome,
    Status,
    carry_out,
    refuse_other_tenant,
    remaining_plan,
    whole_outcomes,
)
from tests.builders import CONFIG, MemoryTenant, assignment, directory, package, published

KNOWN = directory({"g1": ["g1"], "g2": ["g2"]}, {"f1": ["f1"]}, {"7": ["7"]})
ONE, TWO = (assignment("g1"),), (assignment("g2"),)
BEFORE = published(package("a", assignments=ONE))
AFTER = package("a", publisher="New", assignments=TWO)
NEITHER = "a: the package id-a is neither as before the plan nor as after it; run remediate plan --out again"


def file_of(*changes: Change, **other: Any) -> PlanFile:
    tenant = PlanTenant(graph="http://127.0.0.1:1", cloud="public")
    plain = PlanFile(
        tool="0.1.0",
        tenant=tenant,
        config=CONFIG,
        config_digest="",
        options=PlanOptions(),
        plan=Plan(changes),
    )
    return replace(plain, **other)


def update(before: Published = BEFORE, after: ScriptPackage = AFTER) -> Update:
    return Update(before, after, differences(before, after))


def adoption(before: Published, after: ScriptPackage = AFTER) -> Adopt:
    return Adopt(before, after, differences(before, after))


def tenant(*owned: Published, others: Iterable[Published] = ()) -> MemoryTenant:
    return MemoryTenant(*owned, others=others, known=KNOWN)


def left(change: Change, *owned: Published, others: Iterable[Published] = ()) -> list[tuple[str, str]]:
    """The writes that carry out what is left of a change."""
    there = tenant(*owned, others=others)
    carry_out(remaining_plan(file_of(change), there).plan, there, workers=1)
    if not isinstance(change, Delete):
        assert change.package in there.packages
        assert remaining_plan(file_of(change), there).plan.is_empty
    return there.writes


def refusal(change: Change, *owned: Published, others: Iterable[Published] = ()) -> str:
    there = tenant(*owned, others=others)
    with pytest.raises(RefusedPlanError) as refused:
        remaining_plan(file_of(change), there)
    assert there.writes == []
    return str(refused.value)


def holding(of: ScriptPackage, **changes: Any) -> Published:
    """The package of the plan with this content, as an interrupted publish may have left it."""
    return replace(published(of, id="id-a", version="2"), **changes)


def test_a_create_is_continued_wherever_it_was_interrupted():
    assert left(Create(AFTER)) == [("create", "a"), ("assign", "a")]
    assert left(Create(AFTER), holding(replace(AFTER, assignments=()))) == [("assign", "a")]
    assert left(Create(AFTER), holding(AFTER)) == []


def test_an_update_is_continued_wherever_it_was_interrupted():
    assert left(update(), BEFORE) == [("update", "a"), ("assign", "a")]
    assert left(update(), holding(replace(AFTER, assignments=ONE))) == [("assign", "a")]
    assert left(update(), holding(replace(BEFORE.package, assignments=TWO))) == [("update", "a")]
    assert left(update(), holding(AFTER)) == []


def test_an_adoption_is_continued_wherever_it_was_interrupted():
    foreign = holding(replace(BEFORE.package, name="Old"), marked_hash="", version="1")
    assert left(adoption(foreign), others=[foreign]) == [("update", "a"), ("assign", "a")]
    assert left(adoption(foreign), holding(replace(AFTER, assignments=ONE))) == [("assign", "a")]
    assert left(adoption(foreign), holding(AFTER)) == []


def test_an_adoption_that_changes_only_the_marker_is_written():
    foreign = holding(AFTER, marked_hash="", version="1")
    assert left(adoption(foreign), others=[foreign]) == [("update", "a")]


def test_an_update_gives_a_package_its_new_key_once():
    before = published(package("old"), id="id-a")
    change = update(before, package("a", name="AOVPN old"))
    assert left(change, before) == [("update", "a")]
    said = refusal(change, before, published(package("a"), id="id-b"))
    assert said == "a: two packages carry its marker, id-a and id-b; run remediate plan --out again"


def test_an_update_of_the_marker_alone_is_written_once():
    edited = replace(BEFORE, marked_hash="0" * 16)
    change = update(edited, BEFORE.package)
    assert left(change, edited) == [("update", "a")]
    assert left(change, BEFORE) == []


def test_a_delete_that_is_done_needs_nothing():
    assert left(Delete(BEFORE), BEFORE) == [("delete", "a")]
    assert left(Delete(BEFORE)) == []


@pytest.mark.parametrize(
    "found",
    [
        holding(replace(BEFORE.package, publisher="Somebody")),
        holding(replace(AFTER, assignments=(assignment("g1", every=9),))),
        holding(AFTER, marked_hash="0" * 16),
        replace(BEFORE, version="2"),
        replace(BEFORE, marked_hash="0" * 16),
    ],
)
def test_a_package_that_is_neither_before_nor_after_is_refused(found: Published):
    assert refusal(update(), found) == NEITHER


def test_a_package_that_lost_its_marker_is_refused():
    assert refusal(update(), others=[BEFORE]) == NEITHER
    assert refusal(Delete(BEFORE), others=[BEFORE]) == NEITHER


def test_a_package_that_was_deleted_is_refused():
    said = "a: the package id-a was deleted since the plan was made; run remediate plan --out again"
    assert refusal(update()) == said == refusal(adoption(BEFORE))


def test_a_foreign_package_that_changed_is_not_adopted():
    foreign = holding(BEFORE.package, marked_hash="", version="1")
    for found in (
        replace(foreign, package=replace(foreign.package, publisher="Somebody")),
        replace(foreign, version="2"),
    ):
        assert refusal(adoption(foreign), others=[found]) == NEITHER
    theirs = replace(foreign, owner="fabrikam")
    assert refusal(adoption(theirs), others=[foreign]) == NEITHER


def test_a_package_with_our_marker_but_another_content_is_no_begun_create():
    for found in (BEFORE, holding(replace(AFTER, assignments=ONE))):
        assert refusal(Create(AFTER), found) == NEITHER


def test_two_packages_with_the_marker_of_a_create_are_refused():
    said = refusal(Create(AFTER), holding(AFTER), holding(AFTER, id="id-b"))
    assert said == "a: two packages carry its marker, id-a and id-b; run remediate plan --out again"


def test_a_changed_package_is_not_deleted():
    for found in (replace(BEFORE, version="2"), holding(AFTER)):
        assert refusal(Delete(BEFORE), found) == NEITHER


def test_what_is_gone_is_named_for_all_packages_at_once():
    gone = (assignment("g9", narrow="f9"),)
    changes = [
        Create(package("a", assignments=gone, scope_tags=("8",))),
        Create(package("b", assignments=(*gone, *ONE))),
        update(published(package("c")), package("c", assignments=gone)),
        update(published(package("d", assignments=gone)), package("d", publisher="x", assignments=gone)),
    ]
    there = tenant(published(package("c")), published(package("d", assignments=gone)))
    with pytest.raises(RefusedPlanError) as refused:
        remaining_plan(file_of(*changes, names={"g9": "Old"}), there)
    assert str(refused.value).split("\n") == [
        'a, b, c: the group "Old" (g9) is gone from the tenant; run remediate plan --out again',
        "a, b, c: the assignment filter f9 is gone from the tenant; run remediate plan --out again",
        "a: the scope tag 8 is gone from the tenant; run remediate plan --out again",
    ]


def test_what_became_of_other_packages_does_not_matter():
    others = [published(package("same", publisher="Somebody"))]
    file = file_of(update(), plan=Plan((update(),), unchanged=("same",)))
    assert len(remaining_plan(file, tenant(BEFORE, *others)).plan.changes) == 1


def test_every_change_of_a_plan_has_an_outcome():
    plan = Plan((update(), Create(package("b")), Create(package("c")), Delete(published(package("d")))))
    rest = [
        Outcome(Update(BEFORE, AFTER, ()), Status.FAILED, "broke", package_id="id-a"),
        Outcome(Update(published(package("c")), package("c"), ()), Status.FAILED, "no", package_id="id-c"),
    ]
    assert whole_outcomes(plan, rest, {"b": "id-b", "c": "id-c"}) == (
        Outcome(plan.changes[0], Status.FAILED, "broke", package_id="id-a"),
        Outcome(plan.changes[1], Status.DONE, package_id="id-b"),
        Outcome(plan.changes[2], Status.CREATED, "no", package_id="id-c"),
        Outcome(plan.changes[3], Status.DONE, package_id="id-d"),
    )


HERE = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("wanted", "tenant_id", "graph", "said"),
    [
        ("T1", "t2", HERE, "the plan is for the tenant T1, but this is the tenant t2; "),
        ("T1", "", HERE, "the plan is for the tenant T1, but this is http://127.0.0.1:1 without a sign-in; "),
        ("", "t2", HERE, "the plan is for http://127.0.0.1:1 without a sign-in, but this is the tenant t2; "),
        (
            "",
            "",
            "http://[::1]:2",
            f"the plan is for {HERE} without a sign-in, but this is http://[::1]:2 without ",
        ),
    ],
)
def test_another_tenant_is_refused(wanted: str, tenant_id: str, graph: str, said: str):
    with pytest.raises(RefusedPlanError) as refused:
        refuse_other_tenant(PlanTenant(graph=HERE, cloud="public", id=wanted), tenant_id, graph)
    assert str(refused.value).startswith(said)


def test_the_same_tenant_is_accepted():
    refuse_other_tenant(PlanTenant(graph="https://other", cloud="public", id="T1"), "t1", HERE)
    refuse_other_tenant(PlanTenant(graph=HERE, cloud="public"), "", HERE)
