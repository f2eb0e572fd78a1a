"""What a session does when Graph refuses a token: one new token, one demand for claims, then a clear error."""

from __future__ import annotations

import base64
import json

import pytest

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.session import GraphSession
from tests.fake_clock import FakeClock
from tests.scripted_server import Reply, serving

PATH = "/deviceManagement/deviceHealthScripts"
CLAIMS = {"access_token": {"nbf": {"essential": True, "value": "1700000000"}}}


class Tokens:
    """Tokens with numbers; keeps what was asked for."""

    def __init__(self):
        self.asked = []

    def token(self):
        return f"token-{len(self.asked)}"

    def token_after(self, refused, claims=""):
        self.asked.append((refused, claims))
        return self.token()


def refusal(*, claims=None):
    header = 'Bearer realm="", authorization_uri="https://login.example/authorize"'
    if claims is not None:
        encoded = base64.b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        header += f', error="insufficient_claims", claims="{encoded}"'
    error = {"error": {"code": "InvalidAuthenticationToken", "message": "no"}}
    return Reply(error, status=401, headers={"WWW-Authenticate": header})


def sent(service):
    return [request.headers["Authorization"] for request in service.requests]


def session(service, tokens):
    return GraphSession(service.root, tokens=tokens, clock=FakeClock().clock())


def test_a_refused_token_is_replaced_once():
    tokens = Tokens()
    with serving([refusal(), Reply({"id": "1"})]) as service:
        assert session(service, tokens).get(PATH) == {"id": "1"}
    assert tokens.asked == [("token-0", "")]
    assert sent(service) == ["Bearer token-0", "Bearer token-1"]


def test_a_second_refusal_is_final_and_blames_the_sign_in():
    with (
        serving([refusal(), refusal(), Reply({"id": "1"})]) as service,
        pytest.raises(SignInError, match="the token of this sign-in is refused") as caught,
    ):
        session(service, Tokens()).get(PATH)
    assert len(service.requests) == 2
    assert caught.value.exit_code == 4
    assert "permission" not in str(caught.value)


def test_a_demand_for_claims_is_met_once():
    tokens = Tokens()
    with serving([refusal(claims=CLAIMS), Reply({"id": "1"})]) as service:
        session(service, tokens).get(PATH)
    ((refused, claims),) = tokens.asked
    assert (refused, json.loads(claims)) == ("token-0", CLAIMS)


def test_demands_for_claims_without_end_are_not_met_again():
    tokens = Tokens()
    with serving([refusal(claims=CLAIMS)] * 3) as service, pytest.raises(SignInError):
        session(service, tokens).get(PATH)
    assert len(service.requests) == 2
    assert len(tokens.asked) == 1


def test_a_new_token_may_be_asked_for_claims():
    tokens = Tokens()
    with serving([refusal(), refusal(claims=CLAIMS), Reply({"id": "1"})]) as service:
        session(service, tokens).get(PATH)
    assert [bool(claims) for _, claims in tokens.asked] == [False, True]


@pytest.mark.parametrize("claims", ["!!!", "bm8ganNvbg", "W10"])
def test_claims_that_are_not_json_count_as_a_plain_refusal(claims):
    tokens = Tokens()
    header = f'Bearer error="insufficient_claims", claims="{claims}"'
    reply = Reply({}, status=401, headers={"WWW-Authenticate": header})
    with serving([reply, Reply({"id": "1"})]) as service:
        session(service, tokens).get(PATH)
    assert tokens.asked == [("token-0", "")]


def test_a_create_whose_token_is_refused_is_sent_again():
    with serving([refusal(), Reply({"id": "1"}, status=201)]) as service:
        session(service, Tokens()).create(PATH, {"displayName": "x"}, lambda: None)
    assert [request.method for request in service.requests] == ["POST", "POST"]


def test_a_missing_permission_is_named_and_not_tried_again():
    error = {"error": {"code": "Forbidden", "message": "Application is not authorized"}}
    tokens = Tokens()
    with (
        serving([Reply(error, status=403)]) as service,
        pytest.raises(SignInError, match=r"DeviceManagementScripts\.ReadWrite\.All"),
    ):
        session(service, tokens).send("POST", PATH, {})
    assert tokens.asked == []
