"""Client files of your own script pair: what is read and what is refused."""

from __future__ import annotations

import re

import pytest

from aovpn_remediate.cli import run
from aovpn_remediate.client.description import (
    ChangeDescription,
    Description,
    EntryDescription,
    InterfaceDescription,
    NetworkDescription,
    ServiceDescription,
)
from aovpn_remediate.verify import prove
from aovpn_remediate.verify.client_file import read_client_file
from tests.golden_files import ROOT
from tests.own_pairs import jobs_of, own_pair


@pytest.mark.parametrize("cases", ["- case: y\n  before:\n  exits: [0, 0, 0, 0]\n"])
def test_an_empty_client_is_an_ordinary_one(tmp_path, cases):
    own_pair(tmp_path, "")
    (tmp_path / "clients.yaml").write_text(cases)
    assert jobs_of(tmp_path)[0].case.before == Description()


def test_only_true_and_false_are_booleans_in_a_client_file(tmp_path):
    own_pair(tmp_path, "")
    says = (
        "- case: off\n  before: {registry: {'HKLM:\\X': {A: on, B: yes, C: 0x1F}}}\n  exits: [0, 0, 0, 0]\n"
    )
    (tmp_path / "clients.yaml").write_text(says)
    (job,) = jobs_of(tmp_path)
    assert job.case.name == "off"
    assert job.case.before.registry["HKLM:\\X"] == {"A": "on", "B": "yes", "C": 31}


def test_states_may_be_a_list(tmp_path):
    own_pair(tmp_path, "")
    (tmp_path / "clients.yaml").write_text(
        "- {case: a, before: {}, says: [issue, fixed, healthy, healthy]}\n"
    )
    assert jobs_of(tmp_path)[0].case.says == ("issue", "fixed", "healthy", "healthy")


def test_the_complete_example_of_the_page_passes(verify_in_shell, tmp_path, monkeypatch, capsys):
    page = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    detect, repair = re.findall(r"```powershell\n(.*?)```", page, re.DOTALL)
    clients, config = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[:2]
    (shown,) = re.findall(r"```\n(vpn-log  custom\n.*?)```", page, re.DOTALL)
    for name, script in (("detect.ps1", detect), ("repair.ps1", repair)):
        (tmp_path / name).write_text(script, encoding="ascii", newline="\r\n")
    (tmp_path / "clients.yaml").write_text(clients, encoding="utf-8")
    (tmp_path / "remediate.yaml").write_text(config, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert run(["verify", "-v"]) == 0
    said = capsys.readouterr()
    assert (re.sub(r"\d+ ms", "120 ms", said.out), said.err) == (shown, "")


def test_states_and_exit_codes_together_are_both_compared(shell, tmp_path):
    own_pair(tmp_path, "")
    (tmp_path / "clients.yaml").write_text(
        "- {case: a, before: {}, exits: [0, 1, 0, 0], says: [issue, fixed, healthy, healthy]}\n"
    )
    found = prove(jobs_of(tmp_path)[0], shell).differences
    assert any(line.startswith("exit codes [") for line in found)
    assert any(line.startswith("says nothing") for line in found)


def examples() -> list[tuple[str, str]]:
    """Each part of a client with the example that the page shows."""
    page = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", page, re.MULTILINE)
    return [(part, example) for part, example in rows if part in Description.model_fields]


def test_the_page_has_an_example_of_every_part():
    assert {part for part, _ in examples()} == set(Description.model_fields)


@pytest.mark.parametrize(("part", "example"), examples())
def test_every_example_of_the_page_is_accepted(tmp_path, part, example):
    path = tmp_path / "clients.yaml"
    after = f"{part}: {example}".replace("[...]", "[]")
    before = "phonebooks: {user: [], device: []}"
    path.write_text(f"- case: a\n  before: {{{before}}}\n  after: {{{after}}}\n  exits: [0, 0, 0, 0]\n")
    file = read_client_file(path, runs=4)
    assert not file.problems and file.cases[0].after.model_fields_set >= {part}


@pytest.mark.parametrize(
    "model",
    [EntryDescription, InterfaceDescription, NetworkDescription, ServiceDescription, ChangeDescription],
)
def test_the_page_names_every_key_of_a_part(model):
    page = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    assert [name for name in model.model_fields if not re.search(rf"[`{{ ]{name}[`:]", page)] == []
