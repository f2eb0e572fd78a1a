"""The Graph simulator: what a new tenant holds."""

from __future__ import annotations

import re

import pytest

from aovpn_remediate.errors import OutputError
from aovpn_remediate.simulator import running_simulator
from tests.graph_client import NOT_THERE, ROOT, answered, package, refused, running, seed_file, target


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


def test_group_names_match_without_case_and_with_doubled_apostrophes(tmp_path):
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
        ("{", "is not valid JSON"),
        ("[]", "is not a seed"),
        ({"group": []}, "is not a seed"),
        ({"groups": {}}, "groups must be a list"),
        ({"groups": [{"id": NOT_THERE}]}, "groups[0]: has no displayName"),
        ({"groups": [{"displayName": "x", "id": "1"}]}, "is not a GUID"),
        ({"groups": [{"displayName": "x", "name": "y"}]}, "'name' does not exist"),
        ({"roleScopeTags": [{"displayName": "x", "id": "0"}]}, "the id 0 is already used"),
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
