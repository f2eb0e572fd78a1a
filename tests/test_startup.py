"""What each command loads before it works."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tenants import Bench, config

EXAMPLE = str(Path(__file__).parent.parent / "examples" / "remediate.yaml")
HEAVY = {"requests", "urllib3", "truststore", "msal", "jinja2", "yaml", "pydantic", "rich", "tree_sitter"}
LIST_MODULES = (
    "import sys; from aovpn_remediate.cli import run; code = run(sys.argv[1:]); "
    "print(*sorted(sys.modules), file=sys.stderr); sys.exit(code)"
)


def loaded(*arguments: str) -> set[str]:
    command = [sys.executable, "-c", LIST_MODULES, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_load_nothing_heavy(option):
    assert loaded(option) & HEAVY == set()


@pytest.mark.parametrize(
    "command",
    [
        "render",
        "validate",
        "verify",
        "plan",
        "publish",
        "show",
        "doctor",
        "simulator",
        "schema",
        "kinds",
        "docs",
    ],
)
def test_the_help_of_a_command_loads_nothing_heavy(command):
    assert loaded(command, "--help") & HEAVY == set()


def test_a_command_without_a_tenant_loads_no_http_client():
    assert loaded("kinds") & {"requests", "urllib3", "truststore", "jinja2"} == set()


@pytest.mark.parametrize("command", ["validate", "render"])
def test_a_command_without_a_tenant_loads_no_plans_proofs_or_tenants(command, tmp_path):
    folder = ["-o", str(tmp_path)] if command == "render" else []
    modules = loaded(command, "-c", EXAMPLE, *folder)
    assert {"aovpn_remediate.scripts.render", "aovpn_remediate.scripts.package_rules"} <= modules
    others = {"plan", "publish", "resolve", "verify", "client", "graph", "simulator"}
    assert modules & {f"aovpn_remediate.{name}" for name in others} == set()
    assert modules & {"requests", "urllib3", "truststore", "rich", "concurrent.futures", "xml"} == set()
    assert modules & {"jinja2", "tree_sitter", "tree_sitter_pwsh", "aovpn_remediate.scripts.rules"} == set()


def test_the_module_of_a_kind_that_is_not_configured_is_not_imported():
    code = (
        "import sys; from pathlib import Path; from aovpn_remediate.config import load_config; "
        "load_config(Path(sys.argv[1])); print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code, EXAMPLE], capture_output=True, text=True, check=True)
    kinds = {name.removeprefix("aovpn_remediate.kinds.") for name in done.stdout.split()}
    assert {"interface_metric", "rasman_privileges", "route_presence"} <= kinds
    assert "custom" not in kinds


@pytest.mark.parametrize(("chosen", "plugins"), [(None, "__all__"), ("some-plugin", "some-plugin")])
def test_pydantic_looks_for_no_plugins_unless_someone_chose_some(chosen, plugins, monkeypatch):
    monkeypatch.delenv("PYDANTIC_DISABLE_PLUGINS", raising=False)
    if chosen is not None:
        monkeypatch.setenv("PYDANTIC_DISABLE_PLUGINS", chosen)
    code = (
        "import atexit, os; from aovpn_remediate.__main__ import main; "
        "atexit.register(lambda: print(os.environ['PYDANTIC_DISABLE_PLUGINS'])); main()"
    )
    command = [sys.executable, "-c", code, "validate", "-c", EXAMPLE]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == plugins


def test_little_time_goes_into_looking_for_garbage():
    code = (
        "import atexit, gc; from aovpn_remediate.__main__ import main; "
        "atexit.register(lambda: print(gc.get_freeze_count() > 1000, gc.get_stats()[0]['collections'])); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "validate", "-c", EXAMPLE], capture_output=True, text=True, check=True
    )
    frozen, collections = done.stdout.splitlines()[-1].split()
    assert frozen == "True"
    assert int(collections) < 20


def test_a_command_that_does_not_sign_in_loads_nothing_for_it(bench: Bench):
    bench.write(config("a"))
    modules = loaded("plan", "-c", str(bench.folder / "r.yaml"), "--graph-url", bench.url)
    assert "requests" in modules
    assert modules & {"msal", "msal_extensions", "jwt", "cryptography", "platformdirs"} == set()


@pytest.mark.parametrize("command", [("auth", "login"), ("auth", "status"), ("auth", "logout")])
def test_the_help_of_a_sign_in_command_loads_nothing_heavy(command):
    assert loaded(*command, "--help") & (HEAVY | {"msal_extensions", "jwt", "cryptography"}) == set()


def test_the_command_line_loads_no_random_numbers_or_temporary_files():
    assert loaded("--version") & {"tempfile", "random", "secrets"} == set()
