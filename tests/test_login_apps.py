"""Apps that sign in to the login service with the genuine ``msal``: every credential, every refusal."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import jwt
import msal
import pytest

from aovpn_remediate.simulator.login import App, Secret, allowing, running_login
from aovpn_remediate.simulator.login.directory import CLIENT_ID, PUBLISHING, TENANT_ID, Directory
from tests import oidc_stand_ins as oidc
from tests.app_certificates import app_certificate
from tests.msal_clients import SCOPES, claims_of, confidential
from tests.sign_in_world import PFX_PASSWORD, SECRET, trusting


def app_token(world, session, credential, **options):
    return confidential(world, session, credential, **options).acquire_token_for_client(SCOPES)


def certificate(**changes):
    one = app_certificate(**changes)
    return {"private_key": one.key_pem(), "public_certificate": one.public}


def code_of(answer):
    assert answer["error_description"].startswith(f"AADSTS{answer['error_codes'][0]}: ")
    for mark in ("Trace ID: ", "Correlation ID: ", "Timestamp: "):
        assert mark in answer["error_description"]
    assert answer["error_uri"].endswith(f"/error?code={answer['error_codes'][0]}")
    return answer["error_codes"][0], answer["error"]


def test_a_secret_gets_a_token_with_the_claims_of_an_app(world, session):
    world.login.change(token_lifetime=600)
    answer = app_token(world, session, SECRET, client_capabilities=["CP1"])
    claims = claims_of(answer)
    assert answer["expires_in"] == 600 and claims["exp"] - claims["iat"] == 600
    assert claims["aud"] == "https://graph.microsoft.com"
    assert claims["iss"] == f"{world.login.url}/{TENANT_ID}/v2.0"
    assert (claims["tid"], claims["appid"], claims["idtyp"]) == (TENANT_ID, CLIENT_ID, "app")
    assert sorted(claims["roles"]) == sorted(PUBLISHING)
    assert claims["xms_cc"] == ["CP1"] and claims["oid"] and "scp" not in claims


def test_a_client_without_the_capability_gets_no_xms_cc(world, session):
    assert "xms_cc" not in claims_of(app_token(world, session, SECRET))


def test_the_published_keys_verify_a_token(world, session):
    token = app_token(world, session, SECRET)["access_token"]
    configuration = session.get(f"{world.login.authority}/v2.0/.well-known/openid-configuration").json()
    (key,) = session.get(configuration["jwks_uri"]).json()["keys"]
    assert jwt.get_unverified_header(token)["kid"] == key["kid"]
    jwt.decode(token, jwt.PyJWK(key).key, algorithms=["RS256"], audience="https://graph.microsoft.com")


@pytest.mark.parametrize("how", ["pem", "pem-sha1", "pfx", "pfx-chain"])
def test_a_registered_certificate_gets_a_token(world, session, how):
    pfx = {"private_key_pfx_path": str(world.folder / "app.pfx"), "passphrase": PFX_PASSWORD}
    credential = {
        "pem": certificate(),
        "pem-sha1": {**certificate(), "thumbprint": sha1_thumbprint()},
        "pfx": pfx,
        "pfx-chain": {**pfx, "public_certificate": True},
    }[how]
    assert claims_of(app_token(world, session, credential))["roles"]


def sha1_thumbprint():
    from cryptography.hazmat.primitives import hashes

    return app_certificate().certificate.fingerprint(hashes.SHA1()).hex()


@pytest.mark.parametrize("changes", [{"kind": "rsa other"}, {"days": -1}])
def test_a_certificate_that_is_unknown_or_ended_is_refused(tmp_path, changes):
    registered = app_certificate(**changes) if "days" in changes else app_certificate()
    app = App(certificates=(registered.public,))
    with running_login(Directory(apps=(app,))) as login, trusting(login) as session:
        client = msal.ConfidentialClientApplication(
            CLIENT_ID,
            client_credential=certificate(**changes),
            authority=login.authority,
            instance_discovery=False,
            http_client=session,
        )
        assert code_of(client.acquire_token_for_client(SCOPES)) == (700027, "invalid_client")


@pytest.mark.parametrize("who", [oidc.PIPELINES, oidc.GITHUB, oidc.CLUSTER])
def test_a_federated_assertion_gets_a_token(world, session, who):
    answer = app_token(world, session, {"client_assertion": lambda: oidc.assertion(who)})
    assert claims_of(answer)["roles"]


@pytest.mark.parametrize(
    ("made", "code"),
    [
        (lambda: oidc.assertion(("https://other.example", "sc://contoso/intune/sc-intune")), 700211),
        (lambda: oidc.assertion((oidc.PIPELINES[0], "sc://contoso/intune/SC-Intune")), 700213),
        (lambda: oidc.assertion(audience="https://graph.microsoft.com"), 700212),
        (lambda: oidc.assertion(key="another issuer"), 50013),
        (lambda: oidc.assertion(ends_in=-3600), 700024),
        (lambda: "no token", 50013),
    ],
)
def test_a_federated_assertion_that_does_not_fit_is_refused(world, session, made, code):
    assert code_of(app_token(world, session, {"client_assertion": made})) == (code, "invalid_client")


def test_an_app_without_federated_credentials_refuses_every_assertion():
    with running_login(Directory()) as login, trusting(login) as session:
        form = {"client_assertion_type": ASSERTION, "client_assertion": oidc.assertion()}
        assert code_of(post(login, session, **form).json()) == (70021, "invalid_client")


ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def post(login, session, **form):
    whole = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "scope": SCOPES[0], **form}
    return session.post(f"{login.authority}/oauth2/v2.0/token", data=whole)


def test_wrong_ended_and_missing_secrets_are_refused():
    app = App(secrets=(Secret("good"), Secret("old", is_ended=True)))
    with running_login(Directory(apps=(app,))) as login, trusting(login) as session:
        answers = [post(login, session, client_secret=text) for text in ("bad", "old", "")]
        assert [code_of(one.json())[0] for one in answers] == [7000215, 7000222, 7000216]
        assert [one.status_code for one in answers] == [401, 401, 401]
        assert post(login, session, client_secret="good").ok


def signed(claims=None, header=None, key=None):
    now = int(time.time())
    one = app_certificate()
    whole = {"iss": CLIENT_ID, "sub": CLIENT_ID, "exp": now + 600, "nbf": now, **(claims or {})}
    headers = {"x5t#S256": sha256_thumbprint(one), **(header or {})}
    return jwt.encode(whole, key or one.key, algorithm="RS256", headers=headers)


def sha256_thumbprint(one):
    from cryptography.hazmat.primitives import hashes

    return jwt.utils.base64url_encode(one.certificate.fingerprint(hashes.SHA256())).decode()


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({}, None),
        ({"aud": "{authority}/v2.0"}, None),
        ({"aud": "https://graph.microsoft.com"}, 700023),
        ({"sub": "somebody"}, 700021),
        ({"exp": 1000, "nbf": 900}, 700024),
        ({"nbf": int(time.time()) + 3600, "exp": int(time.time()) + 7200}, 700024),
    ],
)
def test_every_claim_of_a_certificate_assertion_is_checked(world, session, claims, code):
    audience = claims.get("aud", "{authority}/oauth2/v2.0/token").format(authority=world.login.authority)
    form = {"client_assertion_type": ASSERTION, "client_assertion": signed({**claims, "aud": audience})}
    answer = post(world.login, session, **form)
    assert answer.ok if code is None else code_of(answer.json()) == (code, "invalid_client")


def test_an_assertion_signed_by_another_key_is_refused(world, session):
    aud = f"{world.login.authority}/oauth2/v2.0/token"
    other = app_certificate(kind="rsa other")
    form = {"client_assertion": signed({"aud": aud}, key=other.key), "client_assertion_type": ASSERTION}
    assert code_of(post(world.login, session, **form).json())[0] == 700027
    chain = {"x5c": [jwt.utils.base64url_encode(b"another certificate").decode()]}
    form = {"client_assertion": signed({"aud": aud}, header=chain), "client_assertion_type": ASSERTION}
    assert code_of(post(world.login, session, **form).json())[0] == 700027


def test_an_assertion_without_its_type_is_refused(world, session):
    assert code_of(post(world.login, session, client_assertion="x").json()) == (900144, "invalid_request")


@pytest.mark.parametrize(
    ("form", "code", "error"),
    [
        ({"client_id": "0a1b2c3d-0000-4000-8000-0000000000ff"}, 700016, "unauthorized_client"),
        ({"client_id": ""}, 900144, "invalid_request"),
        ({"grant_type": "password"}, 70003, "unsupported_grant_type"),
        ({"grant_type": ""}, 900144, "invalid_request"),
        ({"scope": ""}, 900144, "invalid_request"),
        ({"scope": "https://vault.example/.default"}, 500011, "invalid_resource"),
        ({"scope": "Group.Read.All"}, 1002012, "invalid_scope"),
        (
            {"scope": "https://graph.microsoft.com/.default https://graph.microsoft.us/.default"},
            70011,
            "invalid_scope",
        ),
        ({"claims": "{"}, 900144, "invalid_request"),
    ],
)
def test_a_wrong_request_is_refused_with_its_code(world, session, form, code, error):
    answer = post(world.login, session, **{"client_secret": SECRET, **form})
    assert code_of(answer.json()) == (code, error)


def test_the_correlation_id_is_the_one_of_the_request(world, session):
    url = f"{world.login.authority}/oauth2/v2.0/token"
    answer = session.post(url, data={"client_id": CLIENT_ID}, headers={"client-request-id": "my-id"}).json()
    assert answer["correlation_id"] == "my-id" and "Correlation ID: my-id " in answer["error_description"]


def test_a_tenant_is_found_by_id_and_by_domain_and_else_refused(world, session):
    for name, status in ((TENANT_ID.upper(), 200), ("Contoso.example", 200), ("other.example", 400)):
        answer = session.get(f"{world.login.url}/{name}/v2.0/.well-known/openid-configuration")
        assert answer.status_code == status
    assert code_of(answer.json()) == (90002, "invalid_tenant")


@pytest.mark.parametrize("root", ["https://graph.microsoft.us", "https://microsoftgraph.chinacloudapi.cn"])
def test_the_audience_is_the_graph_that_was_asked_for(world, session, root):
    answer = confidential(world, session, SECRET).acquire_token_for_client([f"{root}/.default"])
    assert claims_of(answer)["aud"] == root


def test_an_app_without_permissions_gets_a_token_without_roles():
    app = replace(allowing(()), secrets=(Secret("x"),))
    with running_login(Directory(apps=(app,))) as login, trusting(login) as session:
        assert "roles" not in claims_of(post(login, session, client_secret="x").json())


def test_a_refusal_can_be_asked_for(world, session):
    world.login.refuse(53003)
    answer = app_token(world, session, SECRET)
    assert code_of(answer) == (53003, "invalid_grant") and answer["suberror"] == "message_only"
    assert json.loads(answer["claims"])["access_token"]
    assert "access_token" in app_token(world, session, SECRET)


def test_the_log_has_names_of_parameters_and_nothing_secret(world, session):
    app_token(world, session, SECRET, client_capabilities=["CP1"])
    discovery, token = world.login.requests()
    assert discovery["path"].endswith("/v2.0/.well-known/openid-configuration")
    assert (token["grant_type"], token["client_id"]) == ("client_credentials", CLIENT_ID)
    assert "client_secret" in token["parameters"] and "CP1" in token["claims"]
    assert SECRET not in json.dumps(world.login.requests())
