"""Plans in files end to end: plan --out and show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aovpn_remediate.cli import run
from tests.sign_in_desk import Desk
from tests.tenants import Bench, Said, config

TENANTS = "tenants:\n  test: {id: 11111111-1111-1111-1111-111111111111}\n  real: {id: 33333333-3333-3333-3333-333333333333}\n"


def show(bench: Bench, file: Path, *options: str) -> Said:
    """Run show, which needs neither config nor tenant."""
    bench.capsys.readouterr()
    code = run(["show", str(file), *options])
    return Said(code, *bench.capsys.readouterr())


def plan(bench: Bench, file: Path, *options: str) -> Said:
    return bench.remediate("plan", "--out", str(file), *options)


def changed_tenant(bench: Bench) -> None:
    """A tenant and a config with a create, an update, a delete and a package that stays."""
    bench.publish(config("a", "b", "c"))
    bench.write(config("a", "b", "d").replace("ipv4: 3", "ipv4: 9", 1))


def test_show_prints_a_plan_as_plan_does(bench: Bench):
    changed_tenant(bench)
    file = bench.folder / "plan.json"
    for options in ((), ("--diff",), ("--json",)):
        said = plan(bench, file, "--allow-delete", *options)
        digest = json.loads(file.read_bytes())["digest"]
        assert said.code == 0 and f"{file}: plan written\ndigest: {digest}\n" in said.out + said.err
        shown = show(bench, file, *options)
        assert shown.code == 0 and said.out.startswith(shown.out.rstrip("\n"))
    assert shown.json["digest"] == digest


def test_the_same_plan_is_the_same_file_byte_for_byte(bench: Bench):
    changed_tenant(bench)
    first, second = bench.folder / "1.json", bench.folder / "2.json"
    assert plan(bench, first).code == plan(bench, second).code == 0
    assert first.read_bytes() == second.read_bytes()


def test_the_file_names_tenant_config_and_tool(bench: Bench):
    bench.write(config("a"))
    file = bench.folder / "plan.json"
    plan(bench, file)
    members = json.loads(file.read_bytes())
    assert members["tenant"] == {
        "name": None, "id": None, "cloud": "public", "graph": bench.url, "clientId": None, "auth": None,
        "serviceConnectionId": None, "secretEnv": None,
    }  # fmt: skip
    assert members["config"] == "contoso"


def test_the_tenant_is_the_one_that_was_signed_in_to(desk: Desk):
    desk.head = "tenants:\n  test: {secret_env: OTHER_SECRET}\n"
    file = desk.folder / "plan.json"
    secret = desk.world.environment("secret")["AZURE_CLIENT_SECRET"]
    said = desk.say("plan", "--out", str(file), OTHER_SECRET=secret)
    assert said.code == 0, said
    members = json.loads(file.read_bytes())["tenant"]
    assert (members["name"], members["id"]) == ("test", desk.world.login.directory.tenant_id)
    assert members["secretEnv"] == "OTHER_SECRET"
    assert secret not in file.read_text(encoding="utf-8")


def test_the_digest_of_the_config_covers_every_file_that_it_names(bench: Bench):
    (bench.folder / "list.csv").write_text("10.0.0.0/8\n", encoding="utf-8")
    (bench.folder / "d.ps1").write_bytes(b"exit 0\r\n")
    text = (
        "name: contoso\nroute_lists: {l: {file: list.csv}}\nremediations:\n"
        "  r: {kind: route-presence, profile: V, scope: device, routes: [l]}\n"
        "  c: {kind: custom, detection: d.ps1, run_as: system}\n"
    )
    digests: list[str] = []

    def note() -> None:
        said = plan(bench, bench.folder / "plan.json")
        assert said.code == 0, said
        digests.append(json.loads((bench.folder / "plan.json").read_bytes())["configDigest"])

    bench.write(text)
    note()
    note()
    assert digests[0] == digests[1]
    for name, content in (("r.yaml", f"{text}# a comment\n"), ("list.csv", "# one\n10.0.0.0/8\n"),
                          ("d.ps1", "exit 0 \r\n")):  # fmt: skip
        (bench.folder / name).write_text(content, encoding="utf-8", newline="")
        note()
    assert len(set(digests)) == 4


def test_a_plan_that_fails_or_is_refused_leaves_no_file(bench: Bench):
    file = bench.folder / "plan.json"
    every = config("a").replace("group: AOVPN Users", "all: devices")
    for text, code in (("nonsense", 65), (config("a", group="Nobody"), 1), (every, 1)):
        bench.write(config("a"))
        assert plan(bench, file).code == 0 and file.exists()
        bench.write(text)
        assert plan(bench, file).code == code and not file.exists()
    assert plan(bench, file, "--allow-all").code == 0


def test_no_file_but_a_plan_is_overwritten(bench: Bench):
    bench.write(config("a"))
    file = bench.folder / "r.yaml"
    said = plan(bench, file)
    assert said.code == 1 and file.read_text(encoding="utf-8") == config("a")
    assert said.err == (
        f"error: {file}: is not a plan and is not overwritten; remove it, or name another file\n"
    )
    said = plan(bench, bench.folder)
    assert said.code == 1 and f"{bench.folder}: is a folder" in said.err


def test_an_empty_file_may_become_a_plan(bench: Bench):
    bench.write(config("a"))
    (bench.folder / "plan.json").write_bytes(b"")
    assert plan(bench, bench.folder / "plan.json").code == 0


def test_several_tenants_have_a_file_each(bench: Bench):
    bench.write(config("a", head=TENANTS))
    folder = bench.folder / "plans"
    said = plan(bench, folder, "--all-tenants")
    assert said.code == 0, said
    assert sorted(path.name for path in folder.iterdir()) == ["real.json", "test.json"]
    assert json.loads((folder / "real.json").read_bytes())["tenant"]["name"] == "real"
    (folder / "other.json").write_text("{}", encoding="utf-8")
    assert plan(bench, folder, "--tenant", "test", "--tenant", "test").code == 1  # one tenant: a file
    bench.write("nonsense")
    assert plan(bench, folder, "--all-tenants").code == 65
    assert [path.name for path in folder.iterdir()] == ["other.json"]
    said = plan(bench, bench.folder / "r.yaml", "--all-tenants")
    assert said.code == 1 and "is a file; with several tenants, --out must name a folder" in said.err


def test_show_as_markdown_has_a_table_and_the_text_of_the_plan(bench: Bench):
    changed_tenant(bench)
    bench.write(config("a", "d") + "    name: 'x | `y` <z>'\n")
    file = bench.folder / "plan.json"
    plan(bench, file)
    said = show(bench, file, "--markdown")
    assert said.out.startswith("### Plan: 1 to create, 0 to update, 0 to delete, 1 unchanged.\n")
    assert "| create | d | x \\| \\`y\\` \\<z\\> |\n" in said.out and "\n```diff\n+ d  create\n" in said.out
    assert f"Digest: `{json.loads(file.read_bytes())['digest']}`\n" in said.out
    assert show(bench, file, "--markdown", "--json").code == 64


@pytest.mark.parametrize("name", ["missing.json", "r.yaml", "."])
def test_show_names_a_file_that_is_not_a_plan(bench: Bench, name: str):
    bench.write(config("a"))
    said = show(bench, bench.folder / name)
    assert said.code == 1 and said.out == ""
    assert said.err.startswith(f"error: {bench.folder / name}: ") and said.err.count("\n") == 1
