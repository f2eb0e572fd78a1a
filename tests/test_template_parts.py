"""Which functions a script carries."""

from __future__ import annotations

from pathlib import Path

import pytest

from aovpn_remediate.scripts.template_parts import read_section, select_functions

PART = """# About it.

# Adds one.
function Add-One {
    Get-Number
}

# Calls Add-One only in a comment.
function Get-Number {
    # Remove-All is not called.
    1
}

function Remove-All {
    Add-One
}
"""


def test_a_part_is_a_comment_and_its_functions_with_theirs(tmp_path: Path):
    path = tmp_path / "part.ps1"
    path.write_text(PART)
    section = read_section(path)
    assert section.about == "# About it."
    assert list(section.functions) == ["Add-One", "Get-Number", "Remove-All"]
    assert section.functions["Add-One"] == "# Adds one.\nfunction Add-One {\n    Get-Number\n}"


@pytest.mark.parametrize(
    ("shell", "names"),
    [
        ("Add-One", ["Add-One", "Get-Number"]),
        ("Get-Number", ["Get-Number"]),
        ("Remove-All", ["Add-One", "Get-Number", "Remove-All"]),
        ("# Add-One\nGet-Number", ["Get-Number"]),
    ],
)
def test_only_used_functions_are_rendered(tmp_path: Path, shell, names):
    path = tmp_path / "part.ps1"
    path.write_text(PART)
    (text,) = select_functions(shell, [read_section(path)])
    assert text.startswith("# About it.\n\n")
    assert [line.split()[1] for line in text.splitlines() if line.startswith("function")] == names


def test_a_part_that_is_not_used_leaves_nothing_behind(tmp_path: Path):
    path = tmp_path / "part.ps1"
    path.write_text(PART)
    assert select_functions("Get-Other", [read_section(path)]) == []


def test_code_outside_functions_is_refused(tmp_path: Path):
    path = tmp_path / "part.ps1"
    path.write_text(PART + "\n$stray = 1\n")
    with pytest.raises(ValueError, match=r"part\.ps1: more than comments and functions"):
        read_section(path)
