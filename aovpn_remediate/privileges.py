"""The privileges of Windows, for the config and for client files."""

from __future__ import annotations

import re
from difflib import get_close_matches

from aovpn_remediate.problems import InvalidValue

_NAMES = (
    "AssignPrimaryToken", "Audit", "Backup", "ChangeNotify", "CreateGlobal", "CreatePagefile",
    "CreatePermanent", "CreateSymbolicLink", "CreateToken", "Debug", "DelegateSessionUserImpersonate",
    "EnableDelegation", "Impersonate", "IncreaseBasePriority", "IncreaseQuota", "IncreaseWorkingSet",
    "LoadDriver", "LockMemory", "MachineAccount", "ManageVolume", "ProfileSingleProcess", "Relabel",
    "RemoteShutdown", "Restore", "Security", "Shutdown", "SyncAgent", "SystemEnvironment",
    "SystemProfile", "Systemtime", "TakeOwnership", "Tcb", "TimeZone", "TrustedCredManAccess", "Undock",
)  # fmt: skip
PRIVILEGES = tuple(f"Se{name}Privilege" for name in _NAMES)
"""All privileges of Windows. A service that lists an unknown one may not start at all."""


def check_privilege(text: str) -> str:
    """Return the name of a privilege, or raise ``InvalidValue`` with the name that was probably meant."""
    if text in PRIVILEGES:
        return text
    known = {name.casefold(): f"Se{name}Privilege" for name in _NAMES}
    word = re.sub("^se|priv[a-z]*$", "", text.casefold())  # the parts that all names share
    close = get_close_matches(word, known, n=1)
    advice = f'did you mean "{known[close[0]]}"?' if close else "write one as SeTcbPrivilege"
    raise InvalidValue("privilege/unknown", f"is not a Windows privilege; {advice}")
