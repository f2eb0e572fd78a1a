"""What the kinds without a profile have in common: they are about the device, and run as SYSTEM."""

from __future__ import annotations

from typing import ClassVar

from aovpn_remediate.kinds.common.rendered import RenderedEntry
from aovpn_remediate.model import RunAs


class DeviceEntry(RenderedEntry):
    """A setting of the device."""

    run_as: ClassVar[RunAs] = RunAs.SYSTEM

    def device_settings(self) -> dict[str, object]:
        """The part of ``$Settings`` that all kinds without a profile have."""
        return {
            "Kind": self.kind,
            "Profile": "",
            "RunAs": self.run_as.value,
            "WhenAbsent": "ok",
            "WhenUnknown": self.when_unknown,
        }

    def checks(self) -> tuple[str, ...]:
        """What is stored; a kind that looks at more says so."""
        return ("Stored",)

    def repairs(self) -> tuple[str, ...]:
        """What is stored; a kind that repairs more says so."""
        return ("Stored",)
