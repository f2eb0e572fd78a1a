"""Who wants a secret, a token or another tenant, by an address that the tool should not ask."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aovpn_remediate.errors import GraphShapeError, UsageError
from aovpn_remediate.graph.auth.certificate import Loaded
from aovpn_remediate.graph.auth.clouds import choose_hosts
from aovpn_remediate.graph.session import GraphSession
from aovpn_remediate.graph.url import is_loopback, service_root
from tests.scripted_server import Reply, serving
from tests.sign_in_desk import Desk

NOT_PLAIN = [
    "evil.example\\[::1]",
    "evil.example\\[::1]:8443",
    "[::1]evil.example",
    "evil.example[::1]",
    "[::1%25lo]",
]
NEXT_DOOR = (
    "127.1", "2130706433", "0x7f.1", "0.0.0.0", "[::]", "[::ffff:127.0.0.1]", "localhost.",
    "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1%2eevil.example", "\u24db\u24deocalhost",
)  # fmt: skip


@pytest.mark.parametrize("host", [*NOT_PLAIN, *NEXT_DOOR])
def test_a_host_that_only_looks_like_loopback_is_not(host):
    assert not is_loopback(f"https://{host}/")
    with pytest.raises(UsageError):
        service_root(f"http://{host}")
    with pytest.raises(UsageError, match="AZURE_AUTHORITY_HOST"):
        choose_hosts({"AZURE_AUTHORITY_HOST": f"https://{host}"}, graph_url="http://127.0.0.1:1")


@pytest.mark.parametrize(
    "link",
    [
        "http://evil.example:1\\@{host}/beta/x",
        "http://evil.example:1\\\\@{host}/beta/x",
        "http://user:word@{host}/beta/x",
        "http://evil.example:1#@{host}/beta/x",
        "http://{host}.evil.example/beta/x",
        "//{host}/beta/x",
        "http://[::1]@{host}/beta/x",
    ],
)
def test_a_next_page_never_takes_the_token_to_another_host(link):
    with serving([Reply({"value": [], "@odata.nextLink": "?"})]) as service:
        host = service.root.partition("://")[2]
        page = {"value": [], "@odata.nextLink": link.format(host=host)}
        with pytest.raises(GraphShapeError, match="leads to another address"):
            list(GraphSession(service.root).items("/x", page))
        assert service.asked == []


@pytest.mark.parametrize(
    "name", ["token_endpoint", "authorization_endpoint", "device_authorization_endpoint"]
)
@pytest.mark.parametrize("method", ["secret", "certificate", "workload-identity"])
def test_the_login_service_cannot_send_a_secret_elsewhere(desk: Desk, method, name):
    body = {**discovery(desk), name: "https://evil.example/\x1b[2J##vso[x]/token"}
    desk.world.login.fail(path="configuration$", body=body)
    before = len(desk.world.login.requests())
    said = desk.refusal(method=method)
    assert "says to sign in at another address (https://evil.example/" in said
    assert "nothing was sent there; check the address, and whether a proxy answers in its place" in said
    assert len(desk.world.login.requests()) - before == 1
    assert "##vso[" not in said and "\x1b" not in said


def test_microsofts_login_services_may_name_each_other():
    public = choose_hosts({})
    assert public.is_login("https://login.microsoftonline.us/x/oauth2/v2.0/token")
    assert not public.is_login("http://login.microsoftonline.com/x")
    assert not public.is_login("https://login.microsoftonline.com.evil.example/x")
    assert not public.is_login("https://evil.example\\@login.microsoftonline.com/x")
    here = choose_hosts({"AZURE_AUTHORITY_HOST": "localhost:8443"}, graph_url="http://127.0.0.1:1")
    assert here.is_login("https://localhost:8443/x")
    assert not here.is_login("https://localhost:8444/x")
    assert not here.is_login("https://login.microsoftonline.com/x")


@pytest.mark.parametrize("url", [f"http://{host}/x" for host in NOT_PLAIN])
def test_a_token_service_must_have_a_plain_host(desk: Desk, url):
    said = desk.refusal(code=64, method="azure-pipelines", SYSTEM_OIDCREQUESTURI=url)
    assert "SYSTEM_OIDCREQUESTURI: the value must be an https:// address" in said


@pytest.mark.parametrize(
    "token",
    [5, ["x"], {"a": "b"}, None, "", "\u65e5\u672c", "a\r\nX: y", "a b", "\xe9"],
    ids=str,
)
@pytest.mark.parametrize("command", [("plan",), ("auth", "status")], ids=" ".join)
def test_what_is_not_a_token_is_not_sent(desk: Desk, command, token):
    body = {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
    desk.world.login.fail(path="/token$", body=body)
    assert "is not what Microsoft's service sends" in desk.refusal(*command)


@pytest.mark.parametrize("seconds", [10**400, "nan", "inf"], ids=lambda value: str(value)[:9])
def test_an_end_that_is_no_number_of_seconds_is_refused(desk: Desk, seconds):
    body = {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": seconds}
    desk.world.login.fail(path="/token$", body=body)
    assert "is not what Microsoft's service sends" in desk.refusal()


def test_the_name_of_an_error_is_one_short_line(desk: Desk):
    name = "x\nerror: a line of its own\n##vso[task.complete]\x1b[31m" + "y" * 5000
    desk.world.login.fail(path="/token$", status=400, body={"error": name, "error_codes": [True]})
    said = desk.say().err
    assert said.count("\n") == 1 and len(said) < 1000
    assert "##vso[" not in said and "\x1b" not in said and "AADSTS" not in said


def test_a_wait_that_cannot_be_read_is_as_if_there_was_none(desk: Desk):
    desk.world.login.fail(path="/token$", status=429, headers={"Retry-After": "soon"})
    assert desk.say().code == 0


def test_a_managed_identity_needs_a_tenant_that_can_be_compared(desk: Desk, monkeypatch):
    monkeypatch.setattr(desk, "head", "tenants:\n  production: {id: fabrikam.example}\n")
    said = desk.refusal("publish", "--yes", method="managed-identity")
    assert said == (
        "error: tenants: production: id: a managed identity is of one tenant, and only a GUID can be "
        "compared with it; write the tenant's GUID in place of its domain"
    )
    assert desk.world.identity.requests == []


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
@pytest.mark.parametrize("path", [".", "", "{here}"])
def test_no_program_of_the_current_folder_is_run(desk: Desk, tmp_path: Path, monkeypatch, path):
    planted = tmp_path / "az"
    planted.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    planted.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    before = path.format(here=tmp_path) + os.pathsep
    said = desk.refusal(method="azure-cli", PATH=before + desk.world.environment("azure-cli")["PATH"])
    assert "there is a program az in the current folder, which is not run; run this in another fold" in said
    assert not (tmp_path / "ran").exists()


def test_no_text_of_a_loaded_certificate_has_its_key():
    loaded = Loaded({"private_key": "KEY~word"}, datetime.now(UTC))
    assert "KEY~word" not in f"{loaded!r} {loaded!s}"


def discovery(desk: Desk) -> dict[str, str]:
    root = f"{desk.world.login.authority}/oauth2/v2.0"
    return {
        "issuer": f"{desk.world.login.authority}/v2.0",
        "token_endpoint": f"{root}/token",
        "authorization_endpoint": f"{root}/authorize",
        "device_authorization_endpoint": f"{root}/devicecode",
    }
