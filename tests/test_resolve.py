"""Names become ids, or everything that is wrong with them is said at once."""

from __future__ import annotations

import pytest

from aovpn_remediate.errors import ResolveError
from aovpn_remediate.model import Assignment, AssignmentFilter, Directory, FilterMode, Target, TargetKind
from aovpn_remediate.resolve import References, references, resolve_names
from tests.builders import assignment, directory, everyone, exclusion, package


def problems(packages, known) -> tuple[str, ...]:
    with pytest.raises(ResolveError) as refused:
        resolve_names(packages, known)
    assert str(refused.value) == "\n".join(refused.value.problems)
    return refused.value.problems


def test_every_name_is_asked_for_once_and_in_order():
    packages = [
        package("a", scope_tags=("VPN", "0"), assignments=(assignment("Users", narrow="Win11"), everyone())),
        package("b", scope_tags=("Lab",), assignments=(exclusion("Lab PCs"), assignment("Users"))),
    ]
    assert references(packages) == References(("Lab PCs", "Users"), ("Win11",), ("Lab", "VPN"))


def test_the_default_scope_tag_and_all_devices_need_no_look_up():
    assert references([package(assignments=(everyone(),))]) == References((), (), ())


def test_a_target_that_only_the_tenant_knows_is_not_looked_up():
    odd = Assignment(target=Target(kind=TargetKind.OTHER, group="configurationManagerTarget"))
    assert references([package(assignments=(odd,))]).groups == ()
    assert resolve_names([package(assignments=(odd,))], directory())[0].assignments == (odd,)


def test_names_become_ids_and_everything_else_stays():
    before = package(
        scope_tags=("0", "VPN"),
        assignments=(exclusion("Lab"), assignment("Users", narrow="Win11", mode="exclude", every=7)),
    )
    known = directory({"Lab": ["g1"], "Users": ["g2"]}, {"Win11": ["f1"]}, {"VPN": ["12"]})
    (after,) = resolve_names([before], known)
    assert after == package(
        scope_tags=("0", "12"),
        assignments=(exclusion("g1"), assignment("g2", narrow="f1", mode="exclude", every=7)),
    )
    assert after.assignments[1].filter == AssignmentFilter(filter="f1", mode=FilterMode.EXCLUDE)


def test_ids_are_sorted_as_in_the_tenant_for_any_order_of_names():
    before = package(scope_tags=("A", "B"), assignments=(assignment("A"), assignment("B")))
    known = directory({"A": ["g9"], "B": ["g1"]}, scope_tags={"A": ["9"], "B": ["1"]})
    (after,) = resolve_names([before], known)
    assert after.scope_tags == ("1", "9")
    assert after.assignments == (assignment("g1"), assignment("g9"))


def test_packages_keep_their_order():
    packages = [package("b"), package("a")]
    assert resolve_names(packages, directory()) == tuple(packages)


def test_all_missing_and_ambiguous_names_are_reported_with_their_users():
    packages = [
        package("a", scope_tags=("VPN",), assignments=(assignment("Users", narrow="Win11"),)),
        package("b", assignments=(exclusion("Nobody"), assignment("Users"))),
    ]
    known = directory({"Users": ["g1", "g2"], "Nobody": []}, {"Win11": []}, {"VPN": ["3", "4"]})
    assert problems(packages, known) == (
        'b: the tenant has no group "Nobody"; create it or correct the config',
        'a, b: the tenant has 2 groups named "Users"; write an id instead: g1 or g2',
        'a: the tenant has no assignment filter "Win11"; create it or correct the config',
        'a: the tenant has 2 scope tags named "VPN"; write an id instead: 3 or 4',
    )


def test_a_misspelt_filter_or_scope_tag_is_answered_with_the_nearest_name():
    known = Directory(
        groups={"G": (("g", "G"),)},
        filters={"Win10": ()},
        scope_tags={"Berlim": ()},
        all_filters=("Win11", "Mac"),
        all_scope_tags=("Default", "Berlin"),
    )
    packages = [package("a", scope_tags=("Berlim",), assignments=(assignment("G", narrow="Win10"),))]
    assert problems(packages, known) == (
        'a: the tenant has no assignment filter "Win10"; did you mean "Win11"?',
        'a: the tenant has no scope tag "Berlim"; did you mean "Berlin"?',
    )


def test_a_name_that_was_never_looked_up_is_missing():
    (line,) = problems([package(assignments=(assignment("Users"),))], directory())
    assert 'no group "Users"' in line


@pytest.mark.parametrize(
    ("second", "what"), [(assignment("g1"), "listed twice"), (exclusion("g1"), "both included and excluded")]
)
def test_a_group_given_by_name_and_again_by_id_is_refused(second, what):
    packages = [package("a", assignments=(assignment("Users"), second)), package("b")]
    known = Directory(
        groups={"Users": (("g1", "Users"),), "g1": (("g1", "Users"),)}, filters={}, scope_tags={}
    )
    assert problems(packages, known) == (f'a: the group "Users" (g1) is {what}; remove one',)


def test_the_same_group_in_two_packages_is_fine():
    packages = [
        package("a", assignments=(assignment("Users"),)),
        package("b", assignments=(exclusion("Users"),)),
    ]
    resolved = resolve_names(packages, directory({"Users": ["g1"]}))
    assert [one.assignments[0].target.group for one in resolved] == ["g1", "g1"]
