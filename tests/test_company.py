"""The example of a whole company: short, without a warning, and each edit is a small plan."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from aovpn_remediate.cli import run
from aovpn_remediate.config import load_config
from tests.golden_files import ROOT
from tests.graph_client import running

COMPANY = ROOT / "examples" / "company.yaml"
FILES = ("company.yaml", "sites.csv", "company-seed.json")


def copy_to(folder: Path) -> Path:
    for name in FILES:
        shutil.copy(ROOT / "examples" / name, folder)
    return folder / "company.yaml"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_file_of_a_company_has_at_most_60_lines():
    assert len(COMPANY.read_text(encoding="utf-8").splitlines()) <= 60


def test_validate_has_nothing_to_say_about_it(capsys):
    assert run(["validate", "-c", str(COMPANY)]) == 0
    assert "warning" not in capsys.readouterr().err


def test_it_has_both_tunnels_60_routes_and_three_rings():
    remediations = {one.key: one for one in load_config(COMPANY).remediations}
    assert list(remediations) == [
        "user-metric", "user-metric-live", "user-routes", "user-routes-live", "device-metric", "device-routes",
    ]  # fmt: skip
    routes = remediations["user-routes"].settings.script_settings()["Routes"]
    assert isinstance(routes, list) and len(routes) == 60
    for key, who in (("user-routes-live", "Users"), ("device-routes", "Devices")):
        groups = {one.target.group for one in remediations[key].assignments}
        assert groups >= {f"AOVPN {who} Ring {ring}" for ring in range(3)}


@pytest.fixture
def plan(tmp_path, capsys) -> Callable[[Path], str]:
    """Publishes the company to a simulated tenant; then the plan after another edit."""

    def plan_after(change: Callable[[Path], None]) -> str:
        path = copy_to(tmp_path)
        with running(seed=tmp_path / "company-seed.json") as tenant:
            there = ["-c", str(path), "--graph-url", tenant.url]
            assert run(["publish", "--yes", *there]) == 0
            change(path)
            capsys.readouterr()
            assert run(["plan", *there]) == 0
            return capsys.readouterr().out

    return plan_after


def test_another_route_is_one_update_of_each_package_with_routes(plan):
    said = plan(lambda path: edit(path.parent / "sites.csv", "10.20.0.0/16 ", "10.99.0.0/18;5 "))
    assert "0 to create, 2 to update, 0 to delete, 4 unchanged" in said
    for key in ("user-routes", "user-routes-live"):
        assert f"~ {key}  update\n    routes " in said
    assert "10.99.0.0/18" in said and "-10.20.0.0/16" in said


def test_another_interval_of_a_ring_is_an_update_of_its_assignments(plan):
    said = plan(
        lambda path: edit(
            path, "{group: AOVPN Users Ring 1}", "{group: AOVPN Users Ring 1, schedule: {every: 2 hours}}"
        )
    )
    assert (
        "0 to create, 3 to update, 0 to delete, 3 unchanged" in said
    )  # user-metric-live has its own interval
    assert "+ AOVPN Users Ring 1, filter Corporate Windows 11 (include), every 2 hours" in said
