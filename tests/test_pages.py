"""The documentation that comes with the tool, and the messages that name one of its pages."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile

import pytest

from aovpn_remediate.cli import run
from aovpn_remediate.kinds import KINDS
from aovpn_remediate.pages import find_pages, read_page
from tests.golden_files import ROOT

SOURCES = [
    path
    for folder in ("aovpn_remediate", "templates", "examples", "tools")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".ps1", ".psd1", ".j2", ".json", ".yaml"}
]


def test_the_list_of_pages_has_every_page_with_its_title(capsys):
    assert run(["docs"]) == 0
    names = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
    assert names == list(find_pages())
    assert set(names) >= {path.stem for path in (ROOT / "docs").glob("*.md")} | set(KINDS)


@pytest.mark.parametrize("name", find_pages())
def test_a_page_is_printed_as_it_is(capsys, name):
    assert run(["docs", name]) == 0
    assert capsys.readouterr().out == find_pages()[name].read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "advice"), [("client", 'did you mean "clients"?'), ("xyz", "the pages are clients, config, ")]
)
def test_a_page_that_does_not_exist_is_a_usage_error_with_the_nearest_one(capsys, name, advice):
    assert run(["docs", name]) == 64
    assert f"the page {name} does not exist; {advice}" in capsys.readouterr().err


def test_every_page_that_a_message_or_a_comment_names_exists():
    named = [
        (path, match)
        for path in SOURCES
        for match in re.findall(r"\bdocs/(\w+)\.md|remediate docs ([a-z-]+)", path.read_text("utf-8"))
    ]
    assert len(named) > 10
    for path, (file, page) in named:
        assert read_page(file or page), path


def test_the_wheel_has_every_page(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    files = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"aovpn_remediate/{page.relative_to(ROOT).as_posix()}" for page in find_pages().values()}
    assert expected <= files
