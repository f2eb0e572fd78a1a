"""The tests themselves: modules that can be read, names that are sentences."""

from __future__ import annotations

import ast
from pathlib import Path

FOLDER = Path(__file__).parent
MODULES = sorted(FOLDER.glob("test_*.py"))


def test_a_test_module_has_at_most_600_lines():
    lengths = {path.name: len(path.read_text("utf-8").splitlines()) for path in MODULES}
    assert {name: length for name, length in lengths.items() if length > 600} == {}
    assert Path(__file__).name in lengths


def functions(path: Path) -> list[str]:
    """The names of the functions in a module."""
    body = ast.parse(path.read_text("utf-8")).body
    return [node.name for node in body if isinstance(node, ast.FunctionDef)]


def test_a_test_name_has_at_most_70_characters():
    names = [(path.name, name) for path in MODULES for name in functions(path)]
    assert (Path(__file__).name, "test_a_test_name_has_at_most_70_characters") in names
    assert [(module, name) for module, name in names if len(name) > 70] == []
