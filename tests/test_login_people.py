"""A person who signs in to the login service with the genuine ``msal``: browser, device code, refresh."""

from __future__ import annotations

import base64
import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import msal
import pytest

from aovpn_remediate.simulator.login import allowing, running_login
from aovpn_remediate.simulator.login.directory import CLIENT_ID, READING, TENANT_ID, App, Directory
from tests.browser_stand_in import Form
from tests.msal_clients import claims_of, device_code, public
from tests.patience import HANGING
from tests.sign_in_world import sign_in_world, trusting


@pytest.fixture
def browser(world, monkeypatch):
    """Put a stand-in for the browser into ``BROWSER``."""
    import webbrowser

    def use(how="accept"):
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(world.login.ca_file))
        monkeypatch.setenv("BROWSER", world.browser(how))
        monkeypatch.setattr(webbrowser, "_tryorder", None)

    return use


def interactive(world, session, *scopes, **options):
    client = public(world, session, client_capabilities=["CP1"])
    answer = client.acquire_token_interactive(list(scopes), timeout=HANGING, **options)
    return client, answer


def test_a_browser_signs_the_person_in(world, session, browser):
    browser()
    client, answer = interactive(world, session, "DeviceManagementScripts.Read.All")
    claims = claims_of(answer)
    assert set(claims["scp"].split()) >= {"DeviceManagementScripts.Read.All", "Group.Read.All"}
    assert claims["upn"] == "admin@contoso.example" and "idtyp" not in claims and "roles" not in claims
    assert claims["xms_cc"] == ["CP1"]
    assert claims_of(answer, "id_token")["preferred_username"] == "admin@contoso.example"
    (account,) = client.get_accounts()
    assert account["username"] == "admin@contoso.example"
    assert account["home_account_id"].endswith(TENANT_ID)
    authorize = next(one for one in world.login.requests() if one["path"].endswith("/authorize"))
    assert {"code_challenge", "nonce", "state"} <= set(authorize["parameters"])


@pytest.mark.parametrize("outcome", ["access_denied", "53003"])
def test_the_page_can_answer_with_an_error(world, session, browser, outcome):
    browser()
    world.login.change(authorize=outcome)
    _, answer = interactive(world, session, "Group.Read.All")
    code = {"access_denied": "65004", "53003": "53003"}[outcome]
    assert answer["error_description"].startswith(f"AADSTS{code}: ") and answer["error"]


def test_a_person_who_declines_in_the_browser_is_an_error(world, session, browser):
    browser("deny")
    _, answer = interactive(world, session, "Group.Read.All")
    assert answer["error"] == "access_denied"


def test_a_browser_that_is_closed_sends_nothing(world, session, browser):
    browser("close")
    client = public(world, session)
    with pytest.raises(msal.BrowserInteractionTimeoutError):
        client.acquire_token_interactive(["Group.Read.All"], timeout=1)


def test_a_scope_nobody_consented_to_is_refused(tmp_path):
    with sign_in_world(tmp_path, app=allowing(READING)) as world, trusting(world.login) as session:
        flow = public(world, session).initiate_device_flow(["DeviceManagementScripts.ReadWrite.All"])
        assert (flow["error_codes"], flow["suberror"]) == ([65001], "consent_required")


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        ("Unknown.Read.All", 650053),
        ("https://vault.example/Group.Read.All", 500011),
        ("https://graph.microsoft.com/Group.Read.All https://graph.microsoft.us/User.Read", 70011),
        ("https://graph.microsoft.com/.default User.Read", 70011),
    ],
)
def test_a_wrong_scope_is_refused_with_its_code(world, session, scope, code):
    flow = public(world, session).initiate_device_flow(scope.split())
    assert flow["error_codes"] == [code]


def test_a_device_code_is_pending_slowed_down_and_then_accepted(world, session):
    world.login.change(device_code=("authorization_pending", "authorization_pending"))
    answer = device_code(world, session, "https://graph.microsoft.com/Group.Read.All")
    assert claims_of(answer)["upn"] == "admin@contoso.example"
    polls = [one["status"] for one in world.login.requests() if one["path"].endswith("/token")]
    assert polls == [400, 400, 200]


@pytest.mark.parametrize(
    ("outcome", "error", "code"),
    [
        ("authorization_declined", "authorization_declined", 65004),
        ("expired_token", "expired_token", 70019),
        ("53003", "invalid_grant", 53003),
    ],
)
def test_a_device_code_ends_as_its_script_says(world, session, outcome, error, code):
    world.login.change(device_code=("authorization_pending", outcome))
    answer = device_code(world, session)
    assert (answer["error"], answer["error_codes"]) == (error, [code])


def token(world, session, **form):
    return session.post(f"{world.login.authority}/oauth2/v2.0/token", data={"client_id": CLIENT_ID, **form})


DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def test_a_poll_that_comes_too_fast_is_slowed_down(world, session):
    world.login.change(device_code=("slow_down",))
    flow = public(world, session).initiate_device_flow(["Group.Read.All"])
    polls = [token(world, session, grant_type=DEVICE, device_code=flow["device_code"]) for _ in range(3)]
    assert [one.json().get("error") for one in polls] == ["slow_down", None, "invalid_grant"]
    assert polls[2].json()["error_codes"] == [70018]


def test_a_device_code_expires(world, session):
    world.login.change(device_lifetime=0)
    flow = public(world, session).initiate_device_flow(["Group.Read.All"])
    answer = token(world, session, grant_type=DEVICE, device_code=flow["device_code"]).json()
    assert answer["error"] == "expired_token"


def test_a_refresh_token_gets_new_tokens_without_the_person(world, session):
    client = public(world, session)
    client.acquire_token_by_device_flow(client.initiate_device_flow(["Group.Read.All"]))
    (account,) = client.get_accounts()
    first = client.acquire_token_silent(["Group.Read.All"], account)
    second = client.acquire_token_silent(["Group.Read.All"], account, force_refresh=True)
    assert first["access_token"] != second["access_token"]
    challenge = json.dumps({"access_token": {"nbf": {"essential": True, "value": "1"}}})
    client.acquire_token_silent(["Group.Read.All"], account, claims_challenge=challenge)
    last = world.login.requests()[-1]
    assert last["grant_type"] == "refresh_token" and "nbf" in last["claims"]


def refresh_token(world, session):
    return device_code(world, session)["refresh_token"]


def test_refresh_tokens_rotate_expire_and_are_revoked(world, session):
    ask = {"grant_type": "refresh_token", "scope": "Group.Read.All offline_access"}
    old = refresh_token(world, session)
    assert token(world, session, refresh_token=old, **ask).json()["refresh_token"] != old
    world.login.sign_out()
    assert token(world, session, refresh_token=old, **ask).json()["error_codes"] == [50173]
    world.login.change(refresh_lifetime=0)
    ended = refresh_token(world, session)
    answer = token(world, session, refresh_token=ended, **ask).json()
    assert (answer["error"], answer["error_codes"]) == ("invalid_grant", [70008])
    assert token(world, session, refresh_token="unknown", **ask).json()["error_codes"] == [70000]


VERIFIER = "v" * 43
REDIRECT = "http://localhost:1234"


def authorize(world, session, **changes):
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    query = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "scope": "Group.Read.All openid",
        "state": 'a&b"<c>',
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        **changes,
    }
    return session.get(f"{world.login.authority}/oauth2/v2.0/authorize", params=query)


def redeem(world, session, code, **changes):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    return token(world, session, **{**form, "code_verifier": VERIFIER, **changes}).json()


def test_a_code_is_good_once_and_for_its_verifier_and_address(world, session):
    form = Form(authorize(world, session).text)
    assert (form.action, form.values["state"]) == (REDIRECT, 'a&b"<c>')
    code = form.values["code"]
    assert redeem(world, session, code, code_verifier="w" * 43)["error_codes"] == [501481]
    assert redeem(world, session, code, redirect_uri="http://localhost:9")["error_codes"] == [50011]
    assert redeem(world, session, code)["access_token"]
    assert redeem(world, session, code)["error_codes"] == [54005]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uri": "https://evil.example"}, 50011),
        ({"redirect_uri": "http://localhost.evil.example"}, 50011),
        ({"client_id": "0a1b2c3d-0000-4000-8000-0000000000ff"}, 700016),
    ],
)
def test_an_address_that_is_not_registered_never_gets_an_answer(world, session, changes, code):
    answer = authorize(world, session, **changes)
    assert answer.status_code == 400 and f"AADSTS{code}: " in answer.text and "<form" not in answer.text


def test_an_unconsented_scope_in_the_browser_is_sent_to_the_app(tmp_path):
    with sign_in_world(tmp_path, app=allowing(READING)) as world, trusting(world.login) as session:
        page = authorize(world, session, scope="DeviceManagementScripts.ReadWrite.All")
        assert Form(page.text).values["error_description"].startswith("AADSTS65001: ")


def test_an_app_that_is_not_public_needs_its_credential_for_people():
    app = App(is_public=False)
    with running_login(Directory(apps=(app,))) as login, trusting(login) as session:
        url = f"{login.authority}/oauth2/v2.0"
        flow = session.post(f"{url}/devicecode", data={"client_id": CLIENT_ID, "scope": "User.Read"})
        form = {"client_id": CLIENT_ID, "grant_type": DEVICE, "device_code": "x"}
        assert flow.json()["error_codes"] == [65001]
        assert session.post(f"{url}/token", data=form).json()["error_codes"] == [7000218]


def test_the_browser_flow_asks_for_form_post_and_a_localhost_address(world, session):
    flow = public(world, session).initiate_auth_code_flow(
        ["Group.Read.All"], redirect_uri=REDIRECT, response_mode="form_post"
    )
    query = parse_qs(urlsplit(flow["auth_uri"]).query)
    assert query["response_mode"] == ["form_post"] and query["code_challenge_method"] == ["S256"]
    answer = public(world, session).acquire_token_by_auth_code_flow(
        flow, Form(session.get(flow["auth_uri"]).text).values
    )
    assert claims_of(answer)["upn"]
