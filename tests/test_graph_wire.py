from __future__ import annotations

import json
from datetime import date, time

import pytest

from aovpn_remediate.errors import GraphShapeError
from aovpn_remediate.graph.wire import create_body, package_from_wire, update_body
from aovpn_remediate.graph.wire_assignments import assign_body
from aovpn_remediate.marker import read_marker
from aovpn_remediate.model import (
    Assignment,
    AssignmentFilter,
    DailySchedule,
    FilterMode,
    HourlySchedule,
    OnceSchedule,
    RunAs,
    Schedule,
    Target,
    TargetKind,
)
from tests.graph_json import (
    FILTER,
    GROUP,
    LAB,
    ZERO,
    assigned,
    encoded,
    item,
    listed,
    package,
    schedule,
    target,
)

EVERY_BYTE = bytes(range(256)) + b"\r\n"
IN_GROUP = Target(kind=TargetKind.GROUP, group=GROUP)


def read(wire, **changes):
    return package_from_wire(wire, wire | changes, config="contoso", key="metric").package


def read_one(assignment):
    (one,) = read(item(assignments=[assignment])).assignments
    return one


def test_what_is_written_reads_back_as_the_same_package():
    one = package(
        detection=EVERY_BYTE, run_as=RunAs.SYSTEM, run_as_32_bit=True, signature_check=True,
        scope_tags=("0", "3"), description="Zwei\nZeilen",
    )  # fmt: skip
    published = package_from_wire(
        item() | create_body(one), item() | create_body(one), config="contoso", key="metric"
    )
    assert published.package == one
    assert published.marked_hash == one.content_hash


def test_scripts_come_from_the_package_because_the_list_has_none():
    wire = item()
    published = package_from_wire(listed(wire), wire, config="contoso", key="metric")
    assert published.package.detection == package().detection
    assert (published.id, published.version) == ("p1", "1")


def test_a_package_of_someone_else_reads_without_a_marked_hash():
    published = package_from_wire(
        item(description="Ours"), item(description="Ours"), config="contoso", key="metric"
    )
    assert (published.package.description, published.marked_hash) == ("Ours", "")


def test_null_texts_and_scope_tags_read_as_their_defaults():
    one = read(item(description=None, publisher=None, roleScopeTagIds=None, remediationScriptContent=None))
    assert (one.description, one.publisher, one.scope_tags, one.remediation) == ("", "", ("0",), b"")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("displayName", 3), ("description", []), ("roleScopeTagIds", [0]), ("roleScopeTagIds", "0"),
        ("runAsAccount", "root"), ("runAsAccount", None), ("runAs32Bit", "false"), ("enforceSignatureCheck", None),
        ("detectionScriptContent", "not base64!"), ("detectionScriptContent", "QQ"), ("detectionScriptContent", None),
        ("detectionScriptContent", ""), ("detectionScriptContent", "é"), ("remediationScriptContent", "QQ==\n"),
        ("assignments", None), ("assignments", [1]),
        ("assignments", [{}]), ("assignments", [{"target": None}]), ("id", ""),
    ],
)  # fmt: skip
def test_a_wrong_shape_is_named(field, value):
    with pytest.raises(GraphShapeError, match=r"target|" + field) as caught:
        read(item(**{field: value}))
    assert "not base64!" not in str(caught.value)


@pytest.mark.parametrize(
    "field", ["detectionScriptContent", "remediationScriptContent", "assignments", "runAs32Bit"]
)
def test_a_missing_field_is_never_read_as_an_empty_one(field):
    wire = item()
    del wire[field]
    with pytest.raises(GraphShapeError, match=f"{field} is missing"):
        read(wire)


def test_contents_of_another_package_are_refused():
    with pytest.raises(GraphShapeError, match="another package"):
        read(item(), id="p2")


def test_a_create_holds_everything_and_no_null():
    body = create_body(package())
    assert body.keys() == {
        "@odata.type", "displayName", "description", "publisher", "runAsAccount", "runAs32Bit",
        "enforceSignatureCheck", "roleScopeTagIds", "detectionScriptContent", "remediationScriptContent",
    }  # fmt: skip
    assert "null" not in json.dumps(body)


def test_a_detection_alone_is_created_without_a_remediation_member():
    assert "remediationScriptContent" not in create_body(package(remediation=b""))


@pytest.mark.parametrize(
    ("field", "member", "value"),
    [
        ("name", "displayName", "AOVPN metric"), ("publisher", "publisher", "Contoso"),
        ("run_as", "runAsAccount", "user"), ("run_as_32_bit", "runAs32Bit", False),
        ("signature_check", "enforceSignatureCheck", False), ("scope_tags", "roleScopeTagIds", ["0"]),
        ("detection", "detectionScriptContent", encoded(b"exit 0\r\n")),
        ("remediation", "remediationScriptContent", encoded(b"exit 1\r\n")),
    ],
)  # fmt: skip
def test_an_update_holds_the_changed_field_and_the_marker_only(field, member, value):
    body = update_body(package(), {field})
    assert body.keys() == {member, "description"}
    assert body[member] == value


@pytest.mark.parametrize("fields", [{"description"}, {"marker"}, set()])
def test_an_update_always_carries_the_marker_of_what_is_published(fields):
    one = package()
    body = update_body(one, fields)
    assert body.keys() == {"description"}
    description, marker = read_marker(str(body["description"]))
    assert description == one.description
    assert (marker.config, marker.key, marker.content_hash) == ("contoso", "metric", one.content_hash)


def test_a_dropped_remediation_is_sent_as_empty_text():
    assert update_body(package(remediation=b""), {"remediation"})["remediationScriptContent"] == ""


SCHEDULES: list[tuple[Schedule, dict[str, object], dict[str, object]]] = [
    (
        HourlySchedule(hours=4),
        schedule("Hourly", interval=4),
        schedule("Hourly", interval=4),
    ),
    (
        DailySchedule(days=2, at=time(6, 30)),
        schedule("Daily", interval=2, time="06:30:00", useUtc=False),
        schedule("Daily", interval=2, time="06:30:00.0000000", useUtc=False),
    ),
    (
        OnceSchedule(on=date(2026, 12, 1), at=time(12, 0), utc=True),
        schedule("RunOnce", interval=1, date="2026-12-01", time="12:00:00", useUtc=True),
        schedule("RunOnce", interval=1, date="2026-12-01", time="12:00:00.0000000", useUtc=True),
    ),
]


@pytest.mark.parametrize(("when", "written", "read_back"), SCHEDULES)
def test_a_schedule_is_written_whole_and_read_back_despite_fractions(when, written, read_back):
    (sent,) = assign_body([Assignment(target=IN_GROUP, schedule=when)])["deviceHealthScriptAssignments"]
    assert sent["runSchedule"] == written
    assert read_one(assigned(target("groupAssignmentTarget", groupId=GROUP), read_back)).schedule == when


def test_an_inclusion_always_runs_its_remediation():
    one = Assignment(target=IN_GROUP, filter=AssignmentFilter(filter=FILTER, mode=FilterMode.EXCLUDE))
    assert assign_body([one])["deviceHealthScriptAssignments"] == [
        {
            "target": {
                "@odata.type": "#microsoft.graph.groupAssignmentTarget",
                "groupId": GROUP,
                "deviceAndAppManagementAssignmentFilterId": FILTER,
                "deviceAndAppManagementAssignmentFilterType": "exclude",
            },
            "runRemediationScript": True,
        }
    ]


def test_an_exclusion_is_written_with_its_group_alone():
    one = Assignment(
        target=Target(kind=TargetKind.EXCLUDED_GROUP, group=LAB),
        filter=AssignmentFilter(filter=FILTER),
        schedule=HourlySchedule(hours=1),
    )
    assert assign_body([one])["deviceHealthScriptAssignments"] == [
        {"target": {"@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget", "groupId": LAB}}
    ]


def test_no_assignment_is_an_empty_list():
    assert assign_body([]) == {"deviceHealthScriptAssignments": []}


@pytest.mark.parametrize(
    ("kind", "wire_name"),
    [
        (TargetKind.ALL_DEVICES, "allDevicesAssignmentTarget"),
        (TargetKind.ALL_USERS, "allLicensedUsersAssignmentTarget"),
    ],
)
def test_all_devices_and_all_users_have_targets_of_their_own(kind, wire_name):
    (sent,) = assign_body([Assignment(target=Target(kind=kind))])["deviceHealthScriptAssignments"]
    assert sent["target"] == {"@odata.type": f"#microsoft.graph.{wire_name}"}
    assert read_one(assigned(target(wire_name))).target == Target(kind=kind)


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ("adadadad-808e-44e2-905a-0b7873a8a531", TargetKind.ALL_DEVICES),
        ("acacacac-9df4-4c7d-9d50-4ef0226f57a9", TargetKind.ALL_USERS),
    ],
)
def test_the_group_ids_that_mean_everyone_are_read_as_such(group, kind):
    assert read_one(assigned(target("groupAssignmentTarget", groupId=group))).target == Target(kind=kind)


def test_a_zero_filter_id_with_none_is_not_a_filter():
    assert read_one(assigned(target("groupAssignmentTarget", groupId=GROUP))) == Assignment(target=IN_GROUP)


def test_a_target_without_filter_members_has_no_filter():
    bare = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP}
    assert read_one(assigned(bare)).filter is None


def test_a_filter_is_read_with_its_mode():
    where = target(
        "groupAssignmentTarget",
        groupId=GROUP,
        deviceAndAppManagementAssignmentFilterId=FILTER,
        deviceAndAppManagementAssignmentFilterType="exclude",
    )
    assert read_one(assigned(where)).filter == AssignmentFilter(filter=FILTER, mode=FilterMode.EXCLUDE)


def test_an_exclusion_is_read_with_its_group_alone():
    where = target(
        "exclusionGroupAssignmentTarget",
        groupId=LAB,
        deviceAndAppManagementAssignmentFilterId=FILTER,
        deviceAndAppManagementAssignmentFilterType="include",
    )
    expected = Assignment(target=Target(kind=TargetKind.EXCLUDED_GROUP, group=LAB))
    assert read_one(assigned(where, schedule("Hourly", interval=1))) == expected


def test_a_target_that_we_cannot_write_is_described():
    where = target("configurationManagerCollectionAssignmentTarget", collectionId="SMS00001")
    described = "configurationManagerCollectionAssignmentTarget SMS00001"
    assert read_one(assigned(where)).target == Target(kind=TargetKind.OTHER, group=described)


def test_assignments_are_read_in_the_order_of_their_targets():
    wire = [
        assigned(target("allDevicesAssignmentTarget")),
        assigned(target("exclusionGroupAssignmentTarget", groupId=LAB)),
        assigned(target("groupAssignmentTarget", groupId=GROUP)),
    ]
    targets = [one.target for one in read(item(assignments=wire)).assignments]
    assert targets == sorted(targets)


@pytest.mark.parametrize(
    ("when", "field"),
    [
        (schedule("Weekly", interval=1), "@odata.type"),
        (schedule("Hourly", interval="4"), "interval"),
        (schedule("Hourly", interval=True), "interval"),
        (schedule("Hourly"), "interval"),
        (schedule("Daily", interval=1, time="6:30", useUtc=False), "time"),
        (schedule("Daily", interval=1, time="24:00:00", useUtc=False), "time"),
        (schedule("Daily", interval=1, time="06:30:00Z", useUtc=False), "time"),
        (schedule("Daily", interval=1, time="06:30:00", useUtc="no"), "useUtc"),
        (schedule("RunOnce", interval=1, date="2026-02-30", time="06:30:00", useUtc=False), "date"),
        (schedule("RunOnce", interval=1, date="1.2.2026", time="06:30:00", useUtc=False), "date"),
    ],
)
def test_a_wrong_schedule_is_named(when, field):
    with pytest.raises(GraphShapeError, match=rf"package p1, assignments, runSchedule: {field}"):
        read_one(assigned(target("groupAssignmentTarget", groupId=GROUP), when))


@pytest.mark.parametrize("group", [None, "", 4])
def test_a_group_target_without_a_group_is_named(group):
    where = {"@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group}
    with pytest.raises(GraphShapeError, match="groupId"):
        read_one({"target": where, "runSchedule": None})


def test_a_filter_of_an_unknown_mode_is_named():
    where = target("groupAssignmentTarget", groupId=GROUP) | {
        "deviceAndAppManagementAssignmentFilterId": FILTER,
        "deviceAndAppManagementAssignmentFilterType": "maybe",
    }
    with pytest.raises(GraphShapeError, match="FilterType"):
        read_one(assigned(where))


def test_a_zero_filter_id_is_not_a_filter_in_any_mode():
    where = target("groupAssignmentTarget", groupId=GROUP) | {
        "deviceAndAppManagementAssignmentFilterId": ZERO,
        "deviceAndAppManagementAssignmentFilterType": "include",
    }
    assert read_one(assigned(where)).filter is None
