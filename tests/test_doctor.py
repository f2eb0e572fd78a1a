"""``doctor`` through the command line: everything fine, each thing broken, and everything broken."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aovpn_remediate.doctor import examine, open_situation
from aovpn_remediate.graph.auth.opening import Access
from aovpn_remediate.simulator.login import allowing
from aovpn_remediate.simulator.login.directory import PUBLISHING, READING
from tests.app_certificates import app_certificate
from tests.command_line import Said, remediate, remediate_at_a_terminal, remediate_here
from tests.graph_client import Tenant, running, seed_file, target
from tests.sign_in_world import METHODS, SECRET, World, clean_environment, sign_in_world
from tests.tenants import config

NAMES = [
    "versions", "config", "powershell", "proxy", "login", "graph", "clock", "sign-in", "permissions", "licence",
    "packages", "certificate",
]  # fmt: skip
OLD_WAY = "DeviceManagementConfiguration.ReadWrite.All"
NO_POWERSHELL = {"REMEDIATE_PWSH": "/nowhere/pwsh"}
QUIET = "defaults: {publisher: Contoso}\n"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with sign_in_world(tmp_path) as running_world:
        yield running_world


def examined(folder: Path, *options: str, environment: dict[str, str], text: str | None = None) -> Said:
    """Run doctor on a config in a folder; without PowerShell, because starting one takes a second."""
    file = folder / "r.yaml"
    file.write_text(config("a", head=QUIET) if text is None else text, encoding="utf-8")
    return remediate_here("doctor", "-c", str(file), *options, environment=environment | NO_POWERSHELL)


def signed_in(
    world: World, *options: str, method: str = "secret", text: str | None = None, **more: str
) -> Said:
    """Run doctor with the environment of a method."""
    environment = {"REMEDIATE_AUTH": "auto", **world.environment(method), **more}
    address = ("--graph-url", world.graph_url)
    return examined(world.folder, "--json", *address, *options, environment=environment, text=text)


def simulated(folder: Path, tenant: Tenant, *options: str, text: str | None = None) -> Said:
    """Run doctor on a simulated tenant that nobody signs in to."""
    more = ("--json", "--graph-url", tenant.url, *options)
    return examined(folder, *more, environment=clean_environment(), text=text)


def checks(said: Said) -> dict[str, dict[str, str]]:
    """The checks by name."""
    return {check["name"]: check for check in said.json["checks"]}


def states(said: Said) -> dict[str, str]:
    """The state of each check by name."""
    return {name: check["state"] for name, check in checks(said).items()}


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def foreign(text: str, **members: object) -> dict[str, object]:
    """A package of somebody else with this remediation script."""
    encoded = base64.b64encode(text.encode("utf-16")).decode()
    return {"displayName": "Old fix", "remediationScriptContent": encoded, **members}


def test_everything_is_fine(world: World):
    said = signed_in(world, method="certificate")
    assert said.code == 0 and said.err == ""
    assert said.json["schemaVersion"] == 1
    assert [check["name"] for check in said.json["checks"]] == NAMES
    assert {name for name, state in states(said).items() if state != "ok"} == {"powershell"}
    found = checks(said)
    assert "trustme" in found["login"]["detail"]
    assert "tenant from AZURE_TENANT_ID" in found["sign-in"]["detail"]
    assert "certificate from AZURE_CLIENT_CERTIFICATE_PATH" in found["sign-in"]["detail"]
    assert found["packages"]["detail"] == "1 package of at most 200, 0 of the config contoso"
    assert found["packages"]["advice"] is None


def test_the_version_of_powershell_is_shown(tmp_path, tenant, powershell):
    more = {**clean_environment(), "REMEDIATE_PWSH": powershell}
    options = ("--json", "-c", str(tmp_path / "r.yaml"), "--graph-url", tenant.url)
    said = remediate_here("doctor", *options, environment=more)
    assert checks(said)["powershell"]["state"] == "ok"
    assert checks(said)["powershell"]["detail"].endswith(f"({powershell})")


def test_the_simulated_tenant_needs_no_sign_in(tmp_path, tenant):
    said = simulated(tmp_path, tenant)
    assert said.code == 0
    skipped = {name for name, state in states(said).items() if state == "skipped"}
    assert skipped == {"login", "sign-in", "permissions", "certificate"}
    assert checks(said)["sign-in"]["detail"] == "the simulated tenant needs no sign-in"
    assert checks(said)["licence"]["state"] == checks(said)["packages"]["state"] == "ok"


def test_a_simulated_tenant_that_demands_a_sign_in_says_so(world: World):
    said = signed_in(world, REMEDIATE_AUTH="")
    assert said.code == 1
    assert "add --auth auto" in checks(said)["licence"]["advice"]


@pytest.mark.parametrize("method", METHODS)
def test_no_secret_is_printed(world: World, method):
    fine = signed_in(world, method=method)
    world.login.refuse(7000222, times=None)
    refused = signed_in(world, method=method)
    person = method in ("browser", "device-code")
    assert states(fine)["sign-in"] == ("failed" if person else "ok"), fine
    for said in (fine, refused):
        assert all(secret not in said.text for secret in world.secrets())


def test_a_refused_sign_in_shows_its_message_and_exits_4(world: World):
    world.login.refuse(7000222, times=None)
    said = signed_in(world)
    assert said.code == 4
    assert "AADSTS7000222" in checks(said)["sign-in"]["detail"]
    assert checks(said)["sign-in"]["advice"]
    for name in ("permissions", "licence", "packages"):
        assert checks(said)[name] == {
            "name": name, "state": "skipped", "detail": "sign-in failed", "advice": None,
        }  # fmt: skip


@pytest.mark.parametrize(("auth", "is_asked"), [("auto", False), ("browser", True)])
def test_only_who_names_a_persons_method_is_asked_to_sign_in(world: World, auth, is_asked):
    environment = world.environment("browser") | NO_POWERSHELL | {"REMEDIATE_AUTH": auth}
    said = remediate_at_a_terminal("doctor", "--graph-url", world.graph_url, environment=environment)
    assert said.code == (0 if is_asked else 4), said
    assert ("run remediate auth login" in said.out) != is_asked
    assert ("Ctrl-C cancels" in said.out) == is_asked


def test_closed_ports_are_found_and_end_soon(tmp_path, world: World):
    began = time.monotonic()
    said = signed_in(
        world,
        "--graph-url",
        f"http://127.0.0.1:{closed_port()}",
        AZURE_AUTHORITY_HOST=f"https://localhost:{closed_port()}",
    )
    assert time.monotonic() - began < 60
    assert said.code == 1
    assert "nothing answers at localhost:" in checks(said)["login"]["detail"]
    assert "remediate simulator" in checks(said)["graph"]["advice"]
    assert checks(said)["sign-in"]["detail"] == checks(said)["permissions"]["detail"] == "login failed"
    assert checks(said)["licence"]["detail"] == "graph failed"
    assert states(said)["clock"] == "skipped"


def test_silent_hosts_end_within_a_minute(world: World, silent_port):
    began = time.monotonic()
    address = ("--graph-url", f"http://127.0.0.1:{silent_port}")
    said = signed_in(world, *address, AZURE_AUTHORITY_HOST=f"https://localhost:{silent_port}")
    assert time.monotonic() - began < 60
    assert states(said)["login"] == states(said)["graph"] == "failed"
    assert "in time" in checks(said)["graph"]["detail"]


def test_a_certificate_that_is_not_trusted_shows_its_issuer(world: World):
    environment = world.environment("secret")
    trusted = {name: "" for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE") if name in environment}
    said = signed_in(world, **trusted)
    assert said.code == 1 and trusted
    assert "is not trusted; its issuer is trustme" in checks(said)["login"]["detail"]
    assert "REQUESTS_CA_BUNDLE" in checks(said)["login"]["advice"]


@pytest.mark.parametrize(
    ("seconds", "state", "detail"),
    [
        (30, "ok", "differs by less than 60 s"),
        (200, "warning", "s behind that of"),
        (-3600, "failed", "60 min ahead of that of"),
        (86400, "failed", "24 h behind that of"),
    ],
)
def test_the_clock_is_compared_with_that_of_the_service(world: World, seconds, state, detail):
    world.login.change(clock=seconds)
    found = checks(signed_in(world))["clock"]
    assert found["state"] == state and detail in found["detail"]


def test_a_broken_config_is_a_finding_and_the_rest_goes_on(world: World):
    said = signed_in(world, text="name: contoso\nremediations:\n  a: {kind: nonsense}\n  b: {}\n")
    assert said.code == 1
    assert "2 problems, the first is" in checks(said)["config"]["detail"]
    assert "remediate validate" in checks(said)["config"]["advice"]
    assert states(said)["sign-in"] == states(said)["permissions"] == "ok"
    assert "without the config" in checks(said)["packages"]["detail"]


def test_the_only_problem_of_a_config_has_its_own_advice(world: World):
    said = signed_in(world, text=config("a", head=QUIET).replace("ipv4: 3", "ipv44: 3"))
    found = checks(said)["config"]
    assert found["detail"].startswith("1 problem: ")
    assert "the checks below use the variables" in found["detail"]
    assert found["advice"] and "; " not in found["advice"]


def test_advice_of_a_sign_in_is_not_said_twice(world: World):
    world.login.refuse(7000222, times=None)
    found = checks(signed_in(world))["sign-in"]
    assert found["detail"].startswith("by secret (AZURE_CLIENT_SECRET)")
    assert "typical causes" not in found["advice"] and found["advice"] not in found["detail"]


@pytest.mark.parametrize(("columns", "widest"), [("60", 60), ("300", 100)])
def test_lines_are_as_wide_as_the_terminal(tmp_path, columns, widest):
    environment = {**clean_environment(), "COLUMNS": columns, "REMEDIATE_CACHE_DIR": str(tmp_path)}
    proxy = f"http://127.0.0.1:{closed_port()}"
    said = examined(tmp_path, environment=environment | {"HTTPS_PROXY": proxy})
    lines = [line for line in said.out.splitlines() if " -> " in line]
    assert lines and all(len(line) <= widest for line in lines)


def test_a_tenant_of_a_broken_config_is_not_guessed(world: World):
    said = signed_in(world, "--tenant", "production", text="name: contoso\n")
    assert said.code == 4
    assert "the config cannot be read" in checks(said)["sign-in"]["detail"]
    assert [one for one in world.login.requests() if one["method"] == "POST"] == []


def test_a_config_that_was_named_must_exist(tmp_path, tenant):
    options = ("--json", "-c", str(tmp_path / "no.yaml"), "--graph-url", tenant.url)
    said = remediate_here("doctor", *options, environment=clean_environment() | NO_POWERSHELL)
    assert said.code == 1
    assert "does not exist" in checks(said)["config"]["detail"]


def test_nothing_is_set_at_all(tmp_path, monkeypatch):
    port = closed_port()
    proxy = f"http://127.0.0.1:{port}"
    environment = {**clean_environment(), **NO_POWERSHELL, "HTTPS_PROXY": proxy}
    monkeypatch.chdir(tmp_path)
    said = remediate("doctor", "--json", environment=environment | {"REMEDIATE_CACHE_DIR": str(tmp_path)})
    found = states(said)
    assert said.code == 4 and said.err == ""
    assert found["config"] == found["powershell"] == "warning"
    assert found["login"] == found["graph"] == found["sign-in"] == "failed"
    assert "nothing to sign in with was found" in checks(said)["sign-in"]["detail"]
    assert f"login.microsoftonline.com: through {proxy}" in checks(said)["proxy"]["detail"]


def test_the_password_of_a_proxy_is_masked(tmp_path):
    address = f"127.0.0.1:{closed_port()}"
    environment = {
        **clean_environment(),
        "HTTPS_PROXY": f"http://somebody:{SECRET}@{address}",
        "NO_PROXY": "graph.microsoft.com",
        "REMEDIATE_CACHE_DIR": str(tmp_path),
    }
    said = examined(tmp_path, "--json", environment=environment)
    lines = checks(said)["proxy"]["detail"].split("\n")
    assert lines[0] == f"login.microsoftonline.com: through http://***:***@{address}"
    assert lines[1].startswith("graph.microsoft.com: direct, by NO_PROXY")
    assert SECRET not in said.text and "somebody" not in said.text


@pytest.mark.parametrize(
    ("value", "proxy", "login"),
    [
        ("http://[::1", "failed", "the address of the proxy is not valid"),
        ("socks5://127.0.0.1:1", "ok", "proxies of this kind are not supported"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_a_finding(tmp_path, value, proxy, login):
    environment = {**clean_environment(), "HTTPS_PROXY": value, "REMEDIATE_CACHE_DIR": str(tmp_path)}
    said = examined(tmp_path, "--json", environment=environment)
    assert states(said)["proxy"] == proxy
    assert login in checks(said)["login"]["detail"]
    assert "HTTPS_PROXY" in checks(said)["login"]["advice"]


def test_a_file_of_certificates_that_is_missing_is_named(world: World):
    said = signed_in(world, REQUESTS_CA_BUNDLE=str(world.folder / "no.pem"))
    assert said.code == 1
    assert checks(said)["login"]["detail"] == "REQUESTS_CA_BUNDLE: the file does not exist"
    assert states(said)["graph"] == "ok"


@pytest.mark.parametrize(
    ("granted", "state", "words"),
    [
        (READING, "warning", "publish needs DeviceManagementScripts.ReadWrite.All"),
        (PUBLISHING[1:], "failed", "DeviceManagementScripts.Read"),
        ((*PUBLISHING, OLD_WAY), "warning", f"{OLD_WAY} is the old way"),
        (("DeviceManagementScripts.ReadWrite.All", "Group.Read.All"), "ok", "enough for plan and publish"),
    ],
)
def test_the_permissions_of_the_token_are_compared(tmp_path, granted, state, words):
    with sign_in_world(tmp_path, app=allowing(granted)) as world:
        found = checks(signed_in(world))["permissions"]
    assert found["state"] == state and words in found["detail"]
    assert bool(found["advice"]) == (state != "ok")


def test_a_refusal_of_intune_is_about_permission_role_or_licence(tmp_path):
    with sign_in_world(tmp_path, app=allowing(["User.Read"])) as world:
        said = signed_in(world)
    assert said.code == 1
    found = checks(said)
    assert "403 Forbidden" in found["licence"]["detail"]
    assert "the licence" in found["licence"]["advice"]
    assert found["packages"]["detail"] == "licence failed"


@pytest.mark.parametrize(("days", "state", "code"), [(20.5, "warning", 0), (-3, "failed", 4), (90, "ok", 0)])
def test_the_end_of_the_certificate_is_seen(world: World, days, state, code):
    known = app_certificate()
    other = app_certificate("rsa", days)
    path = other.pem_file(world.folder, "other.pem")
    said = signed_in(world, method="certificate", AZURE_CLIENT_CERTIFICATE_PATH=str(path))
    found = checks(said)["certificate"]
    assert found["state"] == state and "certificate end" in found["detail"]
    assert known != other
    if code:
        assert said.code == code


def test_the_end_of_a_secret_cannot_be_seen(world: World):
    found = checks(signed_in(world))["certificate"]
    assert found["state"] == "skipped" and "app registration" in found["detail"]


def test_many_packages_are_a_warning(tmp_path):
    content = base64.b64encode(b"exit 0").decode()
    many = [{"displayName": f"p{n}", "detectionScriptContent": content} for n in range(185)]
    seed = seed_file(tmp_path, {"deviceHealthScripts": many})
    with running(seed=seed) as tenant:
        said = simulated(tmp_path, tenant)
    found = checks(said)["packages"]
    assert said.code == 0 and found["state"] == "warning"
    assert found["detail"].startswith("186 packages of at most 200")


SCRIPT = (
    "$file = \"$env:APPDATA\\Microsoft\\Network\\Connections\\Pbk\\rasphone.pbk\"\r\n"
    "(Get-Content $file) -replace 'ipinterfacemetric=0', 'IpInterfaceMetric=5' | Set-Content $file\r\n"
)  # fmt: skip


def test_a_foreign_package_that_writes_the_same_is_named(tmp_path, tenant):
    made = tenant.create(**foreign(SCRIPT))
    group = tenant.id_of("AOVPN Users")
    assert tenant.assign(str(made["id"]), {"target": target(groupId=group)}).ok
    tenant.create(**foreign("rasphone.pbk MyIpInterfaceMetrics", displayName="Reads other words"))
    tenant.create(**foreign("IpInterfaceMetric", displayName="Has nothing to do with a phonebook"))
    said = simulated(tmp_path, tenant)
    found = checks(said)["packages"]
    assert said.code == 0 and found["state"] == "warning"
    assert found["detail"].split("\n")[1:] == [
        'the scripts of "Old fix" (assigned to AOVPN Users) contain IpInterfaceMetric, which a keeps correct'
    ]
    assert "undo each other for ever" in found["advice"]
    assert "Get-Content" not in said.text


def test_the_words_to_look_for_are_those_of_the_kinds(tmp_path, tenant):
    tenant.create(**foreign("Add-VpnConnectionRoute -ConnectionName x"))
    tenant.create(**foreign("Services\\RasMan' -Name RequiredPrivileges", displayName="Privileges"))
    text = (
        "name: contoso\nremediations:\n"
        "  routes: {kind: route-presence, profile: V, scope: device, routes: [10.0.0.0/8]}\n"
        "  rasman: {kind: rasman-privileges, privileges: windows}\n"
        "  report: {kind: interface-metric, profile: V, scope: device, ipv4: 3, repair: false}\n"
    )
    detail = checks(simulated(tmp_path, tenant, text=text))["packages"]["detail"]
    assert "contain Add-VpnConnectionRoute, which routes keeps correct" in detail
    assert "contain RequiredPrivileges, which rasman keeps correct" in detail


def test_without_the_permission_groups_are_shown_by_id(tmp_path, tenant):
    made = tenant.create(**foreign(SCRIPT))
    group = tenant.id_of("AOVPN Users")
    assert tenant.assign(str(made["id"]), {"target": target(groupId=group)}).ok
    tenant.fail(path="/beta/groups", status=403, times=None)
    assert f"assigned to {group}" in checks(simulated(tmp_path, tenant))["packages"]["detail"]


def test_packages_of_this_config_are_not_foreign(tmp_path, tenant):
    file = tmp_path / "r.yaml"
    file.write_text(config("a", head=QUIET), encoding="utf-8")
    where = ("-c", str(file), "--graph-url", tenant.url)
    assert remediate_here("publish", "--yes", *where, environment=clean_environment()).code == 0
    found = checks(simulated(tmp_path, tenant))["packages"]
    assert found == {
        "name": "packages", "state": "ok", "advice": None,
        "detail": "2 packages of at most 200, 1 of the config contoso",
    }  # fmt: skip


TWO = (
    "tenants:\n  one: {id: 11111111-1111-1111-1111-111111111111}\n"
    "  two: {id: 22222222-2222-2222-2222-222222222222}\n"
)


def test_one_of_several_tenants_has_to_be_named(world: World):
    text = config("a", head=QUIET) + TWO
    said = signed_in(world, text=text)
    assert said.code == 64 and said.out == ""
    assert "add --tenant one or two" in said.err
    other = signed_in(world, "--tenant", "two", text=text)
    assert other.code == 4
    assert signed_in(world, "--tenant", "three", text=text).code == 64


def test_the_only_tenant_of_the_config_is_used_by_itself(world: World):
    ids = world.login.variables
    entry = f"tenants:\n  only: {{id: {ids['AZURE_TENANT_ID']}}}\n"
    said = signed_in(world, text=config("a", head=QUIET) + entry, AZURE_TENANT_ID="")
    assert said.code == 0
    assert "tenant from tenants: only: id" in checks(said)["sign-in"]["detail"]


@pytest.mark.parametrize(
    "option", [["--auth", "magic"], ["--cloud", "mars"], ["--graph-url", "http://a.example"]]
)
def test_an_option_that_is_wrong_ends_before_any_check(world: World, option):
    said = signed_in(world, *option)
    assert said.code == 64 and said.out == ""


def test_an_unexpected_error_ends_one_check_only(tmp_path, tenant):
    def read(_: Path) -> None:
        raise ZeroDivisionError

    access = Access(graph_url=tenant.url)
    situation = open_situation(tmp_path, "", access, read, is_default_path=True)
    found = {check.name: check for check in examine(situation)}
    assert list(found) == NAMES
    assert found["config"].detail == "unexpected error: ZeroDivisionError"
    assert found["packages"].state == "ok"


def test_the_text_has_aligned_columns_and_advice_on_its_own_line(world: World):
    world.login.refuse(7000222, times=None)
    environment = {"REMEDIATE_AUTH": "auto", **world.environment("secret")}
    said = examined(world.folder, "--graph-url", world.graph_url, environment=environment)
    lines = said.out.splitlines()
    assert said.code == 4
    assert [line for line in lines if len(line) > 100 and str(world.folder) not in line] == []
    names = [
        line[9:22].strip() for line in lines if line[:9].strip() in ("ok", "FAILED", "warning", "skipped")
    ]
    assert names == NAMES
    assert any(line.startswith(" " * 22 + "-> ") for line in lines)
    assert lines[-1].startswith("12 checks: ")


def test_the_texts_of_a_tenant_cannot_command_a_terminal(tmp_path, tenant):
    tenant.create(**foreign(SCRIPT, displayName="\x1b[2J##vso[task.complete]"))
    more = ("--graph-url", tenant.url)
    said = examined(tmp_path, *more, environment=clean_environment())
    assert "\x1b" not in said.out and "##vso[" not in said.out
    assert json.loads(simulated(tmp_path, tenant).out)
