"""The tenants of a config: what they may say, and that no message shows what was pasted there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aovpn_remediate.cli import run
from aovpn_remediate.config import load_config
from aovpn_remediate.config.tenant_entry import CLOUDS, FORMS, METHODS
from aovpn_remediate.documents.secrets import is_secret_key, is_secret_text
from aovpn_remediate.errors import ConfigError
from aovpn_remediate.model import TenantSettings
from tests.config_texts import ENTRY, is_ours, load

GUID = "11111111-1111-1111-1111-111111111111"
MARK = "qZ7marked"
SECRETS = {
    "an Entra secret": f"aBc8Q~{MARK}ghijklmnopqrstuvwxyzABCDEF",
    "a password": f"{MARK}!pass word",
    "a word": MARK,
    "random letters": f"{MARK}A1bC2dE3fG4hI5jK6lM7nO8p",
    "hexadecimal": f"{MARK}{'0f' * 20}",
    "Base64": f"{MARK}+/abcdefghijklmnopqrst==",
    "a token": f"eyJ0eXAiOiJKV1Qi.{MARK}.sig",
    "a key file": f"-----BEGIN PRIVATE KEY-----\n{MARK}\n-----END PRIVATE KEY-----\n",
    "a secret with a time": f"12:30 {MARK}",
    "control characters": f"\x1b{MARK}\x85",
    "YAML": f"{{a: [{MARK}]}}",
}


def tenants(folder: Path, text: str) -> dict[str, TenantSettings]:
    return dict(load(folder, f"{ENTRY}tenants:\n{text}").tenants)


def test_a_tenant_has_every_setting(tmp_path):
    text = f"""\
  test:
    id: {GUID}
    client_id: {GUID}
    cloud: usgov
    auth: certificate
    service_connection_id: {GUID}
    certificate: certs/test.pem
    secret_env: TEST_SECRET
"""
    assert tenants(tmp_path, text) == {
        "test": TenantSettings(
            name="test", id=GUID, client_id=GUID, cloud="usgov", auth="certificate", service_connection_id=GUID,
            certificate=tmp_path / "certs" / "test.pem", secret_env="TEST_SECRET",
        )
    }  # fmt: skip


def test_a_tenant_may_leave_everything_to_the_environment(tmp_path):
    assert tenants(tmp_path, "  test: {}\n") == {"test": TenantSettings(name="test")}


def test_tenants_keep_the_files_order(tmp_path):
    assert list(tenants(tmp_path, "  z: {}\n  a: {}\n  m: {}\n")) == ["z", "a", "m"]


def test_a_certificate_with_a_whole_path_stays_there(tmp_path):
    path = tmp_path / "elsewhere" / "a.pfx"
    text = f"  test: {{certificate: '{path}'}}\n"
    assert tenants(tmp_path, text)["test"].certificate == path


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("id", one) for one in (GUID, "contoso.onmicrosoft.com", "vpn.contoso.co.uk", "x.xn--p1ai")],
        *[("cloud", one) for one in CLOUDS],
        *[("auth", one) for one in METHODS],
        *[("certificate", one) for one in ("a.pem", "../a b/\u00e4.pfx", f"certs/{'0F' * 20}.pfx", "C:\\c\\a.pfx")],
        *[("secret_env", one) for one in ("A", "_x9", "CONTOSO_PRODUCTION_CLIENT_SECRET_2026_EUROPE")],
    ],
)  # fmt: skip
def test_a_value_is_accepted(tmp_path, key, value):
    found = tenants(tmp_path, f"  t: {{{key}: '{value}'}}\n")["t"]
    assert str(getattr(found, key)).endswith(value)


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        *[("id", one, "tenant/id") for one in ("common", "-a.com", "a..com", "https://a.com", f"{GUID}0", "a.1")],
        ("client_id", "contoso.onmicrosoft.com", "value/not-an-id"),
        ("service_connection_id", "Contoso connection", "value/not-an-id"),
        ("cloud", "germany", "value/unknown-word"),
        ("auth", "Secret", "value/unknown-word"),
        *[("secret_env", one, "tenant/variable") for one in ("1a", "a-b", "$A", "A B")],
        ("certificate", "a\\nb", "tenant/certificate"),
        ("certificate", "x" * 1001, "tenant/certificate"),
        *[(key, "", "value/empty") for key in FORMS],
        *[(key, "-----BEGIN CERTIFICATE-----", "config/secret") for key in FORMS],
    ],
)  # fmt: skip
def test_a_value_is_refused(tmp_path, key, value, code):
    with pytest.raises(ConfigError) as refused:
        tenants(tmp_path, f'  t: {{{key}: "{value}"}}\n')
    assert [one.code for one in refused.value.problems] == [code]


@pytest.mark.parametrize(
    "key", ["client_secret", "Secret", "password", "certificate_password", "apiKey", "sasToken"]
)
def test_a_key_for_a_secret_is_refused(tmp_path, key):
    with pytest.raises(ConfigError) as refused:
        tenants(tmp_path, f"  t: {{{key}: hunter2}}\n")
    (problem,) = refused.value.problems
    assert problem.code == "config/secret" and "AZURE_CLIENT_SECRET" in problem.text


def test_no_key_of_a_tenant_is_mistaken_for_another(tmp_path):
    assert {key for key in FORMS if is_secret_key(key)} == {"certificate", "secret_env"}


@pytest.mark.parametrize("name", ["an Entra secret", "random letters", "Base64", "a token", "a key file"])
def test_a_text_that_looks_like_a_secret_is_recognized(name):
    assert is_secret_text(SECRETS[name])


def places(secret: object) -> Iterator[dict[object, object]]:
    """Sections ``tenants`` that hold a secret, each at another place and beside another fault."""
    yield from ({"t": {key: value}} for key in (*FORMS, "x", "client_secret") for value in shapes(secret))
    yield from ({"t": {"id": 5, secret: value}} for value in (1, None, "x", {}, {secret: secret}))
    yield {"t": {f"id{secret}": 1, f"{secret}client_secret": 1}}
    yield {secret: {}, str(secret).swapcase(): {"id": "x"}, "a b": {}}
    yield {secret: secret, "u": {"cloud": "x"}}
    yield from ({"t": value} for value in shapes(secret))


def shapes(secret: object) -> list[object]:
    return [
        secret,
        [secret],
        {secret: secret},
        [{"a": [secret]}],
        f"\n{secret}\n{secret}",
        f"x {secret}",
        {"id": secret},
    ]


def messages(path: Path) -> str:
    """Each problem of a file and each code of it, as text."""
    try:
        load_config(path)
    except ConfigError as error:
        assert all(is_ours(str(one)) for one in error.problems)
        return f"{error!r} {error} {error.problems!r}"
    return ""


@pytest.mark.parametrize("style", [None, '"', "'", "|", ">"])
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_at_any_place_of_a_tenant_is_not_shown(tmp_path, name, style):
    path = tmp_path / "r.yaml"
    for section in (*places(SECRETS[name]), *shapes(SECRETS[name])):
        path.write_text(ENTRY + yaml.safe_dump({"tenants": section}, default_style=style, allow_unicode=True))
        assert MARK not in messages(path), section


RAW = [
    "  t: {id: *MARK}", "  t: {id: !MARK x}", "  t: {id: !MARK!x y}", "  t: {id: &MARK }", "  t: {id: &MARK 1, cloud: &MARK 2}",
    "  t: {id: %MARK}", "  t: {id: @MARK}", "  t: {id: `MARK}", "  t: {id: \"MARK}", "  t: {id: 'MARK}", "  t: {id: \"\\MARK\"}",
    "  t:\n    id: MARK: x", "  t:\n    MARK\n    id: x", "  t:\n\tid: MARK", "  t: {id: a, id: MARK}", "  MARK: {}\n  MARK: {}",
    "  t: {MARK: 1, MARK: 2}", "  ? [MARK]\n  : MARK", "  t: {? {MARK: x} : MARK}", "  t: {id: |\n MARK}", "  t: {<<: {MARK: MARK}}",
    "  <<: MARK", "  t: {id: MARK", "  t: [MARK", "---\nMARK", "  t: {id: !!binary MARK}", "  t: !!MARK {}", "  !MARK t: x", "  *MARK : x",
    "  t: {id: MARK\0}", "  t: {id: \"MARK\\ud800\"}", "  t: {id: " + "[" * 30 + "MARK}",
]  # fmt: skip


@pytest.mark.parametrize("text", RAW)
def test_a_secret_that_is_not_valid_yaml_is_not_shown(tmp_path, capsys, text):
    path = tmp_path / "r.yaml"
    path.write_text(f"{ENTRY}tenants:\n{text.replace('MARK', MARK)}\n", encoding="utf-8")
    messages(path)
    run(["validate", "-c", str(path)])
    shown = capsys.readouterr()
    assert MARK not in messages(path) + shown.out + shown.err


@pytest.mark.parametrize("digits", ["1234:56", "-98765:43:21.5", "1:2"])
def test_digits_with_colons_are_not_shown(tmp_path, digits):
    path = tmp_path / "r.yaml"
    path.write_text(
        f"{ENTRY}tenants:\n  t: {{id: {digits}}}\n  u: {{{digits} : [{digits}]}}\n  {digits} : {{}}\n"
    )
    found = messages(path)
    assert "yaml/unquoted-time" in found and f" {digits}" not in found and f"'{digits}" not in found


@pytest.mark.parametrize("name", SECRETS)
def test_validate_prints_no_secret_of_a_tenant(tmp_path, capsys, name):
    path = tmp_path / "r.yaml"
    for section in places(SECRETS[name]):
        path.write_text(ENTRY + yaml.safe_dump({"tenants": section}))
        run(["validate", "-c", str(path)])
    shown = capsys.readouterr()
    assert shown.err and MARK not in shown.out + shown.err


NUMBER = 8_675_309_421
ANYTHING = st.recursive(
    st.sampled_from([MARK, NUMBER, f"{MARK}~x", f"x: {MARK}", True, None, 1.5]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*FORMS, MARK, NUMBER, "x", "secret"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(max_examples=300)
@given(ANYTHING)
def test_no_message_about_any_tenants_shows_what_they_hold(tmp_path, section):
    path = tmp_path / "any.yaml"
    path.write_text(ENTRY + yaml.safe_dump({"tenants": section}), encoding="utf-8")
    found = messages(path)
    assert MARK not in found and str(NUMBER) not in found
