"""The docs say what the code does: commands, options, exit codes, kinds, keys."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from aovpn_remediate import errors
from aovpn_remediate.cli import run
from aovpn_remediate.client.description import Description
from aovpn_remediate.client.values import Switch
from aovpn_remediate.config import config_schema
from aovpn_remediate.graph.permissions import OLD_WAY, PUBLISH, READ
from aovpn_remediate.kinds import KINDS, describe_kind
from aovpn_remediate.marker import Marker, read_marker
from aovpn_remediate.plan import FIELDS, MARKER
from aovpn_remediate.publish import Status
from aovpn_remediate.simulator.conditions import Conditions
from aovpn_remediate.simulator.faults import Fault
from aovpn_remediate.simulator.login import new_directory, running_login
from aovpn_remediate.simulator.login.settings import Settings
from tests.golden_files import ROOT
from tests.kind_rows import ROWS, with_rows
from tests.sign_in_world import trusting
from tests.test_cli import COMMANDS

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "templates").rglob("*.md")])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_line_in_the_readme(command):
    assert re.search(rf"^\| `remediate {command}[ `]", README, re.MULTILINE)


def options_in_the_readme() -> list[tuple[str, str]]:
    """Each command with each option that its line names."""
    lines = re.findall(r"^\| `remediate ((?:auth )?[a-z]+)([ `].*)$", README, re.MULTILINE)
    return [
        (command, option)
        for command, line in lines
        for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", line)
    ]


@pytest.mark.parametrize(("command", "option"), options_in_the_readme())
def test_every_option_that_the_readme_names_exists(capsys, command, option):
    run([*command.split(), "--help"])
    assert re.search(rf"(?<![\w-]){option}(?![\w-])", capsys.readouterr().out)


def test_every_exit_code_has_its_line():
    codes = {
        one.exit_code for one in vars(errors).values() if isinstance(one, type) and hasattr(one, "exit_code")
    }
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    assert listed == codes | {0, 2, 3, 130}


@pytest.mark.parametrize("name", ROWS)
def test_the_rows_about_the_kinds_are_those_of_their_classes(name):
    assert (ROOT / name).read_text(encoding="utf-8") == with_rows(name), "run make docs"


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_a_kind_has_every_setting(kind):
    page = (ROOT / "templates" / "ps1" / "kinds" / kind / "README.md").read_text(encoding="utf-8")
    names = [setting.name for setting in describe_kind(kind).settings]
    assert names and [name for name in names if f"`{name}`" not in page] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_of_a_kind_has_the_same_parts(kind):
    folder = ROOT / "templates" / "ps1" / "kinds" / kind
    page = (folder / "README.md").read_text(encoding="utf-8")
    parts = ["\n## Settings\n", "\n**Risk.** ", "\n**Not confirmed.** "]
    if (folder / "check.ps1").exists():
        parts += ["\n**Symptom.** ", "\n**Cause.** ", "\n**What is checked.**", "\n**What is touched.**"]
    assert page.startswith(f"# {kind}: ")
    assert [part for part in parts if part not in page] == []


def test_every_key_of_the_config_is_explained():
    page = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    definitions = config_schema()["$defs"]
    keys = set(config_schema()["properties"])
    for part in definitions.values():
        keys |= set(part.get("properties", {}))
    own = {setting.name for kind in KINDS for setting in describe_kind(kind).settings}
    missing = {key for key in keys - own if not re.search(rf"(?<![\w-]){key}(?![\w-])", page)}
    assert missing == set()


def test_every_field_and_status_of_the_json_is_documented():
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    for word in (*FIELDS, MARKER, *Status):
        assert f"`{word}`" in page, word


def test_the_example_of_the_readme_is_valid(tmp_path, capsys):
    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    file = tmp_path / "r.yaml"
    file.write_text(example, encoding="utf-8")
    assert run(["validate", "-c", str(file)]) == 0


def test_the_messages_of_the_readme_are_the_true_ones(tmp_path, capsys, monkeypatch):
    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (messages,) = re.findall(r"```\n(remediate\.yaml:.*?)```", README, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    broken = example.replace("profile:", "profil:").replace("ipv4: 3", "ipv4: 0")
    Path("remediate.yaml").write_text(broken, encoding="utf-8")
    assert run(["validate"]) == 65
    assert capsys.readouterr().err == messages


def test_the_json_in_the_docs_is_json():
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert blocks and all(json.loads(block) for block in blocks)


def test_the_permissions_page_names_what_a_refusal_names():
    page = (ROOT / "docs" / "permissions.md").read_text(encoding="utf-8")
    named = {*READ.permissions, *PUBLISH.permissions, OLD_WAY}
    assert len(named) > 4 and {one for one in named if f"`{one}`" not in page} == set()


@pytest.mark.parametrize("page", ["config", "workstation"])
def test_the_tenants_on_a_page_are_accepted(page, tmp_path, capsys):
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    (tenants,) = re.findall(r"```yaml\n(tenants:.*?)```", text, re.DOTALL)
    (tmp_path / "r.yaml").write_text(f"name: c\nremediations: {{}}\n{tenants}", encoding="utf-8")
    assert run(["validate", "-c", str(tmp_path / "r.yaml")]) == 0


def test_every_link_leads_somewhere():
    targets = [
        path.parent / target
        for path in DOCS
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text(encoding="utf-8"))
    ]
    assert targets and [str(target) for target in targets if not target.exists()] == []


def test_every_place_that_contributors_are_sent_to_exists():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    places = re.findall(r"`((?:aovpn_remediate|docs|templates|tests|tools)/[\w./-]*)`", page)
    assert len(places) > 15
    assert [place for place in places if not (ROOT / place).exists()] == []


def words_of_the_scripts(*parameters: str) -> set[str]:
    """The words that the scripts pass as a finding's state or reason."""
    scripts = "".join(path.read_text() for path in (ROOT / "templates" / "ps1").rglob("*.ps1"))
    return set(re.findall(rf"-(?:{'|'.join(parameters)}) '([a-z-]+)'", scripts))


def test_the_protocol_page_names_every_state_and_reason():
    page = (ROOT / "docs" / "protocol.md").read_text(encoding="utf-8")
    words = words_of_the_scripts("State", "Reason") | {"fixed", "failed"}
    assert {word for word in words if f"`{word}`" not in page} == set()


def test_the_states_page_says_what_to_do_about_every_reason():
    page = (ROOT / "docs" / "states.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE))
    assert words_of_the_scripts("Reason") <= rows
    for state in ("unknown", "failed", "pending"):
        assert f"## {state}\n" in page
    result = (ROOT / "templates" / "ps1" / "runtime" / "Result.ps1").read_text(encoding="utf-8")
    (quoted,) = re.findall(r"`detail` starts with \"([^\"]+)\"", page)
    assert f"'{quoted}: '" in result


def test_the_undo_page_names_everything_that_a_script_leaves_on_a_device():
    page = (ROOT / "docs" / "undo.md").read_text(encoding="utf-8")
    scripts = "".join(path.read_text() for path in (ROOT / "templates" / "ps1").rglob("*.ps1"))
    left = set(re.findall(r"aovpn-remediate(?:\.\$number)?(\.[a-z]+)\b", scripts)) | {".tmp"}
    left |= set(re.findall(r"-Name '(RasMan\w+)'", scripts))
    assert len(left) > 4
    assert {name for name in left if name not in page} == set()


def test_the_marker_on_the_ownership_page_is_one():
    page = (ROOT / "docs" / "ownership.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"```\n(\[aovpn-remediate .*?)\n```", page)
    assert read_marker(line)[1] == Marker("contoso-aovpn", "user-metric", "d3099955caced2b9")


def test_the_plan_on_the_ownership_page_is_what_an_edit_gives(bench):
    page = (ROOT / "docs" / "ownership.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```\n(~ user-metric-live .*?)```", page, re.DOTALL)
    bench.publish((ROOT / "examples" / "remediate.yaml").read_text(encoding="utf-8"))
    bench.edit("AOVPN user tunnel: interface metric (live)", displayName="Renamed in the portal")
    plan = bench.remediate("plan").out.splitlines()
    assert [line for line in shown.splitlines() if line not in plan] == []


def test_the_ownership_page_and_the_help_explain_every_sign_of_a_plan(capsys):
    page = (ROOT / "docs" / "ownership.md").read_text(encoding="utf-8")
    run(["plan", "--help"])
    shown = capsys.readouterr().out
    for sign in "+~>-=!":
        assert f"| `{sign}` |" in page and f" {sign} " in shown


def test_the_simulator_page_names_every_setting_of_the_login_service():
    page = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    names = [one.name for one in fields(Settings)] + ["refuse", "revoke", "sign_out"]
    assert [name for name in names if f"| `{name}` |" not in page] == []


def test_the_simulator_page_names_every_key_of_a_fault():
    page = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    assert [one.name for one in fields(Fault) if f"| `{one.name}` |" not in page] == []


def test_the_simulator_page_names_every_condition(tenant):
    page = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    assert [one.name for one in fields(Conditions) if f"| `{one.name}` |" not in page] == []
    (told,) = re.findall(r"```json\n({\"lag_reads.*?)\n```", page)
    assert tenant.ask("POST", "/simulator/conditions", json.loads(told)).ok


def test_the_json_of_the_simulator_page_about_signing_in_is_accepted():
    page = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"```json\n({\"token_lifetime.*?)\n```", page)
    with running_login(new_directory()) as login, trusting(login) as session:
        assert session.post(f"{login.url}/simulator/login", json=json.loads(told)).ok


def test_the_edit_and_the_faults_of_the_simulator_page_are_accepted(bench):
    page = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    edit, faults = (json.loads(block) for block in re.findall(r"```json\n([{\[][{\"].*?)\n```", page)[-2:])
    bench.edit("Teams cache size", **edit)
    assert edit["displayName"] in bench.packages()
    bench.fail(*faults)


def test_the_note_about_a_removed_package_is_the_true_one(bench):
    example = (ROOT / "examples" / "remediate.yaml").read_text(encoding="utf-8")
    bench.publish(example)
    bench.write(example.replace("  user-metric:", "  metric:"))
    (note,) = [line for line in bench.remediate("plan").out.splitlines() if line.startswith("! user-metric:")]
    for page in ("ownership", "undo"):
        assert f"\n{note}\n" in (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")


def test_the_install_page_names_the_oldest_python():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (oldest,) = re.findall(r'requires-python = ">=([\d.]+)"', project)
    assert f"Python {oldest} or newer" in (ROOT / "docs" / "install.md").read_text(encoding="utf-8")


def test_the_clients_page_names_every_part_switch_and_command():
    page = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    stand_ins = (ROOT / "aovpn_remediate" / "client" / "stand_ins.ps1").read_text(encoding="utf-8")
    lists = stand_ins.partition("$items = @(")[2]
    allowed = lists.partition("# Aliases")[0] + lists.partition("$commands = @(")[2].partition("$items")[0]
    commands = set(re.findall(r"'([A-Z]\w+-\w+)'", allowed)) - {"Start-Client", "Stop-Client"}
    assert len(commands) > 30
    for word in {*Description.model_fields, *get_args(Switch), *commands}:
        assert f"`{word}`" in page, word
