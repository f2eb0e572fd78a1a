"""Numbers and lists in messages."""

from __future__ import annotations

import pytest

from aovpn_remediate.wording import all_of, any_of, count_of


@pytest.mark.parametrize(("number", "text"), [(0, "0 packages"), (1, "1 package"), (2, "2 packages")])
def test_a_number_has_its_noun_in_the_right_form(number, text):
    assert count_of(number, "package") == text


@pytest.mark.parametrize(
    ("words", "choice", "list_"),
    [
        ([], "", ""),
        (["a"], "a", "a"),
        (["a", "b"], "a or b", "a and b"),
        (["a", "b", "c"], "a, b or c", "a, b and c"),
    ],
)
def test_words_are_joined_as_a_person_would_write_them(words, choice, list_):
    assert any_of(words) == choice
    assert all_of(words) == list_
