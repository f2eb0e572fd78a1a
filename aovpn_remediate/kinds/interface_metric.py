"""The kind interface-metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from aovpn_remediate.kinds.parts import Metric
from aovpn_remediate.kinds.profile import ProfileEntry


class InterfaceMetric(ProfileEntry, title="interface-metric"):
    """The interface metric of a profile, in the phonebook and on the connected interface."""

    symptom = "Names resolve through the provider's DNS, or traffic takes the wrong tunnel."
    cause = "The VPN interface's metric is automatic, or fell back to it, and ties with Ethernet and Wi-Fi."
    touches = (
        "IpInterfaceMetric and Ipv6InterfaceMetric of one entry of rasphone.pbk; metric and automatic metric "
        "of the connected interface of the profile's name. Nothing is disconnected."
    )
    nullable = frozenset({"ipv6"})

    kind: Literal["interface-metric"] = Field(title="Kind", description="What is checked and repaired.")
    ipv4: Metric = Field(title="IPv4 metric", description="Below that of Ethernet and Wi-Fi; 3 is usual.")
    ipv6: Metric | None = Field(
        None, title="IPv6 metric", description="As ipv4; null leaves it alone. Default: as ipv4."
    )

    def script_settings(self) -> Mapping[str, object]:
        """The ``$Settings`` of both scripts."""
        ipv6 = self.ipv6 if "ipv6" in self.model_fields_set else self.ipv4
        return {**self.profile_settings(), "Ipv4": self.ipv4, "Ipv6": ipv6}
