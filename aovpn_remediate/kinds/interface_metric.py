"""The kind interface-metric."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pydantic import Field

from aovpn_remediate.kinds.common.entry import Advice, Entry
from aovpn_remediate.kinds.common.entry_keys import EntryKey, wanted_keys
from aovpn_remediate.kinds.common.fields import Metric
from aovpn_remediate.kinds.common.profile import ConnectedProfileEntry
from aovpn_remediate.problems.words import quoted


class InterfaceMetric(ConnectedProfileEntry, title="interface-metric"):
    """The metric of a tunnel's interface, in the phonebook and while it is connected."""

    example = """\
user-metric:
  kind: interface-metric
  profile: Contoso User VPN
  scope: user
  ipv4: 3
"""
    symptom = "Names resolve through the provider's DNS, or traffic takes the wrong tunnel."
    cause = "The VPN interface's metric is automatic, which is close to that of Ethernet and Wi-Fi."
    touches = (
        "IpInterfaceMetric and Ipv6InterfaceMetric of one entry of rasphone.pbk; metric and automatic metric "
        "of the connected interface with the profile's name. No connection is ended."
    )
    # a metric of Set-NetIPInterface is lost at a reconnect (MicrosoftDocs/windowsserverdocs#5949); the one in
    # the phonebook is read at each connection (ld0614/DPC#57)
    unconfirmed = (
        "an edit of the phonebook takes effect at the next connection",
        "Set-NetIPInterface in the active store lasts until the connection ends",
    )
    nullable = frozenset({"ipv6"})

    kind: Literal["interface-metric"] = Field(title="Kind", description="What is checked and repaired.")
    ipv4: Metric = Field(title="IPv4 metric", description="Below that of Ethernet and Wi-Fi; 3 is usual.")
    ipv6: Metric | None = Field(
        None, title="IPv6 metric", description="As ipv4; null leaves it unchanged. Default: as ipv4."
    )

    def script_settings(self) -> Mapping[str, object]:
        """The ``$Settings`` of both scripts: the metrics, and the keys of the entry."""
        rows = [one.row() for one in self._keys()]
        return {**self.profile_settings(), **self._metrics(), "EntryKeys": rows}

    def wanted_values(self, state: str) -> Mapping[str, object]:
        """The metric of each family that is not left alone."""
        if state == "Stored":
            return wanted_keys(self._keys())
        return {name: metric for name, metric in self._metrics().items() if metric is not None}

    def _metrics(self) -> dict[str, int | str | None]:
        ipv6 = self.ipv6 if "ipv6" in self.model_fields_set else self.ipv4
        return {"Ipv4": self.ipv4, "Ipv6": ipv6}

    def _keys(self) -> list[EntryKey]:
        names = {"Ipv4": "IpInterfaceMetric", "Ipv6": "Ipv6InterfaceMetric"}
        return [
            _entry_key(family, names[family], metric)
            for family, metric in self._metrics().items()
            if metric is not None
        ]

    def advice_beside(self, earlier: Sequence[Entry]) -> Iterable[Advice]:
        """A warning if two profiles have the same metric: Windows may use either tunnel."""
        if self.ipv4 == "automatic":
            return
        for other in earlier:
            if isinstance(other, InterfaceMetric) and self._ties_with(other):
                profile = f"the profile {quoted(other.profile)}"
                text = f"{profile} has the metric {self.ipv4}, too; use different metrics"
                yield "metric/same", text
                return

    def _ties_with(self, other: InterfaceMetric) -> bool:
        return other.ipv4 == self.ipv4 and other.profile != self.profile


def _entry_key(family: str, key: str, metric: int | str) -> EntryKey:
    """A family's key; 0 is automatic (ld0614/DPC#32), and so is a missing key (unconfirmed)."""
    number = metric if isinstance(metric, int) else 0
    return EntryKey(setting=family.lower(), key=key, wanted=(number,), missing=0, words={0: "automatic"})
