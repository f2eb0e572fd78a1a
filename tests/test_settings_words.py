"""What a package does in words of the config: read from rendered scripts, compared, shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aovpn_remediate.desired import load_desired
from aovpn_remediate.display.plan_json import plan_json
from aovpn_remediate.display.plan_text import plan_text
from aovpn_remediate.display.settings_words import config_words, settings_changes
from aovpn_remediate.model import ScriptPackage, TenantPackages
from aovpn_remediate.plan import Create, Delete, Update, make_plan
from aovpn_remediate.scripts.settings import read_settings
from tests.builders import package, published

METRIC = "kind: interface-metric, profile: VPN, scope: device, ipv4: {ipv4}"
ROUTES = "kind: route-presence, profile: VPN, scope: device, stale: keep, routes: [{routes}]"


def rendered(settings: str, tmp_path: Path) -> ScriptPackage:
    path = tmp_path / "r.yaml"
    path.write_text(f"name: c\nremediations:\n  k: {{{settings}}}\n", encoding="utf-8")
    return load_desired(path, ask=lambda _: None, read_client_files=lambda _: None).packages[0]


def updated(before: ScriptPackage, after: ScriptPackage) -> str:
    plan = make_plan([after], TenantPackages(owned=(published(before),)))
    return plan_text(plan, names={}, diff=False, color=False)


def test_a_setting_is_shown_before_and_after(tmp_path):
    before, after = (rendered(METRIC.format(ipv4=ipv4), tmp_path) for ipv4 in (15, "automatic"))
    assert "    ipv4                15 -> automatic\n" in updated(before, after)
    assert "lines" not in updated(before, after)


def test_of_a_list_what_goes_and_what_comes_is_shown(tmp_path):
    before = rendered(ROUTES.format(routes="10.0.0.0/8, 10.23.0.0/18"), tmp_path)
    after = rendered(ROUTES.format(routes="10.0.0.0/8, {prefix: 10.99.0.0/18, metric: 5}"), tmp_path)
    assert "    routes              +10.99.0.0/18 metric 5, -10.23.0.0/18\n" in updated(before, after)
    ((routes,),) = [settings_changes(Update(published(before), after, ()))]
    assert (routes.path, routes.before, routes.after) == (
        "routes",
        ["10.23.0.0/18"],
        [{"prefix": "10.99.0.0/18", "metric": 5}],
    )


def test_of_many_items_some_are_shown_and_the_rest_counted(tmp_path):
    before = rendered(ROUTES.format(routes="10.0.0.0/8"), tmp_path)
    many = ", ".join(f"10.{number}.0.0/16" for number in range(40))
    assert "and 29 more" in updated(before, rendered(ROUTES.format(routes=many), tmp_path))


def test_a_create_has_all_settings_and_a_delete_kind_and_profile(tmp_path):
    pair = rendered(METRIC.format(ipv4=15), tmp_path)
    created = {one.path: one.after for one in settings_changes(Create(pair)) or ()}
    assert created == {
        "kind": "interface-metric", "profile": "VPN", "scope": "device", "ipv4": 15, "ipv6": 15,
    }  # fmt: skip
    deleted = {one.path: one.before for one in settings_changes(Delete(published(pair))) or ()}
    assert deleted == {"kind": "interface-metric", "profile": "VPN"}


def test_a_preset_is_shown_as_its_list(tmp_path):
    pair = rendered("kind: rasman-privileges, privileges: windows, repair: false", tmp_path)
    assert "SeTcbPrivilege" in (config_words(pair) or {})["privileges"]


@pytest.mark.parametrize(
    "edit",
    [
        lambda script: script.replace(b"$Settings = @{", b"$Options = @{"),
        lambda script: script.replace(b"Ipv4      = 15", b"Ipv4      = (Get-Date)"),
        lambda script: script.replace(b"Ipv4      = 15", b"Ipv4      = 16"),
        lambda script: script + b"\r\n$Settings = @{}\r\n",
        lambda script: script.replace(b"'interface-metric'", b"'route-presence'"),
        lambda _: b"exit 0\r\n",
    ],
)
def test_edited_settings_are_said_to_be_edited(edit, tmp_path):
    pair = rendered(METRIC.format(ipv4=15), tmp_path)
    before = replace(pair, detection=edit(pair.detection))
    plan = make_plan([pair], TenantPackages(owned=(published(before),)))
    assert "    settings            scripts were edited" in plan_text(plan, names={}, diff=False, color=False)
    (change,) = plan_json(plan, {}, "0" * 64)["changes"]
    assert change["settings"] is None


def test_another_text_with_the_same_settings_says_so(tmp_path):
    pair = rendered(METRIC.format(ipv4=15), tmp_path)
    before = replace(pair, detection=pair.detection.replace(b"\r\nexit", b"\r\n# old\r\nexit"))
    before = replace(before, detection=b"# an older version\r\n" + pair.detection)
    assert "    scripts             new text, same settings\n" in updated(before, pair)


def test_scripts_that_were_not_rendered_are_shown_by_their_lines():
    own = package("own", remediation=b"")
    after = replace(own, detection=b"exit 1\r\n")
    assert read_settings(own) is None
    assert "    detection script    1 line added, 1 removed\n" in updated(own, after)


def test_a_dropped_repair_is_shown_beside_the_settings(tmp_path):
    before = rendered(METRIC.format(ipv4=15), tmp_path)
    after = rendered(f"{METRIC.format(ipv4=20)}, repair: false", tmp_path)
    text = updated(before, after)
    assert "    ipv4                15 -> 20\n" in text
    assert "    remediation script  removed\n" in text


def test_hostile_settings_of_a_tenant_stay_one_clean_line(tmp_path):
    pair = rendered(METRIC.format(ipv4=15), tmp_path)
    hostile = pair.detection.replace(b"'VPN'", b"('##vso[task.x]' + [char] 0x000A + [char] 0x202E)")
    before = replace(pair, detection=hostile, remediation=b"")
    text = updated(before, pair)
    assert "##vso[" not in text and "\u202e" not in text
