"""The kind rasman-privileges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from aovpn_remediate.kinds.common.conditions import explained
from aovpn_remediate.kinds.common.device import DeviceEntry
from aovpn_remediate.kinds.common.entry import Wants
from aovpn_remediate.privileges import PRIVILEGES, check_privilege

WINDOWS = (
    "SeImpersonatePrivilege", "SeIncreaseQuotaPrivilege", "SeTcbPrivilege", "SeChangeNotifyPrivilege",
    "SeCreateGlobalPrivilege", "SeAssignPrimaryTokenPrivilege",
)  # fmt: skip
"""What Windows 7 and 10 give RasMan, in their order (exports of the registry; Windows 11: unconfirmed)."""

WORKAROUND = (*WINDOWS, "SeLoadDriverPrivilege", "SeDebugPrivilege")
"""These, and the two more in the vendor's workaround for missing routes (unconfirmed)."""

Privilege = Annotated[
    str, AfterValidator(check_privilege), Field(json_schema_extra={"enum": list(PRIVILEGES)})
]

_LISTS = Field(
    json_schema_extra=explained(
        "The six that Windows gives the service.", "These, SeLoadDriverPrivilege and SeDebugPrivilege."
    )
)


class RasManPrivileges(DeviceEntry, title="rasman-privileges"):
    """The privileges of the service RasMan, which installs the routes."""

    example = """\
rasman:
  kind: rasman-privileges
  privileges: windows
  repair: false
"""
    symptom = "The routes of a profile are missing after a connection; a reconnect sometimes brings them."
    cause = "RasMan lacks a privilege, so its call to another service is denied."
    touches = (
        "The value RequiredPrivileges of the service RasMan: missing privileges are added, none is removed. "
        "Without the value nothing is changed. With restart: when-disconnected the service is restarted, too."
    )

    # it reads them at a start (reference of SERVICE_REQUIRED_PRIVILEGES_INFO); the reference does not say
    # whether that includes a value that was edited in the registry
    unconfirmed = ("the service control manager reads RequiredPrivileges at the next start of the service",)

    kind: Literal["rasman-privileges"] = Field(title="Kind", description="What is checked and repaired.")
    privileges: (
        Annotated[Literal["windows", "workaround"], _LISTS] | Annotated[list[Privilege], Field(min_length=1)]
    ) = Field(title="Privileges", description="windows (six), workaround (eight), or your own list.")
    restart: Literal["never", "when-disconnected"] = Field(
        "never",
        title="Restart",
        description="Whether RasMan is restarted once nothing is connected.",
        json_schema_extra=explained(
            "Changes take effect at the next restart of Windows.", "Restart the service."
        ),
    )

    def script_settings(self) -> Mapping[str, object]:
        """The ``$Settings`` of both scripts."""
        return {**self.device_settings(), "Privileges": self._wanted(), "Restart": self.restart}

    def features(self) -> Mapping[str, bool]:
        """Whether the service is restarted too."""
        return {**super().features(), "restart": self.restart == "when-disconnected"}

    def wants(self) -> Wants:
        """Each privilege; the service may have more."""
        return {("the privileges of the service RasMan", name): True for name in self._wanted()}

    def _wanted(self) -> list[str]:
        lists = {"windows": WINDOWS, "workaround": WORKAROUND}
        return list(lists[self.privileges] if isinstance(self.privileges, str) else self.privileges)

    def traces(self) -> Iterable[tuple[str, ...]]:
        """The registry value of the service."""
        yield "RasMan", "RequiredPrivileges"

    def checks(self) -> tuple[str, ...]:
        """The registry, and the running service."""
        return ("Stored", "Live")

    def repairs(self) -> tuple[str, ...]:
        """The registry, and the service, which is always started if a restart left it stopped."""
        return ("Stored", "Live")
