"""Sign-ins of people: kept, used by later commands, renewed, forgotten."""

from __future__ import annotations

import json
import stat
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from aovpn_remediate.simulator.login import App
from tests.command_line import Said, remediate, remediate_at_a_terminal
from tests.sign_in_world import World, sign_in_world
from tests.tenants import config

WRITE = "DeviceManagementScripts.ReadWrite.All"
READ = "DeviceManagementScripts.Read.All"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with sign_in_world(tmp_path) as running:
        (tmp_path / "r.yaml").write_text(config("a"), encoding="utf-8")
        yield running


def options(world: World) -> list[str]:
    return ["-c", str(world.folder / "r.yaml"), "--graph-url", world.graph_url]


def at_a_terminal(world: World, *arguments: str, **more: str) -> Said:
    environment = world.environment("browser") | {"REMEDIATE_AUTH": "auto"} | more
    return remediate_at_a_terminal(*arguments, *options(world), environment=environment)


def later(world: World, *arguments: str, **more: str) -> Said:
    """A command of the same account, with nobody at a terminal."""
    environment = world.environment("browser") | {"REMEDIATE_AUTH": "auto", "BROWSER": "false"} | more
    return remediate(*arguments, *options(world), environment=environment)


def scopes_asked_for(world: World) -> list[str]:
    return [one["scope"] for one in world.login.requests() if one.get("scope")]


def kept(world: World) -> Path:
    return world.folder / "cache" / "tokens.json"


def test_a_kept_sign_in_serves_later_commands(world: World):
    said = at_a_terminal(world, "auth", "login", "--insecure-cache")
    assert said.code == 0, said
    assert "admin@" in said.out and "encrypted place" not in said.out
    assert stat.S_IMODE(kept(world).stat().st_mode) == 0o600
    assert later(world, "publish", "--yes").code == 0
    found = later(world, "auth", "status", "--json").json
    assert (found["method"], found["missing"]) == ("browser", [])
    assert "admin@" in found["account"]


def test_without_an_encrypted_place_the_sign_in_is_not_kept(world: World):
    said = at_a_terminal(world, "auth", "login")
    assert said.code == 0, said
    assert said.out.count("this computer has no encrypted place for sign-ins") == 1
    assert not kept(world).exists()
    assert later(world, "plan").code == 4


def test_plan_asks_a_person_for_reading_only(world: World):
    assert at_a_terminal(world, "plan").code == 0
    assert WRITE not in " ".join(scopes_asked_for(world))
    assert READ in " ".join(scopes_asked_for(world))


def test_a_read_only_sign_in_is_not_asked_for_more(world: World):
    assert at_a_terminal(world, "auth", "login", "--insecure-cache", "--read-only").code == 0
    assert WRITE not in " ".join(scopes_asked_for(world))
    assert later(world, "plan").code == 0


def test_a_sign_in_with_consent_for_writing_alone_serves_plan(tmp_path: Path):
    consented = tuple(name for name in App().delegated if name != READ)
    with sign_in_world(tmp_path, app=replace(App(), delegated=consented)) as world:
        (tmp_path / "r.yaml").write_text(config("a"), encoding="utf-8")
        assert at_a_terminal(world, "auth", "login", "--insecure-cache").code == 0
        assert later(world, "plan").code == 0


def test_a_revoked_sign_in_says_so_and_what_to_do(world: World):
    assert at_a_terminal(world, "auth", "login", "--insecure-cache").code == 0
    world.login.sign_out()
    world.login.revoke()
    said = later(world, "plan")
    assert said.code == 4
    assert "AADSTS50173" in said.err and "remediate auth login" in said.err


def test_a_revoked_sign_in_is_replaced_at_a_terminal(world: World):
    assert at_a_terminal(world, "auth", "login", "--insecure-cache").code == 0
    world.login.sign_out()
    world.login.revoke()
    assert at_a_terminal(world, "plan").code == 0
    assert later(world, "plan").code == 0


def test_logout_deletes_the_kept_sign_in(world: World):
    assert at_a_terminal(world, "auth", "login", "--insecure-cache").code == 0
    said = remediate("auth", "logout", environment=world.environment("browser"))
    assert (said.code, said.out) == (0, "signed out; the kept sign-in is deleted\n")
    assert not kept(world).exists()
    said = remediate("auth", "logout", environment=world.environment("browser"))
    assert (said.code, said.out) == (0, "nobody was signed in\n")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"RefreshToken": 3}', "\x00\x01", '{"a": {"b": 1}}']
)
def test_a_damaged_cache_is_ignored_with_one_notice(world: World, content):
    kept(world).parent.mkdir()
    kept(world).write_text(content, encoding="utf-8")
    said = at_a_terminal(world, "plan")
    assert said.code == 0, said
    assert said.out.count("the kept sign-in cannot be read and is ignored") <= 1
    assert "Traceback" not in said.out


def test_in_a_pipeline_a_kept_sign_in_is_not_used(world: World):
    assert at_a_terminal(world, "auth", "login", "--insecure-cache").code == 0
    said = later(world, "plan", CI="true")
    assert said.code == 4
    assert "nothing to sign in with was found" in said.err


def test_an_account_comes_after_the_variables_of_an_app(world: World):
    assert at_a_terminal(world, "auth", "login", "--insecure-cache").code == 0
    secret = world.environment("secret")["AZURE_CLIENT_SECRET"]
    assert later(world, "auth", "status", "--json", AZURE_CLIENT_SECRET=secret).json["method"] == "secret"


def test_a_device_code_is_told_on_stderr_and_kept(world: World):
    said = at_a_terminal(world, "auth", "login", "--device-code", "--insecure-cache")
    assert said.code == 0, said
    assert "enter the code" in said.out
    assert later(world, "auth", "status", "--json").json["method"] == "device-code"


def test_the_cache_has_nothing_of_an_app(world: World):
    environment = world.environment("secret") | {"REMEDIATE_AUTH": "auto"}
    assert remediate("plan", *options(world), environment=environment).code == 0
    assert not kept(world).exists()


def test_a_token_that_ends_soon_is_renewed_on_the_way(world: World):
    world.login.change(token_lifetime=4)
    keys = [f"k{number}" for number in range(12)]
    (world.folder / "r.yaml").write_text(config(*keys), encoding="utf-8")
    environment = world.environment("secret") | {"REMEDIATE_AUTH": "auto"}
    slow = [{"method": "POST", "path": "deviceHealthScripts$", "delay": 1.0, "times": None}]
    urllib.request.urlopen(f"{world.graph_url}/simulator/faults", json.dumps(slow).encode()).close()
    said = remediate("publish", "--yes", *options(world), environment=environment)
    assert said.code == 0, said
    tokens = [one for one in world.login.requests() if one["path"].endswith("/token")]
    assert len(tokens) > 1


def test_status_names_the_tenant_also_where_nobody_is_signed_in(world: World):
    said = later(world, "auth", "status", "--json")
    assert said.code == 4
    tenant = world.environment("browser")["AZURE_TENANT_ID"]
    assert (said.json["tenant"], said.json["sources"]["tenant"]) == (tenant, "AZURE_TENANT_ID")
