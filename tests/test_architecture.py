"""The dependency rule: who may import whom, and where each heavy library lives."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "aovpn_remediate"

MAY_IMPORT = {
    "__init__": set(),
    "__main__": {"cli"},
    "problems": set(),
    "privileges": {"problems"},
    "errors": {"problems"},
    "model": set(),
    "limits": set(),
    "marker": set(),
    "kinds": {"documents", "marker", "model", "privileges", "problems"},
    "config": {"documents", "kinds", "model", "problems"},
    "documents": {"problems"},
    "scripts": {"model", "problems"},
    "desired": {"config", "kinds", "model", "problems", "scripts"},
    "wording": set(),
    "pages": set(),
    "resolve": {"model", "problems"},
    "plan": {"limits", "resolve", "model", "problems"},
    "plan_file": {"plan", "model"},
    "publish": {"plan", "plan_file", "resolve", "model"},
    "doctor": {"client", "desired", "graph", "limits", "model", "problems", "resolve"},
    "device_cost": {"model"},
    "display": {"device_cost", "doctor", "plan", "publish", "scripts", "verify", "model"},
    "graph": {"marker", "model", "problems"},
    "simulator": set(),
    "client": {"documents", "model", "privileges", "problems"},
    "verify": {"scripts", "client", "documents", "model", "problems"},
}

OPEN_TO_ALL = {"errors", "wording"}

HOMES = {
    "requests": {"graph"},
    "truststore": {"graph"},
    "urllib3": {"graph"},
    "cryptography": {"graph", "simulator"},
    "jwt": {"graph", "simulator"},
    "trustme": {"simulator"},
    "jinja2": {"scripts"},
    "typer": {"cli"},
    "pydantic": {"kinds", "config", "documents", "client", "verify"},
    "yaml": {"documents"},
    "rich": {"cli", "display"},
    "tree_sitter": {"scripts"},
    "tree_sitter_pwsh": {"scripts"},
    "click": set(),
}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py"))


def part(path: Path) -> str:
    """The module, or the folder that a module is a part of."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Every module that a file imports, at any place."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found.add(str(node.module))
            found |= {
                f"{node.module}.{alias.name}" for alias in node.names if node.module == "aovpn_remediate"
            }
    return found


def ours(path: Path) -> set[str]:
    names = {name.split(".")[1] for name in imports(path) if name.startswith("aovpn_remediate.")}
    return names - {part(path), *OPEN_TO_ALL, "__version__"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_follow_the_rule(path):
    if part(path) != "cli":
        assert ours(path) <= MAY_IMPORT[part(path)]


@pytest.mark.parametrize("library", HOMES)
def test_each_library_has_its_home(library):
    homes = {part(path) for path in modules() if library in {name.split(".")[0] for name in imports(path)}}
    assert homes <= HOMES[library] and bool(homes) == bool(HOMES[library])


def test_the_simulator_but_its_login_needs_only_the_standard_library():
    import sys

    own = [path for path in modules() if part(path) == "simulator" and path.parent.name != "login"]
    foreign = {name.split(".")[0] for path in own for name in imports(path)} - {"aovpn_remediate"}
    assert foreign and foreign <= set(sys.stdlib_module_names)


def test_every_module_is_in_the_rule():
    assert {part(path) for path in modules()} <= {*MAY_IMPORT, "cli"}


def test_no_module_grows_past_what_one_reads_at_a_sitting():
    sizes = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {name: size for name, size in sizes.items() if size > 320} == {}
