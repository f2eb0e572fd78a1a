"""The Graph simulator: script packages."""

from __future__ import annotations

import base64
import json
import re

import pytest

from aovpn_remediate.simulator import Conditions, Present
from tests.graph_client import NOT_THERE, answered, package, refused, running, script


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
    with running(present=Present(Conditions(page_size=1))) as tenant:
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


def test_an_empty_remediation_script_removes_it(tenant):
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
def test_a_body_that_is_not_a_json_object_is_refused(tenant, body):
    headers = {"Content-Type": "application/json"}
    refused(tenant.packages("POST", "", data=body, headers=headers))


def test_a_body_must_say_that_it_is_json(tenant):
    refused(tenant.packages("POST", data=json.dumps(package()), headers={"Content-Type": "text/plain"}))
