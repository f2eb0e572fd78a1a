"""A plan from a file carried out end to end: exactly that plan, or a refusal before the first write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aovpn_remediate.cli import run
from aovpn_remediate.plan_file.writing import digest_of
from aovpn_remediate.simulator import running_simulator
from tests.sign_in_desk import Desk
from tests.tenants import Bench, Said, config


def name(key: str) -> str:
    return f"AOVPN interface metric: {key}"


def planned(bench: Bench, text: str, *options: str) -> str:
    """Write a config, plan it to a file, and return the digest."""
    bench.write(text)
    said = bench.remediate("plan", "--out", str(plan_of(bench)), *options)
    assert said.code == 0, said
    (bench.folder / "r.yaml").unlink()
    bench.requests()
    return str(members(bench)["digest"])


def plan_of(bench: Bench) -> Path:
    return bench.folder / "plan.json"


def members(bench: Bench) -> Any:
    return json.loads(plan_of(bench).read_bytes())


def publish(bench: Bench, *options: str) -> Said:
    """Carry the plan out, without a terminal and without a config."""
    bench.capsys.readouterr()
    code = run(["publish", "--plan", str(plan_of(bench)), *options])
    return Said(code, *bench.capsys.readouterr())


def writes(bench: Bench) -> list[str]:
    """The methods of the writes since the last look."""
    lines = [line for line in bench.requests() if "$batch" not in line and not line.startswith("GET")]
    return [line.split()[0] for line in lines]


def refusal(bench: Bench, *options: str) -> str:
    said = publish(bench, *options)
    assert said.code == 1 and writes(bench) == [], said
    return said.err


def change_plan(bench: Bench, change: Any) -> None:
    """Change a plan, and make its digest fit."""
    found = members(bench)
    change(found)
    found["digest"] = digest_of(found)
    plan_of(bench).write_text(json.dumps(found), encoding="utf-8")


def test_a_plan_is_carried_out_without_a_question_and_without_a_config(bench: Bench):
    bench.publish(config("a", "b", "c"))
    digest = planned(bench, config("a", "b", "d").replace("ipv4: 3", "ipv4: 9", 1), "--allow-delete")
    said = publish(bench, "--digest", digest)
    assert said.code == 0, said
    for line in ("~ a  update: done", "+ d  create: done", "- c  delete: done", "Published: 3 done."):
        assert f"{line}\n" in said.out
    assert bench.ours() == [name("a"), name("b"), name("d")]
    assert writes(bench) == ["POST", "POST", "PATCH", "DELETE"]


def test_a_plan_that_is_applied_already_writes_nothing(bench: Bench):
    digest = planned(bench, config("a"))
    assert publish(bench).code == 0
    bench.requests()
    said = publish(bench)
    assert said.code == 0 and said.out.endswith("\nThis plan is already applied; nothing was written.\n")
    said = publish(bench, "--json")
    assert said.json["digest"] == digest and said.json["exitCode"] == 0
    assert [one["status"] for one in said.json["outcomes"]] == ["done"]
    assert writes(bench) == []


def test_a_plan_without_changes_is_fine(bench: Bench):
    bench.publish(config("a"))
    planned(bench, config("a"))
    said = publish(bench)
    assert said.code == 0 and said.out == "= a  no change\n\nNo changes. 1 package matches the config.\n"
    assert publish(bench, "--json").json["outcomes"] == [] and bench.requests() == []


def test_an_interrupted_publish_goes_on_with_the_same_plan(bench: Bench):
    planned(bench, config("a", "b"))
    bench.fail({"method": "POST", "path": "/assign", "status": 400, "body": {"error": {}}, "times": 1})
    assert publish(bench, "--json").code == 3
    bench.fail()
    bench.requests()
    said = publish(bench)
    assert said.code == 0 and writes(bench) == ["POST"]
    assert "+ a  create: done\n+ b  create: done\n" in said.out
    assert [
        len(one["assignments"]) for one in bench.packages().values() if one["publisher"] == "contoso"
    ] == [1, 1]


def test_config_and_tenant_of_the_environment_are_ignored(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    planned(bench, config("a"))
    monkeypatch.setenv("REMEDIATE_CONFIG", "missing.yaml")
    monkeypatch.setenv("REMEDIATE_TENANT", "missing")
    assert publish(bench).code == 0


@pytest.mark.parametrize(
    "options",
    [["-c", "r.yaml"], ["KEY"], ["--tenant", "x"], ["--all-tenants"], ["--adopt", "a"], ["--allow-delete"],
     ["--allow-all"], ["--allow-mass-delete"], ["--verify"], ["--allow-unproven"]],
)  # fmt: skip
def test_what_the_plan_says_already_cannot_stand_beside_it(bench: Bench, options: list[str]):
    planned(bench, config("a"))
    said = publish(bench, *options)
    assert said.code == 64 and writes(bench) == []
    assert f"--plan: {options[0]} cannot be combined with it" in said.err


def test_a_digest_is_64_hex_digits_beside_a_plan(bench: Bench):
    planned(bench, config("a"))
    assert publish(bench, "--digest", "12").code == 64
    bench.write(config("a"))
    assert bench.remediate("publish", "--yes", "--digest", "0" * 64).code == 64


def test_every_other_plan_file_is_refused(bench: Bench):
    digest = planned(bench, config("a"))
    assert f"the plan's digest is {digest}, not the one of --digest" in refusal(bench, "--digest", "0" * 64)
    plan_of(bench).write_bytes(plan_of(bench).read_bytes().replace(b"AOVPN Users", b"Everybody"))
    assert "the plan was changed after it was made" in refusal(bench)
    change_plan(bench, lambda plan: plan.update(tool="99.0"))
    assert "the plan was made by remediate 99.0, which is newer" in refusal(bench)
    change_plan(bench, lambda plan: plan.update(schemaVersion=2))
    assert "the plan has another schema" in refusal(bench)
    plan_of(bench).write_bytes(b"{}")
    assert "the file is not a plan" in refusal(bench)
    plan_of(bench).unlink()
    assert "no such file" in refusal(bench)


def test_a_package_that_somebody_changed_is_refused(bench: Bench):
    bench.publish(config("a"))
    planned(bench, config("a", ipv4=9))
    bench.edit(name("a"), publisher="Somebody")
    bench.requests()
    said = refusal(bench)
    assert "error: a: the package " in said and "is neither as before the plan nor as after it" in said


def test_a_group_that_is_gone_is_refused(bench: Bench):
    planned(bench, config("a"))
    group = members(bench)["changes"][0]["after"]["assignments"][0]["groupId"]
    gone = "99999999-9999-9999-9999-999999999999"
    plan_of(bench).write_text(
        plan_of(bench).read_text(encoding="utf-8").replace(group, gone), encoding="utf-8"
    )
    change_plan(bench, lambda plan: None)
    assert f'a: the group "AOVPN Users" ({gone}) is gone from the tenant' in refusal(bench)


def test_another_service_is_refused(bench: Bench):
    planned(bench, config("a"))
    with running_simulator() as other:
        said = refusal(bench, "--graph-url", other.url)
    assert f"the plan is for {bench.url} without a sign-in, but this is {other.url} without a sign-in" in said


def test_a_host_that_is_not_allowed_on_the_command_line_is_not_in_a_plan(bench: Bench):
    planned(bench, config("a"))
    change_plan(bench, lambda plan: plan["tenant"].update(graph="https://graph.example.com"))
    said = refusal(bench)
    assert "the tenant of the plan cannot be used" in said and "only Microsoft's Graph" in said


def test_a_plan_that_widens_without_its_option_is_refused(bench: Bench):
    every = config("a").replace("group: AOVPN Users", "all: devices")
    planned(bench, every, "--allow-all")
    change_plan(bench, lambda plan: plan["options"].update(allowAll=False))
    assert "would be assigned to all devices or users" in refusal(bench)


def fill(bench: Bench, count: int) -> None:
    """Let the tenant hold this many packages."""
    held = sum(one["isGlobalScript"] is not True for one in bench.packages().values())
    for index in range(count - held):
        bench.add(f"Foreign {index}")


def test_what_does_not_fit_is_refused_before_the_first_write(bench: Bench):
    planned(bench, config("a", "b"))
    fill(bench, 199)
    bench.requests()
    said = "plan: the tenant has 199 packages and would have 201, but it holds at most 200"
    assert said in refusal(bench)
    bench.write(config("a", "b"))
    assert said in bench.remediate("plan").err and said in bench.remediate("publish", "--yes").err
    assert writes(bench) == []


def test_at_the_limit_a_delete_makes_room_first(bench: Bench):
    bench.publish(config("a", "b"))
    fill(bench, 200)
    planned(bench, config("a", "c"), "--allow-delete")
    said = publish(bench)
    assert (
        said.code == 0
        and "! deleted before anything is created, since a tenant holds at most 200" in said.out
    )
    assert writes(bench) == ["DELETE", "POST", "POST"]


def test_many_deletes_need_their_own_option_when_the_plan_is_made(bench: Bench):
    bench.publish(config("a", "b", "c"))
    bench.write(config())
    said = bench.remediate("plan", "--allow-delete", "--out", str(plan_of(bench)))
    assert said.code == 1 and "3 of 3 packages of this config would be deleted" in said.err
    assert not plan_of(bench).exists()
    planned(bench, config(), "--allow-delete", "--allow-mass-delete")
    assert publish(bench).code == 0 and bench.ours() == []


def signed_in_plan(desk: Desk) -> Path:
    file = desk.folder / "plan.json"
    assert desk.say("plan", "--out", str(file)).code == 0
    (desk.folder / "r.yaml").unlink()
    return file


def publish_signed_in(desk: Desk, file: Path, *options: str, **changed: str | None) -> Said:
    desk.use("secret", **changed)
    desk.capsys.readouterr()
    code = run(["publish", "--plan", str(file), *options])
    return Said(code, *desk.capsys.readouterr())


def test_the_plan_says_which_tenant_is_signed_in_to(desk: Desk):
    file = signed_in_plan(desk)
    tenant = desk.world.login.directory.tenant_id
    said = publish_signed_in(desk, file, REMEDIATE_AUTH=None)
    assert said.code == 1 and f"the plan is for the tenant {tenant}, but this is " in said.err
    said = publish_signed_in(desk, file, AZURE_TENANT_ID=None)
    assert said.code == 0 and "+ a  create: done" in said.out, said
