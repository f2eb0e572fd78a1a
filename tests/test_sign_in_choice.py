"""Which way of signing in is taken: the order, half sets, where each value is from, and the clouds."""

from __future__ import annotations

from pathlib import Path

import pytest

from aovpn_remediate.config.tenant_entry import CLOUDS as CONFIG_CLOUDS
from aovpn_remediate.config.tenant_entry import METHODS as CONFIG_METHODS
from aovpn_remediate.errors import UsageError
from aovpn_remediate.graph.auth.choice import METHODS, NoSignInError, Surroundings, choose
from aovpn_remediate.graph.auth.clouds import CLOUDS, choose_hosts
from aovpn_remediate.model import TenantSettings

TENANT, CLIENT = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"
OTHER = "33333333-3333-3333-3333-333333333333"
IDS = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT}
SETS = {
    "certificate": {"AZURE_CLIENT_CERTIFICATE_PATH": "app.pem"},
    "secret": {"AZURE_CLIENT_SECRET": "s"},
    "workload-identity": {"AZURE_FEDERATED_TOKEN_FILE": "token"},
    "azure-pipelines": {
        "SYSTEM_OIDCREQUESTURI": "https://dev.example/oidc",
        "SYSTEM_ACCESSTOKEN": "t",
        "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": OTHER,
    },
    "github": {
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://token.example/",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t",
    },
    "assertion": {"idToken": "a.b.c"},
}
ORDER = list(SETS)


def chosen(environment, *, tenant=None, method="", person=False, known=""):
    surroundings = Surroundings(environment, person, lambda _client: known)
    return choose(tenant or TenantSettings(), choose_hosts(environment), surroundings, method=method)


def test_config_and_command_line_know_the_same_words():
    assert set(CONFIG_METHODS) == set(METHODS)
    assert set(CONFIG_CLOUDS) == set(CLOUDS)


@pytest.mark.parametrize("method", ORDER)
def test_a_complete_set_is_taken(method):
    assert chosen(IDS | SETS[method]).method == method


@pytest.mark.parametrize("index", range(len(ORDER)))
def test_of_several_complete_sets_the_first_is_taken(index):
    environment = dict(IDS)
    for method in ORDER[index:]:
        environment |= SETS[method]
    assert chosen(environment).method == ORDER[index]


@pytest.mark.parametrize(
    ("begun", "missing"),
    [
        ({"AZURE_CLIENT_SECRET": "s"}, ["AZURE_TENANT_ID", "AZURE_CLIENT_ID"]),
        ({"AZURE_CLIENT_SECRET": "s", "AZURE_TENANT_ID": TENANT}, ["AZURE_CLIENT_ID"]),
        ({"ARM_CLIENT_CERTIFICATE_PATH": "x", "ARM_CLIENT_ID": CLIENT}, ["AZURE_TENANT_ID"]),
        ({**IDS, "SYSTEM_OIDCREQUESTURI": "https://x"}, ["SYSTEM_ACCESSTOKEN", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"]),
        ({**IDS, "ACTIONS_ID_TOKEN_REQUEST_URL": "https://x"}, ["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]),
    ],
)  # fmt: skip
def test_a_half_set_is_an_error_that_names_what_is_missing(begun, missing):
    later = SETS["github"] | SETS["assertion"] if "AZURE_CLIENT_SECRET" in begun else {}
    with pytest.raises(NoSignInError, match="not set") as caught:
        chosen(begun | later, person=True, known="browser")
    assert list(caught.value.variables) == missing
    assert all(name in str(caught.value) for name in missing)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("alone", ["AZURE_CLIENT_CERTIFICATE_PASSWORD", "SYSTEM_ACCESSTOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"])  # fmt: skip
def test_what_begins_no_set_is_not_half_a_set(alone):
    with pytest.raises(NoSignInError, match="nothing to sign in with was found"):
        chosen({**IDS, alone: "x"})


@pytest.mark.parametrize("method", ["azure-pipelines", "github"])
def test_a_fixed_assertion_takes_the_place_of_half_an_oidc_set(method):
    address = dict([next(iter(SETS[method].items()))])
    assert chosen(IDS | address | SETS["assertion"]).method == "assertion"
    assert chosen(IDS | SETS[method] | SETS["assertion"]).method == method


def test_the_line_to_add_to_the_pipeline_is_in_the_message():
    with pytest.raises(NoSignInError, match=r"SYSTEM_ACCESSTOKEN: \$\(System\.AccessToken\)"):
        chosen({**IDS, "TF_BUILD": "True", "SYSTEM_OIDCREQUESTURI": "https://x"})


@pytest.mark.parametrize("value", ["", "  ", "\n", "$(intune-secret)"])
def test_an_empty_variable_counts_as_unset(value):
    environment = {**IDS, "AZURE_CLIENT_SECRET": value, "ARM_CLIENT_SECRET": "s"}
    assert chosen(environment).sources["secret"] == "ARM_CLIENT_SECRET"


def test_ids_come_from_option_and_config_before_the_variables():
    pipelines = {"AZURESUBSCRIPTION_TENANT_ID": OTHER, "AZURESUBSCRIPTION_CLIENT_ID": OTHER}
    arm = {"ARM_TENANT_ID": OTHER, "ARM_CLIENT_ID": CLIENT}
    secret = SETS["secret"]
    by_file = TenantSettings(name="test", id="contoso.onmicrosoft.com", client_id=CLIENT)
    assert chosen({**pipelines, **arm, **IDS, **secret}, tenant=by_file).tenant == "contoso.onmicrosoft.com"
    assert chosen({**pipelines, **arm, **IDS, **secret}).tenant == TENANT
    assert chosen({**pipelines, **arm, **secret}).client == CLIENT
    assert chosen({**pipelines, **secret}).tenant == OTHER
    assert chosen({"tenantId": TENANT, "servicePrincipalId": CLIENT, **secret}).tenant == TENANT


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            TenantSettings(name="test", certificate=Path("own.pem")),
            ("certificate", "tenants: test: certificate"),
        ),
        (TenantSettings(name="test", secret_env="OWN"), ("secret", "tenants: test: secret_env")),
    ],
)
def test_what_the_file_names_comes_before_the_variables(settings, expected):
    environment = {**IDS, **SETS["secret"], "OWN": "own"}
    found = chosen(environment, tenant=settings)
    assert (found.method, found.sources[found.method]) == expected


def test_a_variable_that_the_file_names_and_nobody_set_is_half_a_set():
    settings = TenantSettings(name="test", secret_env="hunter2")
    with pytest.raises(NoSignInError, match=r"the variable that secret_env names \(tenants: test") as caught:
        chosen(IDS | SETS["secret"], tenant=settings)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["AZURE_TENANT_ID", "AZURE_CLIENT_ID"])
def test_a_secret_in_the_place_of_an_id_is_not_shown(name):
    with pytest.raises(NoSignInError, match=f"{name}: the value is not the id of a") as caught:
        chosen({**IDS, **SETS["secret"], name: "Xy8Q~hunter2"})
    assert "hunter2" not in str(caught.value)


def test_a_kept_sign_in_comes_before_the_browser():
    assert chosen(IDS, known="device-code").method == "device-code"
    assert chosen(IDS, person=True).method == "browser"


@pytest.mark.parametrize("name", ["CI", "TF_BUILD", "GITHUB_ACTIONS"])
def test_in_a_pipeline_no_kept_sign_in_is_used(name):
    with pytest.raises(NoSignInError):
        chosen({**IDS, name: "true"}, known="browser")


@pytest.mark.parametrize("method", ["browser", "device-code", "broker"])
def test_a_method_with_a_person_needs_one(method):
    with pytest.raises(NoSignInError, match="needs a person at a terminal") as caught:
        chosen(IDS, method=method)
    assert "certificate, secret, workload-identity" in str(caught.value)
    assert chosen(IDS, method=method, person=True).method == method


@pytest.mark.parametrize("method", ["managed-identity", "azure-cli"])
def test_what_signs_in_by_itself_needs_no_ids(method):
    assert chosen({}, method=method).method == method


@pytest.mark.parametrize(
    ("environment", "options", "name", "login"),
    [
        ({}, {}, "public", "login.microsoftonline.com"),
        ({}, {"option": "usgov-dod"}, "usgov-dod", "login.microsoftonline.us"),
        ({"ARM_ENVIRONMENT": "usgovernment"}, {}, "usgov", "login.microsoftonline.us"),
        ({"AZURE_AUTHORITY_HOST": "login.microsoftonline.us"}, {}, "usgov", "login.microsoftonline.us"),
        ({"AZURE_AUTHORITY_HOST": "https://login.chinacloudapi.cn/"}, {}, "china", "login.chinacloudapi.cn"),
        ({"ARM_ENVIRONMENT": "china"}, {"tenant_cloud": "usgov"}, "usgov", "login.microsoftonline.us"),
        ({"AZURE_AUTHORITY_HOST": "login.microsoftonline.us"}, {"option": "china"}, "china", "login.partner.microsoftonline.cn"),
        ({"AZURE_AUTHORITY_HOST": "login.microsoftonline.us"}, {"option": "usgov-dod"}, "usgov-dod", "login.microsoftonline.us"),
    ],
)  # fmt: skip
def test_the_cloud_decides_both_hosts(environment, options, name, login):
    hosts = choose_hosts(environment, **options)
    assert (hosts.cloud.name, hosts.login, hosts.graph) == (name, f"https://{login}", CLOUDS[name].graph)
    assert hosts.scope == f"{CLOUDS[name].graph}/.default"


def test_a_simulator_gets_the_tokens_of_the_cloud():
    environment = {"AZURE_AUTHORITY_HOST": "https://localhost:8443"}
    hosts = choose_hosts(environment, option="usgov", graph_url="http://127.0.0.1:8765")
    assert hosts.login == "https://localhost:8443"
    assert hosts.scope == "https://graph.microsoft.us/.default"


@pytest.mark.parametrize(
    ("environment", "options"),
    [
        ({"AZURE_AUTHORITY_HOST": "https://login.evil.example"}, {}),
        ({"AZURE_AUTHORITY_HOST": "http://localhost:1"}, {}),
        ({"AZURE_AUTHORITY_HOST": "http://login.microsoftonline.com"}, {}),
        ({"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com.evil.example"}, {}),
        ({"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com@evil.example"}, {}),
        ({"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com:8443"}, {}),
        ({"AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/tenant"}, {}),
        ({"AZURE_AUTHORITY_HOST": "https://[::1"}, {}),
        ({"AZURE_AUTHORITY_HOST": "https://localhost:8443"}, {}),
        ({"AZURE_AUTHORITY_HOST": "https://localhost:8443"}, {"graph_url": "https://graph.microsoft.com"}),
        ({"ARM_ENVIRONMENT": "german"}, {}),
        ({}, {"option": "moon"}),
        ({}, {"graph_url": "https://graph.microsoft.us"}),
        ({}, {"graph_url": "https://graph.microsoft.com:8443"}),
        ({}, {"graph_url": "https://graph.microsoft.com.evil.example"}),
    ],
)
def test_any_other_host_is_refused_before_a_request(environment, options):
    with pytest.raises(UsageError) as caught:
        choose_hosts(environment, **options)
    assert caught.value.exit_code == 64
