"""Random phonebooks and hostile texts, always the same ones; ``make fuzz`` tries new ones."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.fuzz import changed_texts, hostile_text, phonebook_faults
from tests.phonebook_grammar import random_case
from tests.phonebook_model import expect

CASES = [random_case(Random(f"5/{number}")) for number in range(250)]


def test_outside_the_edited_keys_of_the_right_entry_every_byte_stays(shell, tmp_path: Path):
    """Also: what cannot be understood is unknown and stays, and a second repair writes nothing."""
    assert phonebook_faults(shell, tmp_path, CASES) == []


def test_the_random_phonebooks_have_every_state_often():
    states = [expect(case.before, case.name, case.wants).state for case in CASES]
    assert {state for state in set(states) if states.count(state) >= 15} == {
        "issue", "healthy", "absent", "unknown",
    }  # fmt: skip


def test_hostile_texts_are_single_constants_that_evaluate_to_themselves(shell, tmp_path: Path):
    random = Random(5)
    assert changed_texts(shell, tmp_path, [hostile_text(random) for _ in range(500)]) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"[V]\r\nType=2\r\n\r\nM=1\r\n", b"[V]\r\nType=2\r\nIpInterfaceMetric=3\r\n\r\nM=1\r\n"),
        (b"[V]\nType=2", b"[V]\nType=2\nIpInterfaceMetric=3"),
        (b"[v] \r\ntype = 2\r\n IPINTERFACEMETRIC =7", b"[v] \r\ntype = 2\r\n IPINTERFACEMETRIC =3"),
    ],
)
def test_the_model_by_example(before, after):
    expected = expect(before, "V", {"ipv4": 3, "ipv6": None})
    assert (expected.state, expected.after) == ("issue", after)
