"""Which functions a script carries."""

from __future__ import annotations

from pathlib import Path

import pytest

from aovpn_remediate.scripts.template_parts import read_section, select_functions, settings_read

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
    section = read_section(path, {})
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
    (text,) = select_functions(shell, [read_section(path, {})])
    assert text.startswith("# About it.\n\n")
    assert [line.split()[1] for line in text.splitlines() if line.startswith("function")] == names


def test_a_part_that_is_not_used_leaves_nothing_behind(tmp_path: Path):
    path = tmp_path / "part.ps1"
    path.write_text(PART)
    assert select_functions("Get-Other", [read_section(path, {})]) == []


def test_code_outside_functions_is_refused(tmp_path: Path):
    path = tmp_path / "part.ps1"
    path.write_text(PART + "\n$stray = 1\n")
    with pytest.raises(ValueError, match=r"part\.ps1: more than comments and functions"):
        read_section(path, {})


REGIONS = """# About it.

# Gets it.
function Get-It {
    #region only: stale
    Remove-It
    #endregion
    1
}

#region only: metrics
# Sets it.
function Set-It {
    2
}
#endregion
"""


@pytest.mark.parametrize(
    ("stale", "metrics", "names", "body"),
    [
        (True, False, ["Get-It"], "    Remove-It\n    1\n"),
        (False, True, ["Get-It", "Set-It"], "    1\n"),
    ],
)
def test_a_region_is_there_only_with_its_feature_and_its_marks_never(tmp_path, stale, metrics, names, body):
    path = tmp_path / "part.ps1"
    path.write_text(REGIONS)
    functions = read_section(path, {"stale": stale, "metrics": metrics}).functions
    assert list(functions) == names
    assert functions["Get-It"] == f"# Gets it.\nfunction Get-It {{\n{body}}}"
    assert not any("region" in text for text in functions.values())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (REGIONS.replace("metrics", "nonsense"), "unknown feature nonsense"),
        (REGIONS.replace("    #endregion\n", ""), "a region stands in another one, has no end"),
        (REGIONS.replace("#region only: metrics", "#region metrics"), "a region stands in another one"),
        (REGIONS.replace("\n#endregion\n", "\n"), "a region stands in another one, has no end"),
    ],
)
def test_a_region_that_cannot_be_understood_is_refused(tmp_path, text, problem):
    path = tmp_path / "part.ps1"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"part\.ps1: {problem}"):
        read_section(path, {"stale": True, "metrics": True})


def test_the_settings_that_code_reads_are_known():
    code = "$Settings['Profile'] + $Settings['Live'] + $Other['Scope']"
    assert settings_read(code) == {"Profile", "Live"}


@pytest.mark.parametrize(
    "code",
    [
        "$settings['Profile']",
        "$Settings[$name]",
        "$settings.Profile",
        '$Settings["Profile"]',
        "$Settings['A' + 'B']",
    ],
)
def test_a_setting_whose_name_is_not_known_is_refused(code):
    with pytest.raises(ValueError, match=r"must be read as \$Settings\['Key'\]"):
        settings_read(code)
