"""Keys of an entry as data: what is compared, what is written, what is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from aovpn_remediate.client import SimulatedClient
from aovpn_remediate.client.phonebook import entry
from aovpn_remediate.kinds import KINDS
from aovpn_remediate.kinds.common.entry_keys import EntryKey, wanted_keys
from aovpn_remediate.model import OwnPair, Remediation, RunAs, ScriptPackage
from aovpn_remediate.scripts.render import render_package
from aovpn_remediate.verify.case_values.entry_keys import key_values
from tests.pairs import PROFILE, check, example_settings, say
from tests.script_faults import DETECTION, instead

YES_NO: Mapping[int, str | bool] = {0: False, 1: True}
METRIC = EntryKey(setting="ipv4", key="IpInterfaceMetric", wanted=(3,), missing=0, words={0: "automatic"})
STRATEGY = EntryKey(
    setting="strategy",
    key="VpnStrategy",
    wanted=(7, 8),
    missing=0,
    words={0: "automatic", 7: "ikev2-only", 8: "ikev2-first"},
)
DNS = EntryKey(setting="register_dns", key="IpDnsFlags", wanted=(0,), mask=1, missing=0, words=YES_NO)
SPLIT = [
    EntryKey(setting="split", key=key, wanted=(1,), missing=1, words={0: True, 1: False})
    for key in ("IpPrioritizeRemote", "Ipv6PrioritizeRemote")
]
OUTAGE = EntryKey(setting="outage", key="NetworkOutageTime", wanted=(0,), missing=1800)
MASKED_MISSING = EntryKey(setting="flags", key="MyFlags", wanted=(4,), mask=4, missing=3)


@dataclass(frozen=True)
class Rows:
    """Settings that are rows of keys alone, in the scripts of a kind that reads them."""

    keys: tuple[EntryKey, ...]
    run_as: RunAs = RunAs.SYSTEM
    unconfirmed: tuple[str, ...] = ()

    def script_settings(self) -> Mapping[str, object]:
        return {
            "Kind": "interface-metric", "Profile": PROFILE, "Scope": "device", "RunAs": "system", "WhenAbsent": "ok",
            "Stored": "repair", "Live": "ignore", "Ipv4": None, "Ipv6": None, "EntryKeys": [one.row() for one in self.keys],
        }  # fmt: skip

    def checks(self) -> tuple[str, ...]:
        return ("Stored",)

    def repairs(self) -> tuple[str, ...]:
        return ("Stored",)

    def features(self) -> Mapping[str, bool]:
        entry = KINDS["interface-metric"].model_validate(
            example_settings("interface-metric") | {"live": "ignore"}
        )
        return {**entry.features(), "masks": any(one.mask is not None for one in self.keys)}

    def own_pair(self) -> OwnPair | None:
        return None


def pair(keys: Iterable[EntryKey]) -> ScriptPackage:
    """The scripts that keep these keys correct."""
    remediation = Remediation(
        key="k", kind="interface-metric", name="K", description="", publisher="", scope_tags=("0",), assignments=(),
        repair=True, signature_check=False, settings=Rows(tuple(keys)),
    )  # fmt: skip
    return render_package(remediation, config="c")


def book(keys: Mapping[str, object], *last: str) -> bytes:
    return entry(PROFILE, keys=keys, last=tuple(line.encode() for line in last))


NONE = {"IpInterfaceMetric": None, "IpDnsFlags": None}


@pytest.mark.parametrize(
    ("keys", "before", "after", "detail"),
    [
        ([METRIC], book({"IpInterfaceMetric": 25}), book({"IpInterfaceMetric": 3}), "ipv4 is 25, wanted 3"),
        ([METRIC], book({"IpInterfaceMetric": 0}), book({"IpInterfaceMetric": 3}), "ipv4 is automatic, wanted 3"),
        ([METRIC], book({"IpInterfaceMetric": ""}), book({"IpInterfaceMetric": 3}), "ipv4 is missing, wanted 3"),
        ([METRIC], book(NONE), book(NONE, "IpInterfaceMetric=3"), "ipv4 is missing, wanted 3"),
        ([STRATEGY], book({"VpnStrategy": 5}), book({"VpnStrategy": 7}), "strategy is 5, wanted ikev2-only or ikev2-first"),
        ([STRATEGY], book({}), book({}, "VpnStrategy=7"), "strategy is missing, wanted ikev2-only or ikev2-first"),
        ([DNS], book({"IpDnsFlags": 3}), book({"IpDnsFlags": 2}), "register_dns is true, wanted false"),
        ([DNS], book({"IpDnsFlags": 1}), book({"IpDnsFlags": 0}), "register_dns is true, wanted false"),
        ([MASKED_MISSING], book({}), book({}, "MyFlags=7"), "flags is missing, wanted 4"),
        ([MASKED_MISSING], book({"MyFlags": 9}), book({"MyFlags": 13}), "flags is 0, wanted 4"),
        (SPLIT, book({"IpPrioritizeRemote": 1, "Ipv6PrioritizeRemote": 0}), book({"IpPrioritizeRemote": 1, "Ipv6PrioritizeRemote": 1}), "split is true, wanted false"),
        (SPLIT, book({"IpPrioritizeRemote": 0}), book({"IpPrioritizeRemote": 1}), "split is true, wanted false"),
        ([METRIC, DNS], book({"IpInterfaceMetric": 1, "IpDnsFlags": 1}), book({"IpInterfaceMetric": 3, "IpDnsFlags": 0}), "ipv4 is 1, wanted 3, register_dns is true, wanted false"),
    ],
)  # fmt: skip
def test_a_key_that_differs_is_said_and_written(client: SimulatedClient, shell, keys, before, after, detail):
    path = client.write_phonebook("device", before)
    said = say(client, shell, pair(keys))
    assert said.states == "issue fixed healthy healthy"
    assert said.runs[0].result["detail"] == f"stored: {detail}"
    assert path.read_bytes() == after


@pytest.mark.parametrize(
    ("keys", "before", "found"),
    [
        ([STRATEGY], {"VpnStrategy": 8}, {"strategy": "ikev2-first"}),
        ([DNS], {"IpDnsFlags": 2}, {"register_dns": False}),
        ([DNS], {"IpDnsFlags": None}, {"register_dns": "missing"}),
        ([OUTAGE], {"NetworkOutageTime": "0"}, {"outage": 0}),
        (SPLIT, {}, {"split": "missing"}),
        (SPLIT, {"Ipv6PrioritizeRemote": 1}, {"split": "missing"}),
    ],
)
def test_what_is_accepted_is_left_as_it_is(client: SimulatedClient, shell, keys, before, found):
    path = client.write_phonebook("device", book(before))
    said = say(client, shell, pair(keys))
    assert said.states == "healthy healthy healthy healthy"
    assert said.runs[0].result["found"] == {"stored": found}
    assert path.read_bytes() == book(before)


@pytest.mark.parametrize(
    ("key", "want"), [(METRIC, {"ipv4": 3}), (STRATEGY, {"strategy": ["ikev2-only", "ikev2-first"]})]
)
def test_the_line_says_every_value_that_is_accepted(client: SimulatedClient, shell, key, want):
    client.write_phonebook("device", book({key.key: 1}))
    package = pair([key])
    body = "param($Settings)\nGet-WantedKey -Settings $Settings"
    generic = instead(package, "Get-Want", body, of=DETECTION)
    assert check(client, shell, generic).result["want"] == want


@pytest.mark.parametrize(
    "content",
    [
        book({"VpnStrategy": "x"}), book({"VpnStrategy": "-1"}), book({"VpnStrategy": "1234567890"}),
        book({"VpnStrategy": "0x7"}), book({"VpnStrategy": 7}, "VpnStrategy=7"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_one_number_is_unknown(client: SimulatedClient, shell, content):
    client.write_phonebook("device", content)
    assert say(client, shell, pair([STRATEGY])).states == "unknown unknown unknown unknown"


def test_two_masks_of_one_key_are_two_things():
    other = EntryKey(setting="x", key="IpDnsFlags", wanted=(2,), mask=2, missing=0)
    assert wanted_keys([DNS, other]) == {"IpDnsFlags (bits 1)": (0,), "IpDnsFlags (bits 2)": (2,)}


def values(*keys: EntryKey) -> dict[str, Any]:
    return key_values({"EntryKeys": [one.row() for one in keys]})


def test_the_states_of_an_entry_follow_from_its_rows():
    found = values(METRIC, DNS)
    assert found["Right"] == {"keys": {"IpInterfaceMetric": 3, "IpDnsFlags": 170}}
    assert found["Wrong"] == {"keys": {"IpInterfaceMetric": 25, "IpDnsFlags": 170}}
    assert found["WithAddedKeys"] == {"keys": NONE, "last": ["IpInterfaceMetric=3"]}
    assert found["WithoutOptionalKeys"] == {"keys": {"IpInterfaceMetric": 3, "IpDnsFlags": None}}
    assert found["Accepted"] is None


def test_a_wrong_state_differs_in_a_bit_that_counts():
    assert values(DNS)["Wrong"] == {"keys": {"IpDnsFlags": 171}}
    assert values(STRATEGY)["Accepted"] == {"keys": {"VpnStrategy": 8}}
    assert values(MASKED_MISSING)["WithAddedKeys"] == {"keys": {"MyFlags": None}, "last": ["MyFlags=7"]}
    assert key_values({}) == {}
