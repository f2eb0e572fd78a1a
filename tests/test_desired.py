"""The packages of a config: rendered, checked, and returned with their warnings."""

from __future__ import annotations

from pathlib import Path

import pytest

from aovpn_remediate.desired import Desired, load_desired, select_pairs
from aovpn_remediate.errors import ClientFileError, ConfigError, RuleError, UsageError
from aovpn_remediate.model import Remediation

TWO = """name: contoso
remediations:
  first: {kind: interface-metric, profile: A, scope: device, ipv4: 3}
  second: {kind: interface-metric, profile: B, scope: device, ipv4: 3}
"""
OWN = """name: contoso
remediations:
  mine: {kind: custom, detection: detect.ps1, clients: [one.yaml, two.yaml], run_as: system, assignments: []}
  other: {kind: custom, detection: detect.ps1, clients: [one.yaml], run_as: system, assignments: []}
"""


def no_answer(_: bytes) -> None:
    """A PowerShell that is not there."""


def load(folder: Path, text: str, refused: dict[str, str] | None = None) -> Desired:
    """The packages of a config; ``refused`` are the keys whose client files have a problem."""

    def read_client_files(remediation: Remediation) -> None:
        if remediation.key in (refused or {}):
            raise ClientFileError([(refused or {})[remediation.key]])

    path = folder / "remediate.yaml"
    path.write_text(text, encoding="utf-8")
    return load_desired(path, ask=no_answer, read_client_files=read_client_files)


def own_files(folder: Path, detection: str) -> None:
    (folder / "detect.ps1").write_bytes(detection.encode())
    (folder / "one.yaml").write_text("[]")
    (folder / "two.yaml").write_text("[]")


def test_packages_come_in_the_order_of_the_file_with_their_remediations(tmp_path):
    desired = load(tmp_path, TWO)
    assert desired.config == "contoso"
    assert [package.key for package in desired.packages] == ["first", "second"]
    assert [remediation.key for remediation, _ in desired.pairs] == ["first", "second"]


def test_a_config_with_a_problem_has_no_packages(tmp_path):
    with pytest.raises(ConfigError):
        load(tmp_path, TWO.replace("ipv4: 3", "ipv4: 0", 1))


def test_a_habit_of_an_own_script_is_a_warning_and_nothing_is_printed(tmp_path, capsys):
    own_files(tmp_path, "exit 1\n")
    desired = load(tmp_path, OWN)
    assert "line ends are LF" in str(desired.warnings[-1])
    assert capsys.readouterr() == ("", "")


def test_an_own_script_that_breaks_a_rule_is_refused(tmp_path):
    own_files(tmp_path, "'never ends'\r\n")
    with pytest.raises(RuleError, match="has no exit"):
        load(tmp_path, OWN)


def test_the_problems_of_all_client_files_are_reported_at_once(tmp_path):
    own_files(tmp_path, "exit 1\r\n")
    with pytest.raises(ClientFileError) as caught:
        load(tmp_path, OWN, {"mine": "one.yaml: a", "other": "two.yaml: b"})
    assert caught.value.problems == ("one.yaml: a", "two.yaml: b")


def test_some_pairs_are_selected_by_their_keys_and_all_without_keys(tmp_path):
    desired = load(tmp_path, TWO)
    assert [remediation.key for remediation, _ in select_pairs(desired, ["second"])] == ["second"]
    assert select_pairs(desired, []) == desired.pairs


def test_a_key_that_the_config_does_not_have_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no remediation third; use one of: first, second"):
        select_pairs(load(tmp_path, TWO), ["third"])
    with pytest.raises(UsageError, match='no remediation frist; did you mean "first"'):
        select_pairs(load(tmp_path, TWO), ["frist"])


def test_the_key_of_an_entry_selects_all_its_packages(tmp_path):
    both = TWO.replace("profile: A, scope: device", "profile: A, scope: user, live: repair")
    desired = load(tmp_path, both)
    for keys, expected in (
        (["first"], ["first", "first-live"]),
        (["first-live"], ["first-live"]),
        (["second", "first-live"], ["first-live", "second"]),
    ):
        assert [remediation.key for remediation, _ in select_pairs(desired, keys)] == expected
