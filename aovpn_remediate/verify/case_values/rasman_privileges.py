"""What the cases of rasman-privileges need: lists of privileges that lack some or have more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_KEY = r"HKLM:\SYSTEM\CurrentControlSet\Services\RasMan"


def values(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the list that lacks the first privilege and has another one, and that list repaired."""
    wanted = settings["Privileges"]
    lacking = ["SeBackupPrivilege", *wanted[1:]]
    return {
        "Lacking": lacking,
        "Completed": [*lacking, wanted[0]],
        "WrongClient": {"registry": {_KEY: {"RequiredPrivileges": lacking}}, "services": {"RasMan": {}}},
    }
