"""The tokens of one sign-in: renewed in time, once for all threads, and never for another tenant."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.auth.choice import SignIn
from aovpn_remediate.graph.auth.clouds import choose_hosts
from aovpn_remediate.graph.auth.source import TokenSource
from aovpn_remediate.graph.auth.tokens import Grant, challenge_in, claims_of, permissions_of

TENANT = "11111111-1111-1111-1111-111111111111"


class Login:
    """Gives numbered tokens that live for some seconds; fails while ``failing``."""

    def __init__(self, *, lives=3600.0, tid=TENANT):
        self.lives = lives
        self.tid = tid
        self.asked = []
        self.failing = False

    def __call__(self, ask):
        self.asked.append(ask)
        if self.failing:
            raise SignInError("the login service has a problem")
        token = jwt.encode({"tid": self.tid, "n": len(self.asked)}, "k" * 32, algorithm="HS256")
        return Grant(token, time.time() + self.lives)


def source(login, tenant=TENANT):
    return TokenSource(SignIn("secret", choose_hosts({}), tenant, "", {}, {}), login)


def test_one_token_serves_until_it_ends_soon():
    login = Login()
    tokens = source(login)
    assert tokens.token() == tokens.token()
    assert len(login.asked) == 1


@pytest.mark.parametrize(("lives", "asked"), [(301.0, 1), (599.0, 1), (0.0, 2), (-5.0, 2)])
def test_a_short_life_is_used_up_to_its_half(lives, asked):
    login = Login(lives=lives)
    tokens = source(login)
    tokens.token()
    tokens.token()
    assert len(login.asked) == asked


def test_threads_that_are_refused_together_get_one_new_token():
    login = Login()
    tokens = source(login)
    first = tokens.token()
    gate = threading.Barrier(8)

    def refused(_):
        gate.wait()
        return tokens.token_after(first)

    with ThreadPoolExecutor(8) as threads:
        new = set(threads.map(refused, range(8)))
    assert len(login.asked) == 2
    assert len(new) == 1 and first not in new


def test_a_refusal_asks_for_a_fresh_token_with_the_claims():
    login = Login()
    tokens = source(login)
    tokens.token_after(tokens.token(), '{"access_token":{}}')
    assert (login.asked[1].claims, login.asked[1].is_fresh) == ('{"access_token":{}}', True)


def test_a_failed_sign_in_is_not_tried_again():
    login = Login()
    login.failing = True
    tokens = source(login)
    for _ in range(3):
        with pytest.raises(SignInError, match="has a problem"):
            tokens.token()
    assert len(login.asked) == 1


def test_a_renewal_that_fails_leaves_the_token_while_it_is_valid():
    login = Login(lives=40.0)
    tokens = source(login)
    first = tokens.token()
    tokens._reserve = 100.0
    login.failing = True
    assert tokens.token() == first
    assert tokens.token() == first
    assert len(login.asked) == 2
    tokens._reserve = 100.0
    login.failing = False
    assert tokens.token() != first


def test_a_token_for_another_tenant_is_refused():
    with pytest.raises(SignInError, match="for another tenant") as caught:
        source(Login(tid="22222222-2222-2222-2222-222222222222")).token()
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("tenant", [TENANT.upper(), "contoso.onmicrosoft.com", ""])
def test_a_tenant_by_another_spelling_or_by_its_domain_is_the_same(tenant):
    assert source(Login(), tenant).token()


@pytest.mark.parametrize(
    "text", ["", "a.b", "a.b.c", "a.!!!.c", "a.bnVsbA.c", "a." + "W" * 9 + ".c", "é.é.é"]
)
def test_what_is_not_a_token_has_no_claims(text):
    assert claims_of(text) == {}
    assert permissions_of(text) == ()


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"roles": ["B", "A"]}, ("A", "B")),
        ({"scp": "B A"}, ("A", "B")),
        ({"roles": "A", "scp": 3}, ()),
        ({"roles": ["A", 1], "scp": "A"}, ("A",)),
    ],
)
def test_permissions_are_the_roles_of_an_app_or_the_scopes_of_a_person(claims, expected):
    assert permissions_of(jwt.encode(claims, "k" * 32, algorithm="HS256")) == expected


def test_a_header_without_a_demand_has_no_claims():
    assert challenge_in('Bearer realm="", error="invalid_token"') == ""
    assert challenge_in('Bearer error="insufficient_claims"') == ""
