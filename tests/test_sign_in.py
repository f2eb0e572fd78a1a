"""Signing in with every method, through the command line, to the stand-ins over real HTTPS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import Said, remediate, remediate_at_a_terminal
from tests.sign_in_world import METHODS, World, sign_in_world
from tests.tenants import config

PERSONS = ("browser", "device-code")
APPS = tuple(method for method in METHODS if method not in PERSONS)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with sign_in_world(tmp_path) as running:
        (tmp_path / "r.yaml").write_text(config("a", "b"), encoding="utf-8")
        yield running


def command(world: World, *arguments: str, method: str, **more: str) -> Said:
    """Run a command with the environment of a method."""
    environment = {"REMEDIATE_AUTH": "auto"} | world.environment(method) | more
    options = ["-c", str(world.folder / "r.yaml"), "--graph-url", world.graph_url]
    run = remediate_at_a_terminal if method in PERSONS else remediate
    return run(*arguments, *options, environment=environment)


@pytest.mark.parametrize("method", METHODS)
def test_each_method_publishes(world: World, method):
    said = command(world, "publish", "--yes", method=method)
    assert said.code == 0, said
    assert "2 done" in said.out
    assert all(secret not in said.text for secret in world.secrets())


@pytest.mark.parametrize("method", APPS)
def test_status_says_how_an_app_signs_in(world: World, method):
    said = command(world, "auth", "status", "--json", method=method)
    assert said.code == 0, said
    found = said.json
    assert found["method"] == method.removesuffix("-pfx")
    assert found["account"] is None
    assert found["missing"] == []
    assert "DeviceManagementScripts.ReadWrite.All" in found["permissions"]
    assert found["expires"].endswith("+00:00")
    assert all(secret not in said.text for secret in world.secrets())


def test_without_a_method_a_loopback_graph_is_not_signed_in_to(world: World):
    said = command(world, "plan", method="secret", REMEDIATE_AUTH="")
    assert said.code == 4
    assert "run the lines that the simulator printed in this terminal, or add --auth auto" in said.err
    assert world.login.requests() == []


def test_a_token_of_this_computer_never_goes_to_microsoft(world: World):
    environment = world.environment("secret")
    said = remediate("plan", "-c", str(world.folder / "r.yaml"), environment=environment)
    assert said.code == 64
    assert "a login service on this computer cannot sign in to https://graph.microsoft.com" in said.err
    assert world.login.requests() == []


def test_a_plan_begins_with_the_tenant_that_was_signed_in_to(world: World):
    said = command(world, "plan", method="secret")
    tenant = world.environment("secret")["AZURE_TENANT_ID"]
    assert said.out.startswith(f"Tenant: {tenant}\n"), said


def test_login_without_a_terminal_says_what_a_task_needs(world: World):
    said = command(world, "auth", "login", method="secret")
    assert said.code == 4
    assert "a task or a pipeline needs no login: set AZURE_TENANT_ID" in said.err
