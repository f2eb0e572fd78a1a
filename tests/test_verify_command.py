"""The command `verify`: output, exit codes and interruption."""

from __future__ import annotations

import json
import os
import re
from xml.etree import ElementTree

import pytest

from aovpn_remediate.cli import run, terminal
from aovpn_remediate.cli.terminal import progress_of
from aovpn_remediate.verify import Proof
from tests.patience import wait_until
from tests.proof_jobs import EXAMPLE


def test_the_command_prints_a_table_json_and_junit(verify_in_shell, tmp_path, capsys):
    junit = tmp_path / "junit.xml"
    assert run(["verify", "user-metric-live", "-c", str(EXAMPLE), "--junit", str(junit), "-v"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^user-metric-live  interface-metric$", out, re.MULTILINE)
    assert "issue > fixed > healthy > healthy" in out and "What Windows has not confirmed:" in out
    assert '"state":"fixed"' in out and " 0 failed, " in out
    assert ElementTree.parse(junit).getroot()[0].attrib["failures"] == "0"
    assert run(["verify", "user-metric-live", "-c", str(EXAMPLE), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    fields = set(vars(Proof("", "", "", (), (), 0, ()))) - {"outputs", "unconfirmed", "not_run"}
    assert set(said["cases"][0]) == fields | {"ok", "notRun"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ["verify", "nope", "-c", str(EXAMPLE)],
            64,
            "the config has no remediation nope; use one of: device-metric, device-routes,",
        )
    ],
)
def test_an_unknown_key_is_a_usage_error(capsys, arguments, code, said):
    assert run(arguments) == code
    assert said in capsys.readouterr().err


def test_without_powershell_it_fails_and_says_how_to_get_one(capsys, monkeypatch):
    monkeypatch.delenv("REMEDIATE_PWSH", raising=False)
    monkeypatch.setenv("PATH", "")
    assert run(["verify", "-c", str(EXAMPLE)]) == 1
    assert "PowerShell was not found; install PowerShell 7 (pwsh)" in capsys.readouterr().err


def test_only_what_is_not_as_expected_is_listed(verify_in_shell, capsys):
    assert run(["verify", "user-metric-live", "-c", str(EXAMPLE)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("ok  user-metric-live  interface-metric  10 cases\n")
    assert "healthy" not in out and out.endswith(" ms each. -v shows all cases.\n")


def test_a_text_picks_cases_by_their_names(verify_in_shell, capsys):
    command = ["verify", "user-metric-live", "device-metric", "-c", str(EXAMPLE), "-v", "-k"]
    assert run([*command, "WINDOWS REFUSES"]) == 0
    out = capsys.readouterr().out
    assert "\n4 cases: 4 ok, 0 failed, " in out
    assert out.count("  issue > failed > issue > failed, as expected\n") == 4
    assert run([*command, "the disk full"]) == 64
    said = 'verify: no case has "the disk full" in its name; did you mean "the disk is full"?'
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "name", "said"),
    [
        ("--junit", "missing/x.xml", "no such file or directory; name a file that can be written"),
        ("--junit", ".", "is a directory; name a file that can be written"),
        ("--keep", "file", "file exists; name a folder that can be written"),
    ],
)
def test_an_output_that_cannot_be_written_stops_it_before_any_case(
    tmp_path, monkeypatch, capsys, option, name, said
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("REMEDIATE_PWSH", "/bin/ls")  # which would be noticed
    assert run(["verify", "-c", str(EXAMPLE), option, str(tmp_path / name)]) == 1
    assert capsys.readouterr().err == f"error: {tmp_path / name}: {said}\n"


def test_outputs_of_a_run_that_fails_stay_as_they_were(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("REMEDIATE_PWSH", str(tmp_path / "missing"))
    (tmp_path / "old.xml").write_text("old")
    for name in ("old.xml", "new.xml"):
        outputs = ["--junit", str(tmp_path / name), "--keep", str(tmp_path / "kept")]
        assert run(["verify", "-c", str(EXAMPLE), *outputs]) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["old.xml"]
    assert (tmp_path / "old.xml").read_text() == "old"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such program")
def test_another_program_than_powershell_is_named(monkeypatch, capsys):
    monkeypatch.setenv("REMEDIATE_PWSH", "/bin/ls")
    assert run(["verify", "user-metric", "-c", str(EXAMPLE)]) == 1
    err = capsys.readouterr().err
    assert "/bin/ls: this is not a PowerShell: it ended with exit code 2 and said " in err
    assert err.endswith("name the path of pwsh in REMEDIATE_PWSH\n")


def test_progress_is_told_in_lines_where_there_is_no_terminal(capsys, monkeypatch):
    monkeypatch.setattr(terminal, "SECONDS", 0.01)
    said: list[str] = []

    def is_told() -> bool:
        said.append(capsys.readouterr().err)
        return "1 of 3 cases done\n" in "".join(said)

    with progress_of(3, "case") as step:
        step(None)
        wait_until(is_told)


def test_publish_can_prove_first(verify_in_shell, bench):
    bench.write(EXAMPLE.read_text(encoding="utf-8").split("  # The device tunnel, stored")[0])
    assert bench.remediate("publish", "--yes", "--verify").code == 0
