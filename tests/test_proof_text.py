"""Proofs in a terminal and as files."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from aovpn_remediate.display.proof_files import proofs_junit
from aovpn_remediate.display.proof_text import proofs_text
from aovpn_remediate.verify import Proof

WELL = ("issue", "fixed", "healthy", "healthy")


def proof(case: str, key: str = "metric", **more: object) -> Proof:
    """The proof of a case that is as expected, unless more is said."""
    said = {
        "states": WELL,
        "exits": (1, 0, 0, 0),
        "ms": 50,
        "differences": (),
        "outputs": ("run 1, detect: x",),
    }
    return Proof(case, key, "custom", **(said | more))  # type: ignore[arg-type]


PROOFS = (
    proof("a case that is as expected"),
    proof(
        "a case that fails",
        differences=("run 2: a difference that is told in so many words that it is long",),
    ),
    proof("a case with a warning", warnings=("prints much",)),
    proof("a case that cannot be made", not_run="no link can be made here", states=(), exits=(), ms=0),
    proof("a case that has to fail", "other", states=("issue", "failed") * 2, exits=(1, 1, 1, 1)),
    proof("exit codes", "other", states=("nothing",) * 4, exits=(1, 0, 0, 0)),
)


def test_what_is_not_as_expected_is_listed_and_the_rest_counted():
    assert proofs_text(PROOFS, verbose=False, color=False).splitlines() == [
        "metric  custom",
        "  FAILED  a case that fails           issue > fixed > healthy > healthy",
        "      run 2: a difference that is told in so many words that it is long",
        "  ok      a case with a warning       issue > fixed > healthy > healthy",
        "      warning: prints much",
        "  not run a case that cannot be made",
        "      no link can be made here",
        "",
        "ok  other  custom  2 cases",
        "",
        "6 cases: 4 ok, 1 failed, 1 not run, 50 ms each.",
        "-v shows all cases and what the scripts print; --keep DIR keeps the clients of failing cases.",
    ]


def test_all_cases_are_listed_on_demand_a_meant_failure_as_expected():
    lines = proofs_text(PROOFS, verbose=True, color=False).splitlines()
    assert "  ok      a case that is as expected  issue > fixed > healthy > healthy" in lines
    assert "  ok      a case that has to fail  issue > failed > issue > failed, as expected" in lines
    assert "  ok      exit codes               1 > 0 > 0 > 0" in lines
    assert lines.count("      run 1, detect: x") == len(PROOFS)


@pytest.mark.parametrize("width", [40, 60, 80])
@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_wider_than_the_terminal_and_no_word_is_lost(width, verbose):
    text = proofs_text(PROOFS, verbose=verbose, color=False, width=width)
    assert max(map(len, text.splitlines())) <= width
    wide = proofs_text(PROOFS, verbose=verbose, color=False)
    assert sorted("".join(text.split())) == sorted("".join(wide.split()))


def test_what_a_script_says_is_no_markup_and_no_command():
    odd = proof("[red]a[/]", states=("[bold]", "\x1b[2J", "##vso[x]", "y"), differences=("[/]",))
    text = proofs_text([odd], verbose=True, color=True)
    assert "[red]a[/]" in text and "[bold] > \\u001b[2J > # #vso[x] > y" in text and "      [/]" in text


def test_junit_counts_what_was_not_run_and_keeps_warnings():
    suites = ElementTree.fromstring(proofs_junit(PROOFS))
    assert [suites[0].attrib[name] for name in ("tests", "failures", "skipped")] == ["4", "1", "1"]
    assert suites.find(".//skipped").attrib["message"] == "no link can be made here"
    assert suites.find(".//system-out").text == "prints much"
