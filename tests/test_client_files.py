"""Client files of your own script pair: what is read and what is refused."""

from __future__ import annotations

import pytest

from aovpn_remediate.client.description import Description
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
