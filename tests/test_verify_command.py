"""The command `verify`: output, exit codes and interruption."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest

from aovpn_remediate.cli import run
from aovpn_remediate.verify import Proof
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


def test_publish_can_prove_first(verify_in_shell, bench):
    bench.write(EXAMPLE.read_text(encoding="utf-8").split("  # The device tunnel, stored")[0])
    assert bench.remediate("publish", "--yes", "--verify").code == 0
