"""The config: problems are reported at their place, with advice, all at once."""

from __future__ import annotations

import subprocess
import sys

import pytest
from pydantic import Field, ValidationError

from aovpn_remediate.config import load_config
from aovpn_remediate.config.file import CONFIG_FILE
from aovpn_remediate.documents.explanation import explain
from aovpn_remediate.documents.tree import Tree
from aovpn_remediate.errors import ConfigError
from aovpn_remediate.kinds import Strict
from tests.bad_configs import BAD
from tests.config_texts import EXAMPLE, is_ours, load, problems


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_is_said_with_place_and_advice(tmp_path, case):
    text, expected = BAD[case]
    assert problems(tmp_path, text) == expected.split("\n")


@pytest.mark.parametrize("case", BAD)
def test_no_message_speaks_the_librarys_language(tmp_path, case):
    assert all(is_ours(line) for line in problems(tmp_path, BAD[case][0]))


def test_all_problems_come_at_once_in_the_files_order(tmp_path):
    text = (
        "name: a/b\ndefault: {}\nremediations:\n  m: {kind: nope}\n  n: {kind: interface-metric, ipv4: 0}\n"
    )
    places = [line.split(": ")[0] for line in problems(tmp_path, text)]
    assert places == ["1:7", "2:1", "4:13", "5:3", "5:3", "5:37"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("missing.yaml", "this file does not exist; write the path of the config after -c"),
        ("", "is a folder; name a file in it"),
        ("x" * 300, "file name too long; write the path of the config after -c"),
    ],
)
def test_a_path_that_is_not_a_file_is_named(tmp_path, name, expected):
    with pytest.raises(ConfigError) as refused:
        load_config(tmp_path / name)
    assert str(refused.value) == f"{tmp_path / name}:1:1: {expected}"


def test_the_parser_in_python_says_the_same():
    program = """
import sys, tempfile, yaml
del yaml.CSafeLoader
from aovpn_remediate.documents.reading import Loader
from pathlib import Path
from tests.bad_configs import BAD
from tests.config_texts import ENTRY, problems
assert Loader is yaml.SafeLoader
folder = Path(tempfile.mkdtemp())
for case in ("metric 0", "an alias", "deep, but not that deep", "a tab", "a null byte", "a list"):
    assert problems(folder, BAD[case][0]) == BAD[case][1].split("\\n"), case
print(*problems(folder, ENTRY.replace("VPN", r'"\\U00110000"')))
print(*problems(folder, ENTRY.replace("VPN", r'"\\ud800"')))
print(*problems(folder, ENTRY + "tenants: {t: {id: !hunter2!x y}}"))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=EXAMPLE.parents[1], capture_output=True, text=True, check=False
    )
    assert run.stdout.splitlines() == [
        "1:1: is not valid YAML; remediate docs config shows an example",
        "5:14: contains U+D800, which is not a character; remove it "
        '5:14: profile "\\ud800" contains the control character U+D800; remove it',
        "8:19: is not valid YAML (found undefined tag handle); check this line and the line before",
    ], run.stderr


def test_a_problem_without_a_text_still_gets_a_plain_one():
    class Other(Strict):
        """A part of a later kind."""

        count: int = Field(gt=3)

    with pytest.raises(ValidationError) as refused:
        Other.model_validate({"count": 1})
    tree = Tree(places={(): (1, 1), ("other",): (2, 3)})
    (problem,) = explain(refused.value, Other, ("other",), tree, CONFIG_FILE)
    assert str(problem) == ".:2:3: count 1 is not valid; correct it or remove the key"


@pytest.mark.parametrize(
    ("privileges", "problems"),
    [
        ("[SeTcb]", ['privileges "SeTcb" is not a Windows privilege; did you mean "SeTcbPrivilege"?']),
        (
            "[SeTcdPrivilige]",
            ['privileges "SeTcdPrivilige" is not a Windows privilege; did you mean "SeTcbP'],
        ),
        ("[SeUnsolicitedInputPrivilege]", ["is not a Windows privilege; write one as SeTcbPrivilege"]),
        ("[SeLoadDriversPrivilege]", ['did you mean "SeLoadDriverPrivilege"?']),
        ("[setcbprivilege]", ['did you mean "SeTcbPrivilege"?']),
        ("window", ['privileges "window" is not valid; did you mean "windows"?']),
        ("5", ["privileges must be a list, not 5; write each item on a line with - before it"]),
        ("[SeX1, 5]", ['privileges "SeX1" is not a Windows privilege', "privileges must be text, not 5"]),
    ],
)
def test_of_two_forms_of_a_value_the_intended_ones_problem_is_shown(tmp_path, privileges, problems):
    path = tmp_path / "r.yaml"
    path.write_text(f"name: c\nremediations:\n  m: {{kind: rasman-privileges, privileges: {privileges}}}\n")
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert len(caught.value.problems) == len(problems)
    assert all(text in found for text, found in zip(problems, map(str, caught.value.problems), strict=True))


@pytest.mark.parametrize("key", ["a[b]", "x[]"])
def test_a_key_with_brackets_is_a_key_like_another(tmp_path, key):
    path = tmp_path / "r.yaml"
    path.write_text(
        f'name: c\nremediations:\n  m:\n    kind: rasman-privileges\n    privileges: windows\n    "{key}": 1\n'
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{path}:6:5: unknown key") and key in problem.text


@pytest.mark.parametrize("case", BAD)
def test_every_problem_has_a_code_that_says_what_it_is(tmp_path, case):
    text, _ = BAD[case]
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, text)
    assert "value/invalid" not in {one.code for one in refused.value.problems}


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ("{kind: nope}", "config/unknown-kind"),
        ("{kind: route-presence, scope: user, routes: []}", "config/missing-key"),
        ("{kind: route-presence, profile: V, scope: user, routes: [], x: 1}", "config/unknown-key"),
        ("{kind: route-presence, profile: V, scope: user, routes: [10.0.0.1/8]}", "route/host-bits"),
        ("{kind: route-presence, profile: V, scope: user, routes: [10.0.0.0]}", "route/no-length"),
        ("{kind: route-presence, profile: V, scope: user, routes: [0.0.0.0/0]}", "route/default"),
        ("{kind: route-presence, profile: V, scope: user, routes: [x]}", "route/network"),
        ("{kind: route-presence, profile: V, scope: user, routes: {}}", "value/wrong-type"),
        ("{kind: rasman-privileges, privileges: [SeX]}", "privilege/unknown"),
        ("{kind: custom, detection: nowhere.ps1}", "custom/not-found"),
        ("{kind: custom, detection: .}", "custom/folder"),
    ],
)
def test_each_code_has_one_cause(tmp_path, entry, code):
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, f"name: c\nremediations:\n  m: {entry}\n")
    assert [one.code for one in refused.value.problems] == [code]
