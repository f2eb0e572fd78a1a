"""The mutants of the templates: how they are made, and that the tests go on noticing a sample of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection
from functools import cache
from pathlib import Path

import pytest

from tools.mutants.records import parse_equivalent, read_equivalent, read_killers, read_survivors
from tools.mutants.sites import Mutant, find_mutants, mutants_of, parses, traced
from tools.mutants.trial import TEMPLATES
from tools.mutants.workers import ROOT

TEXT = """# About it.

# Gets it.
function Get-It {
    param($X)

    if ($X.Count -gt 1) {
        return $true
    } else {
        $X
    }
}
"""


@cache
def template_mutants() -> list[Mutant]:
    """Every mutant of the templates."""
    return find_mutants(TEMPLATES)


def changes(code: str) -> list[str]:
    """What the mutants of a function with these lines are."""
    text = "function Get-It {\n    param($X)\n\n    " + code.replace("\n", "\n    ") + "\n}\n"
    return [mutant.what for mutant in mutants_of(text, "it.ps1")]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("$X -lt 5", ["drop", "-lt -> -le", "-lt -> -ge", "5 -> 6"]),
        ("exit 1", ["drop", "1 -> 0"]),
        ("exit 0", ["drop", "0 -> 1"]),
        ("return $true", ["drop", "return nothing", "$true -> $false"]),
        ("if ($X) {\n    break\n}", ["negate", "drop", "drop"]),
        ("if (-not $X) {\n    break\n}", ["drop", "-not -> ", "drop"]),
        ("'a' -eq $X -and 2 -eq $X", ["drop", "'a' -> 'mutated'", "-eq -> -ne", "-and -> -or", "2 -> 3", "-eq -> -ne"]),
        ("Set-It -State 'issue' -ErrorAction Stop", ["drop", "'issue' -> 'pending'", "Stop -> SilentlyContinue"]),
        ("throw 'only people read this'", ["drop"]),
        ("Set-It -Detail 'nor this'", ["drop"]),
        ("$X['key']", ["drop"]),
        ("$first = 1", ["1 -> 2"]),
        ("$X = 1\n$X = $null", ["drop", "1 -> 2", "drop"]),
    ],
)  # fmt: skip
def test_each_kind_of_fault_is_put_where_it_belongs(code, expected):
    assert sorted(changes(code)) == sorted(expected)


def test_a_mutant_changes_its_line_and_nothing_else():
    (mutant,) = (one for one in mutants_of(TEXT, "it.ps1") if one.what == "-gt -> -ge")
    assert mutant.apply(TEXT) == TEXT.replace("-gt", "-ge")
    assert mutant.name == "it.ps1 Get-It: if ($X.Count -gt 1) { | -gt -> -ge"
    assert TEXT.splitlines()[mutant.line - 1].strip() == mutant.code


def test_a_name_stays_when_the_line_moves():
    moved = "# A comment.\n\n" + TEXT
    assert [one.name for one in mutants_of(moved, "it.ps1")] == [
        one.name for one in mutants_of(TEXT, "it.ps1")
    ]


def test_the_templates_have_many_mutants_of_different_names_that_parse():
    mutants = template_mutants()
    assert len(mutants) >= 300
    assert len({one.name for one in mutants}) == len(mutants)
    for one in mutants[::50]:
        text = (TEMPLATES / one.path).read_text("ascii")
        assert one.apply(text) != text and parses(one.apply(text))


def test_a_traced_template_notes_each_block_and_still_parses():
    text = traced(TEXT, "it.ps1", Path("/x"))
    assert parses(text) and text.count("[IO.File]::AppendAllText('/x', 'it.ps1:") == 3
    blocks = {one.block for one in mutants_of(TEXT, "it.ps1")}
    assert blocks and all(f"'it.ps1:{block}'" in text for block in blocks)


def test_every_equivalent_mutant_has_a_reason(tmp_path: Path):
    assert all(read_equivalent().values())
    listed = tmp_path / "equivalent.txt"
    listed.write_text("# One reason.\na\nb\n\n# Another.\nc\n")
    assert parse_equivalent(listed) == {"a": "One reason.", "b": "One reason.", "c": "Another."}


def test_every_equivalent_mutant_is_one_that_there_is():
    assert set(read_equivalent()) <= {one.name for one in template_mutants()}


def test_no_mutant_is_both_killed_and_a_survivor():
    assert not set(read_survivors()) & {*read_killers(), *read_equivalent()}


def collected(modules: Collection[str]) -> set[str]:
    """The ids of the tests in modules."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *modules]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def test_every_killer_is_a_test_that_there_is(request):
    """Where all tests run, they are known already."""
    killers = set(read_killers().values())
    missing = killers - {item.nodeid for item in request.session.items}
    if missing:
        missing -= collected(sorted({killer.split("::")[0] for killer in missing}))
    assert killers
    assert missing == set(), "rename them in tests/mutants/killers.json too, or run make mutants"
