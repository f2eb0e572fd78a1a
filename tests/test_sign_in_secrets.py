"""No secret, assertion, token or code is ever written: a mark in every source, and a search of everything."""

from __future__ import annotations

import base64
import logging
import os
import stat
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from requests.exceptions import InvalidHeader

from aovpn_remediate.cli.bug_report import without_secrets
from aovpn_remediate.graph.auth import login_session
from aovpn_remediate.graph.sending import Sender
from tests.command_line import Said as AtTerminal
from tests.command_line import remediate_at_a_terminal
from tests.proxy_stand_in import proxy
from tests.sign_in_desk import Desk, recover
from tests.sign_in_world import METHODS, SECRET, World, sign_in_world
from tests.tenants import Said, config

APPS = tuple(method for method in METHODS if method not in ("browser", "device-code"))
MARKS = {
    "AZURE_CLIENT_SECRET": "MARK~azure-client-secret",
    "ARM_CLIENT_SECRET": "MARK~arm-client-secret",
    "servicePrincipalKey": "MARK~service-principal-key",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD": "MARK~certificate-password",
    "ARM_CLIENT_CERTIFICATE_PASSWORD": "MARK~arm-certificate-password",
    "SYSTEM_ACCESSTOKEN": "MARK~system-access-token",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "MARK~github-request-token",
    "idToken": "MARK~fixed-assertion",
    "ARM_OIDC_TOKEN": "MARK~arm-oidc-token",
    "IDENTITY_HEADER": "MARK~identity-header",
    "HTTPS_PROXY": "http://proxy-user:MARK~proxy-word@127.0.0.1:9",
    "MY_OWN_VARIABLE": "MARK~own-variable",
}
COMMANDS = (
    ("plan",),
    ("publish", "--yes", "--json"),
    ("auth", "status"),
    ("auth", "status", "--json"),
    ("doctor", "--json"),
)


@dataclass(frozen=True)
class Places:
    """Where the product may write: all below one folder."""

    root: Path

    def variables(self) -> dict[str, str]:
        """The environment that leads everything there."""
        for name in ("tmp", "home", "cache"):
            (self.root / name).mkdir(parents=True, exist_ok=True)
        where = dict.fromkeys(("TMPDIR", "TMP", "TEMP"), str(self.root / "tmp"))
        home = str(self.root / "home")
        state = dict.fromkeys(("HOME", "USERPROFILE", "XDG_STATE_HOME", "XDG_CACHE_HOME"), home)
        return {**where, **state, "REMEDIATE_CACHE_DIR": str(self.root / "cache")}

    def files(self) -> list[Path]:
        return [path for path in self.root.rglob("*") if path.is_file()]

    def texts(self, *, except_for: Iterable[str] = ()) -> list[str]:
        """Every name and every content of a file."""
        kept = [path for path in self.files() if path.name not in set(except_for)]
        return [f"{path}\n{path.read_bytes().decode('utf-8', 'replace')}" for path in kept]


def forms(secret: str) -> set[str]:
    """A secret, its parts that are secret by themselves, and what else it may be written as."""
    parts = {secret.strip(), *secret.strip().split(".")[1:]}
    long = {part for part in parts if len(part) >= 8}
    return long | {quote(one, safe="") for one in long} | {_base64(one) for one in long}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def search(world: World, texts: Iterable[str], more: Iterable[str] = ()) -> None:
    """Fail where a secret is found."""
    marks = [value.rpartition("@")[0].rpartition(":")[2] or value for value in MARKS.values()]
    secrets = {form for one in [*world.secrets(), *marks, *more] for form in forms(one)}
    everything = "\n".join(texts)
    found = sorted(one for one in secrets if one in everything)
    assert not found, f"written: {found}"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    one = Places(tmp_path / "all")
    monkeypatch.setattr(tempfile, "tempdir", str(one.root / "tmp"))
    return one


def everywhere(desk: Desk, places: Places, method: str) -> Mapping[str, str]:
    """A mark in every variable that the method does not need itself."""
    own = desk.world.environment(method)
    marks = {name: value for name, value in MARKS.items() if method != "assertion" or name != "idToken"}
    return {**marks, **own, **places.variables(), "REMEDIATE_AUTH": method.removesuffix("-pfx")}


def run_all(
    desk: Desk, places: Places, method: str, commands: Iterable[tuple[str, ...]] = COMMANDS
) -> list[Said]:
    """Run commands with a mark in every source, and search all that they wrote."""
    said = [desk.say(*one, method=method, **everywhere(desk, places, method)) for one in commands]
    search(desk.world, [text for one in said for text in (one.out, one.err)] + places.texts())
    return said


@pytest.mark.parametrize("method", APPS)
def test_success_writes_no_secret(desk: Desk, places: Places, caplog, method):
    caplog.set_level(logging.DEBUG)
    said = run_all(desk, places, method)
    assert {one.code for one in said[:4]} == {0}, said
    search(desk.world, [caplog.text])
    assert places.files() == []


FAILURES = {
    "refused": {"status": 401, "body": {"error": "invalid_client", "error_codes": [7000215]}},
    "page": {"status": 203, "body": "<html>MARK~own-variable</html>"},
    "broken": {"body": '{"access_token": "eyJ', "headers": {"Content-Type": "application/json"}},
    "closed": {"close": True},
    "moved": {"status": 302, "headers": {"Location": "https://x.example/?token=MARK~own-variable"}},
}


@pytest.mark.parametrize("method", ["secret", "certificate-pfx", "workload-identity", "azure-pipelines"])
@pytest.mark.parametrize("failure", FAILURES)
def test_a_login_that_fails_writes_no_secret(desk: Desk, places: Places, caplog, method, failure):
    caplog.set_level(logging.DEBUG)
    desk.world.login.fail(path="/token$", times=None, **FAILURES[failure])
    said = run_all(desk, places, method, [("plan",), ("auth", "status", "--json")])
    assert {one.code for one in said} == {4}
    search(desk.world, [caplog.text])
    assert places.files() == []


def test_a_refusal_that_repeats_what_was_sent_writes_no_secret(desk: Desk, places: Places):
    echo = f"AADSTS50128: The value {SECRET} is not right."
    desk.world.login.fail(path="/token$", status=401, body={"error": "x", "error_description": echo})
    (said,) = run_all(desk, places, "secret", [("plan",)])
    assert "The value *** is not right (AADSTS50128)" in said.err


@pytest.mark.parametrize("method", ["azure-pipelines", "github", "managed-identity"])
@pytest.mark.parametrize("failure", FAILURES)
def test_a_token_service_that_fails_writes_no_secret(desk: Desk, places: Places, method, failure):
    services = {"azure-pipelines": desk.world.pipelines, "github": desk.world.github}
    services.get(method, desk.world.identity).fail(times=None, **FAILURES[failure])
    said = run_all(desk, places, method, [("plan",)])
    assert said[0].code == 4
    assert places.files() == []


def test_a_silent_login_writes_no_secret(desk: Desk, places: Places, monkeypatch):
    monkeypatch.setattr(login_session, "_READ", 0.2)
    desk.world.login.fail(path="/token$", delay=3600, close=True, times=None)
    assert run_all(desk, places, "secret", [("plan",)])[0].code == 4


def test_az_that_prints_secrets_on_stderr_writes_none(desk: Desk, places: Places):
    desk.world.az.says("", "ERROR: MARK~own-variable\n", code=1)
    assert run_all(desk, places, "azure-cli", [("plan",)])[0].code == 4


def test_a_graph_that_refuses_every_token_writes_none(desk: Desk, places: Places):
    desk.world.login.change(challenge={"access_token": {"nbf": {"essential": True, "value": "1"}}})
    run_all(desk, places, "secret")
    desk.world.login.revoke()
    run_all(desk, places, "azure-cli")


def test_an_error_of_a_library_that_nobody_catches_is_not_printed(desk: Desk, places: Places, monkeypatch):
    def crash(sender: Sender, call: object, token: str, waited: float) -> None:
        raise InvalidHeader(f"Invalid character in header value: 'Bearer {token}'")

    monkeypatch.setattr(Sender, "_send_once", crash)
    said = run_all(desk, places, "secret", [("plan",)])
    assert "a bug in remediate" in said[0].err


@pytest.mark.parametrize("method", APPS)
def test_a_crash_leaves_a_report_without_secrets(desk: Desk, places: Places, monkeypatch, method):
    def crash(sender: Sender, call: object, token: str, waited: float) -> None:
        proof = {name: value for name, value in os.environ.items() if "MARK~" in value}
        raise RuntimeError(f"Authorization: Bearer {token}", {"token": token}, proof)

    monkeypatch.setattr(Sender, "_send_once", crash)
    said = run_all(desk, places, method, [("plan",)])
    assert said[0].code == 1 and "a bug in remediate" in said[0].err
    (report,) = places.files()
    assert "RuntimeError" in report.read_text() and str(report) in said[0].err
    assert stat.S_IMODE(report.stat().st_mode) == 0o600 or os.name == "nt"


def test_a_report_keeps_what_is_not_secret():
    text = 'File "a.py", line 3, in token\nValueError: bad address http://host/x?y=1 of True\n'
    assert without_secrets(text, {"TF_BUILD": "True", "MY_TOKEN": "True", "X_SECRET": "  "}) == text
    text = "http://u:p@host Bearer abc.def eyJhbGciOiJSUzI1NiJ9.eyJ4Ijo1fQ.c2ln long-secret-1"
    kept = without_secrets(text, {"X_SECRET": "long-secret-1"})
    assert kept == "http://***@host Bearer *** *** ***"


@pytest.mark.parametrize("how", ["password", "forbid", "hang up"])
def test_the_password_of_a_proxy_is_never_written(desk: Desk, places: Places, tmp_path: Path, how):
    with proxy(how, tmp_path) as one:
        changed = {
            **places.variables(),
            "AZURE_AUTHORITY_HOST": None,
            "HTTPS_PROXY": one.url.replace("//", "//proxy-user:MARK~proxy-word@"),
        }
        said = [
            desk.say(*words, graph=None, **changed) for words in (("plan",), ("auth", "status", "--json"))
        ]
    assert {one.code for one in said} == {4}
    search(desk.world, [text for one in said for text in (one.out, one.err)] + places.texts())


@pytest.mark.parametrize("name", ["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "tenantId", "servicePrincipalId"])
def test_a_secret_in_the_place_of_an_id_is_never_written(desk: Desk, places: Places, name):
    gone = dict.fromkeys(("AZURE_TENANT_ID", "AZURE_CLIENT_ID"))
    for words in (("plan",), ("auth", "status"), ("auth", "status", "--json"), ("doctor",)):
        said = desk.say(*words, **{**places.variables(), **gone, name: "MARK~own-variable"})
        assert said.code == 4, said
        search(desk.world, [said.out, said.err, *places.texts()])


@pytest.mark.parametrize(
    "entry",
    [
        "id: MARK~own-variable",
        "client_id: MARK~own-variable",
        "secret_env: MARK~own-variable",
        "client_secret: MARK~own-variable",
        "cloud: MARK~own-variable",
        "auth: MARK~own-variable",
        "service_connection_id: MARK~own-variable",
        "MARK~own-variable: x",
    ],
)
def test_a_secret_in_the_config_is_never_written(desk: Desk, places: Places, entry):
    desk.head = f"tenants:\n  one:\n    {entry}\n"
    for words in (("plan",), ("auth", "status", "--json"), ("doctor", "--json")):
        said = desk.say(*words, **places.variables())
        assert said.code != 0
        search(desk.world, [said.out, said.err, *places.texts()])


def at_a_terminal(world: World, places: Places, *arguments: str, method: str, **more: str) -> AtTerminal:
    (world.folder / "r.yaml").write_text(config("a"), encoding="utf-8")
    options = ["-c", str(world.folder / "r.yaml"), "--graph-url", world.graph_url]
    own = {**MARKS, **world.environment(method), **places.variables(), "REMEDIATE_AUTH": method, **more}
    return remediate_at_a_terminal(*arguments, *options, environment=own)


@pytest.mark.parametrize("method", ["browser", "device-code"])
def test_a_person_signs_in_and_only_the_kept_file_has_tokens(tmp_path: Path, method):
    places = Places(tmp_path / "all")
    (tmp_path / "world").mkdir()
    with sign_in_world(tmp_path / "world") as world:
        words = ("auth", "login", "--insecure-cache")
        said = [at_a_terminal(world, places, *words, method=method)]
        assert said[0].code == 0, said
        kept = places.root / "cache" / "tokens.json"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert stat.S_IMODE(kept.parent.stat().st_mode) & 0o022 == 0
        assert [path.name for path in places.files()] == ["tokens.json"], "no temporary file is left"
        said.append(at_a_terminal(world, places, "publish", "--yes", method=method))
        said.append(at_a_terminal(world, places, "auth", "status", "--json", method=method))
        assert [one.code for one in said] == [0, 0, 0], said
        search(world, [one.out for one in said] + places.texts(except_for=["tokens.json"]))
        assert any(secret in kept.read_text() for secret in world.login.secrets())


@pytest.mark.parametrize(
    ("method", "settings", "how"),
    [
        ("browser", {"authorize": "access_denied"}, "accept"),
        ("browser", {}, "deny"),
        ("device-code", {"device_code": ("53003",)}, "accept"),
        ("device-code", {"device_code": ("authorization_declined",)}, "accept"),
    ],
)
def test_a_person_who_does_not_sign_in_leaves_nothing(tmp_path: Path, method, settings, how):
    places = Places(tmp_path / "all")
    (tmp_path / "world").mkdir()
    with sign_in_world(tmp_path / "world") as world:
        world.login.change(**settings)
        more = {"BROWSER": world.browser(how)}
        said = at_a_terminal(world, places, "auth", "login", "--insecure-cache", method=method, **more)
        assert said.code == 4, said
        search(world, [said.out, *places.texts()])
        assert places.files() == []


@pytest.mark.parametrize("method", ["browser", "device-code"])
@pytest.mark.parametrize("failure", FAILURES)
def test_a_person_whose_login_service_fails_leaves_nothing(shared_world: World, tmp_path, method, failure):
    places = Places(tmp_path / "all")
    recover(shared_world)
    shared_world.login.fail(path="/token$", times=None, **FAILURES[failure])
    said = at_a_terminal(shared_world, places, "auth", "login", "--insecure-cache", method=method)
    recover(shared_world)
    assert said.code == 4, said
    search(shared_world, [said.out, *places.texts()])
    assert places.files() == []


def test_the_search_finds_a_secret_in_each_form(shared_world: World):
    key = next(one for one in shared_world.secrets() if one.startswith("MII"))
    signature = (shared_world.folder / "token.jwt").read_text().split(".")[2]
    issued = shared_world.login.app_token()
    marks = [MARKS["SYSTEM_ACCESSTOKEN"], "MARK~proxy-word", _base64(MARKS["idToken"])]
    for text in (*marks, key, signature, issued, issued.split(".")[1]):
        with pytest.raises(AssertionError, match="written"):
            search(shared_world, ["before", f"x{text}y"])
