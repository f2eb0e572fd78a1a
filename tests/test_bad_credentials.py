"""Secrets, certificates, assertions, identities and az that are wrong: exit 4 with one message each."""

from __future__ import annotations

import os
import re
import ssl
import sys
import time
from pathlib import Path

import pytest

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.auth.choice import SignIn
from aovpn_remediate.graph.auth.clouds import choose_hosts
from aovpn_remediate.graph.auth.outside import AzureCli
from aovpn_remediate.graph.auth.tokens import Ask
from aovpn_remediate.simulator.login import App, allowing
from aovpn_remediate.simulator.login.directory import EXCHANGE, READING
from tests import oidc_stand_ins as oidc
from tests.app_certificates import AppCertificate, app_certificate
from tests.sign_in_desk import Desk
from tests.sign_in_world import sign_in_world

OTHER_ID = "0a1b2c3d-0000-4000-8000-0000000000bb"
PATH, PASSWORD = "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PASSWORD"
TOKEN_FILE = "AZURE_FEDERATED_TOKEN_FILE"
JUNK_PEM = "".join(
    f"-----BEGIN {kind}-----\nxxxx\n-----END {kind}-----\n" for kind in ("PRIVATE KEY", "CERTIFICATE")
)
WRONG_PASSWORD = "the password is wrong, or the file is not a PEM or PFX file; correct "
NEEDS_PASSWORD = f"the file needs a password, or is not a PEM or PFX file; set {PASSWORD}"


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (
            OTHER_ID,
            "the secret is wrong: it has the form of a secret's id (AADSTS7000215); copy the secret's Value",
        ),
        ("MINE~wrong", "the secret is wrong (AADSTS7000215); copy the secret's Value (not its Secret ID)"),
    ],
)
def test_a_wrong_secret_says_which_value_to_copy(desk: Desk, secret, words):
    said = desk.refusal(AZURE_CLIENT_SECRET=secret)
    assert said.startswith(f"error: sign-in by secret (AZURE_CLIENT_SECRET): {words}")
    assert "; correlation id " in said
    assert secret not in said


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (7000222, "the secret has expired (AADSTS7000222); create a new secret in the app registration"),
        (7000112, "the app is disabled (AADSTS7000112); enable it"),
        (65001, "consent is missing for a permission (AADSTS65001); ask an administrator to grant consent"),
        (53003, "a conditional access policy blocks this sign-in (AADSTS53003); ask an administrator which"),
        (500011, "the tenant has no such resource (AADSTS500011); check --cloud"),
    ],
)
def test_a_refusal_has_code_cause_next_step_and_correlation_id(desk: Desk, code, words):
    desk.world.login.refuse(code)
    said = desk.refusal()
    assert said.startswith(f"error: sign-in by secret (AZURE_CLIENT_SECRET): {words}")
    assert re.search("; correlation id [0-9a-f-]{36}$", said)


def test_an_unknown_code_shows_microsofts_first_sentence(desk: Desk):
    desk.world.login.refuse(50128)
    said = desk.refusal()
    assert "(AADSTS50128); search for AADSTS50128 in Microsoft's documentation" in said
    assert "Trace ID" not in said and "Timestamp" not in said


@pytest.mark.parametrize("tenant", [OTHER_ID, "other.example"])
def test_an_unknown_tenant_is_named_as_the_cause(desk: Desk, tenant):
    said = desk.refusal(AZURE_TENANT_ID=tenant)
    assert "the tenant does not exist in this cloud (AADSTS90002); check the tenant id, and --cloud" in said
    assert "; correlation id " in said


def test_an_app_of_another_tenant_is_named_as_the_cause(desk: Desk):
    said = desk.refusal(AZURE_CLIENT_ID=OTHER_ID)
    assert (
        "the tenant has no app with this client id (AADSTS700016); check the client id and the tenant" in said
    )


def rsa() -> AppCertificate:
    return app_certificate()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: rsa().public, "the file has a certificate without a private key; put the key into"),
        (lambda: ssl.PEM_cert_to_DER_cert(rsa().public), "the file has a certificate without a private key"),
        (lambda: rsa().key_pem(), "the file has a key without a certificate; put the certificate into"),
        (
            lambda: app_certificate("rsa other").key_pem() + rsa().public,
            "the key does not belong to the certif",
        ),
        (lambda: rsa().key_pem()[:500] + rsa().public, "the file is not a valid PEM or PFX file; export the"),
        (
            lambda: JUNK_PEM,
            "the file is not a valid PEM or PFX file; export the certificate with its key again",
        ),
        (lambda: "", "the certificate file is empty; export the certificate with its key again"),
        (lambda: "junk", NEEDS_PASSWORD),
        (lambda: (rsa().key_pem() + rsa().public).encode("utf-16"), NEEDS_PASSWORD),
    ],
    ids=["alone", "cer", "key", "other", "cut", "junk-pem", "empty", "junk", "utf-16"],
)
def test_a_file_that_is_not_a_certificate_with_its_key(desk: Desk, content, words):
    before = len(desk.world.login.requests())
    said = desk.refusal(method="certificate", **{PATH: desk.file(content())})
    assert said.startswith(f"error: sign-in by certificate ({PATH}): {words}")
    assert "BEGIN" not in said
    assert len(desk.world.login.requests()) == before


@pytest.mark.parametrize("write", [AppCertificate.pem_file, AppCertificate.pfx_file])
def test_an_elliptic_curve_key_cannot_sign_in(desk: Desk, write):
    path = write(app_certificate("ec"), desk.folder, "ec")
    said = desk.refusal(method="certificate", **{PATH: str(path)})
    assert "the key is not an RSA key, and only RSA keys can sign in; make a new certificate" in said


@pytest.mark.parametrize("write", [AppCertificate.pem_file, AppCertificate.pfx_file])
def test_a_certificate_that_has_ended_says_when(desk: Desk, write):
    path = write(app_certificate("rsa ended", days=-1), desk.folder, "ended")
    said = desk.refusal(method="certificate", **{PATH: str(path)})
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))
    assert f"the certificate ended on {day}; make a new one and upload it to the app" in said


@pytest.mark.parametrize("write", [AppCertificate.pem_file, AppCertificate.pfx_file])
def test_the_password_of_a_certificate_must_be_right(desk: Desk, write):
    path = {PATH: str(write(rsa(), desk.folder, "file", password="right"))}
    assert NEEDS_PASSWORD in desk.refusal(method="certificate", **path)
    said = desk.refusal(method="certificate", **path, **{PASSWORD: "wrong-word"})
    assert f"{WRONG_PASSWORD}{PASSWORD} or the path" in said and "wrong-word" not in said
    said = desk.refusal(method="certificate", **path, ARM_CLIENT_CERTIFICATE_PASSWORD="wrong-word")
    assert f"{WRONG_PASSWORD}ARM_CLIENT_CERTIFICATE_PASSWORD or the path" in said
    assert desk.say(method="certificate", **path, **{PASSWORD: "right"}).code == 0


def test_a_certificate_of_twenty_more_days_works(tmp_path: Path, capsys, monkeypatch):
    soon = app_certificate("rsa soon", days=20)
    with sign_in_world(tmp_path, app=App(certificates=(soon.public,))) as world:
        desk = Desk(world, tmp_path, capsys, monkeypatch)
        path = str(soon.pem_file(tmp_path, "soon.pem"))
        assert desk.say(method="certificate", **{PATH: path}).code == 0


def test_a_certificate_that_the_app_does_not_have(desk: Desk):
    path = str(app_certificate("rsa other").pem_file(desk.folder))
    said = desk.refusal(method="certificate", **{PATH: path})
    assert "the app does not have this certificate (AADSTS700027); upload the certificate (.cer or " in said


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("missing.pfx", "the certificate file does not exist; correct the path"),
        (".", "the certificate file cannot be read (is a directory); correct the path"),
        ("r.yaml/x.pfx", "the certificate file cannot be read (not a directory); correct the path"),
        ("x" * 300, "the certificate file cannot be read (file name too long); correct the path"),
    ],
)
def test_a_certificate_file_that_cannot_be_read(desk: Desk, place, words):
    said = desk.refusal(method="certificate", **{PATH: str(desk.folder / place)})
    assert said == f"error: sign-in by certificate ({PATH}): {words}"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything is readable")
def test_a_certificate_file_that_may_not_be_read(desk: Desk):
    path = Path(desk.file("x"))
    path.chmod(0)
    assert "cannot be read (permission denied)" in desk.refusal(method="certificate", **{PATH: str(path)})


NOT_ONE = "the value is not an assertion (a JSON web token); check the program or step that provides it"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: "", "the token file is empty; check the program that writes it"),
        (lambda: " \n", "the token file is empty; check the program that writes it"),
        (lambda: "not a token", NOT_ONE),
        (lambda: "a.b.c", NOT_ONE),
        (lambda: "e30.W10.x", NOT_ONE),
        (lambda: oidc.assertion() + "\n" + oidc.assertion(), NOT_ONE),
        (lambda: "x" * 1_000_000, NOT_ONE),
        (lambda: oidc.assertion(ends_in=-3600), "the assertion ended 60 min ago by the clock of this comput"),
    ],
    ids=["empty", "blank", "text", "dots", "list", "two", "long", "ended"],
)
def test_a_token_file_without_a_valid_assertion(desk: Desk, content, words):
    said = desk.refusal(method="workload-identity", **{TOKEN_FILE: desk.file(content())})
    assert said.startswith(f"error: sign-in by workload-identity ({TOKEN_FILE}): {words}")
    assert "eyJ" not in said


def test_a_token_file_that_is_not_there_or_not_text(desk: Desk):
    for place, words in (
        (str(desk.folder / "nothing"), "the token file does not exist; correct the variable"),
        (str(desk.folder), "the token file cannot be read as text; correct the variable"),
        (desk.file(b"\xff\xfe\0"), "the token file cannot be read as text; correct the variable"),
    ):
        said = desk.refusal(method="workload-identity", **{TOKEN_FILE: place})
        assert said == f"error: {TOKEN_FILE}: {words}"


def test_a_token_file_with_a_byte_order_mark_works(desk: Desk):
    path = desk.file(b"\xef\xbb\xbf" + oidc.assertion().encode())
    assert desk.say(method="workload-identity", **{TOKEN_FILE: path}).code == 0


@pytest.mark.parametrize("value", ["junk", "jünk.jü.jü"])
def test_a_fixed_assertion_that_is_not_one(desk: Desk, value):
    said = desk.refusal(method="assertion", ARM_OIDC_TOKEN=value)
    assert said == f"error: sign-in by assertion (ARM_OIDC_TOKEN): {NOT_ONE}"


def test_a_fixed_assertion_that_has_ended(desk: Desk):
    said = desk.refusal(method="assertion", ARM_OIDC_TOKEN=oidc.assertion(ends_in=-600))
    assert "the assertion ended 10 min ago" in said and "or correct the clock" in said


@pytest.mark.parametrize(
    ("who", "audience", "code"),
    [
        (("https://other.example", "a:b"), EXCHANGE, 700211),
        ((oidc.CLUSTER[0], "system:other"), EXCHANGE, 700213),
        (oidc.CLUSTER, "api://other", 700212),
    ],
)
def test_a_mismatch_prints_the_fields_that_were_sent(desk: Desk, who, audience, code):
    path = desk.file(oidc.assertion(who, audience=audience))
    said = desk.refusal(method="workload-identity", **{TOKEN_FILE: path})
    first, *fields = said.splitlines()
    assert f"(AADSTS{code}); enter the fields below in the app registration" in first
    assert "; correlation id " in first
    assert fields == [f"  issuer: {who[0]}", f"  subject: {who[1]}", f"  audience: {audience}"]


def test_the_general_mismatch_prints_the_fields_too(desk: Desk):
    desk.world.login.refuse(70021)
    _, *fields = desk.refusal(method="azure-pipelines").splitlines()
    assert fields[:2] == [f"  issuer: {oidc.PIPELINES[0]}", f"  subject: {oidc.PIPELINES[1]}"]


def test_no_field_of_an_assertion_can_command_terminal_or_agent(desk: Desk):
    path = desk.file(oidc.assertion((oidc.CLUSTER[0], "##vso[task.x]\x1b[31m\nerror: y")))
    said = desk.say(method="workload-identity", **{TOKEN_FILE: path}).err
    assert "##vso" not in said and "\x1b" not in said
    assert len(said.splitlines()) == 4


@pytest.mark.parametrize("clock", [3600, -3600])
def test_a_clock_that_is_an_hour_wrong_is_named_as_a_cause(desk: Desk, clock):
    desk.world.login.change(clock=clock)
    said = desk.refusal(method="workload-identity", **{TOKEN_FILE: desk.file(oidc.assertion())})
    assert "(AADSTS700024); check the clock of this computer; if the clock is right, get the" in said
    if clock > 0:
        assert "(AADSTS700024); check the clock of this computer" in desk.refusal(method="certificate")


def test_a_token_for_another_tenant_is_not_used(desk: Desk):
    desk.world.az.signed_in(desk.world.login.app_token(), OTHER_ID)
    said = desk.refusal(method="azure-cli", AZURE_TENANT_ID=OTHER_ID)
    assert said == (
        "error: sign-in by azure-cli: the token is for another tenant than the chosen one; "
        "sign in to the right tenant, or correct --tenant"
    )


@pytest.mark.parametrize("method", ["secret", "azure-cli"])
def test_a_token_without_the_role_names_the_permission(tmp_path: Path, capsys, monkeypatch, method):
    with sign_in_world(tmp_path, app=allowing(READING)) as world:
        desk = Desk(world, tmp_path, capsys, monkeypatch)
        said = desk.say("publish", "--yes", method=method)
    assert said.code == 4 and "403 Forbidden" in said.out + said.err
    assert "the sign-in lacks the permission DeviceManagementScripts.ReadWrite.All, or the" in said.out
    assert "Privileged Role Administrator grants it in the app registration" in said.out


def test_az_that_is_absent_or_signed_out(desk: Desk):
    said = desk.refusal(method="azure-cli", PATH=str(desk.folder))
    assert said.endswith("the program az was not found; install Azure's CLI, or choose another --auth")
    desk.world.az.signed_out()
    said = desk.refusal(method="azure-cli")
    assert said.endswith("az gives no token for this tenant; run az login --tenant TENANT, then try again")


@pytest.mark.parametrize(
    "printed",
    ["", "junk", "[]", "{}", '{"accessToken": 5}', '{"accessToken": "a\\nb"}', "[" * 50_000],
    ids=["nothing", "text", "list", "object", "number", "lines", "deep"],
)
def test_az_that_prints_no_token(desk: Desk, printed):
    desk.world.az.says(printed)
    said = desk.refusal(method="azure-cli")
    assert said.endswith("az printed no token; update Azure's CLI, or choose another --auth")


@pytest.mark.parametrize("ends", ['"99999999999999999999"', "1e300", '"²"', "null", "-5"])
def test_a_strange_end_of_a_token_of_az_is_no_error(desk: Desk, ends):
    token = desk.world.login.app_token()
    desk.world.az.says(f'{{"accessToken": "{token}", "expires_on": {ends}}}')
    assert desk.say("auth", "status", method="azure-cli").code == 0


def test_az_that_hangs_is_given_up(desk: Desk):
    script = Path(desk.file(f"#!{sys.executable}\nimport time\ntime.sleep(600)\n", "az"))
    script.chmod(0o755)
    desk.use("azure-cli", PATH=str(desk.folder))
    began = time.monotonic()
    sign_in = SignIn("azure-cli", choose_hosts({}), "", "", {}, {})
    with pytest.raises(SignInError, match="az does not answer; run az account show, then try again"):
        AzureCli(sign_in, patience=0.5)(Ask())
    assert time.monotonic() - began < 60


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"status": 400, "body": {"statusCode": 400, "message": "No identity"}}, "(400, No identity)"),
        ({"status": 404, "body": {}}, "(without a reason)"),
        ({"body": {"access_token": "x"}}, "(without a reason)"),
    ],
)
def test_an_identity_service_that_gives_no_token(desk: Desk, fault, words):
    desk.world.identity.fail(**fault)
    said = desk.refusal(method="managed-identity")
    assert f"sign-in by managed-identity: the identity service gives no token {words}; check that" in said
    assert "AZURE_CLIENT_ID is the client id of a user-assigned identity or not set" in said


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"body": "<html>"}, "answered with an HTML page of 6 bytes (status 200) instead of a JSON object"),
        ({"body": [1]}, "answered with a JSON list (status 200) instead of a JSON object"),
        ({"body": {"access_token": "x", "expires_on": "soon"}}, "the answer of the identity service is not"),
        ({"status": 302, "headers": {"Location": "http://x.example"}}, "redirects to another address"),
        ({"close": True, "times": None}, "closed the connection"),
        ({"status": 500, "times": None}, "has a problem (status 500); wait some minutes and run this again"),
    ],
)
def test_an_identity_service_that_answers_nonsense(desk: Desk, fault, words):
    desk.world.identity.fail(**fault)
    assert words in desk.refusal(method="managed-identity")


def test_an_identity_of_another_client_is_not_assigned(desk: Desk):
    said = desk.refusal(method="managed-identity", AZURE_CLIENT_ID=OTHER_ID)
    assert "(400, no identity of this client id is assigned)" in said


def test_a_computer_without_an_identity_service(desk: Desk, closed_port):
    endpoint = f"http://127.0.0.1:{closed_port}/msi"
    said = desk.refusal(method="managed-identity", IDENTITY_ENDPOINT=endpoint)
    assert f"nothing answers at 127.0.0.1:{closed_port}; use this method on a service of Azure" in said
    said = desk.refusal(method="managed-identity", IDENTITY_ENDPOINT="junk")
    assert "the request cannot be made, because the address is not valid; correct the address" in said
