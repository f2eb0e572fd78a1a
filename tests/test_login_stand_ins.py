"""The stand-ins of pipelines, Azure and the az CLI, and the controls of the login service over HTTP."""

from __future__ import annotations

import base64
import json
import os
import shlex
import signal
import subprocess
import sys
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import jwt
import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from aovpn_remediate.simulator.login.assertions import ASSERTION_TYPE
from aovpn_remediate.simulator.login.directory import CLIENT_ID, TENANT_ID, App, Directory
from aovpn_remediate.simulator.login.service import LoginService
from aovpn_remediate.simulator.wire import Request
from tests import oidc_stand_ins as oidc
from tests.app_certificates import app_certificate
from tests.msal_clients import SCOPES, claims_of, confidential
from tests.patience import HANGING
from tests.sign_in_world import METHODS, SECRET

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.sampled_from(["iss", "sub", "aud"]), some),
    max_leaves=4,
)


@pytest.fixture
def plain():
    with requests.Session() as session:
        session.trust_env = False
        yield session


def ask_pipelines(world, plain, **changes):
    environment = world.environment("azure-pipelines")
    connection = environment["AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"]
    headers = {
        "Authorization": f"Bearer {environment['SYSTEM_ACCESSTOKEN']}",
        "X-TFS-FedAuthRedirect": "Suppress",
        **changes.pop("headers", {}),
    }
    query = {"api-version": "7.1", "serviceConnectionId": connection, **changes}
    url = environment["SYSTEM_OIDCREQUESTURI"]
    return plain.post(url, params=query, headers=headers, allow_redirects=False)


def test_azure_pipelines_gives_an_assertion_that_the_login_service_accepts(world, plain, session):
    token = ask_pipelines(world, plain).json()["oidcToken"]
    app = confidential(world, session, {"client_assertion": lambda: token})
    assert claims_of(app.acquire_token_for_client(SCOPES))["roles"]


def test_azure_pipelines_refuses_as_it_does(world, plain):
    bad = {"Authorization": "Bearer wrong"}
    assert ask_pipelines(world, plain, headers=bad).status_code == 401
    redirect = ask_pipelines(world, plain, headers={**bad, "X-TFS-FedAuthRedirect": ""})
    assert redirect.status_code == 302 and redirect.headers["Location"].endswith("/_signin")
    assert "Sign In" in plain.get(redirect.headers["Location"]).text
    unknown = ask_pipelines(world, plain, serviceConnectionId="x")
    assert unknown.status_code == 404
    assert unknown.json()["message"] == "No service connection found with identifier"
    assert ask_pipelines(world, plain, **{"api-version": "5.0"}).status_code == 400


def ask_github(world, plain, token=oidc.GITHUB_TOKEN):
    url = world.environment("github")["ACTIONS_ID_TOKEN_REQUEST_URL"]
    headers = {"Authorization": f"bearer {token}"}
    return plain.get(f"{url}&audience=api://AzureADTokenExchange", headers=headers)


def test_github_gives_an_assertion_that_the_login_service_accepts(world, plain, session):
    app = confidential(world, session, {"client_assertion": lambda: ask_github(world, plain).json()["value"]})
    assert claims_of(app.acquire_token_for_client(SCOPES))["roles"]
    assert ask_github(world, plain, "wrong").status_code == 401


def test_an_assertion_can_have_ended(world, plain, session):
    world.github.assertion_ends_in = -3600
    token = ask_github(world, plain).json()["value"]
    answer = confidential(world, session, {"client_assertion": lambda: token}).acquire_token_for_client(
        SCOPES
    )
    assert answer["error_codes"] == [700024]


def test_a_stand_in_can_fail_in_every_way(world, plain):
    world.pipelines.fail(status=302, headers={"Location": "/_signin"})
    world.pipelines.fail(body="<html>proxy</html>")
    world.pipelines.fail(body={})
    world.pipelines.fail(close=True)
    assert ask_pipelines(world, plain).status_code == 302
    assert ask_pipelines(world, plain).text == "<html>proxy</html>"
    assert ask_pipelines(world, plain).json() == {}
    with pytest.raises(requests.ConnectionError):
        ask_pipelines(world, plain)
    assert ask_pipelines(world, plain).ok and len(world.pipelines.requests) == 5


def ask_identity(world, plain, **query):
    environment = world.environment("managed-identity")
    headers = {"X-IDENTITY-HEADER": query.pop("header", environment["IDENTITY_HEADER"])}
    whole = {"api-version": "2019-08-01", "resource": "https://graph.microsoft.com", **query}
    return plain.get(environment["IDENTITY_ENDPOINT"], params=whole, headers=headers)


def test_a_managed_identity_gives_a_token_of_the_login_service(world, plain):
    answer = ask_identity(world, plain, client_id=oidc.IDENTITY_CLIENT_ID).json()
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["aud"] == "https://graph.microsoft.com" and int(answer["expires_on"])
    assert ask_identity(world, plain, header="wrong").status_code == 401
    assert ask_identity(world, plain, client_id="other").status_code == 400


def run_az(world, *arguments):
    command = ["az", "account", "get-access-token", *arguments]
    environment = world.environment("azure-cli")
    return subprocess.run(
        command, check=False, env=environment, capture_output=True, text=True, timeout=HANGING
    )


def test_az_gives_a_token_or_says_that_nobody_is_signed_in(world):
    answer = json.loads(run_az(world, "--scope", SCOPES[0]).stdout)
    assert {"accessToken", "expires_on", "tenant"} <= set(answer)
    assert world.az.calls() == [["account", "get-access-token", "--scope", SCOPES[0]]]
    world.az.signed_out()
    done = run_az(world)
    assert (done.returncode, done.stdout, "az login" in done.stderr) == (1, "", True)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_its_environment(world, monkeypatch, method):
    monkeypatch.setenv("ARM_CLIENT_SECRET", "of somebody else")
    monkeypatch.setenv("https_proxy", "http://proxy.example")
    environment = world.environment(method)
    assert environment["AZURE_AUTHORITY_HOST"] == world.login.url
    assert not {"ARM_CLIENT_SECRET", "https_proxy"} & set(environment)
    assert ("AZURE_CLIENT_SECRET" in environment) == (method == "secret")


def control(world, session, method, path, body=None):
    return session.request(method, f"{world.login.url}/simulator/{path}", json=body)


def test_the_login_service_is_controlled_over_http(world, session):
    settings = {"token_lifetime": 60, "device_code": ["slow_down"], "authorize": "53003", "challenge": None}
    changed = control(world, session, "POST", "login", settings).json()
    assert {name: changed[name] for name in settings} == settings
    told = {"refuse": {"code": 7000222, "times": 2}, "revoke": True, "sign_out": True}
    assert control(world, session, "POST", "login", told).json()["refused_before"] == 1
    app = confidential(world, session, SECRET)
    assert app.acquire_token_for_client(SCOPES)["error_codes"] == [7000222]
    assert len(control(world, session, "GET", "requests").json()) == 2
    assert control(world, session, "DELETE", "faults").status_code == 204
    assert app.acquire_token_for_client(SCOPES)["expires_in"] == 60
    assert control(world, session, "GET", "login").json()["token_lifetime"] == 60


@pytest.mark.parametrize(
    "body", [[], {"token_lifetime": -1}, {"token_lifetime": True}, {"unknown": 1}, {"refuse": {"code": "x"}}]
)
def test_a_wrong_control_is_refused(world, session, body):
    assert control(world, session, "POST", "login", body).status_code == 400


@pytest.mark.parametrize(
    ("status", "error"), [(429, "temporarily_unavailable"), (503, "temporarily_unavailable")]
)
def test_a_fault_with_a_status_alone_is_answered_as_entra_does(world, session, status, error):
    world.login.fail(path="/token$", status=status, headers={"Retry-After": "7"})
    url = f"{world.login.authority}/oauth2/v2.0/token"
    answer = session.post(url, data={}, headers={"client-request-id": "mine"})
    assert answer.json()["correlation_id"] == "mine"
    assert (answer.status_code, answer.json()["error"], answer.headers["Retry-After"]) == (status, error, "7")


def test_the_login_service_answers_html_broken_json_or_nothing(world, session):
    url = f"{world.login.authority}/oauth2/v2.0/token"
    world.login.fail(status=502, body="<html>Bad gateway</html>")
    world.login.fail(status=200, body='{"acc', headers={"Content-Type": "application/json"})
    world.login.fail(delay=3600, close=True)
    assert session.post(url).headers["Content-Type"].startswith("text/html")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        session.post(url).json()
    with pytest.raises(requests.ReadTimeout):
        session.post(url, timeout=0.2)
    assert session.post(url).json()["error"] == "invalid_request"


def test_the_clock_of_the_login_service_can_be_wrong(world, session):
    world.login.change(clock=-3600)
    app = confidential(world, session, {"client_assertion": oidc.assertion})
    assert app.acquire_token_for_client(SCOPES)["error_codes"] == [700024]
    date = parsedate_to_datetime(session.get(f"{world.login.url}/devicelogin").headers["Date"])
    assert 3500 < (datetime.now(UTC) - date).total_seconds() < 3700
    token = confidential(world, session, SECRET).acquire_token_for_client(SCOPES)
    assert claims_of(token)["iat"] < datetime.now(UTC).timestamp() - 3500


HOSTILE = st.dictionaries(
    st.sampled_from(
        ["grant_type", "client_id", "scope", "claims", "client_assertion", "client_secret", "code"]
    ),
    st.one_of(st.text(max_size=20), st.sampled_from(["client_credentials", "refresh_token", CLIENT_ID])),
)


@settings(max_examples=150)
@given(form=HOSTILE, header=st.dictionaries(st.sampled_from(["x5t", "x5c", "alg", "kid"]), JSON), claims=JSON)
def test_whatever_a_client_sends_is_answered(form, header, claims):
    service = login_service()
    parts = [json.dumps(part).encode() for part in ({"alg": "RS256", **header}, claims)]
    assertion = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in [*parts, b"x"])
    proof = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}
    for one in (form, {**form, "client_id": CLIENT_ID, **proof, "grant_type": "client_credentials"}):
        for method, name in (("POST", "token"), ("POST", "devicecode"), ("GET", "authorize")):
            assert (
                200 <= service.answer(request(method, f"/{TENANT_ID}/oauth2/v2.0/{name}", one)).status < 500
            )


@cache
def login_service():
    app = App(certificates=(app_certificate().public,), federated=oidc.trusts())
    return LoginService(Directory(apps=(app,)))


def request(method, path, form):
    text = urlencode(form, errors="replace")
    query, body = (text, b"") if method == "GET" else ("", text.encode())
    return Request(
        root="https://localhost:1", method=method, path=path, query=query, headers={}, body=body, id="1"
    )


def test_an_unknown_page_is_not_found(world, session):
    assert session.get(f"{world.login.authority}/oauth2/v2.0/logout").status_code == 404
    assert session.get(f"{world.login.url}/devicelogin").ok


def test_a_client_that_does_not_know_the_authority_refuses_it(world, plain):
    with pytest.raises(requests.exceptions.SSLError):
        plain.get(world.login.url)


def test_the_ca_file_is_gone_at_the_end(tmp_path):
    from tests.sign_in_world import sign_in_world

    with sign_in_world(tmp_path) as world:
        assert world.login.ca_file.read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert not world.login.ca_file.parent.exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_the_variables_of_a_sign_in(number):
    code = "from aovpn_remediate.cli import run; import sys; sys.exit(run(['simulator', '--port', '0', '--sign-in']))"
    with subprocess.Popen([sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout is not None
        lines = [served.stdout.readline().strip() for _ in range(7)]
        ca_file = Path(shlex.split(lines[2])[1].partition("=")[2])
        assert ca_file.exists()
        served.send_signal(number)
        assert served.wait(HANGING) == 0
    assert not ca_file.parent.exists()
    assert lines[0].startswith("http://127.0.0.1:")
    names = ["AZURE_AUTHORITY_HOST", "REQUESTS_CA_BUNDLE", "AZURE_TENANT_ID", "AZURE_CLIENT_ID"]
    names += ["AZURE_CLIENT_SECRET", "REMEDIATE_AUTH"]
    assert [name in line for name, line in zip(names, lines[1:], strict=True)] == [True] * 6
