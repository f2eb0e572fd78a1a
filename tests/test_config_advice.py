"""The config: warnings about what is probably not meant."""

from __future__ import annotations

import pytest

from aovpn_remediate.scripts.shapes import SIZE_LIMIT
from tests.config_texts import ENTRY, load

RASMAN = "  r: {kind: rasman-privileges, privileges: [SeTcbPrivilege, SeDebugPrivilege]%s}\n"
ROUTES = "  %s: {kind: route-presence, profile: W, scope: device, routes: [%s]}\n"
MANY = [f"10.{n // 256}.{n % 256}.0/24" for n in range(600)]
ADVICE = {
    "one privilege twice": (
        RASMAN % "" + "  s: {kind: rasman-privileges, privileges: [SeDebugPrivilege]}\n",
        ['9:3: "r" keeps SeDebugPrivilege in the privileges of the service RasMan correct, too; remove one'],
    ),
    "one privilege repaired here and detected there": (
        RASMAN % ", repair: false" + "  s: {kind: rasman-privileges, privileges: [SeDebugPrivilege]}\n",
        [],
    ),
    "many privileges twice": (
        "  r: {kind: rasman-privileges, privileges: windows}\n  s: {kind: rasman-privileges, privileges: windows}\n",
        [
            '9:3: "r" keeps SeImpersonatePrivilege, SeIncreaseQuotaPrivilege and 4 more in the privileges of the service RasMan correct, too; remove one'
        ],
    ),
    "other routes of one profile": (
        ROUTES % ("a", "10.0.0.0/8") + ROUTES % ("b", "172.16.0.0/12"),
        [
            '9:3: "a" wants a different value for routes in the connected interface "W" (scope: device); use the same value in both, or remove one',
            '9:3: "a" wants a different value for routes in the phonebook entry "W" (scope: device); use the same value in both, or remove one',
        ],
    ),
    "the same routes of one profile in another order": (
        ROUTES % ("a", "10.0.0.0/8, 172.16.0.0/12") + ROUTES % ("b", "172.16.0.0/12, 10.0.0.0/8"),
        [
            '9:3: "a" keeps routes in the connected interface "W" (scope: device) correct, too; remove one',
            '9:3: "a" keeps routes in the phonebook entry "W" (scope: device) correct, too; remove one',
        ],
    ),
    "one profile twice": (
        "  n: {kind: interface-metric, profile: vpn, scope: user, ipv4: automatic}\n",
        [
            '8:3: "m" wants a different value for IpInterfaceMetric and Ipv6InterfaceMetric in the phonebook entry "vpn" (scope: user); use the same value in both, or remove one'
        ],
    ),
    "a live companion": (
        "  n: {kind: interface-metric, profile: VPN, scope: user, ipv4: 3, stored: ignore, live: repair}\n",
        [],
    ),
    "one metric for two profiles": (
        "  n: {kind: interface-metric, profile: W, scope: device, ipv4: 3}\n",
        ['8:3: the profile "VPN" has the metric 3, too; use different metrics'],
    ),
    "a route in another": (
        "  n: {kind: route-presence, profile: W, scope: device, routes: [10.0.0.0/8, {prefix: 10.1.0.0/16, metric: 5}]}\n",
        [
            "8:3: route 10.0.0.0/8 (any metric) and route 10.1.0.0/16 (metric 5) overlap; the longer prefix wins, with any metrics"
        ],
    ),
    "a signature check": (
        "    signature_check: true\n",
        ["3:3: with signature_check, devices refuse the rendered scripts, which have no signature"],
    ),
    "no routes": (
        "  n: {kind: route-presence, profile: W, scope: device, routes: []}\n",
        ["8:3: no routes are listed, so every device is healthy; list the routes"],
    ),
    "a very long list of routes": (
        f"  n: {{kind: route-presence, profile: W, scope: device, routes: [{', '.join(MANY)}]}}\n",
        [
            "8:3: 600 routes are listed; each makes the check slower and the scripts larger, and Intune takes "
            f"scripts of at most {SIZE_LIMIT:,} bytes; join neighboring networks"
        ],
    ),
    "a long list of routes": (
        f"  n: {{kind: route-presence, profile: W, scope: device, routes: [{', '.join(MANY[1:])}]}}\n",
        [],
    ),
    "all fine": (
        "  n: {kind: route-presence, profile: W, scope: device, routes: [10.0.0.0/8, 10.1.0.0/16]}\n",
        [],
    ),
}


@pytest.mark.parametrize("case", ADVICE)
def test_what_is_probably_not_meant_is_a_warning(tmp_path, case):
    text, expected = ADVICE[case]
    said = [f"{one.line}:{one.column}: {one.text}" for one in load(tmp_path, ENTRY + text).warnings]
    assert said == expected


def test_a_config_without_remediations_is_a_warning(tmp_path):
    (said,) = load(tmp_path, "name: contoso\nremediations: {}\n").warnings
    assert (said.line, said.column, said.code, said.is_warning) == (2, 1, "config/no-remediations", True)
    assert said.text == (
        "the config has no remediations; publish --allow-delete would delete every package of this config"
    )
