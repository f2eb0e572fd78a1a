"""Plan and publish end to end: the command line over real HTTP to the simulated tenant."""

from __future__ import annotations

import base64
import json
import os
import re
from pathlib import Path

import pytest

from aovpn_remediate.config import load_config
from aovpn_remediate.scripts.render import render_package
from aovpn_remediate.simulator import running_simulator
from tests.golden_files import KEYS, ROOT
from tests.tenants import Bench, config

LIST, BATCH = "GET /deviceManagement/deviceHealthScripts", "POST /$batch"


def name(key: str) -> str:
    return f"AOVPN interface metric: {key}"


def test_the_example_is_published_byte_for_byte(bench: Bench):
    example = (ROOT / "examples" / "remediate.yaml").read_text(encoding="utf-8")
    bench.publish(example)
    loaded = load_config(bench.folder / "r.yaml")
    held = bench.packages()
    for remediation in loaded.remediations:
        package = render_package(remediation, config=loaded.name)
        item = held[package.name]
        assert base64.b64decode(str(item["detectionScriptContent"])) == package.detection
        assert base64.b64decode(str(item["remediationScriptContent"])) == package.remediation
        assert item["runAsAccount"] == package.run_as and item["runAs32Bit"] is False
        assert item["roleScopeTagIds"] == ["1"] and item["publisher"] == "Contoso Endpoint"


def test_a_second_publish_changes_nothing(bench: Bench):
    bench.publish((ROOT / "examples" / "remediate.yaml").read_text(encoding="utf-8"))
    before = bench.packages()
    bench.requests()
    said = bench.remediate("publish", "--yes")
    sent = bench.requests()
    assert said.code == 0 and f"No changes. {len(KEYS)} packages match the config." in said.out
    assert bench.packages() == before
    look_ups = sent.pop()
    assert sent == [LIST, f"{BATCH} [{len(KEYS)}]"] and look_ups.startswith(BATCH)


@pytest.mark.parametrize("count", [1, 20, 21, 60])
def test_a_no_op_is_one_list_and_as_few_batches_as_there_can_be(bench: Bench, count: int):
    keys = [f"k{index}" for index in range(count)]
    bench.publish(config(*keys))
    bench.requests()
    assert bench.remediate("plan").code == 0
    contents = [f"{BATCH} [{min(20, count - start)}]" for start in range(0, count, 20)]
    assert bench.requests() == [LIST, *contents, f"{BATCH} [1]"]


def test_a_create_is_one_post_and_one_assign(bench: Bench):
    bench.publish(config("a", "b"))
    sent = bench.requests()
    assert sent[:2] == [LIST, f"{BATCH} [1]"]
    assert sorted(re.sub("[0-9a-f-]{36}", "ID", line) for line in sent[2:]) == [
        "POST /deviceManagement/deviceHealthScripts",
        "POST /deviceManagement/deviceHealthScripts",
        "POST /deviceManagement/deviceHealthScripts/ID/assign",
        "POST /deviceManagement/deviceHealthScripts/ID/assign",
    ]


def test_an_update_is_one_patch_and_no_assign_if_nobody_new_gets_it(bench: Bench):
    bench.publish(config("a", "b"))
    bench.requests()
    said = bench.publish(config("a", "b").replace("ipv4: 3", "ipv4: 9", 1))
    assert "~ a  update: done" in said.out and "= b  no change" in said.out
    writes = [line for line in bench.requests() if line.split()[0] != "GET" and "$batch" not in line]
    assert [line.split()[0] for line in writes] == ["PATCH"]


def test_only_what_changed_is_sent(bench: Bench):
    bench.publish(config("a"))
    version = bench.packages()[name("a")]["version"]
    bench.publish(config("a", head="defaults: {publisher: Somebody}\n"))
    assert bench.packages()[name("a")]["publisher"] == "Somebody"
    assert bench.packages()[name("a")]["version"] == version


@pytest.mark.parametrize(
    ("assignments", "lines"),
    [
        (
            "- {group: AOVPN Users, schedule: {every: 5 hours}}",
            ["+ AOVPN Users, every 5 hours", "- AOVPN Users, every 4 hours"],
        ),
        (
            "- {group: AOVPN Users, schedule: {every: 4 hours}}\n      - exclude: AOVPN Lab",
            ["+ exclude AOVPN Lab", "  AOVPN Users, every 4 hours"],
        ),
        (
            "- {group: AOVPN Lab, schedule: {every: 4 hours}}",
            ["+ AOVPN Lab, every 4 hours", "- AOVPN Users, every 4 hours"],
        ),
        (
            "- {group: AOVPN Users, filter: Corporate Windows 11, filter_mode: exclude, schedule: {every: 4 hours}}",
            ["+ AOVPN Users, filter Corporate Windows 11 (exclude), every 4 hours"],
        ),
        (
            '- {group: AOVPN Users, schedule: {every: 2 days, at: "06:30", utc: true}}',
            ["every 2 days at 06:30 UTC"],
        ),
        (
            '- {group: AOVPN Users, schedule: {once: 2026-12-01, at: "12:00"}}',
            ["once on 2026-12-01 at 12:00"],
        ),
    ],
)
def test_a_change_of_assignments_is_shown_published_and_then_stays(
    bench: Bench, assignments: str, lines: list[str]
):
    text = config("a")
    bench.publish(text)
    said = bench.publish(re.sub(r"- group: .*\n.*", assignments, text))
    for line in lines:
        assert line in said.out
    assert "detection script" not in said.out
    assert bench.remediate("plan", "--detailed-exitcode").code == 0


def test_assignments_can_all_be_removed(bench: Bench):
    bench.publish(config("a"))
    said = bench.publish(config("a") + "    enabled: false\n")
    assert "none; no device runs it" in said.out
    assert bench.packages()[name("a")]["assignments"] == []


def test_the_detection_alone_clears_the_remediation_script(bench: Bench):
    bench.publish(config("a"))
    said = bench.publish(config("a") + "    repair: false\n")
    assert "remediation script  removed" in said.out
    assert bench.packages()[name("a")]["remediationScriptContent"] == ""


def test_what_left_the_config_is_a_note_until_deletes_are_allowed(bench: Bench):
    bench.publish(config("a", "b"))
    said = bench.publish(config("a"))
    text = "was removed from the config, but stays in Intune, and devices still run it"
    assert f"! b: {text}; pass --allow-delete to delete it" in said.out
    assert bench.ours() == [name("a"), name("b")]
    assert "- b  delete: done" in bench.publish(config("a"), "--allow-delete").out
    assert bench.ours() == [name("a")]


def test_creates_come_before_updates_before_deletes(bench: Bench):
    bench.publish(config("a", "z"))
    bench.requests()
    bench.publish(config("a", "m", ipv4=9), "--allow-delete")
    writes = [line for line in bench.requests() if "$batch" not in line and not line.startswith("GET")]
    assert [line.split()[0] for line in writes] == ["POST", "POST", "PATCH", "DELETE"]


def test_nothing_is_deleted_after_a_failure(bench: Bench):
    bench.publish(config("a", "z"))
    bench.write(config("a", ipv4=9))
    bench.fail(
        {
            "method": "PATCH",
            "path": ".",
            "status": 400,
            "body": {"error": {"code": "BadRequest", "message": "no"}},
        }
    )
    said = bench.remediate("publish", "--yes", "--allow-delete")
    assert said.code == 1 and "= z  delete: not tried" in said.out
    assert bench.ours() == [name("a"), name("z")]


def test_a_package_without_our_marker_is_never_touched(bench: Bench):
    foreign = {n: dict(one) for n, one in bench.packages().items()}
    bench.publish(config("a"))
    bench.publish(config(), "--allow-delete")
    assert bench.packages() == foreign


def test_the_packages_of_another_config_are_foreign(bench: Bench):
    bench.publish(config("a"))
    other = config("b").replace("name: contoso", "name: fabrikam")
    bench.publish(other, "--allow-delete")
    assert bench.ours() == [name("a"), name("b")]


def test_a_foreign_package_of_the_same_name_is_a_note_and_can_be_adopted(bench: Bench):
    text = config("a") + "    name: Teams cache size\n"
    bench.write(text)
    said = bench.remediate("plan")
    assert "! a: a foreign package has this name too; --adopt a would take it over" in said.out
    said = bench.publish(text, "--adopt", "a")
    assert "has this name too" not in said.out
    assert "> a  adopt: done" in said.out and len(bench.packages()) == 2
    assert bench.remediate("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(
    ("key", "code", "problem"),
    [
        ("b", 64, "error: --adopt b: the config has no remediation b; use one of: a\n"),
        ("a", 1, "error: --adopt a: no foreign packages are named"),
    ],
)
def test_what_cannot_be_adopted_is_refused(bench: Bench, key, code, problem):
    bench.write(config("a"))
    said = bench.remediate("plan", "--adopt", key)
    assert said.code == code and said.err.startswith(problem)


def test_after_another_name_the_old_packages_can_be_adopted(bench: Bench):
    bench.publish(config("a"))
    renamed = config("a").replace("name: contoso", "name: fabrikam")
    bench.write(renamed)
    said = bench.remediate("plan")
    assert "+ a  create" in said.out
    assert "! a: a package owned by contoso has this name too; --adopt a would take it over" in said.out
    bench.publish(renamed, "--adopt", "a")
    assert bench.ours() == [name("a")]


def test_after_another_key_the_old_package_cannot_be_adopted(bench: Bench):
    bench.publish(config("a") + "    name: N\n")
    bench.write(config("b") + "    name: N\n")
    said = bench.remediate("plan")
    assert "+ b  create" in said.out and "! a: was removed from the config, but stays in Intune" in said.out
    said = bench.remediate("plan", "--adopt", "b")
    assert said.code == 1 and 'no foreign packages are named "N"' in said.err


def test_a_package_is_adopted_once(bench: Bench):
    bench.publish(config("a"))
    said = bench.remediate("plan", "--adopt", "a")
    assert said.code == 1 and "is owned already; remove the option" in said.err


def test_two_packages_with_one_marker_stop_their_key_alone(bench: Bench):
    bench.publish(config("a"))
    bench.copy(name("a"))
    out = bench.folder / "plan.json"
    said = bench.remediate("plan", "--out", str(out))
    assert said.code == 1 and "! a  stopped: 2 packages carry its marker, " in said.out and not out.exists()
    assert bench.remediate("publish", "--yes").code == 1
    bench.write(config("a", "b", ipv4=9))
    said = bench.remediate("publish", "--yes", "--json")
    assert said.code == 3
    assert [(one["key"], one["status"]) for one in said.json["outcomes"]] == [("b", "done"), ("a", "stopped")]
    said = bench.remediate("publish", "--yes")
    assert said.code == 1 and "0 to update, 0 to delete, 1 unchanged, 1 stopped." in said.out


def test_a_change_made_in_the_portal_is_noted_and_put_back(bench: Bench):
    bench.publish(config("a"))
    bench.edit(name("a"), detectionScriptContent=base64.b64encode(b"exit 0").decode())
    said = bench.publish(config("a"))
    assert "! a: was changed outside of remediate since it was published; the update restores it" in said.out
    assert bench.remediate("plan", "--detailed-exitcode").code == 0


def test_a_marker_whose_hash_is_wrong_is_put_right(bench: Bench):
    bench.publish(config("a"))
    description = str(bench.packages()[name("a")]["description"])
    bench.edit(name("a"), description=re.sub("[0-9a-f]{16}]", "0" * 16 + "]", description))
    assert "marker" in bench.publish(config("a")).out
    assert bench.remediate("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("who", ["devices", "users"])
def test_widening_to_everybody_needs_its_option(bench: Bench, who: str):
    text = re.sub("group: AOVPN Users", f"all: {who}", config("a"))
    bench.write(text)
    said = bench.remediate("publish", "--yes")
    assert said.code == 1 and "a would be assigned to all devices or users; pass --allow-all" in said.err
    assert bench.ours() == []
    bench.publish(text, "--allow-all")
    bench.publish(text.replace("ipv4: 3", "ipv4: 4"))


def test_missing_and_ambiguous_names_are_refused_before_the_first_write(bench: Bench):
    text = config("a", head="defaults: {scope_tags: [Nope]}\n", group="Duplicate Group")
    bench.write(text + "      - {group: O'Neil & Söhne, filter: F, schedule: {every: 1 hour}}\n")
    bench.requests()
    said = bench.remediate("publish", "--yes")
    assert said.code == 1
    err = said.err.replace(f"{bench.folder}{os.sep}", "")
    assert re.sub("[0-9a-f-]{36}", "ID", err) == (
        'error: r.yaml:10:16: a: the tenant has 2 groups named "Duplicate Group"; write an id instead: ID or ID\n'
        'error: r.yaml:13:17: a: the tenant has no group "O\'Neil & Söhne"; create it or correct the config\n'
        'error: r.yaml:13:41: a: the tenant has no assignment filter "F"; create it or correct the config\n'
        'error: r.yaml:2:25: a: the tenant has no scope tag "Nope"; create it or correct the config\n'
    )
    assert bench.requests() == [LIST, f"{BATCH} [4]", f"{BATCH} [1]"]


def test_a_typo_in_a_scope_tag_or_filter_is_answered_with_the_nearest_name(bench: Bench):
    text = config("a", head="defaults: {scope_tags: [VPM]}\n")
    bench.write(text + "      - {group: AOVPN Lab, filter: Corporate Window 11, schedule: {every: 1 hour}}\n")
    bench.requests()
    said = bench.remediate("plan")
    assert said.err.replace(f"{bench.folder}{os.sep}", "") == (
        'error: r.yaml:13:36: a: the tenant has no assignment filter "Corporate Window 11"; '
        'did you mean "Corporate Windows 11"?\n'
        'error: r.yaml:2:25: a: the tenant has no scope tag "VPM"; create it or correct the config\n'
    )
    assert bench.requests() == [LIST, f"{BATCH} [4]"]


def test_a_group_may_be_named_by_its_id(bench: Bench):
    group = bench.group("AOVPN Users")
    bench.publish(config("a", group=group))
    bench.write(config("a"))
    assert bench.remediate("plan", "--detailed-exitcode").code == 0
    bench.write(config("a") + f"      - exclude: {group}\n")
    said = bench.remediate("plan")
    assert said.code == 1 and "is both included and excluded; remove one" in said.err


def test_an_id_that_is_not_a_group_is_missing(bench: Bench):
    bench.write(config("a", group="11111111-1111-1111-1111-111111111111"))
    assert 'has no group "11111111-1111-1111-1111-111111111111"' in bench.remediate("plan").err


def test_a_group_that_only_the_tenant_still_knows_is_shown_by_name(bench: Bench):
    bench.publish(config("a", group="AOVPN Lab"))
    bench.write(config("a"))
    assert "- AOVPN Lab, every 4 hours" in bench.remediate("plan").out


def seeded(tmp_path: Path, *groups: str) -> Path:
    """A seed file with these groups."""
    items = [
        {"id": f"00000000-0000-0000-0000-{n:012}", "displayName": group} for n, group in enumerate(groups)
    ]
    path = tmp_path / "seed.json"
    path.write_text(json.dumps({"groups": items}), encoding="utf-8")
    return path


def test_many_names_are_looked_up_twenty_at_a_time(tmp_path, capsys):
    names = [f"Group {index}" for index in range(45)]
    with running_simulator(seed=seeded(tmp_path, *names)) as simulator:
        bench = Bench(tmp_path, simulator.url, capsys)
        lines = "".join(f"      - {{group: {name}, schedule: {{every: 1 hour}}}}\n" for name in names)
        bench.write(config("a") + lines)
        assert bench.remediate("plan").code == 0
        assert bench.requests() == [LIST, f"{BATCH} [20]", f"{BATCH} [20]", f"{BATCH} [6]"]


def test_the_plan_as_json(bench: Bench):
    bench.publish(config("a", "b", "c"))
    bench.write(config("a", "b", "d", ipv4=3).replace("ipv4: 3", "ipv4: 9", 1))
    plan = bench.remediate("plan", "--json", "--allow-delete").json
    assert plan["schemaVersion"] == 1 and re.fullmatch("[0-9a-f]{64}", str(plan["digest"]))
    assert plan["summary"] == {
        "create": 1,
        "update": 1,
        "adopt": 0,
        "delete": 1,
        "unchanged": 1,
        "stopped": 0,
    }
    assert [(one["action"], one["key"]) for one in plan["changes"]] == [
        ("create", "d"),
        ("update", "a"),
        ("delete", "c"),
    ]
    assert [one["field"] for one in plan["changes"][1]["fields"]] == ["detection", "remediation"]
    assert set(plan["changes"][1]["fields"][0]["after"]) == {"bytes", "sha256"}
    assert plan["changes"][0]["package"]["assignments"][0]["group"] == "AOVPN Users"
    assert plan["unchanged"] == ["b"] and plan["notes"] == []


def test_the_digest_is_the_same_until_something_changes(bench: Bench):
    bench.write(config("a"))
    first, second = (bench.remediate("plan", "--json").json["digest"] for _ in range(2))
    bench.write(config("a", ipv4=4))
    assert first == second != bench.remediate("plan", "--json").json["digest"]


def test_the_outcomes_as_json(bench: Bench):
    bench.write(config("a"))
    said = bench.remediate("publish", "--yes", "--json").json
    expected = {
        "action": "create",
        "key": "a",
        "name": name("a"),
        "id": bench.packages()[name("a")]["id"],
        "status": "done",
        "error": None,
        "requestId": None,
        "clientRequestId": None,
        "approvalCode": None,
    }
    assert said["outcomes"] == [expected] and said["exitCode"] == 0 and said["schemaVersion"] == 1
    assert bench.remediate("publish", "--yes", "--json").json["outcomes"] == []


def test_the_exit_code_shows_changes_only_with_the_option(bench: Bench):
    bench.write(config("a"))
    assert bench.remediate("plan").code == 0
    assert bench.remediate("plan", "--detailed-exitcode").code == 2


def test_publish_asks_and_without_a_terminal_wants_yes(bench: Bench):
    bench.write(config("a"))
    said = bench.remediate("publish")
    assert said.code == 64 and "pass --yes to publish without a question" in said.err
    assert bench.ours() == []


def test_a_script_diff_is_shown_on_demand(bench: Bench):
    bench.publish(config("a"))
    bench.write(config("a", ipv4=9))
    assert not re.search("-    Ipv4 +=", bench.remediate("plan").out)
    out = bench.remediate("plan", "--diff").out
    found = re.findall(r"^    ([-+])    Ipv4 += (.)$", out, re.MULTILINE)
    assert found == [("-", "3"), ("+", "9")] * 2  # in both scripts


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_names_from_the_tenant_can_command_nothing(tmp_path, capsys, options):
    with running_simulator(
        seed=seeded(tmp_path, "\x1b[2J##vso[task.setvariable variable=x]y##[error]")
    ) as simulator:
        bench = Bench(tmp_path, simulator.url, capsys)
        bench.write(config("a", group="00000000-0000-0000-0000-000000000000"))
        out = bench.remediate("plan", *options).out
    assert "task.setvariable" in out
    assert "\x1b" not in out and "##vso[" not in out and "##[" not in out


def test_a_line_break_behind_the_marker_makes_no_second_package(bench: Bench):
    bench.publish(config("a"))
    bench.edit(name("a"), description=str(bench.packages()[name("a")]["description"]) + "\r\n\n")
    bench.publish(config("a", ipv4=9))
    assert bench.ours() == [name("a")]


def test_a_marker_that_is_not_the_last_line_stops_until_it_is_adopted(bench: Bench):
    bench.publish(config("a"))
    bench.edit(name("a"), description=str(bench.packages()[name("a")]["description"]) + "\nSee ticket 4711.")
    said = bench.remediate("publish", "--yes")
    assert said.code == 1 and "! a  stopped: the package" in said.out and "--adopt a" in said.out
    bench.publish(config("a"), "--adopt", "a")
    assert bench.ours() == [name("a")] and bench.remediate("plan", "--detailed-exitcode").code == 0


def test_the_twin_stays_a_note(bench: Bench):
    text = config("a") + "    name: Teams cache size\n"
    bench.publish(text)
    assert "! a: a foreign package has this name too" in bench.remediate("plan").out


def test_only_the_chosen_keys_are_published(bench: Bench):
    bench.write(config("a", "b"))
    said = bench.remediate("publish", "b", "--yes", "--allow-delete")
    assert said.code == 0, said
    assert name("b") in bench.packages() and name("a") not in bench.packages()


def test_a_key_that_is_not_in_the_config_is_a_usage_error_with_the_nearest(bench: Bench):
    bench.write(config("user-metric"))
    said = bench.remediate("plan", "user-metrik")
    assert said.code == 64
    assert said.err == 'error: the config has no remediation user-metrik; did you mean "user-metric"?\n'


def test_a_file_in_the_place_of_a_key_gets_its_option(bench: Bench):
    bench.write(config("a"))
    assert "name the config with -c: -c r.yaml" in bench.remediate("plan", "r.yaml").err


def test_a_package_of_another_config_is_named_by_its_owner(bench: Bench):
    bench.publish(config("a"))
    bench.write(config("a").replace("name: contoso", "name: fabrikam"))
    said = bench.remediate("plan")
    assert "! a: a package owned by contoso has this name too; --adopt a would take it over" in said.out
    assert "owned by contoso so far" in bench.remediate("plan", "--adopt", "a").out


def test_a_group_that_the_tenant_lacks_gets_the_nearest_one(bench: Bench):
    bench.write(config("a", group="AOVPN Usrs"))
    said = bench.remediate("plan")
    assert said.code == 1
    assert 'the tenant has no group "AOVPN Usrs"; did you mean "AOVPN Users"?' in said.err
