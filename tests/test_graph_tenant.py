from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from urllib.parse import unquote

import pytest

from aovpn_remediate.errors import GraphShapeError, NotFoundError, SignInError, TenantError, UnreachableError
from aovpn_remediate.graph.session import GraphSession
from aovpn_remediate.graph.tenant import GraphTenant
from aovpn_remediate.model import Assignment, Directory, Foreign, HourlySchedule, Target, TargetKind
from tests.fake_clock import FakeClock
from tests.graph_json import FILTER, GROUP, LAB, assigned, item, listed, package, schedule, target
from tests.scripted_server import Reply, Request, batch_of, serving

PACKAGES = "/deviceManagement/deviceHealthScripts"


def tenant(service):
    return GraphTenant(GraphSession(service.root, clock=FakeClock().clock()))


def wanted(groups=(), filters=(), scope_tags=()):
    return SimpleNamespace(groups=groups, filters=filters, scope_tags=scope_tags)


def holding(*items):
    """A tenant of these packages, to be read only."""
    by_id = {one["id"]: one for one in items}
    parts = batch_of(lambda url: (200, by_id[url.rpartition("/")[2]]))

    def answer(request: Request) -> Reply:
        if request.path.endswith("/$batch"):
            return parts(request)
        return Reply({"value": [listed(one) for one in items]})

    return answer


def looking_up(answers):
    """Look-ups answered by their path without ``$select``, and with an empty list where none is known."""

    def answer(url: str):
        key = unquote(url.partition("$select")[0].rstrip("?&"))
        missing = 404 if key.startswith("/groups/") else 200
        return answers.get(key, (missing, {"value": []}))

    return batch_of(answer)


def entries(*pairs):
    return 200, {"value": [{"id": one, "displayName": name} for one, name in pairs]}


# Reading


def test_packages_with_this_configs_marker_are_owned_all_others_foreign():
    ours, other = package(), package(config="fabrikam")
    items = [
        item("p1", ours),
        item("p2", other),
        item("p3", description="[aovpn-remediate contoso/metric 0123]", displayName="by hand"),
        item("p4", description=None, displayName=None),
    ]
    with serving(holding(*items)) as service:
        found = tenant(service).list_packages("contoso")
    assert [(one.id, one.package, one.marked_hash) for one in found.owned] == [
        ("p1", ours, ours.content_hash)
    ]
    assert found.foreign == (
        Foreign(id="p4", name=""),
        Foreign(id="p2", name=other.name, owner="fabrikam"),
        Foreign(id="p3", name="by hand"),
    )


def test_packages_that_are_microsofts_own_are_not_even_foreign():
    with serving(holding(item("p1", isGlobalScript=True), item("p2"))) as service:
        found = tenant(service).list_packages("contoso")
    assert [one.id for one in (*found.owned, *found.foreign)] == ["p2"]


@pytest.mark.parametrize(("count", "batches"), [(0, 0), (1, 1), (20, 1), (21, 2), (100, 5)])
def test_reading_owned_packages_needs_one_list_and_a_batch_per_twenty(count, batches):
    items = [item(f"p{number}", package(f"key-{number:03}")) for number in range(count)]
    with serving(holding(*items)) as service:
        found = tenant(service).list_packages("contoso")
    assert [one.package.key for one in found.owned] == [f"key-{number:03}" for number in range(count)]
    assert service.asked == [f"GET {PACKAGES}", *(["POST /$batch"] * batches)]
    assert service.requests[0].path.endswith("?$expand=assignments")


def test_scripts_of_foreign_packages_are_never_read():
    with serving(holding(item("p1", description="theirs"))) as service:
        tenant(service).list_packages("contoso")
    assert service.asked == [f"GET {PACKAGES}"]


def test_assignments_come_with_the_list():
    one = assigned(target("groupAssignmentTarget", groupId=GROUP), schedule("Hourly", interval=4))
    with serving(holding(item(assignments=[one]))) as service:
        (owned,) = tenant(service).list_packages("contoso").owned
    assert owned.package.assignments == (
        Assignment(target=Target(kind=TargetKind.GROUP, group=GROUP), schedule=HourlySchedule(hours=4)),
    )


def test_assignments_that_did_not_fit_into_the_list_are_read_too():
    def answer(request):
        if "more" in request.path:
            return Reply({"value": [assigned(target("groupAssignmentTarget", groupId=LAB))]})
        link = f"{service.root}/beta{PACKAGES}/p1/assignments?more"
        first = assigned(target("groupAssignmentTarget", groupId=GROUP))
        return holding(item(assignments=[first], **{"assignments@odata.nextLink": link}))(request)

    with serving(answer) as service:
        (owned,) = tenant(service).list_packages("contoso").owned
    assert [one.target.group for one in owned.package.assignments] == [GROUP, LAB]


def test_an_owned_package_without_its_scripts_is_an_error():
    without = listed(item())
    with (
        serving(holding(without)) as service,
        pytest.raises(GraphShapeError, match="package p1: detectionScriptContent is empty"),
    ):
        tenant(service).list_packages("contoso")


def test_a_package_that_cannot_be_read_stops_everything():
    def answer(request):
        if "batch" in request.path:
            return batch_of(lambda _: (403, {"error": {"code": "Forbidden"}}))(request)
        return Reply({"value": [listed(item())]})

    with serving(answer) as service, pytest.raises(SignInError, match=r"Scripts\.Read\.All"):
        tenant(service).list_packages("contoso")


def test_a_foreign_package_is_read_as_if_it_were_ours():
    wire = item("p9", description="by hand", displayName="Old")
    with serving([Reply(wire)]) as service:
        found = tenant(service).read_package("p9", config="contoso", key="metric")
    assert (found.id, found.marked_hash, found.package.name) == ("p9", "", "Old")
    assert (found.package.config, found.package.key) == ("contoso", "metric")
    assert [one.path for one in service.requests] == [f"/beta{PACKAGES}/p9?$expand=assignments"]


def test_an_id_cannot_lead_to_another_path():
    with serving([Reply(status=404)]) as service, pytest.raises(NotFoundError):
        tenant(service).read_package("../groups/1?x", config="contoso", key="metric")
    assert service.requests[0].path.startswith(f"/beta{PACKAGES}/..%2Fgroups%2F1%3Fx?")


# Looking up


def test_one_batch_looks_up_everything():
    answers = {
        "/groups?$filter=displayName eq 'AOVPN Users'": entries((GROUP, "AOVPN Users")),
        f"/groups/{LAB}": (200, {"id": LAB, "displayName": "Lab"}),
        "/deviceManagement/assignmentFilters": entries((FILTER, "Windows 11"), ("f2", "Other")),
        "/deviceManagement/roleScopeTags": entries(("0", "Default"), ("3", "VPN")),
    }
    with serving(looking_up(answers)) as service:
        found = tenant(service).look_up(wanted(("AOVPN Users", LAB), ("Windows 11",), ("VPN",)))
    assert found == Directory(
        groups={"AOVPN Users": ((GROUP, "AOVPN Users"),), LAB: ((LAB, "Lab"),)},
        filters={"Windows 11": ((FILTER, "Windows 11"),)},
        scope_tags={"VPN": (("3", "VPN"),)},
        all_filters=("Windows 11", "Other"),
        all_scope_tags=("Default", "VPN"),
    )
    assert service.asked == ["POST /$batch"]


def test_nothing_wanted_asks_nothing():
    with serving([Reply(status=500)]) as service:
        assert tenant(service).look_up(wanted()) == Directory(groups={}, filters={}, scope_tags={})
        assert tenant(service).look_up(wanted(scope_tags=("0",))).scope_tags == {"0": (("0", "Default"),)}
        assert tenant(service).names_of_groups([]) == {}
    assert service.requests == []


def test_filters_and_scope_tags_are_not_asked_for_when_none_is_wanted():
    with serving(looking_up({})) as service:
        tenant(service).look_up(wanted(groups=("A",)))
    (request, near) = service.requests
    assert [one["url"] for one in request.body["requests"]] == [
        "/groups?$filter=displayName%20eq%20%27A%27&$select=id,displayName"
    ]
    assert [one["url"] for one in near.body["requests"]] == [
        "/groups?$filter=startswith%28displayName%2C%27A%27%29&$select=id,displayName&$top=100"
    ]


@pytest.mark.parametrize("status", [400, 403])
def test_without_an_answer_no_near_groups_are_known(status):
    def answer(url):
        return (status, {"error": {}}) if "startswith" in url else (200, {"value": []})

    with serving(batch_of(answer)) as service:
        found = tenant(service).look_up(wanted(groups=("A",)))
    assert (found.groups, found.near_groups) == ({"A": ()}, ())


@pytest.mark.parametrize("name", ["O'Brien & Söhne #1", "100% / a+b?", "''", "Приёмка 🚀"])
def test_any_group_name_is_sent_as_a_value(name):
    literal = name.replace("'", "''")
    with serving(
        looking_up({f"/groups?$filter=displayName eq '{literal}'": entries((GROUP, name))})
    ) as service:
        found = tenant(service).look_up(wanted(groups=(name,)))
    assert found.groups == {name: ((GROUP, name),)}
    assert service.requests[0].body["requests"][0]["url"].isascii()


def test_all_groups_of_a_name_are_found_case_aside_and_no_other():
    answer = entries(("g1", "aovpn users"), ("g2", "AOVPN Users"), ("g3", "AOVPN Users 2"))
    with serving(looking_up({"/groups?$filter=displayName eq 'AOVPN Users'": answer})) as service:
        found = tenant(service).look_up(wanted(groups=("AOVPN Users",)))
    assert found.groups["AOVPN Users"] == (("g1", "aovpn users"), ("g2", "AOVPN Users"))


def test_what_does_not_exist_has_no_match():
    with serving(looking_up({})) as service:
        found = tenant(service).look_up(wanted(("No such", GROUP), ("No filter",), ("No tag",)))
    assert found == Directory(
        groups={"No such": (), GROUP: ()}, filters={"No filter": ()}, scope_tags={"No tag": ()}
    )


def test_filters_and_scope_tags_may_be_named_by_id():
    answers = {
        "/deviceManagement/assignmentFilters": entries((FILTER, "Windows 11")),
        "/deviceManagement/roleScopeTags": entries(("3", "VPN")),
    }
    with serving(looking_up(answers)) as service:
        found = tenant(service).look_up(wanted(filters=(FILTER.upper(),), scope_tags=("3",)))
    assert found.filters == {FILTER.upper(): ((FILTER, "Windows 11"),)}
    assert found.scope_tags == {"3": (("3", "VPN"),)}


def test_a_long_list_of_filters_is_read_to_its_end():
    def answer(request):
        if "batch" not in request.path:
            return Reply({"value": [{"id": "f2", "displayName": "Second"}]})
        page = entries(("f1", "First"))[1] | {"@odata.nextLink": f"{service.root}/beta/next"}
        return looking_up({"/deviceManagement/assignmentFilters": (200, page)})(request)

    with serving(answer) as service:
        found = tenant(service).look_up(wanted(filters=("First", "Second")))
    assert found.filters == {"First": (("f1", "First"),), "Second": (("f2", "Second"),)}


@pytest.mark.parametrize(
    "path", ["/deviceManagement/assignmentFilters", "/groups?$filter=displayName eq 'A'"]
)
def test_a_list_that_cannot_be_read_is_not_an_empty_one(path):
    with serving(looking_up({path: (404, {})})) as service, pytest.raises(NotFoundError):
        tenant(service).look_up(wanted(groups=("A",), filters=("F",)))


def test_forty_one_names_take_three_batches_and_near_names_one():
    with serving(looking_up({})) as service:
        tenant(service).look_up(
            wanted(groups=tuple(f"Group {number}" for number in range(40)), filters=("F",))
        )
    assert service.asked == ["POST /$batch"] * 4


def test_groups_of_a_tenant_are_named_and_those_gone_left_out():
    answers = {f"/groups/{GROUP}": (200, {"id": GROUP, "displayName": "AOVPN Users"})}
    with serving(looking_up(answers)) as service:
        found = tenant(service).names_of_groups([GROUP, LAB, GROUP, "someOtherTarget SMS0001"])
    assert found == {GROUP: "AOVPN Users"}
    assert [one["url"].partition("?")[0] for one in service.requests[0].body["requests"]] == [
        f"/groups/{GROUP}",
        f"/groups/{LAB}",
    ]


# Writing


class Created:
    """A tenant whose first answers to a create go wrong, before or after the create is carried out."""

    def __init__(self, *wrong: Reply, carried_out: bool) -> None:
        self.wrong = list(wrong)
        self.carried_out = carried_out
        self.items: list[dict[str, object]] = []

    def __call__(self, request: Request) -> Reply:
        if request.method == "GET":
            return Reply({"value": self.items})
        if self.wrong and not self.carried_out:
            return self.wrong.pop(0)
        self.items.append({**request.body, "id": f"new-{len(self.items) + 1}"})
        return self.wrong.pop(0) if self.wrong else Reply(self.items[-1], status=201)


AMBIGUOUS = [
    Reply(dropped=True),
    Reply(status=500),
    Reply(status=503),
    Reply(status=504),
    Reply(raw=b"<html>", headers={"Content-Type": "text/html"}),
]


def test_a_create_returns_the_id():
    with serving(Created(carried_out=False)) as service:
        assert tenant(service).create(package()) == "new-1"
    assert service.asked == [f"POST {PACKAGES}"]


@pytest.mark.parametrize("reply", AMBIGUOUS, ids=repr)
def test_a_create_that_happened_without_an_answer_is_found_and_not_doubled(reply):
    state = Created(reply, carried_out=True)
    with serving(state) as service:
        assert tenant(service).create(package()) == "new-1"
    assert len(state.items) == 1
    assert service.asked == [f"POST {PACKAGES}", f"GET {PACKAGES}"]


@pytest.mark.parametrize("reply", AMBIGUOUS, ids=repr)
def test_a_create_that_did_not_happen_is_tried_again_after_a_look(reply):
    state = Created(reply, carried_out=False)
    with serving(state) as service:
        assert tenant(service).create(package()) == "new-1"
    assert service.asked == [f"POST {PACKAGES}", f"GET {PACKAGES}", f"POST {PACKAGES}"]


def test_a_create_is_looked_for_after_each_try_and_at_the_end():
    broken = Created(*[Reply(status=500)] * 99, carried_out=False)
    with serving(broken) as service, pytest.raises(TenantError, match="500"):
        tenant(service).create(package())
    tries = len(service.asked) // 2
    assert tries > 5 and service.asked == [f"POST {PACKAGES}", f"GET {PACKAGES}"] * tries


def test_a_create_that_is_refused_is_not_tried_again():
    refusal = Reply({"error": {"code": "BadRequest"}}, status=400)
    with serving([refusal]) as service, pytest.raises(TenantError, match="BadRequest"):
        tenant(service).create(package())
    assert len(service.requests) == 1


def test_a_create_finds_another_ones_package_of_its_key_and_stops():
    def answer(request):
        if request.method == "POST":
            return Reply(dropped=True)
        return Reply({"value": [item("theirs", package(description="other"))]})

    with serving(answer) as service, pytest.raises(TenantError, match="somebody else created theirs"):
        tenant(service).create(package())


def test_an_unanswered_create_is_not_retried_without_a_search():
    def answer(request):
        return Reply(status=400) if request.method == "GET" else Reply(dropped=True)

    with serving(answer) as service, pytest.raises(TenantError, match=r"^GET"):
        tenant(service).create(package())
    assert service.asked.count(f"POST {PACKAGES}") == 1


def test_an_update_is_one_patch_of_the_changed_fields():
    with serving([Reply(item())]) as service:
        tenant(service).update("p1", package(), frozenset({"name", "detection"}))
    (request,) = service.requests
    assert service.asked == [f"PATCH {PACKAGES}/p1"]
    assert request.body.keys() == {"displayName", "detectionScriptContent", "description"}


def test_a_dropped_remediation_is_cleared_and_read_back():
    with serving([Reply(item()), Reply(item(remediationScriptContent=""))]) as service:
        tenant(service).update("p1", package(remediation=b""), frozenset({"remediation"}))
    assert service.asked == [f"PATCH {PACKAGES}/p1", f"GET {PACKAGES}/p1"]
    assert service.requests[0].body["remediationScriptContent"] == ""


def test_a_remediation_script_that_stays_after_clearing_is_reported():
    with serving([Reply(item())]) as service, pytest.raises(TenantError, match="still there"):
        tenant(service).update("p1", package(remediation=b""), frozenset({"remediation"}))


def test_an_update_of_a_deleted_package_is_reported():
    with serving([Reply(status=404)]) as service, pytest.raises(NotFoundError):
        tenant(service).update("p1", package(), frozenset())


@pytest.mark.parametrize("status", [200, 204])
def test_assignments_are_sent_as_a_whole(status):
    one = Assignment(target=Target(kind=TargetKind.ALL_DEVICES), schedule=HourlySchedule(hours=1))
    with serving([Reply(status=503), Reply({} if status == 200 else None, status=status)]) as service:
        tenant(service).assign("p1", [one])
    assert service.asked == [f"POST {PACKAGES}/p1/assign"] * 2
    assert len(service.requests[0].body["deviceHealthScriptAssignments"]) == 1


@pytest.mark.parametrize("status", [200, 204, 404])
def test_a_package_that_is_gone_is_deleted(status):
    with serving([Reply({} if status != 204 else None, status=status)]) as service:
        tenant(service).delete("p1")
    assert service.asked == [f"DELETE {PACKAGES}/p1"]


def test_a_delete_that_is_refused_is_reported():
    with serving([Reply(status=403)]) as service, pytest.raises(SignInError, match="ReadWrite"):
        tenant(service).delete("p1")


def test_four_threads_may_write_at_once():
    state = Created(carried_out=False)
    with serving(state) as service:
        ours = tenant(service)
        with ThreadPoolExecutor(4) as pool:
            ids = list(pool.map(lambda number: ours.create(package(f"key-{number}")), range(40)))
    assert sorted(ids) == sorted(str(one["id"]) for one in state.items)
    by_id = {one["id"]: one["displayName"] for one in state.items}
    assert [by_id[one] for one in ids] == [f"AOVPN key-{number}" for number in range(40)]


def test_a_tenant_out_of_reach_is_reported_while_creating():
    with serving([Reply(status=500)]) as service:
        root = service.root
    with pytest.raises(UnreachableError):
        GraphTenant(GraphSession(root, clock=FakeClock().clock())).create(package())
