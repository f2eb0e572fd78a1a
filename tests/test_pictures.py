"""The README's pictures show what the tool prints today; `make pictures` draws them again."""

from __future__ import annotations

import pytest

from tools.pictures import PICTURES, draw_plan, draw_proofs, text_of

ADVICE = "the picture is out of date: run `make pictures`"


def test_the_picture_of_a_plan_is_current(tmp_path):
    assert text_of(draw_plan(tmp_path)) == text_of(PICTURES / "plan.svg"), ADVICE


@pytest.mark.usefixtures("powershell")
def test_the_picture_of_proofs_is_current(tmp_path):
    assert text_of(draw_proofs(tmp_path)) == text_of(PICTURES / "verify.svg"), ADVICE


def test_the_text_of_a_picture_is_what_was_drawn():
    text = text_of(PICTURES / "plan.svg")
    assert "$ remediate plan" in text
    assert "ipv4 15 -> 20" in " ".join(text.split())
