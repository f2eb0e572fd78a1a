"""Several tenants: which ones a command works on, and what becomes of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aovpn_remediate.cli import run
from aovpn_remediate.errors import UsageError
from aovpn_remediate.graph.auth.targets import select_tenants
from aovpn_remediate.model import TenantSettings
from tests.tenants import Bench, config

TENANT_ID = "11111111-1111-1111-1111-111111111111"
TWO = f"tenants:\n  test: {{id: {TENANT_ID}}}\n  production: {{}}\n"
ENTRIES = {name: TenantSettings(name=name) for name in ("test", "production")}


def test_one_entry_is_taken_by_itself():
    only = {"test": ENTRIES["test"]}
    assert select_tenants(only, []) == only


def test_several_entries_are_a_question_for_the_command_line():
    with pytest.raises(UsageError, match="add --tenant test or production, or --all-tenants") as caught:
        select_tenants(ENTRIES, [])
    assert caught.value.exit_code == 64


def test_a_simulated_tenant_needs_no_choice():
    assert list(select_tenants(ENTRIES, [], needs_one=False)) == [""]


def test_names_are_taken_in_the_order_of_the_command_line():
    assert list(select_tenants(ENTRIES, ["production", "test"])) == ["production", "test"]


def test_all_tenants_are_taken_in_the_order_of_the_file():
    assert list(select_tenants(ENTRIES, [], every=True)) == ["test", "production"]


@pytest.mark.parametrize("name", [TENANT_ID, "contoso.onmicrosoft.com", "vpn.contoso.co.uk"])
def test_without_entries_a_tenant_is_an_id_or_a_domain(name):
    assert select_tenants({}, [name]) == {name: TenantSettings(id=name)}


@pytest.mark.parametrize(
    "name", ["test", "common", "https://contoso.com", "contoso.com/x", "a b.com", "-a.com"]
)
def test_other_words_are_not_a_tenant(name):
    with pytest.raises(UsageError, match="must be a tenant's id"):
        select_tenants({}, [name])


@pytest.mark.parametrize(
    ("entries", "names", "every", "expected"),
    [
        (ENTRIES, ["prod"], False, "the config has no such tenant; write test or production"),
        (ENTRIES, ["test"], True, "cannot be combined with --tenant"),
        ({}, [], True, "the config has no tenants"),
    ],
)
def test_a_wrong_choice_is_refused(entries, names, every, expected):
    with pytest.raises(UsageError, match=expected):
        select_tenants(entries, names, every=every)


def test_each_tenant_is_published_under_its_own_head(bench: Bench):
    bench.write(config("a", head=TWO))
    said = bench.remediate("publish", "--yes", "--all-tenants")
    assert said.code == 0, said
    first, second = said.out.index("tenant test"), said.out.index("tenant production")
    assert first < said.out.index("+ a") < second
    assert "= a  no change" in said.out[second:]


def test_a_single_tenant_has_no_head(bench: Bench):
    bench.write(config("a", head=TWO))
    assert "tenant test" not in bench.remediate("plan", "--tenant", "test").out


@pytest.mark.parametrize("options", [["--all-tenants"], ["--tenant", "test", "--tenant", "production"]])
def test_json_of_several_tenants_has_the_object_of_each(bench: Bench, options):
    bench.write(config("a", head=TWO))
    said = bench.remediate("plan", "--json", *options)
    assert said.json["schemaVersion"] == 1
    assert list(said.json["tenants"]) == ["test", "production"]
    alone = bench.remediate("plan", "--json", "--tenant", "test").json
    assert said.json["tenants"]["test"] == alone


def test_json_of_all_tenants_keeps_its_shape_with_one(bench: Bench):
    bench.write(config("a", head="tenants:\n  test: {}\n"))
    assert list(bench.remediate("plan", "--json", "--all-tenants").json["tenants"]) == ["test"]


def test_an_error_in_one_tenant_does_not_stop_the_others(bench: Bench):
    bench.write(config("a", head=TWO))
    bench.fail({"method": "GET", "path": "deviceHealthScripts", "status": 403})
    said = bench.remediate("plan", "--json", "--all-tenants")
    assert said.code == 4
    refused = said.json["tenants"]["test"]
    assert refused["exitCode"] == 4 and "DeviceManagementScripts.Read.All" in refused["error"]
    assert said.json["tenants"]["production"]["summary"]["create"] == 1
    assert said.err.startswith("error: tenant test: GET /deviceManagement/deviceHealthScripts: 403")


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ([], 2),
        ([{"method": "GET", "path": "deviceHealthScripts", "status": 403}], 4),
        ([{"method": "GET", "path": "deviceHealthScripts", "status": 400}], 1),
    ],
)
def test_the_exit_code_is_the_worst_of_all(bench: Bench, faults, code):
    bench.write(config("a", head=TWO))
    for fault in faults:
        bench.fail(fault)
    assert bench.remediate("plan", "--detailed-exitcode", "--all-tenants").code == code


def test_the_environment_may_name_the_tenant(bench: Bench, monkeypatch):
    bench.write(config("a", head=TWO))
    monkeypatch.setenv("REMEDIATE_TENANT", "test production")
    assert list(bench.remediate("plan", "--json").json["tenants"]) == ["test", "production"]
    monkeypatch.setenv("REMEDIATE_TENANT", "")
    assert "tenants" not in bench.remediate("plan", "--json").json


def test_the_environment_may_name_the_config(bench: Bench, monkeypatch):
    bench.write(config("a"))
    monkeypatch.setenv("REMEDIATE_CONFIG", str(bench.folder / "r.yaml"))
    assert run(["plan", "--json", "--graph-url", bench.url]) == 0
    assert json.loads(bench.capsys.readouterr().out)["summary"]["create"] == 1


def test_a_tenant_is_named_before_anything_is_sent(tmp_path: Path, capsys):
    (tmp_path / "r.yaml").write_text(config("a", head=TWO), encoding="utf-8")
    assert run(["plan", "-c", str(tmp_path / "r.yaml")]) == 64
    assert "add --tenant test or production, or --all-tenants" in capsys.readouterr().err


def test_doctor_examines_every_tenant(bench: Bench):
    bench.write(config("a", head=TWO))
    said = bench.remediate("doctor", "--all-tenants", "--json")
    assert list(said.json["tenants"]) == ["test", "production"]
    assert said.json["tenants"]["test"]["checks"][0]["name"] == "versions"


def test_a_plan_says_how_it_is_carried_out_if_it_has_changes(bench: Bench):
    bench.write(config("a"))
    assert bench.remediate("plan").out.endswith("\nTo carry it out: remediate publish\n")
    bench.publish(config("a"))
    assert "To carry it out" not in bench.remediate("plan").out


def test_doctor_examines_each_tenant_that_is_named(bench: Bench):
    bench.write(config("a", head=TWO))
    said = bench.remediate("doctor", "--tenant", "test", "--tenant", "production", "--json")
    assert list(said.json["tenants"]) == ["test", "production"]


def test_a_misspelt_tenant_is_corrected():
    with pytest.raises(UsageError, match=r'did you mean "test"\?'):
        select_tenants(ENTRIES, ["tset"])


def test_all_tenants_wins_over_the_variable(bench: Bench, monkeypatch):
    bench.write(config("a", head=TWO))
    monkeypatch.setenv("REMEDIATE_TENANT", "test")
    assert list(bench.remediate("plan", "--json", "--all-tenants").json["tenants"]) == ["test", "production"]


def test_a_tenant_that_is_named_twice_is_planned_once(bench: Bench):
    bench.write(config("a", head=TWO))
    said = bench.remediate("plan", "--json", "--tenant", "test", "--tenant", "test")
    assert list(said.json["tenants"]) == ["test"]
