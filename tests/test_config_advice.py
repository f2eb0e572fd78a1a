"""The config: warnings about what is probably not meant."""

from __future__ import annotations

import pytest

from tests.config_texts import ENTRY, load

ADVICE = {
    "one profile twice": (
        "  n: {kind: interface-metric, profile: vpn, scope: user, ipv4: automatic}\n",
        [
            '8:3: "m" wants another value of IpInterfaceMetric and Ipv6InterfaceMetric in the phonebook entry "vpn" (scope: user); make both alike or remove one'
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
            "8:3: route 10.0.0.0/8 (any metric) and route 10.1.0.0/16 (metric 5) overlap; the longer prefix wins, whatever the metrics"
        ],
    ),
    "a signature check": (
        "    signature_check: true\n",
        ["3:3: with signature_check, devices refuse the rendered scripts, which have no signature"],
    ),
    "no routes": (
        "  n: {kind: route-presence, profile: W, scope: device, routes: []}\n",
        ["8:3: no routes are listed, so every device is healthy"],
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
