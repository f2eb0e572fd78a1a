"""Client files of your own script pair: what is read and what is refused."""

from __future__ import annotations

import pytest

from aovpn_remediate.cli import run
from aovpn_remediate.errors import ClientFileError
from tests.own_pairs import WRITE, jobs_of, own_pair


@pytest.mark.parametrize("cases", ["- case: y\n  before:\n  exits: [0, 0, 0, 0]\n"])
def test_an_empty_client_is_an_ordinary_one(tmp_path, cases):
    own_pair(tmp_path, "")
    (tmp_path / "clients.yaml").write_text(cases)
    assert jobs_of(tmp_path)[0].case.before == {}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("before: 3\n  exits: [0]", "before is no mapping"),
        ("before: {}\n  exits: [0]\n  after: []", "after is no mapping"),
        ("before: {}\n  exits: 0", "exits is no list of numbers"),
    ],
)
def test_a_case_of_another_form_is_refused(tmp_path, line, problem):
    own_pair(tmp_path, "")
    (tmp_path / "clients.yaml").write_text(f"- case: y\n  {line}\n")
    with pytest.raises(ClientFileError, match=f"case 'y': {problem}"):
        jobs_of(tmp_path)


def test_only_true_and_false_are_booleans_in_a_client_file(tmp_path):
    own_pair(tmp_path, "")
    says = (
        "- case: off\n  before: {registry: {'HKLM:\\X': {A: on, B: yes, C: true}}}\n  exits: [0, 0, 0, 0]\n"
    )
    (tmp_path / "clients.yaml").write_text(says)
    (job,) = jobs_of(tmp_path)
    assert job.case.name == "off"
    assert job.case.before["registry"]["HKLM:\\X"] == {"A": "on", "B": "yes", "C": True}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x: 1", "is no list of cases"),
        ("- 1", "is no list of cases"),
        ("", "is no list of cases"),
        ("- a: [\n", "is no YAML list of cases (line 2: "),
        ("- {case: a}", "case 'a' lacks before, exits or says;"),
        ("- {case: a, before: {}, says: healthy, more: 1}", "case 'a': there is no key more;"),
        ("- {case: a, case: b}", "(line 1: the key case is there twice)"),
        (
            "- {before: 1, exits: [x], says: 1}",
            "case 1 lacks case; case 1: before is no mapping; case 1: exits is no list of numbers; case 1: says has no state 1",
        ),
        (
            "- {case: a, before: {registry: {'HKLM\\X': {}}, build: x, culture: german}, says: healthy}",
            "HKLM\\X is no key such as HKLM:\\SOFTWARE\\X",
        ),
        (
            "- {case: a, before: {locked: {user: x}, phonebooks: {user: []}, build: x}, says: healthy}",
            "build: 'x' is no number of a build",
        ),
        (
            "- {case: a, before: {interfaces: [1]}, says: healthy}",
            "interfaces: is not written as it has to be",
        ),
        (
            "- {case: a, before: {}, says: healthy, then: dance}",
            "case 'a': then is reconnect, restart, shut down",
        ),
        ("- {case: a, before: {phonebok: 1}, says: healthy}", "case 'a', before: there is no part phonebok"),
        ("- {case: a, before: {}, after: {routes: [1]}, says: healthy}", "case 'a', after: "),
        ("- {case: a, before: {}, exits: [1, 0]}", "case 'a': exits has 2 of 4, a run each"),
        ("- {case: a, before: {}, exits: [0, 0, 0, 0], then: restart}", "case 'a': exits has 4 of 5"),
        ("- {case: a, before: {}, says: ''}", "case 'a': exits and says are empty"),
        (
            "- {case: a, before: {phonebooks: {user: [{nam: x}]}}, says: healthy}",
            "an entry of a phonebook has no 'nam'",
        ),
        (
            "- {case: a, before: {phonebooks: {'user ../../x': [{name: a}]}}, exits: [0, 0, 0, 0]}",
            "phonebooks user ../../x",
        ),
        (
            "- {case: a, before: {phonebooks: {user: [{name: a, routes: ['10.0.0.0/8@-1']}]}}, exits: [0, 0, 0, 0]}",
            "case 'a', before: ",
        ),
        (
            "- {case: a, before: {services: {RasMan: {started: 99999999999}}}, exits: [0, 0, 0, 0]}",
            "case 'a', before: ",
        ),
        ("- {case: a, before: {files: {a: x, a/b: y}}, exits: [0, 0, 0, 0]}", "files: a file cannot be made"),
        (
            "- {case: a, before: {}, when: {live: repair}, exits: [0, 0, 0, 0]}",
            "case 'a': when is for the kinds' own cases",
        ),
        ("- {case: a, before: &x {files: *x}, exits: [0, 0, 0, 0]}", "a part of it holds itself"),
        (
            "- {case: a, before: {}, says: isue > fixed}",
            "case 'a': says has no state >, isue; it is issue fixed",
        ),
        ("- {case: a, before: {}, says: []}", "case 'a': exits and says are empty"),
        (
            "- {case: a, before: {services: {RasMan: stopped}}, exits: [0]}",
            "services RasMan: 'stopped' is not a mapping",
        ),
        (
            "- {case: a, before: {}, after: {events: [rebooted]}, exits: [0, 0, 0, 0]}",
            "there is no event 'rebooted'",
        ),
        ("- {case: a, before: {files: {'../x': ''}}, exits: [0, 0, 0, 0]}", "../x is no file such as"),
        (
            "- {case: a, before: {}, exits: [0, 0, 0, 0]}\n- {case: a, before: {}, exits: [0, 0, 0, 0]}",
            "case 'a' is there 2 times",
        ),
    ],
)
def test_validate_refuses_a_client_file_with_problems(tmp_path, capsys, text, problem):
    own_pair(tmp_path, WRITE)
    capsys.readouterr()
    (tmp_path / "clients.yaml").write_text(text)
    assert run(["validate", "-c", str(tmp_path / "r.yaml")]) == 65
    said = capsys.readouterr().err
    assert "clients.yaml: " in said and problem in said
    assert "docs/clients.md" in said


def test_states_may_be_a_list(tmp_path):
    own_pair(tmp_path, "")
    (tmp_path / "clients.yaml").write_text(
        "- {case: a, before: {}, says: [issue, fixed, healthy, healthy]}\n"
    )
    assert jobs_of(tmp_path)[0].case.says == ("issue", "fixed", "healthy", "healthy")
