"""The Graph simulator: assignments of a package."""

from __future__ import annotations

import json

import pytest

from tests.graph_client import GRAPH, NOT_THERE, ZERO, answered, daily, hourly, once, refused, target


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


def test_an_exclusion_cannot_have_a_filter(tenant):
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
