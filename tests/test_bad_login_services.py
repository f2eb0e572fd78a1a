"""Login services, token services, proxies and certificates that do not do their work: one message each."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from aovpn_remediate.graph.auth import login_session
from tests import oidc_stand_ins as oidc
from tests.proxy_stand_in import COMPANY, proxy
from tests.sign_in_desk import Desk

JSON = {"Content-Type": "application/json"}
FOR_EVER = {"times": None}
BROKEN = "answered with broken JSON or other text (application/json) of"
NOT_ITS = "is not what Microsoft's service sends; check the address, and whether a proxy answers"
REAL = {"AZURE_AUTHORITY_HOST": None, "REQUESTS_CA_BUNDLE": None}
PROXY_WORD = "PROXY~word"


@pytest.mark.parametrize("path", ["/token$", "configuration$"])
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            {"body": "<html>hi</html>"},
            "answered with an HTML page of 15 bytes (status 200) instead of a JSON",
        ),
        ({"status": 403, "body": "<html>"}, "answered with an HTML page of 6 bytes (status 403) instead of"),
        ({"body": '{"acc', "headers": JSON}, f"{BROKEN} 5 bytes (status 200) instead of a JSON object"),
        ({"body": "[" * 100_000, "headers": JSON}, f"{BROKEN} 100,000 bytes"),
        ({"body": ["x"]}, "answered with a JSON list (status 200) instead of a JSON object"),
        ({"body": "5", "headers": JSON}, "answered with a single JSON value (status 200) instead of"),
        ({"status": 204}, "answered with an empty body (status 204) instead of a JSON object"),
        (
            {"status": 302, "headers": {"Location": "https://x.example/"}},
            "redirects to another address (status",
        ),
        ({"close": True, **FOR_EVER}, "closed the connection; check the address, the network and the proxy"),
        (
            {"truncate": True, **FOR_EVER},
            "closed the connection; check the address, the network and the proxy",
        ),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_login_service_that_answers_nonsense(desk: Desk, path, fault, words):
    desk.world.login.fail(path=path, **fault)
    said = desk.refusal()
    assert said.startswith("error: sign-in by secret (AZURE_CLIENT_SECRET): localhost:")
    assert words in said
    assert "x.example" not in said


@pytest.mark.parametrize("path", ["/token$", "configuration$"])
@pytest.mark.parametrize(
    "body",
    [
        {"a": 1},
        {"token_endpoint": 5, "authorization_endpoint": 6, "issuer": 7},
        {"access_token": 5, "expires_in": "x"},
        {"access_token": "x", "expires_in": None},
        {"error": 5, "error_description": 6, "error_codes": ["x"]},
        {"error": {"code": 5}, "error_codes": 7},
    ],
    ids=str,
)
@pytest.mark.parametrize("status", [200, 401])
def test_a_login_service_that_answers_other_json(desk: Desk, path, body, status):
    desk.world.login.fail(path=path, status=status, body=body)
    said = desk.refusal()
    assert NOT_ITS in said or "has no token and no reason; check the address" in said


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 500}, "has a problem (status 500); wait some minutes and run this again"),
        ({"status": 429, "headers": {"Retry-After": "0"}}, "is throttling (status 429); wait some minutes"),
        ({"status": 502, "body": "<html>"}, "answered with an HTML page of 6 bytes (status 502) instead of"),
    ],
    ids=["500", "429", "502"],
)
def test_a_login_service_that_stays_busy(desk: Desk, fault, words):
    before = len(desk.world.login.requests())
    desk.world.login.fail(path="/token$", **fault, **FOR_EVER)
    assert words in desk.refusal()
    assert len(desk.world.login.requests()) - before == 5, "one discovery, and the token four times"


def test_a_login_service_that_is_busy_once_is_no_error(desk: Desk):
    desk.world.login.fail(path="/token$", status=429, headers={"Retry-After": "0"})
    assert desk.say().code == 0


def test_a_silent_login_service_is_given_up(desk: Desk, monkeypatch):
    monkeypatch.setattr(login_session, "_READ", 0.3)
    desk.world.login.fail(path="/token$", delay=3600, close=True, **FOR_EVER)
    said = desk.refusal()
    assert "got the request but does not answer in time; check the address, the network and the proxy" in said


@pytest.mark.parametrize("method", ["secret", "certificate", "workload-identity"])
def test_a_login_service_that_nothing_listens_for(desk: Desk, closed_port, method):
    said = desk.refusal(method=method, AZURE_AUTHORITY_HOST=f"https://localhost:{closed_port}")
    assert f"nothing answers at localhost:{closed_port}; check the address, the network and the pro" in said
    assert "simulator" not in said and "--graph-url" not in said


def token_services(desk: Desk) -> Mapping[str, oidc.StandIn]:
    return {"azure-pipelines": desk.world.pipelines, "github": desk.world.github}


@pytest.mark.parametrize("method", ["azure-pipelines", "github"])
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            {"status": 302, "headers": {"Location": "https://x.example/"}},
            "redirects to another address (status",
        ),
        (
            {"status": 203, "body": "<html>Sign in</html>"},
            "answered with an HTML page of 20 bytes (status 203",
        ),
        ({"status": 401, "body": "<html>"}, "refuses the token of "),
        ({"status": 403, "body": {}}, "refuses the token of "),
        ({"status": 400, "body": {"message": "secret"}}, "refuses the request (status 400); check "),
        ({"body": '{"oidc', "headers": JSON}, f"{BROKEN} 6 bytes (status 200) instead of a JSON object"),
        ({"body": {}}, "check the address"),
        ({"body": {"oidcToken": 5, "value": 5}}, "check the address"),
        ({"body": {"oidcToken": "x", "value": "x"}}, "the value is not an assertion (a JSON web token)"),
        ({"status": 204}, "answered with an empty body (status 204) instead of a JSON object"),
        ({"close": True, **FOR_EVER}, "closed the connection"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_token_service_that_gives_no_assertion(desk: Desk, method, fault, words):
    before = [one["path"] for one in desk.world.login.requests()]
    token_services(desk)[method].fail(**fault)
    said = desk.refusal(method=method)
    assert said.startswith(f"error: sign-in by {method} (") and words in said
    assert "x.example" not in said and "message" not in said
    after = [one["path"] for one in desk.world.login.requests()]
    assert not any(path.endswith("/token") for path in after[len(before) :])


@pytest.mark.parametrize("body", [{}, "<html>"])
def test_a_connection_that_the_job_does_not_name(desk: Desk, body):
    desk.world.pipelines.fail(status=404, body=body)
    said = desk.refusal(method="azure-pipelines")
    assert "does not know the service connection (status 404); name it in a task of this job" in said


@pytest.mark.parametrize("method", ["azure-pipelines", "github"])
@pytest.mark.parametrize("status", [429, 500])
def test_a_busy_token_service_is_asked_again(desk: Desk, method, status):
    service = token_services(desk)[method]
    service.fail(status=status, headers={"Retry-After": "0"}, **FOR_EVER)
    said = desk.refusal(method=method)
    assert f"(status {status}); wait some minutes and run this again" in said


@pytest.mark.parametrize(
    ("method", "name"),
    [("azure-pipelines", "SYSTEM_ACCESSTOKEN"), ("github", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")],
)
def test_a_token_that_no_header_can_carry_is_not_shown(desk: Desk, method, name):
    for value in ("MINE~\nX", "MINE~→"):
        said = desk.refusal(method=method, **{name: value})
        assert f"the value of {name} has characters that a token cannot have; set it again" in said
        assert "MINE~" not in said
    said = desk.refusal(method=method, **{name: "MINE~"})
    assert f"refuses the token of {name} (status 401); run this in the job that the token is for" in said
    assert "MINE~" not in said


def test_an_assertion_that_ended_at_once_blames_the_clock(desk: Desk):
    desk.world.pipelines.assertion_ends_in = -3600
    said = desk.refusal(method="azure-pipelines")
    assert "the assertion ended 60 min ago by the clock of this computer" in said


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("password", "the proxy asks for a user name and password; write them into HTTPS_PROXY as "),
        ("forbid", "the proxy refuses the request; check HTTPS_PROXY and NO_PROXY"),
        ("hang up", "login.microsoftonline.com closed the connection; check the address, the network and"),
    ],
)
def test_a_proxy_that_lets_nothing_through(desk: Desk, tmp_path: Path, how, words):
    with proxy(how, tmp_path) as one:
        address = one.url.replace("//", f"//user:{PROXY_WORD}@")
        said = desk.refusal(graph=None, HTTPS_PROXY=address, **REAL)
    assert said.startswith("error: sign-in by secret (AZURE_CLIENT_SECRET): ") and words in said
    assert PROXY_WORD not in said
    assert {line.split()[1] for line in one.asked} == {"login.microsoftonline.com:443"}


def test_an_inspected_connection_names_the_issuer_and_three_ways(desk: Desk, tmp_path: Path):
    with proxy("inspect", tmp_path) as one:
        said = desk.refusal(graph=None, HTTPS_PROXY=one.url, **REAL)
    assert f"the certificate of login.microsoftonline.com is not trusted; its issuer is {COMPANY}" in said
    assert (
        "add the issuer's certificate to the certificate store of this computer, or name a PEM file" in said
    )
    assert "REQUESTS_CA_BUNDLE, or have this host excluded from the inspection" in said
    assert len(one.asked) == 2, "one try, and one look at the certificate"


def test_a_page_of_a_trusted_inspection_is_named(desk: Desk, tmp_path: Path):
    with proxy("inspect", tmp_path) as one:
        variables = {**REAL, "REQUESTS_CA_BUNDLE": str(one.ca_file), "HTTPS_PROXY": one.url}
        said = desk.refusal(graph=None, **variables)
    assert "login.microsoftonline.com answered with an HTML page of 47 bytes (status 200) instead" in said
    assert "check whether a proxy answers in its place" in said and "blocked" not in said


def test_a_certificate_authority_that_nobody_trusts_is_not_tried_again(desk: Desk):
    said = desk.refusal(REQUESTS_CA_BUNDLE=None)
    assert "is not trusted; its issuer is trustme" in said


@pytest.mark.parametrize(
    ("place", "words"),
    [("nothing", "the file does not exist"), ("junk", "the file has no certificate in PEM form")],
)
@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_file_of_certificates_that_is_none(desk: Desk, name, place, words):
    desk.file("junk", "junk")
    said = desk.refusal(code=64, **{"REQUESTS_CA_BUNDLE": None, name: str(desk.folder / place)})
    assert said.startswith(f"error: {name}: {words}; correct the path, or remove the variable")
