"""What counts as a change, what is refused, and what is only said."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from aovpn_remediate.errors import RefusedPlanError, UsageError
from aovpn_remediate.model import Foreign, HourlySchedule, RunAs, ScriptPackage, TargetKind, TenantPackages
from aovpn_remediate.plan import (
    FIELDS,
    Adopt,
    FieldChange,
    Note,
    Plan,
    PlanOptions,
    Stopped,
    Update,
    adoptable,
    make_plan,
    make_room,
    refuse_unsafe,
    withhold_deletes,
)
from tests.builders import assignment, everyone, exclusion, package, published

OTHER = {
    "name": "Another name",
    "description": "",
    "publisher": "Fabrikam",
    "run_as": RunAs.USER,
    "run_as_32_bit": True,
    "signature_check": True,
    "scope_tags": ("0", "7"),
    "detection": b"exit 1\r\n",
    "remediation": b"",
    "assignments": (assignment("g1"),),
}
"""For each field of a package a value that the default package does not have."""


def tenant(*owned, foreign=()) -> TenantPackages:
    return TenantPackages(owned=owned, foreign=foreign)


def keys(plan: Plan) -> list[tuple[str, str]]:
    return [(change.action, change.package.key) for change in plan.changes]


def refusal(function, *arguments, **options) -> str:
    with pytest.raises(RefusedPlanError) as refused:
        function(*arguments, **options)
    return str(refused.value)


def test_a_tenant_that_is_as_the_config_says_needs_nothing():
    plan = make_plan([package("b"), package("a")], tenant(published(package("a")), published(package("b"))))
    assert plan == Plan(unchanged=("a", "b"))
    assert plan.is_empty


def test_creates_come_first_then_adopts_updates_and_deletes_each_by_key():
    old = package(publisher="before")
    plan = make_plan(
        [package(key) for key in ("z", "y", "c", "b", "a")],
        tenant(*(published(replace(old, key=key)) for key in ("x", "w", "b", "a"))),
        adopted={"z": published(old, id="f1"), "c": published(old, id="f2")},
    )
    assert keys(plan) == [
        ("create", "y"),
        ("adopt", "c"),
        ("adopt", "z"),
        ("update", "a"),
        ("update", "b"),
        ("delete", "w"),
        ("delete", "x"),
    ]
    assert not plan.is_empty


def test_every_field_of_a_package_but_its_identity_is_compared():
    assert (
        {field.name for field in fields(ScriptPackage)} - {"config", "key", "formerly"}
        == set(FIELDS)
        == set(OTHER)
    )


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_that_differs_is_an_update_of_that_field_alone(name):
    existing, desired = published(package()), package(**{name: OTHER[name]})
    plan = make_plan([desired], tenant(existing))
    change = FieldChange(name, getattr(package(), name), OTHER[name])
    assert plan == Plan(changes=(Update(existing, desired, (change,)),))


def test_a_line_end_is_a_difference():
    (change,) = make_plan([package()], tenant(published(package(detection=b"exit 0\n")))).changes
    assert isinstance(change, Update) and [one.field for one in change.fields] == ["detection"]


@pytest.mark.parametrize(
    "before", [assignment("g1", every=5), assignment("g1", narrow="f1"), exclusion("g1"), assignment("g2")]
)
def test_a_changed_schedule_filter_or_target_updates_the_assignments(before):
    existing = published(package(assignments=(before,)))
    (change,) = make_plan([package(assignments=(assignment("g1"),))], tenant(existing)).changes
    assert isinstance(change, Update) and [one.field for one in change.fields] == ["assignments"]


def test_an_empty_set_of_assignments_removes_all_of_them():
    (change,) = make_plan([package()], tenant(published(package(assignments=(exclusion("g1"),))))).changes
    assert isinstance(change, Update)
    assert change.fields == (FieldChange("assignments", (exclusion("g1"),), ()),)


def test_a_marker_alone_that_is_off_is_put_right():
    plan = make_plan([package()], tenant(published(package(), marked_hash="0" * 16)))
    (change,) = plan.changes
    assert isinstance(change, Update)
    assert change.fields == (FieldChange("marker", "0" * 16, package().content_hash),)


def test_a_wrong_marker_is_corrected_with_every_other_change():
    existing = tenant(published(package(), marked_hash="0" * 16))
    (beside,) = make_plan([package(assignments=(everyone(),))], existing).changes
    (along,) = make_plan([package(publisher="new")], existing).changes
    assert isinstance(beside, Update) and [one.field for one in beside.fields] == ["assignments", "marker"]
    assert isinstance(along, Update) and [one.field for one in along.fields] == ["publisher"]


def test_a_package_edited_in_the_portal_is_noted_and_put_back():
    edited = published(package(detection=b"# by hand"), marked_hash=package().content_hash)
    plan = make_plan([package()], tenant(edited))
    assert keys(plan) == [("update", "metric")]
    assert plan.notes == (
        Note("was changed outside of remediate since it was published; the update restores it", "metric"),
    )


def test_a_package_that_only_the_config_changed_gets_no_note():
    assert make_plan([package(publisher="new")], tenant(published(package()))).notes == ()


def test_a_foreign_package_of_the_same_name_is_a_note_and_never_a_change():
    plan = make_plan([package()], tenant(foreign=(Foreign(id="f1", name="AOVPN metric"),)))
    assert keys(plan) == [("create", "metric")]
    assert plan.notes == (
        Note("a foreign package has this name too; --adopt metric would take it over", "metric"),
    )


def test_an_adopted_package_is_a_change_even_if_only_its_marker_is_new():
    foreign = published(package(), id="f1", marked_hash="")
    plan = make_plan([package()], tenant(), adopted={"metric": foreign})
    assert plan.changes == (Adopt(foreign, package(), (FieldChange("marker", "", package().content_hash),)),)
    assert plan.notes == ()


def test_a_copy_made_in_the_portal_stops_its_key_alone():
    copies = [published(package(), id="one"), published(package(), id="two")]
    plan = make_plan([package(), package("b")], tenant(*copies, published(package("old"))))
    reason = "2 packages carry its marker, one and two; delete the copy in Intune"
    assert plan.stopped == (Stopped("metric", "AOVPN metric", "one", reason),)
    assert keys(plan) == [("create", "b"), ("delete", "old")]


def test_copies_of_a_package_that_left_the_config_are_not_deleted():
    copies = [published(package("old"), id="one"), published(package("old"), id="two")]
    plan = make_plan([package()], tenant(*copies))
    assert keys(plan) == [("create", "metric")] and [one.key for one in plan.stopped] == ["old"]


def test_a_marker_that_is_not_the_last_line_stops_its_key_alone():
    stray = Foreign(id="f1", name="N", stray_key="metric")
    plan = make_plan([package(), package("b")], tenant(foreign=(stray,)))
    reason = (
        "the package f1 has its marker, but not as the last line of the description; move it to the last line "
        "in Intune, or pass --adopt metric"
    )
    assert plan.stopped == (Stopped("metric", "N", "f1", reason),) and keys(plan) == [("create", "b")]
    adopted = {"metric": published(package(), id="f1", marked_hash="")}
    plan = make_plan([package()], tenant(foreign=(stray,)), adopted=adopted)
    assert plan.stopped == () and keys(plan) == [("adopt", "metric")]


@pytest.mark.parametrize("is_stray", [True, False])
def test_what_stops_a_former_key_stops_the_new_one(is_stray: bool):
    copies = [published(package("old"), id="one"), published(package("old"), id="two")]
    stray = Foreign(id="f1", name="N", stray_key="old")
    held = tenant(foreign=(stray,)) if is_stray else tenant(*copies)
    plan = make_plan([package("new", formerly="old")], held)
    assert plan.is_empty and "new" in [one.key for one in plan.stopped]


@pytest.mark.parametrize(
    ("assignments", "who"),
    [
        ((), " (no device runs it)"),
        ((exclusion("g1"),), " (no device runs it)"),
        ((exclusion("g1"), assignment("g2")), ", and devices still run it"),
        ((everyone(),), ", and devices still run it"),
    ],
)
def test_deletes_that_are_not_allowed_are_notes_and_the_rest_stays(assignments, who):
    plan = make_plan([package("new")], tenant(published(package("old", assignments=assignments))))
    withheld = withhold_deletes(plan)
    assert keys(withheld) == [("create", "new")]
    text = f"was removed from the config, but stays in Intune{who}; pass --allow-delete to delete it"
    assert withheld.notes == (Note(text, "old"),)


EMPTY = TenantPackages()


def unsafe(plan: Plan, held: TenantPackages = EMPTY, **allowed: bool) -> None:
    """Refuse a plan unless these options allow it."""
    refuse_unsafe(plan, PlanOptions(**allowed), held)


@pytest.mark.parametrize("kind", [TargetKind.ALL_DEVICES, TargetKind.ALL_USERS])
def test_widening_to_everyone_is_refused_for_all_keys_at_once(kind):
    wide = (everyone(kind),)
    plan = make_plan(
        [package(key, assignments=wide) for key in ("a", "b", "c")],
        tenant(published(package("b", assignments=(assignment("g1"),)))),
        adopted={"c": published(package("c"), id="f1")},
    )
    assert refusal(unsafe, plan) == (
        "plan: a, c and b would be assigned to all devices or users; pass --allow-all to allow it"
    )
    unsafe(plan, allow_all=True)


@pytest.mark.parametrize(
    ("before", "after", "is_refused"),
    [
        (everyone(), everyone(schedule=HourlySchedule(hours=9)), False),
        (everyone(), everyone(narrow="f1"), False),
        (everyone(narrow="f1"), everyone(narrow="f1", schedule=HourlySchedule(hours=9)), False),
        (everyone(narrow="f1"), everyone(), True),
        (everyone(narrow="f1"), everyone(narrow="f2"), True),
        (everyone(TargetKind.ALL_USERS), everyone(TargetKind.ALL_DEVICES), True),
        (everyone(), assignment("g1"), False),
    ],
)
def test_only_what_reaches_more_devices_is_widening(before, after, is_refused):
    existing = tenant(published(package(assignments=(before,))))
    plan = make_plan([package(assignments=(after,))], existing)
    assert not plan.is_empty
    if is_refused:
        assert "--allow-all" in refusal(unsafe, plan)
    else:
        unsafe(plan)


def test_deleting_what_all_devices_have_is_not_a_widening():
    existing = tenant(published(package(assignments=(everyone(),))))
    unsafe(make_plan([], existing))


def owning(count: int, others: int = 0) -> TenantPackages:
    """A tenant with packages k000, k001, ... and with foreign ones."""
    foreign = tuple(Foreign(id=f"f{index}", name=f"n{index}") for index in range(others))
    return tenant(*(published(package(f"k{index:03}")) for index in range(count)), foreign=foreign)


@pytest.mark.parametrize(
    ("owned", "deleted", "is_refused"),
    [(2, 2, False), (3, 3, True), (8, 2, False), (8, 3, True), (9, 3, False), (12, 4, False), (11, 4, True)],
)
def test_deleting_more_than_a_third_needs_its_own_option(owned: int, deleted: int, is_refused: bool):
    held = owning(owned)
    plan = make_plan([one.package for one in held.owned[deleted:]], held)
    unsafe(plan, held, allow_mass_delete=True)
    unsafe(withhold_deletes(plan), held)
    if is_refused:
        assert refusal(unsafe, plan, held) == (
            f"plan: {deleted} of {owned} packages of this config would be deleted; check that this is the right "
            "config, or pass --allow-mass-delete to allow it"
        )
    else:
        unsafe(plan, held)


def test_more_packages_than_a_tenant_holds_are_refused():
    new = [package(f"new-{index}") for index in range(3)]
    unsafe(make_plan(new, owning(0, 197)), owning(0, 197))
    assert refusal(unsafe, make_plan(new, owning(0, 198)), owning(0, 198)) == (
        "plan: the tenant has 198 packages and would have 201, but it holds at most 200; delete packages that "
        "nobody needs, in Intune or with --allow-delete"
    )


def test_a_tenant_that_is_too_full_already_may_be_changed():
    held = owning(5, 200)
    unsafe(make_plan([package(f"k{index:03}", publisher="x") for index in range(5)], held), held)


@pytest.mark.parametrize(
    ("others", "first"), [(190, []), (196, []), (197, ["k000"]), (198, ["k000", "k001"])]
)
def test_deletes_that_make_room_come_before_the_creates(others: int, first: list[str]):
    held = owning(2, others)
    plan = make_room(make_plan([package("new-0"), package("new-1")], held), held)
    before = [key for action, key in keys(plan)[: len(first)] if action == "delete"]
    assert before == first and len(plan.changes) == 4
    assert sorted(keys(plan)) == sorted(keys(make_plan([package("new-0"), package("new-1")], held)))
    text = "deleted before anything is created, since a tenant holds at most 200 packages: " + ", ".join(
        first
    )
    assert plan.notes == ((Note(text),) if first else ())
    unsafe(plan, held)


def test_adopting_finds_the_one_foreign_package_of_the_display_name():
    foreign = Foreign(id="f1", name="AOVPN metric")
    others = (Foreign(id="f2", name="AOVPN"), Foreign(id="f3", name="AOVPN metric 2"))
    found = adoptable(["metric"], [package(), package("b")], tenant(foreign=(*others, foreign)))
    assert found == {"metric": foreign}


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("ours", "--adopt ours: the package is owned already; remove the option"),
        (
            "none",
            '--adopt none: no foreign packages are named "AOVPN none"; set name: of none to the name that the package has in Intune',
        ),
        (
            "many",
            '--adopt many: 2 foreign packages are named "AOVPN many"; in Intune, rename all but the one that many must take over',
        ),
    ],
)
def test_a_key_that_cannot_be_adopted_is_refused(key, message):
    there = tenant(
        published(package("ours")),
        foreign=(Foreign(id="f1", name="AOVPN many"), Foreign(id="f2", name="AOVPN many")),
    )
    assert refusal(adoptable, [key], [package(one) for one in ("ours", "none", "many")], there) == message


@pytest.mark.parametrize(
    ("key", "advice"), [("metrc", 'did you mean "metric"?'), ("x", "use one of: b, metric")]
)
def test_a_key_to_adopt_that_the_config_does_not_have_is_a_usage_error(key, advice):
    with pytest.raises(UsageError) as refused:
        adoptable([key], [package("metric"), package("b")], tenant())
    assert str(refused.value) == f"--adopt {key}: the config has no remediation {key}; {advice}"


def test_no_note_says_that_the_name_of_an_adopted_package_is_taken():
    foreign = (Foreign(id="f1", name="AOVPN metric"), Foreign(id="f2", name="AOVPN b"))
    adopted = {"metric": published(package(), id="f1")}
    plan = make_plan([package(), package("b")], tenant(foreign=foreign), adopted=adopted)
    assert [note.key for note in plan.notes] == ["b"]
