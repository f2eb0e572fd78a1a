"""The one type of a problem, and the table of its codes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from aovpn_remediate.problems import CODES, Problem

PACKAGE = Path(__file__).parent.parent / "aovpn_remediate"
CODE = re.compile(r"[a-z]+/[a-z0-9]+(-[a-z0-9]+)*")


def texts() -> Iterator[str]:
    """Every text in the code of the package, but for the table of the codes."""
    for path in PACKAGE.rglob("*.py"):
        if path.name != "codes.py":
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_a_problem_names_file_line_and_column():
    assert str(Problem("r.yaml", 3, 7, "is wrong", "rules/no-exit")) == "r.yaml:3:7: is wrong"


def test_a_problem_of_a_whole_line_has_no_column():
    assert str(Problem("a.ps1", 3, 0, "is wrong", "rules/no-exit")) == "a.ps1:3: is wrong"


def test_problems_are_sorted_by_their_place():
    places = [("b", 1, 1), ("a", 10, 1), ("a", 2, 9)]
    problems = [Problem(*place, "is wrong", "rules/no-exit") for place in places]
    assert sorted(problems) == [problems[2], problems[1], problems[0]]


def test_a_problem_with_an_unknown_code_cannot_be_made():
    with pytest.raises(KeyError):
        Problem("r.yaml", 1, 1, "is wrong", "rules/no-such-rule")


@pytest.mark.parametrize("code", CODES)
def test_a_code_has_an_area_a_word_and_one_sentence(code):
    assert CODE.fullmatch(code)
    assert re.fullmatch(r"[A-Z][^.]*(5\.1[^.]*)?\.", CODES[code])


def test_every_code_of_the_table_is_used():
    assert set(CODES) - set(texts()) == set()


def test_the_codes_are_in_order():
    assert list(CODES) == sorted(CODES)
