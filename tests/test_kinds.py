"""The kinds: which mixes of settings are accepted, what they mean for the scripts, and their words."""

from __future__ import annotations

import re
import textwrap
from itertools import product

import pytest
from pydantic import ValidationError

from aovpn_remediate.config import load_config
from aovpn_remediate.errors import UsageError
from aovpn_remediate.kinds import KINDS, Entry, describe_kind, describe_kinds
from aovpn_remediate.kinds.interface_metric import InterfaceMetric
from aovpn_remediate.kinds.rasman_privileges import WORKAROUND
from aovpn_remediate.model import RunAs
from aovpn_remediate.privileges import PRIVILEGES

MIXES = list(product(("repair", "ignore"), ("repair", "report", "ignore")))
USER_MIXES = [("repair", "report"), ("repair", "ignore"), ("ignore", "repair"), ("repair", "repair")]


def metric(**settings: object) -> InterfaceMetric:
    """An interface-metric entry with these settings over ordinary ones."""
    ordinary = {"kind": "interface-metric", "profile": "VPN", "scope": "user", "ipv4": 3}
    return InterfaceMetric.model_validate(ordinary | settings)


def is_taken(**settings: object) -> bool:
    try:
        metric(**settings)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("stored", "live"), MIXES)
def test_a_user_tunnel_accepts_only_what_one_account_can_do(stored, live):
    assert is_taken(stored=stored, live=live) == ((stored, live) in USER_MIXES)


@pytest.mark.parametrize("scope", ["all-users", "device"])
@pytest.mark.parametrize(("stored", "live"), MIXES)
def test_system_accepts_every_mix_that_checks_something(scope, stored, live):
    assert is_taken(scope=scope, stored=stored, live=live, repair=False) == (
        (stored, live) != ("ignore", "ignore")
    )


@pytest.mark.parametrize("repair", [True, False])
def test_a_pair_that_only_reports_has_no_repair(repair):
    assert is_taken(scope="device", stored="ignore", live="report", repair=repair) == (not repair)


@pytest.mark.parametrize(
    ("settings", "taken"),
    [
        ({"repair": False}, True),
        ({"repair": True}, False),
        ({"repair": False, "stored": "ignore", "live": "repair"}, False),
    ],
)
def test_only_a_detection_that_reads_the_phonebook_reports_absence(settings, taken):
    assert is_taken(when_absent="issue", **settings) == taken


@pytest.mark.parametrize(
    ("scope", "live"), [("user", "report"), ("all-users", "repair"), ("device", "repair")]
)
def test_what_happens_to_the_live_metric_follows_from_the_scope(scope, live):
    assert metric(scope=scope).script_settings()["Live"] == live


@pytest.mark.parametrize(
    ("settings", "account"),
    [
        ({"scope": "user"}, RunAs.USER),
        ({"scope": "user", "live": "ignore"}, RunAs.USER),
        ({"scope": "user", "stored": "ignore", "live": "repair"}, RunAs.SYSTEM),
        ({"scope": "all-users"}, RunAs.SYSTEM),
        ({"scope": "device"}, RunAs.SYSTEM),
    ],
)
def test_only_a_users_phonebook_is_the_users(settings, account):
    entry = metric(**settings)
    assert entry.run_as is account
    assert entry.script_settings()["RunAs"] == account.value


IPV4_KEY = {
    "Setting": "ipv4", "Key": "IpInterfaceMetric", "Wanted": [3], "Missing": 0,
    "Words": {"0": "automatic"},
}  # fmt: skip


def test_the_script_settings_have_a_readable_order():
    assert list(metric(ipv6=None, scope="device").script_settings().items()) == [
        ("Kind", "interface-metric"),
        ("Profile", "VPN"),
        ("Scope", "device"),
        ("RunAs", "system"),
        ("WhenAbsent", "ok"),
        ("WhenUnknown", "ok"),
        ("Stored", "repair"),
        ("Live", "repair"),
        ("Ipv4", 3),
        ("Ipv6", None),
        ("EntryKeys", [IPV4_KEY]),
    ]


@pytest.mark.parametrize(
    ("settings", "value"),
    [({}, 3), ({"ipv6": 7}, 7), ({"ipv6": None}, None), ({"ipv6": "automatic"}, "automatic")],
)
def test_the_ipv6_metric_is_that_of_ipv4_unless_it_is_said(settings, value):
    assert metric(**settings).script_settings()["Ipv6"] == value


@pytest.mark.parametrize(
    ("settings", "checks", "repairs"),
    [
        ({}, ("Stored", "Live"), ("Stored",)),
        ({"live": "ignore"}, ("Stored",), ("Stored",)),
        ({"stored": "ignore", "live": "repair"}, ("Live",), ("Live",)),
        ({"scope": "device"}, ("Stored", "Live"), ("Stored", "Live")),
        ({"scope": "device", "stored": "ignore", "live": "report", "repair": False}, ("Live",), ()),
    ],
)
def test_what_is_checked_can_differ_from_what_is_repaired(settings, checks, repairs):
    assert (metric(**settings).checks(), metric(**settings).repairs()) == (checks, repairs)


@pytest.mark.parametrize("value", [1, 9999, "automatic"])
def test_a_metric_within_the_limits_is_accepted(value):
    assert metric(ipv4=value).script_settings()["Ipv4"] == value


@pytest.mark.parametrize("value", [0, -1, 10000, "3", "Automatic", "", True, 3.0, None, [3]])
def test_any_other_metric_is_refused(value):
    assert not is_taken(ipv4=value)


@pytest.mark.parametrize("name", ["profile", "scope", "ipv4", "kind"])
def test_a_kind_cannot_do_without(name):
    entry = metric().model_dump(include={"kind", "profile", "scope", "ipv4"})
    with pytest.raises(ValidationError):
        InterfaceMetric.model_validate({key: value for key, value in entry.items() if key != name})


def test_a_kind_in_words_has_its_own_settings_only():
    text = describe_kind("interface-metric")
    assert [(one.name, one.type, one.default) for one in text.settings] == [
        ("profile", "text", "required"),
        ("scope", "user | all-users | device", "required"),
        ("when_absent", "ok | issue", "ok"),
        ("stored", "repair | ignore", "repair"),
        ("live", "repair | report | ignore", "report for user, else repair"),
        ("live_every", "text", "the schedules"),
        ("ipv4", "1-9999 or automatic", "required"),
        ("ipv6", "1-9999, automatic or null", "as ipv4"),
    ]


@pytest.mark.parametrize("text", describe_kinds(), ids=lambda text: text.kind)
def test_every_kind_says_what_it_is_for(text):
    assert text.summary and text.symptom and text.cause and text.touches
    assert all(one.meaning.endswith(".") and "Default:" not in one.meaning for one in text.settings)


def test_the_kinds_are_listed_by_name():
    assert [text.kind for text in describe_kinds()] == sorted(KINDS)


def test_each_kind_is_an_entry_of_its_name():
    for kind, model in KINDS.items():
        assert issubclass(model, Entry)
        assert model.model_json_schema()["properties"]["kind"]["const"] == kind


def test_an_unknown_kind_is_answered_with_the_kinds():
    with pytest.raises(UsageError) as refused:
        describe_kind("nope")
    assert str(refused.value) == f"the kind 'nope' does not exist; the kinds are {', '.join(sorted(KINDS))}"


def route_problem(*routes: object, **settings: object) -> str:
    """What is said of these routes; nothing if they are taken."""
    ordinary = {"kind": "route-presence", "profile": "V", "scope": "device", "routes": list(routes)}
    try:
        KINDS["route-presence"].model_validate(ordinary | settings)
    except ValidationError as error:
        return str(error.errors()[0]["ctx"]["error"])
    return ""


@pytest.mark.parametrize(
    ("routes", "settings", "problem"),
    [
        (["10.20.0.0/16", "10.20.1.0/24", "2001:db8::/32"], {}, ""),
        (["172.21.12.0/21"], {}, "has host bits set; write 172.21.8.0/21"),
        (["10.1.2.3"], {}, "has no prefix length; write 10.1.2.3/32 for one host"),
        (["0.0.0.0/0"], {}, "is a default route; force tunneling is a setting of the profile, not a route"),
        (["::/0"], {}, "is a default route; force tunneling is a setting of the profile, not a route"),
        (["10.20.0.0/33"], {}, "is not a valid network; write it as 10.20.0.0/16"),
        (
            ["vpn.contoso.com"],
            {},
            "is not a valid network; write it as 10.20.0.0/16 (not as a host name or a from-to range)",
        ),
        (["10.0.0.0/8", "10.0.0.0/8"], {}, "route 10.0.0.0/8 is listed twice; remove one"),
        (["2001:DB8::/32", "2001:db8:0::/32"], {}, "route 2001:db8::/32 is listed twice; remove one"),
        (
            [],
            {"stale": "remove"},
            "stale: remove with an empty list would remove every route; list the routes",
        ),
        (
            [{"prefix": "10.0.0.0/8", "exclude": True}],
            {},
            "exclude needs exclusions: write, or repair: false; Windows has no command for exclusions",
        ),
        ([{"prefix": "10.0.0.0/8", "exclude": True}], {"exclusions": "write"}, ""),
        ([{"prefix": "10.0.0.0/8", "exclude": True}], {"repair": False}, ""),
    ],
)
def test_routes_are_checked(routes, settings, problem):
    assert route_problem(*routes, **settings) == problem


@pytest.mark.parametrize(("wanted", "count"), [("windows", 6), ("workaround", 8), (["SeTcbPrivilege"], 1)])
def test_privileges_are_a_list_or_the_name_of_one(wanted, count):
    entry = KINDS["rasman-privileges"].model_validate({"kind": "rasman-privileges", "privileges": wanted})
    assert len(entry.script_settings()["Privileges"]) == count
    assert entry.run_as == "system"


def test_every_privilege_of_windows_is_accepted():
    assert len(PRIVILEGES) == 35 and set(WORKAROUND) < set(PRIVILEGES)
    settings = {"kind": "rasman-privileges", "privileges": list(PRIVILEGES)}
    entry = KINDS["rasman-privileges"].model_validate(settings)
    assert entry.script_settings()["Privileges"] == list(PRIVILEGES)


@pytest.mark.parametrize(
    "wanted", ["all", [], ["SeTcb"], ["x'; exit"], ["SeTcbPrivilege", "SeFooPrivilege"], None]
)
def test_other_privileges_are_refused(wanted):
    with pytest.raises(ValidationError):
        KINDS["rasman-privileges"].model_validate({"kind": "rasman-privileges", "privileges": wanted})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_example_of_a_kind_is_right(tmp_path, kind):
    path = tmp_path / "remediate.yaml"
    example = KINDS[kind].example
    for name in re.findall(r"[\w/-]+\.(?:ps1|yaml)", example):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("exit 0\r\n", encoding="ascii")
    path.write_text("name: c\nremediations:\n" + textwrap.indent(example, "  "), encoding="utf-8")
    (one,) = load_config(path).remediations
    assert one.kind == kind
