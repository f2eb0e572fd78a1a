"""What the Graph simulator demands of tokens once signing in is on."""

from __future__ import annotations

import base64
import json
import re
import time

import jwt
import pytest
import requests

from aovpn_remediate.simulator.login import allowing
from aovpn_remediate.simulator.login.directory import CLIENT_ID, PUBLISHING, READING
from tests.app_certificates import rsa_key
from tests.graph_client import Tenant, answered, package
from tests.msal_clients import SCOPES, confidential, device_code
from tests.sign_in_world import SECRET, neighbor_id, sign_in_world, trusting

SCRIPTS = "/beta/deviceManagement/deviceHealthScripts"
CHALLENGE = {"access_token": {"nbf": {"essential": True, "value": "1764500000"}}}


def client(world, token=None):
    tenant = Tenant(world.graph_url)
    if token is not None:
        tenant.session.headers["Authorization"] = f"Bearer {token}"
    return tenant


def refusal(answer, status=401):
    error = answered(answer, status)["error"]
    return error["code"], error["message"]


def test_a_request_without_a_token_is_refused(world):
    answer = client(world).ask("GET", SCRIPTS)
    assert refusal(answer) == ("InvalidAuthenticationToken", "Access token is empty.")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert "authorization_uri=" in answer.headers["WWW-Authenticate"]


def test_a_token_of_the_login_service_is_accepted(world):
    tenant = client(world, world.login.app_token())
    answered(tenant.ask("GET", SCRIPTS))
    assert tenant.create()["id"]


def test_the_simulator_without_sign_in_asks_for_no_token(tenant):
    answered(tenant.ask("GET", SCRIPTS))


@pytest.mark.parametrize("resource", ["https://graph.microsoft.us", "{graph}"])
def test_a_token_for_any_graph_or_for_this_one_is_accepted(world, resource):
    answered(client(world, world.login.app_token(resource.format(graph=world.graph_url))).ask("GET", SCRIPTS))


@pytest.mark.parametrize("resource", ["https://vault.azure.net", "http://127.0.0.1:1"])
def test_a_token_for_something_else_is_refused(world, resource):
    answer = client(world, world.login.app_token(resource)).ask("GET", SCRIPTS)
    assert refusal(answer)[1].endswith("Invalid audience.")


def test_an_ended_or_forged_token_is_refused(world):
    world.login.change(token_lifetime=0)
    ended = client(world, world.login.app_token()).ask("GET", SCRIPTS)
    assert "expired" in refusal(ended)[1]
    now = int(time.time())
    claims = {"aud": "https://graph.microsoft.com", "tid": world.login.directory.tenant_id, "uti": "0"}
    forged = jwt.encode({**claims, "nbf": now, "exp": now + 600}, rsa_key("forger"), algorithm="RS256")
    assert refusal(client(world, forged).ask("GET", SCRIPTS))[0] == "InvalidAuthenticationToken"
    assert refusal(client(world, "nonsense").ask("GET", SCRIPTS))[0] == "InvalidAuthenticationToken"


CALLS = {
    "DeviceManagementScripts.Read.All": ("GET", SCRIPTS),
    "DeviceManagementScripts.ReadWrite.All": ("POST", SCRIPTS),
    "Group.Read.All": ("GET", "/beta/groups"),
    "GroupMember.Read.All": ("GET", "/beta/groups"),
    "DeviceManagementConfiguration.Read.All": ("GET", "/beta/deviceManagement/assignmentFilters"),
    "DeviceManagementRBAC.Read.All": ("GET", "/beta/deviceManagement/roleScopeTags"),
}


@pytest.mark.parametrize("permission", CALLS)
def test_each_call_needs_its_permission(tmp_path, permission):
    method, path = CALLS[permission]
    with sign_in_world(tmp_path, app=allowing([permission])) as world:
        tenant = client(world, world.login.app_token())
        assert tenant.ask(method, path, package() if method == "POST" else None).ok


@pytest.mark.parametrize(("method", "path"), sorted(set(CALLS.values())))
def test_a_call_without_its_permission_is_forbidden(tmp_path, method, path):
    with sign_in_world(tmp_path, app=allowing(["User.Read"])) as world:
        answer = client(world, world.login.app_token()).ask(
            method, path, package() if method == "POST" else None
        )
        code, message = refusal(answer, 403)
    if path == "/beta/groups":
        assert (code, "Insufficient privileges" in message) == ("Authorization_RequestDenied", True)
    else:
        words = json.loads(message)["Message"]
        needed = {name for name, call in CALLS.items() if call == (method, path)}
        assert code == "Forbidden" and all(name in words for name in needed)


def test_reading_does_not_allow_writing(tmp_path):
    with sign_in_world(tmp_path, app=allowing(READING)) as world:
        tenant = client(world, world.login.app_token())
        answered(tenant.ask("GET", SCRIPTS))
        for method, path in (("POST", ""), ("PATCH", "/1"), ("DELETE", "/1"), ("POST", "/1/assign")):
            assert refusal(tenant.packages(method, path, {}), 403)[0] == "Forbidden"


def test_a_batch_needs_a_token_and_each_request_in_it_its_permission(tmp_path):
    asked = {"/groups": 403, "/deviceManagement/deviceHealthScripts": 200}
    requests_ = [{"id": url, "method": "GET", "url": url} for url in asked]
    with sign_in_world(tmp_path, app=allowing([READING[0]])) as world:
        assert refusal(client(world).ask("POST", "/beta/$batch", {"requests": requests_}))
        tenant = client(world, world.login.app_token())
        answers = answered(tenant.ask("POST", "/beta/$batch", {"requests": requests_}))["responses"]
    assert {one["id"]: one["status"] for one in answers} == asked


def test_the_scopes_of_a_person_count_like_the_roles_of_an_app(tmp_path):
    with sign_in_world(tmp_path, app=allowing(READING)) as world, trusting(world.login) as session:
        tenant = client(world, device_code(world, session)["access_token"])
        answered(tenant.ask("GET", SCRIPTS))
        assert refusal(tenant.packages("POST", "", package()), 403)[0] == "Forbidden"


def test_revoked_tokens_are_refused_and_new_ones_are_not(world):
    old = client(world, world.login.app_token())
    answered(old.ask("GET", SCRIPTS))
    world.login.revoke()
    assert refusal(old.ask("GET", SCRIPTS))[0] == "InvalidAuthenticationToken"
    answered(client(world, world.login.app_token()).ask("GET", SCRIPTS))


def test_a_claims_challenge_is_satisfied_by_a_token_asked_for_with_it(world, session):
    app = confidential(world, session, SECRET, client_capabilities=["CP1"])
    tenant = client(world, app.acquire_token_for_client(SCOPES)["access_token"])
    world.login.challenge(CHALLENGE)
    answer = tenant.ask("GET", SCRIPTS)
    assert refusal(answer)[0] == "InvalidAuthenticationToken"
    header = answer.headers["WWW-Authenticate"]
    assert 'error="insufficient_claims"' in header
    claims = base64.b64decode(re.search(r'claims="([^"]+)"', header)[1]).decode()
    assert json.loads(claims) == CHALLENGE
    fresh = app.acquire_token_for_client(SCOPES, claims_challenge=claims)
    answered(client(world, fresh["access_token"]).ask("GET", SCRIPTS))
    assert refusal(tenant.ask("GET", SCRIPTS))
    world.login.challenge(None)
    answered(tenant.ask("GET", SCRIPTS))


def test_a_client_that_cannot_be_challenged_gets_a_plain_refusal(world):
    tenant = client(world, world.login.app_token())
    world.login.challenge(CHALLENGE)
    assert "insufficient_claims" not in tenant.ask("GET", SCRIPTS).headers["WWW-Authenticate"]


def test_the_default_app_has_what_publish_needs(world):
    claims = jwt.decode(world.login.app_token(), options={"verify_signature": False})
    assert set(claims["roles"]) == set(PUBLISHING)


def test_a_fault_hits_a_request_before_its_token_is_read(world):
    tenant = client(world)
    tenant.fail(status=503)
    with requests.Session():
        assert tenant.ask("GET", SCRIPTS).status_code == 503


def test_a_second_tenant_has_its_own_packages_apps_and_tokens(tmp_path):
    with sign_in_world(tmp_path, neighbors=(allowing(READING),)) as world, trusting(world.login) as session:
        (other,) = world.login.neighbors
        first, second = client(world, world.login.app_token()), client(world, other.app_token())
        first.create(displayName="of the first tenant")
        assert "of the first tenant" in [one["displayName"] for one in first.list()]
        assert "of the first tenant" not in [one["displayName"] for one in second.list()]
        assert refusal(second.packages("POST", "", package()), 403)[0] == "Forbidden"
        assert other.directory.tenant_id == neighbor_id(1)
        form = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": SECRET}
        url = f"{world.login.url}/neighbor1.example/oauth2/v2.0/token"
        token = session.post(url, data={**form, "scope": SCOPES[0]}).json()["access_token"]
        assert jwt.decode(token, options={"verify_signature": False})["tid"] == neighbor_id(1)
        other.refuse(7000222)
        assert session.post(url, data=form).json()["error_codes"] == [7000222]


def test_a_token_that_lies_about_its_tenant_is_refused(world):
    liar = jwt.encode({"tid": neighbor_id(1), "aud": "x", "exp": 1}, rsa_key("forger"), algorithm="RS256")
    assert refusal(client(world, liar).ask("GET", SCRIPTS))[0] == "InvalidAuthenticationToken"
