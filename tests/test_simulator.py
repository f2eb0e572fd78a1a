"""The Graph stand-in, asked over real HTTP."""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from aovpn_remediate.errors import OutputError
from aovpn_remediate.simulator import running_simulator
from aovpn_remediate.simulator.api import answer
from aovpn_remediate.simulator.server import open_tenant
from aovpn_remediate.simulator.wire import Request

ROOT = Path(__file__).parent.parent
GRAPH = "#microsoft.graph."
ZERO = "00000000-0000-0000-0000-000000000000"
NOT_THERE = "12345678-1234-1234-1234-123456789012"


class Tenant:
    """A client of one simulator; an answer is a ``requests.Response``."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def ask(self, method: str, path: str, body: object = None, **options: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.url}{path}"
        return self.session.request(method, url, json=body, timeout=20, **options)

    def packages(self, method: str, path: str = "", body: object = None, **options: Any) -> requests.Response:
        return self.ask(method, f"/beta/deviceManagement/deviceHealthScripts{path}", body, **options)

    def create(self, **members: object) -> dict[str, Any]:
        return answered(self.packages("POST", "", package(**members)), 201)

    def read(self, key: str) -> dict[str, Any]:
        return answered(self.packages("GET", f"/{key}?$expand=assignments"))

    def list(self) -> list[dict[str, Any]]:
        return answered(self.packages("GET", "?$expand=assignments"))["value"]

    def assign(self, key: str, *items: Mapping[str, object]) -> requests.Response:
        return self.packages("POST", f"/{key}/assign", {"deviceHealthScriptAssignments": list(items)})

    def id_of(self, name: str, collection: str = "groups") -> str:
        found = answered(
            self.ask("GET", f"/beta/{collection}", params={"$filter": f"displayName eq '{name}'"})
        )
        return str(found["value"][0]["id"])

    def fail(self, **fault: object) -> None:
        answered(self.ask("POST", "/simulator/faults", fault))

    def log(self) -> list[dict[str, Any]]:
        return answered(self.ask("GET", "/simulator/requests"))


def answered(response: requests.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    assert response.headers["request-id"]
    return response.json()


def refused(response: requests.Response, status: int = 400) -> str:
    error = answered(response, status)["error"]
    assert error["innerError"]["request-id"] == response.headers["request-id"]
    assert error["innerError"]["date"]
    return f"{error['code']}: {error['message']}"


def script(text: str = "exit 0\r\n") -> str:
    return base64.b64encode(text.encode()).decode()


def package(**members: object) -> dict[str, object]:
    """A create body; a member given as ``...`` is left out."""
    whole = {"displayName": "VPN metric", "detectionScriptContent": script(), **members}
    return {name: value for name, value in whole.items() if value is not ...}


def target(kind: str = "group", **members: object) -> dict[str, object]:
    return {"@odata.type": f"{GRAPH}{kind}AssignmentTarget", **members}


def hourly(interval: object = 4, **members: object) -> dict[str, object]:
    return {"@odata.type": f"{GRAPH}deviceHealthScriptHourlySchedule", "interval": interval, **members}


def daily(**members: object) -> dict[str, object]:
    whole = {"interval": 1, "time": "06:30:00", "useUtc": False, **members}
    return {"@odata.type": f"{GRAPH}deviceHealthScriptDailySchedule", **whole}


def once(**members: object) -> dict[str, object]:
    whole = {"date": "2026-12-01", "time": "12:00:00", "useUtc": True, **members}
    return {"@odata.type": f"{GRAPH}deviceHealthScriptRunOnceSchedule", **whole}


@contextmanager
def running(**options: Any) -> Iterator[Tenant]:
    with running_simulator(**options) as simulator:
        tenant = Tenant(simulator.url)
        with tenant.session:
            yield tenant


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with running() as client:
        yield client


def seed_file(folder: Path, content: object) -> Path:
    path = folder / "seed.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


# --- packages


def test_a_create_answers_the_whole_package_with_the_services_defaults(tenant):
    made = tenant.create(remediationScriptContent=...)
    assert made["@odata.context"].endswith("/beta/$metadata#deviceManagement/deviceHealthScripts/$entity")
    assert (made["version"], made["runAsAccount"], made["runAs32Bit"]) == ("1", "system", False)
    assert (made["roleScopeTagIds"], made["isGlobalScript"], made["enforceSignatureCheck"]) == (
        ["0"],
        False,
        False,
    )
    assert (made["remediationScriptContent"], made["highestAvailableVersion"]) == ("", None)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", made["createdDateTime"])
    assert made["createdDateTime"] == made["lastModifiedDateTime"]


def test_scripts_come_back_byte_for_byte(tenant):
    content = bytes(range(256)) * 4
    made = tenant.create(remediationScriptContent=base64.b64encode(content).decode())
    assert base64.b64decode(tenant.read(made["id"])["remediationScriptContent"]) == content


def test_a_list_shows_no_scripts_and_no_assignments_unless_expanded(tenant):
    tenant.create(remediationScriptContent=script("repair"))
    for item in answered(tenant.packages("GET"))["value"]:
        assert (item["detectionScriptContent"], item["remediationScriptContent"]) == (None, None)
        assert "assignments" not in item
    assert all(item["assignments"] == [] for item in tenant.list())


def test_select_shows_what_was_asked_for(tenant):
    tenant.create()
    value = answered(tenant.packages("GET", "?$select=id,displayName"))["value"]
    assert all(item.keys() == {"id", "displayName"} for item in value)


def test_pages_follow_each_other_by_their_links(tenant):
    names = [tenant.create(displayName=f"package {number}")["displayName"] for number in range(5)]
    found, link = [], "/beta/deviceManagement/deviceHealthScripts?$expand=assignments&$top=2"
    while link:
        page = answered(tenant.ask("GET", link))
        assert len(page["value"]) <= 2
        assert all("assignments" in item for item in page["value"])
        found += [item["displayName"] for item in page["value"]]
        link = page.get("@odata.nextLink")
    assert found[-5:] == names
    assert len(found) == len(set(found)) == 7


def test_the_page_size_of_a_simulator_can_be_small():
    with running(page_size=1) as tenant:
        assert len(answered(tenant.packages("GET"))["value"]) == 1
        assert len(answered(tenant.ask("GET", "/beta/groups"))["value"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        "$top=0",
        "$top=x",
        "$select=nothing",
        "$expand=runSummary",
        "$orderby=id",
        "$skiptoken=x",
        "$top=1&$top=2",
    ],
)
def test_a_query_that_is_not_understood_is_refused(tenant, query):
    refused(tenant.packages("GET", f"?{query}"))


def test_any_script_in_a_patch_counts_the_version_up_as_text(tenant):
    key = tenant.create()["id"]
    changed = answered(tenant.packages("PATCH", f"/{key}", {"detectionScriptContent": script("exit 1")}))
    assert changed["version"] == "2"
    assert base64.b64decode(tenant.read(key)["detectionScriptContent"]) == b"exit 1"


def test_a_patch_without_a_script_keeps_the_version_and_everything_else(tenant):
    made = tenant.create(description="old", publisher="Contoso")
    changed = answered(tenant.packages("PATCH", f"/{made['id']}", {"description": "new"}))
    assert changed["lastModifiedDateTime"] > made["lastModifiedDateTime"]
    differing = {name for name in made if made[name] != changed[name]}
    assert differing == {"description", "lastModifiedDateTime"}


def test_an_empty_remediation_script_takes_it_away(tenant):
    key = tenant.create(remediationScriptContent=script())["id"]
    answered(tenant.packages("PATCH", f"/{key}", {"remediationScriptContent": ""}))
    assert tenant.read(key)["remediationScriptContent"] == ""


def test_a_deleted_package_is_gone_with_its_assignments(tenant):
    key = tenant.create()["id"]
    response = tenant.packages("DELETE", f"/{key}")
    assert (response.status_code, response.content) == (204, b"")
    refused(tenant.packages("GET", f"/{key}"), 404)
    refused(tenant.packages("DELETE", f"/{key}"), 404)
    refused(tenant.packages("GET", f"/{key}/assignments"), 404)


def test_two_packages_may_have_one_name(tenant):
    assert tenant.create()["id"] != tenant.create()["id"]


WRONG_MEMBERS = [
    {"detectionScriptContent": ""},
    {"detectionScriptContent": "not base64!"},
    {"detectionScriptContent": "ZXhpdA"},
    {"detectionScriptContent": 3},
    {"remediationScriptContent": "%%%"},
    {"remediationScriptContent": None},
    {"displayName": ""},
    {"displayName": None},
    {"description": None},
    {"publisher": 1},
    {"runAsAccount": "System"},
    {"runAs32Bit": "false"},
    {"enforceSignatureCheck": 0},
    {"roleScopeTagIds": []},
    {"roleScopeTagIds": ["99"]},
    {"roleScopeTagIds": [0]},
    {"detectionScriptParameters": [{"name": "x"}]},
    {"@odata.type": "#microsoft.graph.deviceManagementScript"},
    {"id": NOT_THERE},
    {"version": "2"},
    {"isGlobalScript": False},
    {"highestAvailableVersion": "1"},
    {"createdDateTime": "2026-01-01T00:00:00Z"},
    {"lastModifiedDateTime": "2026-01-01T00:00:00Z"},
    {"assignments": []},
    {"displayname": "wrong case"},
]


@pytest.mark.parametrize("members", WRONG_MEMBERS, ids=str)
def test_a_wrong_member_is_refused_in_a_create_and_in_a_patch(tenant, members):
    made = tenant.create()
    before = tenant.list()
    refused(tenant.packages("POST", "", package(**members)))
    refused(tenant.packages("PATCH", f"/{made['id']}", members))
    assert tenant.list() == before


@pytest.mark.parametrize("missing", ["displayName", "detectionScriptContent"])
def test_a_create_needs_a_name_and_a_detection_script(tenant, missing):
    assert "must not be null or empty" in refused(tenant.packages("POST", "", package(**{missing: ...})))


def test_a_patch_cannot_change_the_type_of_a_package(tenant):
    made = tenant.create(deviceHealthScriptType="deviceHealthScript")
    refused(tenant.packages("PATCH", f"/{made['id']}", {"deviceHealthScriptType": "deviceHealthScript"}))


def test_a_script_over_504_kb_ends_in_an_error_without_a_reason(tenant):
    tenant.create(detectionScriptContent=script("x" * 504 * 1024))
    response = tenant.packages("POST", "", package(detectionScriptContent=script("x" * (504 * 1024 + 1))))
    assert refused(response) == "BadRequest: An error has occurred"


def test_a_tenant_holds_200_packages_of_its_own(tenant):
    own = sum(not item["isGlobalScript"] for item in tenant.list())
    for number in range(200 - own):
        tenant.create(displayName=str(number))
    assert "200" in refused(tenant.packages("POST", "", package()))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff", b'{"displayName": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(tenant, body):
    headers = {"Content-Type": "application/json"}
    refused(tenant.packages("POST", "", data=body, headers=headers))


def test_a_body_must_say_that_it_is_json(tenant):
    refused(tenant.packages("POST", data=json.dumps(package()), headers={"Content-Type": "text/plain"}))


# --- assignments


def test_a_group_with_filter_and_hours_reads_back_as_the_service_shows_it(tenant):
    key, group = tenant.create()["id"], tenant.id_of("AOVPN Users")
    chosen = tenant.id_of("Corporate Windows 11", "deviceManagement/assignmentFilters")
    filtered = {
        "deviceAndAppManagementAssignmentFilterId": chosen.upper(),
        "deviceAndAppManagementAssignmentFilterType": "include",
    }
    item = {
        "@odata.type": f"{GRAPH}deviceHealthScriptAssignment",
        "target": target(groupId=group.upper(), **filtered),
        "runRemediationScript": True,
        "runSchedule": hourly(),
    }
    response = tenant.assign(key, item)
    assert (response.status_code, response.content) == (204, b"")
    assert tenant.read(key)["assignments"] == [
        {
            "id": f"{key}:{group}",
            "runRemediationScript": False,
            "target": target(
                groupId=group,
                deviceAndAppManagementAssignmentFilterId=chosen,
                deviceAndAppManagementAssignmentFilterType="include",
            ),
            "runSchedule": {"@odata.type": f"{GRAPH}deviceHealthScriptHourlySchedule", "interval": 4},
        }
    ]


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        ("allDevices", "adadadad-808e-44e2-905a-0b7873a8a531"),
        ("allLicensedUsers", "acacacac-9df4-4c7d-9d50-4ef0226f57a9"),
    ],
)
def test_all_devices_and_all_users_have_fixed_ids_and_a_zero_filter(tenant, kind, suffix):
    key = tenant.create()["id"]
    assert tenant.assign(key, {"target": target(kind), "runSchedule": hourly()}).status_code == 204
    (read,) = tenant.read(key)["assignments"]
    assert read["id"] == f"{key}:{suffix}"
    assert read["target"] == {
        **target(kind),
        "deviceAndAppManagementAssignmentFilterId": ZERO,
        "deviceAndAppManagementAssignmentFilterType": "none",
    }


@pytest.mark.parametrize(
    ("sent", "read_back"),
    [
        (daily(), daily(time="06:30:00.0000000")),
        (daily(interval=23, useUtc=True), daily(interval=23, useUtc=True, time="06:30:00.0000000")),
        (once(), {**once(time="12:00:00.0000000"), "interval": 1}),
    ],
    ids=["daily", "daily in UTC", "once"],
)
def test_times_read_back_with_seven_fractional_digits(tenant, sent, read_back):
    key, group = tenant.create()["id"], tenant.id_of("AOVPN Users")
    assert tenant.assign(key, {"target": target(groupId=group), "runSchedule": sent}).status_code == 204
    assert tenant.read(key)["assignments"][0]["runSchedule"] == read_back


def test_an_exclusion_reads_back_without_its_schedule(tenant):
    key, group = tenant.create()["id"], tenant.id_of("AOVPN Lab")
    excluded = target("exclusionGroup", groupId=group)
    assert tenant.assign(key, {"target": excluded, "runSchedule": hourly()}).status_code == 204
    assert tenant.read(key)["assignments"][0]["runSchedule"] is None


def test_an_exclusion_of_an_included_group_vanishes(tenant):
    key, group = tenant.create()["id"], tenant.id_of("AOVPN Users")
    both = [{"target": target(kind, groupId=group)} for kind in ("exclusionGroup", "group")]
    assert tenant.assign(key, *both).status_code == 204
    (read,) = tenant.read(key)["assignments"]
    assert read["target"]["@odata.type"] == f"{GRAPH}groupAssignmentTarget"


def test_assign_replaces_the_whole_set(tenant):
    key = tenant.create()["id"]
    for names in (["AOVPN Users", "AOVPN Lab"], ["AOVPN Devices"], []):
        groups = [tenant.id_of(name) for name in names]
        tenant.assign(key, *({"target": target(groupId=group)} for group in groups))
        context = answered(tenant.packages("GET", f"/{key}/assignments"))
        assert [one["target"]["groupId"] for one in context["value"]] == groups
        assert key in context["@odata.context"]
    assert tenant.read(key)["version"] == "1"


GROUP = "the group"
WRONG_ASSIGNMENTS: list[dict[str, object]] = [
    {},
    {"target": None},
    {"target": {"groupId": GROUP}},
    {"target": target("configurationManagerCollection", collectionId="x")},
    {"target": target()},
    {"target": target(groupId=NOT_THERE)},
    {"target": target("exclusionGroup", groupId=NOT_THERE)},
    {"target": target("allDevices", groupId=GROUP)},
    {"target": target(groupId=GROUP, deviceAndAppManagementAssignmentFilterType="include")},
    {"target": target(groupId=GROUP, deviceAndAppManagementAssignmentFilterId=NOT_THERE)},
    {
        "target": target(
            groupId=GROUP,
            deviceAndAppManagementAssignmentFilterId=NOT_THERE,
            deviceAndAppManagementAssignmentFilterType="include",
        )
    },
    {"runSchedule": None},
    {"runRemediationScript": None},
    {"runRemediationScript": "true"},
    {"id": "x:y"},
    {"runSchedule": {"interval": 1}},
    {"runSchedule": hourly(0)},
    {"runSchedule": hourly(24)},
    {"runSchedule": hourly("4")},
    {"runSchedule": hourly(True)},
    {"runSchedule": hourly(time="06:30:00")},
    {"runSchedule": daily(interval=24)},
    {"runSchedule": daily(time="6:30")},
    {"runSchedule": daily(time="24:00:00")},
    {"runSchedule": daily(time="06:30:00.0000000")},
    {"runSchedule": daily(useUtc=None)},
    {"runSchedule": once(date="2026-02-30")},
    {"runSchedule": once(date="01.12.2026")},
]


@pytest.mark.parametrize("wrong", WRONG_ASSIGNMENTS, ids=str)
def test_a_wrong_assignment_is_refused_and_the_old_set_stays(tenant, wrong):
    key, group = tenant.create()["id"], tenant.id_of("AOVPN Users")
    assert tenant.assign(key, {"target": target("allDevices")}).status_code == 204
    good = {"target": target(groupId=GROUP), "runSchedule": hourly()} if wrong else {}
    item = json.loads(json.dumps({**good, **wrong}).replace(GROUP, group))
    refused(tenant.assign(key, item))
    assert len(tenant.read(key)["assignments"]) == 1


def test_an_exclusion_takes_no_filter(tenant):
    key, group = tenant.create()["id"], tenant.id_of("AOVPN Lab")
    chosen = tenant.id_of("Corporate Windows 11", "deviceManagement/assignmentFilters")
    filtered = {
        "deviceAndAppManagementAssignmentFilterId": chosen,
        "deviceAndAppManagementAssignmentFilterType": "include",
    }
    refused(tenant.assign(key, {"target": target("exclusionGroup", groupId=group, **filtered)}))


def test_one_target_twice_is_refused(tenant):
    key = tenant.create()["id"]
    refused(tenant.assign(key, {"target": target("allDevices")}, {"target": target("allDevices")}))


@pytest.mark.parametrize("body", [{}, {"deviceHealthScriptAssignments": None}, {"assignments": []}], ids=str)
def test_assign_needs_the_list_of_assignments(tenant, body):
    refused(tenant.packages("POST", f"/{tenant.create()['id']}/assign", body))


def test_posting_to_assignments_has_no_route(tenant):
    text = refused(tenant.packages("POST", f"/{tenant.create()['id']}/assignments", {}))
    assert "No OData route exists that match template ~/singleton/navigation/key/navigation" in text


# --- what a new tenant holds


def test_a_new_tenant_holds_the_names_of_the_example(tenant):
    example = (ROOT / "examples" / "remediate.yaml").read_text(encoding="utf-8")
    named = {
        "groups": re.findall(r"(?:group|exclude): (.+)", example),
        "deviceManagement/assignmentFilters": re.findall(r"filter: (.+)", example),
        "deviceManagement/roleScopeTags": re.findall(r"scope_tags: \[(.+)\]", example),
    }
    for collection, names in named.items():
        held = [one["displayName"] for one in answered(tenant.ask("GET", f"/beta/{collection}"))["value"]]
        assert names
        assert all(held.count(name) == 1 for name in names)


def test_ids_of_a_new_tenant_are_the_same_each_time():
    with running() as one, running() as two:
        assert one.id_of("AOVPN Users") == two.id_of("AOVPN Users")


def test_a_group_name_can_be_ambiguous(tenant):
    found = answered(
        tenant.ask("GET", "/beta/groups", params={"$filter": "displayName eq 'Duplicate Group'"})
    )
    assert len({one["id"] for one in found["value"]}) == 2


def test_the_default_scope_tag_is_built_in(tenant):
    assert answered(tenant.ask("GET", "/beta/deviceManagement/roleScopeTags/0"))["displayName"] == "Default"


def test_microsofts_own_package_is_read_only_but_can_be_assigned(tenant):
    (built_in,) = (item for item in tenant.list() if item["isGlobalScript"])
    assert built_in["publisher"] == "Microsoft"
    refused(tenant.packages("PATCH", f"/{built_in['id']}", {"description": "mine"}))
    refused(tenant.packages("DELETE", f"/{built_in['id']}"))
    assert tenant.assign(built_in["id"], {"target": target("allDevices")}).status_code == 204


def test_a_foreign_package_is_there(tenant):
    foreign = [item for item in tenant.list() if not item["isGlobalScript"]]
    assert len(foreign) == 1
    assert "[aovpn-remediate" not in foreign[0]["description"]


def test_group_names_are_compared_without_case_and_with_doubled_apostrophes(tmp_path):
    seed = seed_file(tmp_path, {"groups": [{"displayName": "O'Neil & Söhne"}]})
    with running(seed=seed) as tenant:
        query = {"$filter": "displayName eq 'o''neil & söhne'", "$select": "id,displayName"}
        (found,) = answered(tenant.ask("GET", "/beta/groups", params=query))["value"]
        assert found["displayName"] == "O'Neil & Söhne"
        assert answered(tenant.ask("GET", f"/beta/groups/{found['id']}"))["displayName"] == "O'Neil & Söhne"


@pytest.mark.parametrize("text", ["displayName eq 'O'Neil'", "displayName eq AOVPN", "mail eq 'x'", ""])
def test_a_filter_that_is_not_understood_is_refused(tenant, text):
    refused(tenant.ask("GET", "/beta/groups", params={"$filter": text}))


def test_a_group_that_is_not_there_is_404(tenant):
    assert "Request_ResourceNotFound" in refused(tenant.ask("GET", f"/beta/groups/{NOT_THERE}"), 404)


def test_a_seed_file_adds_to_what_is_built_in(tmp_path):
    seed = {
        "groups": [{"displayName": "Fitters", "id": NOT_THERE, "description": "In vans"}],
        "assignmentFilters": [{"displayName": "Vans", "rule": "(device.model -eq \"Van\")"}],
        "roleScopeTags": [{"displayName": "Field"}],
        "deviceHealthScripts": [package(displayName="Theirs"), package(displayName="MS", isGlobalScript=True)],
    }  # fmt: skip
    with running(seed=seed_file(tmp_path, seed)) as tenant:
        assert tenant.id_of("Fitters") == NOT_THERE
        assert tenant.id_of("AOVPN Users")
        assert tenant.id_of("Vans", "deviceManagement/assignmentFilters")
        assert tenant.id_of("Field", "deviceManagement/roleScopeTags") == "2"
        flags = {item["displayName"]: item["isGlobalScript"] for item in tenant.list()}
        assert (flags["Theirs"], flags["MS"]) == (False, True)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is no JSON"),
        ("[]", "is no seed"),
        ({"group": []}, "is no seed"),
        ({"groups": {}}, "groups is no list"),
        ({"groups": [{"id": NOT_THERE}]}, "groups[0]: has no displayName"),
        ({"groups": [{"displayName": "x", "id": "1"}]}, "is no GUID"),
        ({"groups": [{"displayName": "x", "name": "y"}]}, "'name' does not exist"),
        ({"roleScopeTags": [{"displayName": "x", "id": "0"}]}, "the id 0 is taken"),
        ({"deviceHealthScripts": [{"displayName": "x"}]}, "DetectionScriptContent"),
    ],
    ids=str,
)
def test_a_seed_that_cannot_be_used_says_where_and_why(tmp_path, content, words):
    path = seed_file(tmp_path, content)
    with pytest.raises(OutputError) as error, running_simulator(seed=path):
        pass
    assert str(error.value).startswith(f"{path}: ")
    assert words in str(error.value)


def test_a_seed_that_is_not_there_is_named(tmp_path):
    with (
        pytest.raises(OutputError, match=r"missing\.json: no such file"),
        running_simulator(seed=tmp_path / "missing.json"),
    ):
        pass


# --- routes, batch


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/beta/deviceManagement/nothing"),
        ("GET", "/beta/users"),
        ("GET", "/v1.0/deviceManagement/deviceHealthScripts"),
        ("GET", "/nothing"),
        ("GET", "/"),
        ("POST", "/beta/groups"),
        ("PUT", "/beta/deviceManagement/roleScopeTags"),
        ("GET", "/beta/$batch"),
        ("PATCH", f"/beta/deviceManagement/deviceHealthScripts/{NOT_THERE}/assignments/x"),
    ],
)
def test_an_unknown_route_is_an_error_in_graphs_words(tenant, method, path):
    refused(tenant.ask(method, path, {}))


def test_a_method_that_is_no_graph_method_is_refused_in_graphs_words(tenant):
    refused(tenant.ask("TRACE", "/beta/groups"), 501)


def test_a_batch_answers_each_request_on_its_own(tenant):
    key = tenant.create()["id"]
    path = f"/deviceManagement/deviceHealthScripts/{key}"
    wanted = [
        {"id": "1", "method": "GET", "url": path},
        {"id": "2", "method": "GET", "url": "groups?$filter=displayName eq 'AOVPN%20Users'&$select=id"},
        {"id": "3", "method": "GET", "url": f"/groups/{NOT_THERE}"},
        {"id": "4", "method": "POST", "url": "/deviceManagement/deviceHealthScripts", "body": package()},
        {"id": "5", "method": "DELETE", "url": path},
        {"id": "6", "method": "GET", "url": path},
    ]
    wanted[3]["headers"] = {"Content-Type": "application/json"}
    responses = answered(tenant.ask("POST", "/beta/$batch", {"requests": wanted}))["responses"]
    by_id = {one["id"]: one for one in responses}
    assert {key: one["status"] for key, one in by_id.items()} == {
        "1": 200, "2": 200, "3": 404, "4": 201, "5": 204, "6": 404,
    }  # fmt: skip
    assert base64.b64decode(by_id["1"]["body"]["detectionScriptContent"]) == b"exit 0\r\n"
    assert by_id["2"]["body"]["value"] == [{"id": tenant.id_of("AOVPN Users")}]
    assert "body" not in by_id["5"]
    assert by_id["3"]["headers"]["request-id"] == by_id["3"]["body"]["error"]["innerError"]["request-id"]


def test_the_answers_of_a_batch_need_not_stand_in_the_order_of_its_requests(tenant):
    wanted = [{"id": name, "method": "GET", "url": "/groups"} for name in "abc"]
    responses = answered(tenant.ask("POST", "/beta/$batch", {"requests": wanted}))["responses"]
    assert [one["id"] for one in responses] != ["a", "b", "c"]


ONE = {"id": "1", "method": "GET", "url": "/groups"}


@pytest.mark.parametrize(
    "items",
    [
        None,
        [],
        {},
        [ONE, ONE],
        [{**ONE, "id": 1}],
        [{**ONE, "id": ...}],
        [{**ONE, "url": "https://graph.microsoft.com/beta/groups"}],
        [{**ONE, "url": "/$batch"}],
        [{**ONE, "headers": []}],
        [{**ONE, "unknown": 1}],
        ["x"],
        [{**ONE, "id": str(number)} for number in range(21)],
    ],
    ids=lambda items: str(items)[:40],
)
def test_a_batch_that_is_no_batch_is_refused_as_a_whole(tenant, items):
    body = json.loads(json.dumps({"requests": items}, default=lambda _: None))
    refused(tenant.ask("POST", "/beta/$batch", body))
    assert tenant.log()[-1] == {
        "method": "POST",
        "path": "/beta/$batch",
        "query": "",
        "status": 400,
        "batch": [],
    }


# --- faults and the log


def test_the_log_counts_requests_and_those_within_a_batch(tenant):
    tenant.packages("GET", "?$expand=assignments")
    tenant.ask("POST", "/beta/$batch", {"requests": [ONE]})
    group = {"method": "GET", "path": "/beta/groups", "query": "", "status": 200}
    assert tenant.log() == [
        {
            "method": "GET",
            "path": "/beta/deviceManagement/deviceHealthScripts",
            "query": "$expand=assignments",
            "status": 200,
            "batch": [],
        },
        {"method": "POST", "path": "/beta/$batch", "query": "", "status": 200, "batch": [group]},
    ]
    assert tenant.ask("DELETE", "/simulator/requests").status_code == 204
    assert tenant.log() == []


@pytest.mark.parametrize("status", [401, 403, 412, 429, 500, 502, 503, 504])
def test_a_fault_answers_with_a_status_as_often_as_told(tenant, status):
    tenant.fail(method="POST", path="/deviceHealthScripts$", status=status, times=2)
    for _ in range(2):
        refused(tenant.packages("POST", "", package()), status)
        answered(tenant.packages("GET"))
    tenant.create()
    assert len(tenant.list()) == 3


def test_a_fault_carries_headers_and_a_body(tenant):
    headers = {"Retry-After": 1, "x-msft-approval-code": "a-code"}
    tenant.fail(status=403, headers=headers, body={"error": {"code": "ApprovalRequired", "message": "wait"}})
    response = tenant.packages("GET")
    assert (response.status_code, response.json()["error"]["code"]) == (403, "ApprovalRequired")
    assert (response.headers["Retry-After"], response.headers["x-msft-approval-code"]) == ("1", "a-code")
    tenant.fail(status=429)
    assert "Retry-After" not in tenant.packages("GET").headers


def test_a_fault_can_wait_for_its_turn_and_stay(tenant):
    tenant.fail(path="/groups", skip=1, times=None, status=503)
    statuses = [tenant.ask("GET", "/beta/groups").status_code for _ in range(4)]
    assert statuses == [200, 503, 503, 503]
    assert tenant.ask("DELETE", "/simulator/faults").status_code == 204
    assert tenant.ask("GET", "/beta/groups").status_code == 200
    assert answered(tenant.ask("GET", "/simulator/faults")) == []


def test_a_text_is_sent_as_a_web_page(tenant):
    tenant.fail(body="<html>Sign in</html>")
    response = tenant.packages("GET")
    assert (response.status_code, response.text) == (200, "<html>Sign in</html>")
    assert response.headers["Content-Type"].startswith("text/html")


def test_an_answer_can_break_off_in_its_body(tenant):
    tenant.fail(truncate=True)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        tenant.packages("GET")
    assert tenant.log()[-1]["status"] == 200


@pytest.mark.parametrize(("after", "made"), [(False, 0), (True, 1)])
def test_a_connection_can_close_before_or_after_the_work(tenant, after, made):
    before = len(tenant.list())
    tenant.fail(method="POST", close=True, after=after)
    with pytest.raises(requests.ConnectionError):
        tenant.packages("POST", "", package())
    assert len(tenant.list()) == before + made


def test_a_status_can_hide_that_the_work_was_done(tenant):
    tenant.fail(method="POST", status=504, after=True)
    refused(tenant.packages("POST", "", package(displayName="twin")), 504)
    assert "twin" in {item["displayName"] for item in tenant.list()}


def test_a_delay_holds_one_answer_back_and_no_other(tenant):
    tenant.fail(path="/groups", delay=1.5)
    slow = threading.Thread(target=requests.get, args=(f"{tenant.url}/beta/groups",), kwargs={"timeout": 20})
    started = time.monotonic()
    slow.start()
    while answered(tenant.ask("GET", "/simulator/faults")):
        time.sleep(0.01)
    answered(tenant.packages("GET"))
    assert time.monotonic() - started < 1.4
    slow.join()
    assert time.monotonic() - started >= 1.5


def test_a_fault_can_hit_one_request_of_a_batch(tenant):
    tenant.fail(path=r"^/beta/groups$", status=429, headers={"Retry-After": "7"})
    wanted = [ONE, {**ONE, "id": "2"}]
    responses = answered(tenant.ask("POST", "/beta/$batch", {"requests": wanted}))["responses"]
    by_id = {one["id"]: one for one in responses}
    assert (by_id["1"]["status"], by_id["2"]["status"]) == (429, 200)
    assert by_id["1"]["headers"]["Retry-After"] == "7"
    assert by_id["1"]["body"]["error"]["code"] == "TooManyRequests"


@pytest.mark.parametrize(
    "fault",
    [
        "x",
        {"state": 500},
        {"status": 99},
        {"status": "500"},
        {"path": "("},
        {"times": 0},
        {"skip": -1},
        {"delay": "1"},
        {"after": 1},
        {"close": "yes"},
        {"headers": {"x": "a\r\nb"}},
        {"method": None},
    ],
    ids=str,
)
def test_a_fault_that_cannot_be_is_refused(tenant, fault):
    refused(tenant.ask("POST", "/simulator/faults", fault))
    assert answered(tenant.ask("GET", "/simulator/faults")) == []


def test_an_unknown_control_names_those_there_are(tenant):
    assert "POST /simulator/faults" in refused(tenant.ask("GET", "/simulator/nothing"), 404)


# --- HTTP


def raw(tenant: Tenant, request: bytes) -> bytes:
    with socket.create_connection(
        ("127.0.0.1", int(tenant.url.rpartition(":")[2])), timeout=10
    ) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: 67108865", b"413"),
        (b"Content-Length: -1", b"411"),
        (b"Content-Length: x", b"411"),
        (b"Transfer-Encoding: chunked", b"411"),
    ],
)
def test_a_body_of_unknown_or_huge_length_is_refused_unread(tenant, head, status):
    answer = raw(tenant, b"POST /beta/$batch HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"\r\nrequest-id: " in answer


def test_what_is_no_http_is_answered_in_graphs_words(tenant):
    answer = raw(tenant, b"nonsense\r\n\r\n")
    assert b'{"error": ' in answer


def test_a_client_that_goes_away_in_the_middle_disturbs_nobody(tenant, capfd):
    with socket.create_connection(
        ("127.0.0.1", int(tenant.url.rpartition(":")[2])), timeout=10
    ) as connection:
        connection.sendall(b"POST /beta/$batch HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
    answered(tenant.packages("GET"))
    assert capfd.readouterr().err == ""


def test_one_connection_serves_many_requests_quickly(tenant):
    tenant.ask("GET", "/beta/groups")
    started = time.monotonic()
    for _ in range(50):
        response = tenant.ask("GET", "/beta/groups")
    # With Nagle's algorithm each answer waits 40 ms for the client's delayed acknowledgement.
    assert time.monotonic() - started < 1.5
    assert response.headers["Content-Length"] == str(len(response.content))
    assert "Connection" not in response.headers


def test_links_lead_to_the_host_that_the_client_called(tenant):
    host = tenant.url.replace("127.0.0.1", "localhost").removeprefix("http://")
    for given, expected in ((host, f"http://{host}"), ("evil.example", tenant.url)):
        page = answered(tenant.packages("GET", "?$top=1", headers={"Host": given}))
        assert page["@odata.nextLink"].startswith(f"{expected}/beta/")


def test_it_listens_on_loopback_only(tenant):
    port = int(tenant.url.rpartition(":")[2])
    with socket.socket() as other:
        # Another address of the loopback net is free as long as the simulator has not taken all of them.
        if sys.platform == "linux":
            other.bind(("127.0.0.2", port))
        assert tenant.url == f"http://127.0.0.1:{port}"


def test_at_the_end_all_connections_are_closed():
    with running_simulator() as simulator:
        tenant = Tenant(simulator.url)
        answered(tenant.packages("GET"))
        tenant.fail(path="/groups", delay=600)
        with pytest.raises(requests.Timeout):
            tenant.session.get(f"{tenant.url}/beta/groups", timeout=0.3)
    with tenant.session, pytest.raises(requests.ConnectionError):
        tenant.packages("GET")


def test_a_port_that_is_taken_is_named(tenant):
    port = int(tenant.url.rpartition(":")[2])
    with (
        pytest.raises(OutputError, match=f"^127.0.0.1:{port}: .*; choose another port"),
        running_simulator(port=port),
    ):
        pass


# --- state


def test_a_state_file_keeps_everything_with_its_ids(tmp_path):
    state = tmp_path / "tenant.db"
    with running(state=state) as tenant:
        kept, gone = tenant.create(displayName="kept")["id"], tenant.create()["id"]
        tenant.assign(kept, {"target": target("allDevices"), "runSchedule": hourly()})
        tenant.packages("PATCH", f"/{kept}", {"detectionScriptContent": script("new")})
        tenant.packages("DELETE", f"/{gone}")
        before, package_before = tenant.list(), tenant.read(kept)
    with running(state=state) as tenant:
        assert tenant.list() == before
        assert {**tenant.read(kept), "@odata.context": ""} == {**package_before, "@odata.context": ""}


def test_the_seed_is_for_a_new_state_only(tmp_path):
    state = tmp_path / "tenant.db"
    with running(state=state):
        pass
    seed = seed_file(tmp_path, {"groups": [{"displayName": "Late"}]})
    with running(state=state, seed=seed) as tenant:
        names = [one["displayName"] for one in answered(tenant.ask("GET", "/beta/groups"))["value"]]
        assert "AOVPN Users" in names
        assert "Late" not in names


@pytest.mark.parametrize("content", [b"{}", b"name: x\n" * 500, b"SQLite format 3\0" + b"x" * 5000])
def test_a_state_file_that_is_none_is_refused_and_left_alone(tmp_path, content):
    state = tmp_path / "tenant.db"
    state.write_bytes(content)
    with (
        pytest.raises(OutputError, match=f"^{re.escape(str(state))}: .*; name another file"),
        running_simulator(state=state),
    ):
        pass
    assert state.read_bytes() == content


def test_another_programs_database_is_left_alone(tmp_path):
    import sqlite3

    state = tmp_path / "history.db"
    database = sqlite3.connect(state)
    database.execute("CREATE TABLE visit (url TEXT)")
    database.close()
    content = state.read_bytes()
    with pytest.raises(OutputError, match="is not a simulator's state"), running_simulator(state=state):
        pass
    assert state.read_bytes() == content


def test_a_damaged_state_is_refused(tmp_path):
    state = tmp_path / "tenant.db"
    with running(state=state):
        pass
    state.write_bytes(state.read_bytes().replace(b'{"id"', b'["id"'))
    with pytest.raises(OutputError, match="the state cannot be read"), running_simulator(state=state):
        pass


def test_a_folder_or_a_missing_folder_is_no_state(tmp_path):
    for state in (tmp_path, tmp_path / "missing" / "tenant.db"):
        with pytest.raises(OutputError, match=f"^{re.escape(str(state))}: "), running_simulator(state=state):
            pass


def test_a_state_in_use_is_not_shared(tmp_path):
    state = tmp_path / "tenant.db"
    with (
        running(state=state),
        pytest.raises(OutputError, match="end the simulator that uses it"),
        running_simulator(state=state),
    ):
        pass


def test_a_write_that_the_state_file_refuses_is_an_error_and_changes_nothing(tmp_path):
    tenant = open_tenant(tmp_path / "tenant.db", None)
    before = dict(tenant.all("deviceHealthScripts"))
    tenant.close()
    request = Request(
        root="",
        method="POST",
        path="/beta/deviceManagement/deviceHealthScripts",
        query="",
        headers={"content-type": "application/json"},
        body=json.dumps(package()).encode(),
        id=NOT_THERE,
    )
    assert answer(tenant, request).status == 500
    assert tenant.all("deviceHealthScripts") == before


# --- the process


@contextmanager
def process(*options: str) -> Iterator[tuple[subprocess.Popen[str], Tenant]]:
    """``serve`` in a process of its own, and a client of it."""
    code = (
        "import sys; from pathlib import Path; from aovpn_remediate.simulator import serve; "
        "serve(port=0, state=Path(sys.argv[1]) if sys.argv[1:] else None, seed=None, "
        "announce=lambda url: print(url, flush=True))"
    )
    command = [sys.executable, "-W", "error", "-c", code, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            tenant = Tenant(served.stdout.readline().strip())
            with tenant.session:
                yield served, tenant
        finally:
            served.kill()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_without_a_word(number):
    with process() as (served, tenant):
        answered(tenant.packages("GET"))
        served.send_signal(number)
        out, err = served.communicate(timeout=10)
    assert (served.returncode, out, err) == (0, "", "")


def test_what_was_answered_survives_a_hard_kill_at_any_moment(tmp_path):
    state = tmp_path / "tenant.db"
    answered_ids: list[str] = []

    def create_until_killed(tenant: Tenant) -> None:
        while True:
            try:
                answered_ids.append(tenant.create(detectionScriptContent=script("x" * 20_000))["id"])
            except requests.RequestException:
                return

    for round_ in range(3):
        with process(str(state)) as (served, tenant):
            writer = threading.Thread(target=create_until_killed, args=(tenant,))
            writer.start()
            while len(answered_ids) < 10 * (round_ + 1):
                time.sleep(0.01)
            served.kill()
            writer.join()
    with running(state=state) as tenant:
        held = {item["id"] for item in tenant.list()}
    assert set(answered_ids) <= held
    assert len(held) <= len(answered_ids) + 3 + 2


def test_importing_it_is_cheap():
    code = (
        "import sys, aovpn_remediate.simulator; print('http.server' in sys.modules, 'sqlite3' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_it_loads_no_other_part_of_ours():
    code = (
        "import sys, aovpn_remediate.simulator.server; "
        "print(*(name for name in sys.modules if name.startswith('aovpn_remediate.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    parts = {name.split(".")[1] for name in done.stdout.split()}
    assert parts == {"errors", "simulator"}
