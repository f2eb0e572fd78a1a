"""Client files that are refused: every problem at once, at its place, in our words."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aovpn_remediate.cli import run
from aovpn_remediate.client.making import make_client
from aovpn_remediate.problems import Problem
from aovpn_remediate.verify.client_file import read_client_file
from tests.bad_clients import BAD_CLIENTS
from tests.config_texts import is_ours
from tests.own_pairs import WRITE, own_pair


def problems(folder, text: str) -> list[Problem]:
    path = folder / "clients.yaml"
    path.write_text(text, encoding="utf-8")
    return sorted(set(read_client_file(path, runs=4).problems))


@pytest.mark.parametrize("case", BAD_CLIENTS)
def test_what_is_wrong_is_said_with_place_and_advice(tmp_path, case):
    text, expected = BAD_CLIENTS[case]
    assert [f"{one.line}:{one.column}: {one.text}" for one in problems(tmp_path, text)] == expected


@pytest.mark.parametrize("case", BAD_CLIENTS)
def test_no_message_speaks_the_librarys_language(tmp_path, case):
    assert all(is_ours(one.text) for one in problems(tmp_path, BAD_CLIENTS[case][0]))


def test_validate_refuses_a_client_file_already(tmp_path, capsys):
    own_pair(tmp_path, WRITE)
    capsys.readouterr()
    (tmp_path / "clients.yaml").write_text("- {case: a, before: {buld: 1}, exits: [0, 0, 0, 0]}")
    assert run(["validate", "-c", str(tmp_path / "r.yaml")]) == 65
    said = capsys.readouterr().err
    assert said == f'{tmp_path / "clients.yaml"}:1:22: unknown key "buld"; did you mean "build"?\n'


def test_one_exit_is_enough_for_a_pair_without_a_repair(tmp_path):
    path = tmp_path / "clients.yaml"
    path.write_text("- {case: a, before: {}, exits: [0]}")
    assert read_client_file(path, runs=1).problems == ()


PARTS = (
    "account", "build", "changes", "culture", "denied", "disk", "events", "faults", "files", "interfaces",
    "language", "link", "locked", "networks", "phonebooks", "planted", "reachable", "registry", "routes", "services",
    "switches",
)  # fmt: skip
WORDS = (
    "user", "device", "user asmith", "name", "alias", "ipv4", "full", "other", "RasMan", "HKLM:\\X", "at",
    "adds", "state", "started", "10.0.0.0/8", "!10.0.0.0/8@5", "a/b", "a", "ProgramData", "Stopped", "*", "de-DE",
)  # fmt: skip
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=4) | st.text(max_size=9)
    | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(PARTS), JUNK, max_size=4))
def test_any_client_is_made_or_refused_in_our_words(tmp_path_factory, parts):
    folder = tmp_path_factory.mktemp("any")
    item = {"case": "a", "before": parts, "exits": [0, 0, 0, 0]}
    path = folder / "clients.yaml"
    path.write_text(yaml.safe_dump([item], allow_unicode=True), encoding="utf-8", errors="replace")
    file = read_client_file(path, runs=4)
    assert all(is_ours(one.text) for one in file.problems)
    for case in file.cases:
        make_client(case.before, folder / "client")
