"""Values for signing in that are missing, half there, in the wrong place or for nobody's host: one message."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests import oidc_stand_ins as oidc
from tests.sign_in_desk import Desk, the_message

OTHER_ID = "0a1b2c3d-0000-4000-8000-0000000000bb"
PASTED = "PASTED~secret in the wrong place"
IDS = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID")
SET_FIRST = {
    "secret": "AZURE_CLIENT_SECRET",
    "certificate": "AZURE_CLIENT_CERTIFICATE_PATH",
    "workload-identity": "AZURE_FEDERATED_TOKEN_FILE",
    "azure-pipelines": "SYSTEM_OIDCREQUESTURI",
    "github": "ACTIONS_ID_TOKEN_REQUEST_URL",
    "assertion": "ARM_OIDC_TOKEN",
}


def asked(desk: Desk) -> int:
    return len(desk.world.login.requests())


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
@pytest.mark.parametrize("name", ["AZURE_TENANT_ID", "AZURE_CLIENT_ID"])
def test_an_empty_id_counts_as_not_set_and_is_named(desk: Desk, name, blank):
    said = desk.refusal(**{name: blank})
    assert said.startswith(f"error: sign-in by secret (AZURE_CLIENT_SECRET): {name} is empty; ")
    assert "write id: and client_id: in the config's tenants:" in said


@pytest.mark.parametrize("blank", ["", " "])
def test_an_empty_secret_begins_no_set_and_is_named(desk: Desk, blank):
    said = desk.refusal(AZURE_CLIENT_SECRET=blank)
    assert said.startswith("error: sign-in: nothing to sign in with was found (looked at: ")
    assert "AZURE_CLIENT_SECRET is empty; set AZURE_CLIENT_SECRET, or run remediate auth login" in said


def test_every_empty_variable_is_one_message(desk: Desk):
    said = desk.refusal(AZURE_TENANT_ID="", AZURE_CLIENT_ID="", AZURE_CLIENT_SECRET="")
    assert "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET" in said


def test_the_text_that_a_pipeline_leaves_is_named(desk: Desk):
    said = desk.refusal(AZURE_TENANT_ID="$(tenant)", AZURE_CLIENT_ID=" $(client) ")
    assert "AZURE_TENANT_ID and AZURE_CLIENT_ID contain only the text $(...)" in said
    assert "correct the name in $(...), because the pipeline has no variable of that name" in said
    said = desk.refusal(AZURE_CLIENT_SECRET="$(intune-secret)")
    assert "AZURE_CLIENT_SECRET contains only the text $(...)" in said
    said = desk.refusal(method="azure-pipelines", SYSTEM_ACCESSTOKEN="$(System.AccesToken)")
    assert "SYSTEM_ACCESSTOKEN contains only the text $(...); correct the name" in said
    assert "AccesToken" not in said


@pytest.mark.parametrize("method", SET_FIRST)
@pytest.mark.parametrize("gone", [IDS[:1], IDS[1:], IDS])
def test_a_set_without_its_ids_stops_and_names_them(desk: Desk, method, gone):
    before = asked(desk)
    said = desk.refusal(method=method, **dict.fromkeys(gone))
    assert said.startswith(f"error: sign-in by {method} ({SET_FIRST[method]}")
    assert f": {' and '.join(gone)} {'are' if len(gone) > 1 else 'is'} not set; " in said
    assert asked(desk) == before


@pytest.mark.parametrize(
    ("first", "second"), [*permutations(("certificate", "secret", "workload-identity"), 2)]
)
def test_the_first_half_set_in_the_order_stops(desk: Desk, first, second):
    order = ("certificate", "secret", "workload-identity")
    begun = {
        name: value for name, value in desk.world.environment(second).items() if name == SET_FIRST[second]
    }
    said = desk.refusal(method=first, AZURE_CLIENT_ID=None, **begun)
    assert said.startswith(f"error: sign-in by {min(first, second, key=order.index)} ")


def test_a_half_set_does_not_slide_to_a_complete_one(desk: Desk):
    pipeline = desk.world.environment("azure-pipelines")
    more = {name: pipeline[name] for name in ("SYSTEM_OIDCREQUESTURI", "TF_BUILD")}
    said = desk.refusal(method="github", **more)
    assert "SYSTEM_ACCESSTOKEN: $(System.AccessToken)" in said


def test_an_access_token_that_is_not_mapped_gets_its_yaml_line(desk: Desk):
    for value in (None, ""):
        said = desk.refusal(method="azure-pipelines", SYSTEM_ACCESSTOKEN=value)
        assert said.endswith(
            "add this line below env: of the step: SYSTEM_ACCESSTOKEN: $(System.AccessToken)"
        )
    said = desk.refusal(
        method="azure-pipelines", SYSTEM_ACCESSTOKEN=None, AZURESUBSCRIPTION_SERVICE_CONNECTION_ID=None
    )
    assert "SYSTEM_ACCESSTOKEN: $(System.AccessToken); run this in a step AzureCLI@2" in said


def test_a_connection_that_is_missing_says_where_it_is_from(desk: Desk):
    said = desk.refusal(method="azure-pipelines", AZURESUBSCRIPTION_SERVICE_CONNECTION_ID=None)
    assert "run this in a step AzureCLI@2 with the service connection" in said
    assert "service_connection_id:" in said


def test_a_github_job_without_the_permission_gets_its_yaml_line(desk: Desk):
    said = desk.refusal(method="github", ACTIONS_ID_TOKEN_REQUEST_TOKEN=None)
    assert said.endswith(
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set; add permissions: id-token: write to the job"
    )


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("secret", "AZURE_CLIENT_SECRET is not set; set what is missing; see remediate docs workstation"),
        ("certificate", "AZURE_CLIENT_CERTIFICATE_PATH is not set; "),
        ("workload-identity", "AZURE_FEDERATED_TOKEN_FILE is not set; "),
        ("azure-pipelines", "run this in a job of Azure Pipelines; add this line below env: of the step"),
        ("github", "run this in a job of GitHub Actions; add permissions: id-token: write to the job"),
        ("assertion", "idToken is not set; "),
        ("browser", "this method needs a person at a terminal"),
        ("device-code", "this method needs a person at a terminal"),
        ("broker", "this method needs a person at a terminal"),
    ],
)
def test_a_method_without_its_values_names_what_it_needs(desk: Desk, method, words):
    assert words in desk.refusal("plan", "--auth", method, AZURE_CLIENT_SECRET=None)
    said = desk.say("auth", "status", "--json", "--auth", method, AZURE_CLIENT_SECRET=None)
    assert words in the_message(said)
    found = said.json
    assert found["method"] == method and found["expires"] is None
    assert set(found["sources"]) >= {"tenant", "client"}


def test_login_says_what_a_task_needs_where_nobody_can_be_asked(desk: Desk):
    said = desk.refusal("auth", "login")
    assert "a task or a pipeline needs no login: set AZURE_TENANT_ID" in said


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("value", [PASTED, "a.b@c", "$(x)y", "\x1b[31mred", "x" * 10_000, "ünï"])
def test_an_id_that_is_something_else_is_not_shown(desk: Desk, name, value):
    before = asked(desk)
    said = desk.refusal(**{name: value})
    assert said.startswith(f"error: {name}: the value is not the id of a ")
    assert value[:6] not in said
    assert asked(desk) == before


@pytest.mark.parametrize(
    ("arguments", "changed", "words"),
    [
        (("--auth", "mars"), {}, "--auth: the method is not known; write auto, certificate, secret, "),
        ((), {"REMEDIATE_AUTH": "mars"}, "--auth: the method is not known; "),
        (("--cloud", "mars"), {}, "--cloud: the cloud is not known; write public, usgov, usgov-dod or china"),
        ((), {"REMEDIATE_CLOUD": "mars"}, "--cloud: the cloud is not known; "),
        ((), {"ARM_ENVIRONMENT": "mars"}, "ARM_ENVIRONMENT: the cloud is not known; write public, "),
        (("--tenant", PASTED), {}, "--tenant: without tenants: in the config, this must be a tenant's id"),
        (("--all-tenants",), {}, "--all-tenants: the config has no tenants; add tenants: to it"),
    ],
)
def test_an_unknown_choice_is_a_usage_error(desk: Desk, arguments, changed, words):
    said = desk.refusal("plan", *arguments, code=64, **changed)
    assert words in said
    assert "mars" not in said and PASTED not in said


def test_several_tenants_are_a_question_for_the_command_line(desk: Desk):
    ids = f"client_id: {OTHER_ID}, secret_env: MY_SECRET"
    desk.head = f"tenants:\n  one: {{id: a.example, {ids}}}\n  two: {{id: b.example, {ids}}}\n"
    said = desk.refusal(code=64)
    assert said == "error: the config has several tenants; add --tenant one or two, or --all-tenants"
    said = desk.refusal("plan", "--tenant", "three", code=64)
    assert said == "error: --tenant: the config has no such tenant; write one or two"
    said = desk.refusal("plan", "--tenant", "one")
    assert "the variable that secret_env names (tenants: one: secret_env) is not set" in said


@pytest.mark.parametrize(
    "host",
    [
        "https://login.example",
        "http://login.microsoftonline.com",
        "http://127.0.0.1:1",
        "login.microsoftonline.com.example",
        "https://login.microsoftonline.com@login.example",
        "https://login.microsoftonline.com/common",
        "https://[",
        "https://localhost:99999",
        PASTED,
    ],
)
def test_a_login_host_of_nobody_knows_is_refused(desk: Desk, host):
    said = desk.refusal(code=64, AZURE_AUTHORITY_HOST=host)
    assert said.startswith("error: AZURE_AUTHORITY_HOST: only Microsoft's login services (login.micro")
    assert PASTED not in said and "login.example" not in said


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://graph.example", "only Microsoft's Graph (dod-graph.microsoft.us, graph.microsoft.com, "),
        ("http://graph.microsoft.com", "plain HTTP is accepted for loopback only"),
        ("https://graph.microsoft.us", "this is the Graph of the cloud usgov, but the cloud is public"),
        ("https://graph.microsoft.com/beta", "the address must not have a path"),
        ("https://user:word@graph.microsoft.com", "the address contains a user name or password"),
        (PASTED, "--graph-url: the value is not an http or https address"),
    ],
)
def test_a_graph_that_must_not_get_the_token_is_refused(desk: Desk, url, words):
    said = desk.refusal(code=64, graph=url)
    assert words in said
    assert PASTED not in said and "word@" not in said


@pytest.mark.parametrize("graph", [None, "https://graph.microsoft.com"])
def test_a_loopback_login_never_serves_a_real_graph(desk: Desk, graph):
    before = asked(desk)
    said = desk.refusal(code=64, graph=graph)
    assert "a login service on this computer cannot sign in to https://graph.microsoft.com" in said
    assert asked(desk) == before


@pytest.mark.parametrize("method", ["azure-pipelines", "github"])
@pytest.mark.parametrize(
    "address",
    ["http://dev.azure.com/x", "ftp://x", PASTED, "https://", "https://a:b@dev.azure.com/", "https://[::1/x"],
)
def test_a_token_service_that_is_not_https_is_refused(desk: Desk, method, address):
    name = SET_FIRST[method]
    said = desk.refusal(method=method, code=64, **{name: address})
    assert said.startswith(f"error: {name}: the value must be an https:// address without a user name")
    assert PASTED not in said and "a:b" not in said
    assert oidc.SYSTEM_TOKEN not in said and oidc.GITHUB_TOKEN not in said
