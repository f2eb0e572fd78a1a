"""A plan as a file: written and read back, its digest, and every file that is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aovpn_remediate.errors import PlanFileError
from aovpn_remediate.model import (
    Assignment,
    AssignmentFilter,
    DailySchedule,
    FilterMode,
    OnceSchedule,
    RunAs,
    ScriptPackage,
    Target,
    TargetKind,
)
from aovpn_remediate.plan import Adopt, Change, Create, Delete, Note, Plan, PlanOptions, Update, differences
from aovpn_remediate.plan_file import PlanFile, PlanTenant, read_plan_file, write_plan_file
from aovpn_remediate.plan_file.writing import digest_of
from tests.builders import CONFIG, assignment, everyone, exclusion, package, published

TENANT = PlanTenant(graph="https://graph.microsoft.com", cloud="public", name="test", id="t1", client_id="c")
HALF = "\ud800"


def update_of(before: ScriptPackage, after: ScriptPackage, **changes: Any) -> Update:
    existing = published(before, **changes)
    return Update(existing, after, differences(existing, after))


def changes() -> dict[str, Change]:
    """Parts of plans; each must give a different digest."""
    update = update_of(package(), package(publisher="x"))
    return {
        "create": Create(package()),
        "another key": Create(package("b")),
        "another script": Create(package(detection=b"exit 0")),
        "another assignment": Create(package(assignments=(assignment("g1"),))),
        "another schedule": Create(package(assignments=(assignment("g1", every=9),))),
        "update": update,
        "adopt": Adopt(update.existing, update.package, update.fields),
        "another package to update": update_of(package(), package(publisher="x"), id="other"),
        "another version to update": update_of(package(), package(publisher="x"), version="2"),
        "another content to update": update_of(package(name="n"), package(publisher="x")),
        "another marker to update": update_of(package(), package(publisher="x"), marked_hash="0" * 16),
        "other assignments to update": update_of(package(assignments=(everyone(),)), package(publisher="x")),
        "delete": Delete(published(package())),
        "another version to delete": Delete(published(package(), version="2")),
    }


def file_of(*changes: Change, **other: Any) -> PlanFile:
    plain = PlanFile(
        tool="0.1.0",
        tenant=TENANT,
        config=CONFIG,
        config_digest="c" * 64,
        options=PlanOptions(),
        plan=Plan(changes),
    )
    return replace(plain, **other)


def written(file: PlanFile, settings: object = None) -> bytes:
    return write_plan_file(file, lambda _: settings).content


def digest(file: PlanFile) -> str:
    return write_plan_file(file, lambda _: None).digest


def whole() -> PlanFile:
    """A plan in which everything has a value."""
    every = (
        exclusion("g2"),
        assignment("g1", narrow="f1", mode="exclude"),
        everyone(schedule=DailySchedule(days=2, at=time(6, 30), utc=True)),
        everyone(TargetKind.ALL_USERS, schedule=OnceSchedule(on=date(2026, 12, 1), at=time(12), utc=False)),
        Assignment(target=Target(kind=TargetKind.OTHER, group="aTarget")),
        Assignment(
            target=Target(kind=TargetKind.GROUP, group="g3"),
            filter=AssignmentFilter(filter="f2", mode=FilterMode.INCLUDE),
        ),
    )
    odd = package(
        "odd",
        name=f"Größe 😀 {HALF}\u2028",
        detection=b"\xef\xbb\xbfexit 0\r\n\n\r",
        remediation=b"\xff\xfe\x00",
        run_as=RunAs.USER,
        run_as_32_bit=True,
        signature_check=True,
        scope_tags=("0", "7"),
        assignments=every,
    )
    foreign = published(package("mine", remediation=b""), marked_hash="", owner="fabrikam")
    after = package("mine", description="")
    plan = Plan(
        changes=(
            Create(odd),
            Adopt(foreign, after, differences(foreign, after)),
            update_of(package("up"), package("up", publisher="x")),
            update_of(package("former"), package("renamed")),
            Delete(published(package("old"))),
        ),
        unchanged=("same",),
        notes=(Note("about all"), Note("left", "x")),
    )
    options = PlanOptions(allow_delete=True, allow_all=True, allow_mass_delete=True, adopt=("mine",))
    tenant = replace(TENANT, auth="secret", service_connection_id="s", secret_env="CONTOSO_SECRET")
    return file_of(plan=plan, options=options, tenant=tenant, names={"g1": "Users", "0": "Default"})


def changed(content: bytes, change: Any) -> bytes:
    """A plan whose members were changed, with the digest that fits them."""
    members = json.loads(content)
    change(members)
    members["digest"] = digest_of(members)
    return json.dumps(members).encode()


def refusal(content: bytes, **options: str) -> str:
    with pytest.raises(PlanFileError) as refused:
        read_plan_file(content, version="0.1.0", **options)
    return str(refused.value)


def test_a_plan_is_read_as_it_was_written():
    content = written(whole())
    found, found_digest = read_plan_file(content, version="0.1.0")
    assert found == whole() and found_digest == digest(whole())
    assert written(found) == content


@given(st.binary(min_size=1, max_size=40), st.binary(max_size=40), st.text(st.characters(), max_size=20))
def test_any_script_and_any_text_is_kept(detection: bytes, remediation: bytes, text: str):
    file = file_of(Create(package(detection=detection, remediation=remediation, description=text)))
    assert read_plan_file(written(file), version="0.1.0")[0] == file


def test_the_file_has_the_members_of_its_page():
    members = json.loads(written(whole(), settings=[{"path": "ipv4", "before": 1, "after": 2}]))
    assert list(members)[:4] == ["format", "schemaVersion", "tool", "digest"]
    assert set(members) == {
        "format", "schemaVersion", "tool", "digest", "tenant", "config", "configDigest", "options", "changes",
        "unchanged", "notes", "names",
    }  # fmt: skip
    create, adopt, update, _, delete = members["changes"]
    assert set(create) == {
        "action", "key", "id", "version", "owner", "markedHash", "before", "after", "settings"
    }  # fmt: skip
    assert (create["before"], create["id"], delete["after"]) == (None, None, None)
    assert (update["id"], update["version"], adopt["owner"]) == ("id-up", "1", "fabrikam")
    assert create["after"]["remediation"] == {"base64": "//4A"}
    assert update["after"]["detection"] == "exit 0\r\n" and adopt["before"]["remediation"] is None
    assert create["after"]["assignments"][1] == {
        "target": "group", "groupId": "g1", "filterId": "f1", "filterMode": "exclude",
        "schedule": {"every": "4 hours", "at": None, "utc": False},
    }  # fmt: skip
    assert create["after"]["assignments"][3]["schedule"] == {
        "once": "2026-12-01",
        "at": "12:00:00",
        "utc": False,
    }
    assert members["options"] == {
        "allowDelete": True, "allowAll": True, "allowMassDelete": True, "adopt": ["mine"], "pilot": False
    }  # fmt: skip


def test_the_file_is_utf_8_and_ends_with_one_newline():
    content = written(whole())
    assert "Größe 😀" in content.decode("utf-8") and content.endswith(b"}\n")


def test_the_same_plan_is_the_same_bytes():
    other = replace(whole(), names=dict(reversed(list(whole().names.items()))))
    assert written(other) == written(whole())


def test_every_other_plan_has_another_digest():
    digests = {name: digest(file_of(change)) for name, change in changes().items()}
    digests["empty"] = digest(file_of())
    digests["two"] = digest(file_of(changes()["create"], changes()["update"]))
    digests["tool"] = digest(file_of(tool="0.0.9"))
    digests["config"] = digest(file_of(config="fabrikam"))
    digests["files of the config"] = digest(file_of(config_digest="d" * 64))
    digests["tenant"] = digest(file_of(tenant=replace(TENANT, id="t2")))
    digests["options"] = digest(file_of(options=PlanOptions(allow_all=True)))
    assert len(set(digests.values())) == len(digests)
    assert all(len(one) == 64 and set(one) <= set("0123456789abcdef") for one in digests.values())


def test_an_editor_that_indents_the_file_anew_does_no_harm():
    members = json.loads(written(whole()))
    again = json.dumps(dict(reversed(list(members.items()))), indent=8).replace("\n", "\r\n")
    for content in (again.encode(), b"\xef\xbb\xbf" + again.encode()):
        assert read_plan_file(content, version="0.1.0") == (whole(), digest(whole()))


@pytest.mark.parametrize(
    "content",
    [b"", b"name: contoso\n", b"[]", b"null", b"{}", b'{"format": "other"}', b"\xff", b"[" * 100_000,
     b'{"format": "aovpn-remediate plan", "format": "aovpn-remediate plan"}',
     b'{"format": "aovpn-remediate plan", "schemaVersion": NaN}'],
)  # fmt: skip
def test_what_is_not_a_plan_is_refused(content: bytes):
    assert refusal(content) == "the file is not a plan; name a file that remediate plan --out has written"


def test_a_plan_that_is_cut_is_not_a_plan():
    content = written(whole())
    assert "is not a plan" in refusal(content[: len(content) // 2])


def test_another_schema_is_refused():
    content = changed(written(whole()), lambda plan: plan.update(schemaVersion=2, tool="9.0.0"))
    assert refusal(content).startswith("the plan has another schema than this remediate")


@pytest.mark.parametrize("tool", ["0.1.1", "0.2.0", "0.10.0", "1.0"])
def test_a_plan_of_a_newer_tool_is_refused(tool: str):
    said = refusal(written(file_of(tool=tool)))
    assert said.startswith(f"the plan was made by remediate {tool}, which is newer than this 0.1.0")


def test_a_plan_of_an_older_tool_is_read():
    assert read_plan_file(written(file_of(tool="0.0.9")), version="0.1.0")[0].tool == "0.0.9"


def test_a_plan_that_was_changed_by_hand_is_refused():
    content = written(whole()).replace(b'"Contoso"', b'"Fabrikam"', 1)
    said = "the plan was changed after it was made; run remediate plan --out again"
    assert refusal(content) == refusal(content, digest=digest(whole())) == said


def test_another_digest_than_the_one_that_is_handed_over_is_refused():
    content = written(whole())
    assert read_plan_file(content, version="0.1.0", digest=digest(whole()).upper())[0] == whole()
    said = refusal(content, digest="0" * 64)
    assert said.startswith(f"the plan's digest is {digest(whole())}, not the one of --digest")


def at(*way: str | int, value: object) -> Any:
    """What sets one value of a plan."""

    def change(members: Any) -> None:
        for step in way[:-1]:
            members = members[step]
        members[way[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda plan: plan.pop("tenant"), "tenant"),
        (at("tenant", value="t1"), "tenant"),
        (at("tenant", "graph", value=None), "tenant.graph"),
        (at("options", "allowAll", value="yes"), "options.allowAll"),
        (at("options", "adopt", value=[1]), "options.adopt"),
        (at("unchanged", value={}), "unchanged"),
        (at("changes", 0, "action", value="update"), "changes[0].id"),
        (at("changes", 2, "action", value="drop"), "changes[2].action"),
        (at("changes", 2, "id", value=""), "changes[2].id"),
        (at("changes", 2, "key", value="other"), "changes[2].key"),
        (at("changes", 2, "before", "config", value="other"), "changes[2].before"),
        (at("changes", 2, "after", "runAsAccount", value="root"), "changes[2].after.runAsAccount"),
        (at("changes", 2, "after", "detection", value=None), "changes[2].after.detection"),
        (at("changes", 2, "after", "detection", value=HALF), "changes[2].after.detection"),
        (at("changes", 0, "after", "remediation", value={"base64": "?"}), "changes[0].after.remediation.base64"),
        (at("changes", 0, "after", "assignments", 0, "target", value="all"), "changes[0].after.assignments[0].target"),
        (at("changes", 0, "after", "assignments", 1, "filterMode", value=None),
         "changes[0].after.assignments[1].filterMode"),
        (at("changes", 0, "after", "assignments", 1, "schedule", "every", value="4 weeks"),
         "changes[0].after.assignments[1].schedule.every"),
        (at("changes", 0, "after", "assignments", 2, "schedule", "at", value="25:00:00"),
         "changes[0].after.assignments[2].schedule.at"),
        (at("changes", 0, "after", "assignments", 3, "schedule", "once", value="1 May"),
         "changes[0].after.assignments[3].schedule.once"),
        (lambda plan: plan["changes"].append(plan["changes"][0]), "changes"),
    ],
)  # fmt: skip
def test_a_member_that_no_plan_has_is_refused_and_named(change: Any, where: str):
    said = refusal(changed(written(whole()), change))
    assert said == f"{where} is not what a plan has there; run remediate plan --out again"
