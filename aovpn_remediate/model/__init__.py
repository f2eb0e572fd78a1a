"""The values that flow through the tool: frozen, comparable, free of I/O and of wire names.

``ScriptPackage`` is one type for what is desired and for what a tenant holds, so that equality is the
whole comparison.
"""

from aovpn_remediate.model.assignments import (
    Assignment,
    AssignmentFilter,
    DailySchedule,
    FilterMode,
    HourlySchedule,
    OnceSchedule,
    RunAs,
    Schedule,
    Target,
    TargetKind,
)
from aovpn_remediate.model.packages import (
    DEFAULT_SCOPE_TAG,
    Directory,
    Foreign,
    Published,
    References,
    ScriptPackage,
    TenantPackages,
)
from aovpn_remediate.model.remediation import (
    KindSettings,
    KindText,
    OwnPair,
    Remediation,
    ScriptFile,
    SettingText,
)
from aovpn_remediate.model.tenants import SignInStatus, TenantSettings

__all__ = [
    "DEFAULT_SCOPE_TAG",
    "Assignment",
    "AssignmentFilter",
    "DailySchedule",
    "Directory",
    "FilterMode",
    "Foreign",
    "HourlySchedule",
    "KindSettings",
    "KindText",
    "OnceSchedule",
    "OwnPair",
    "Published",
    "References",
    "Remediation",
    "RunAs",
    "Schedule",
    "ScriptFile",
    "ScriptPackage",
    "SettingText",
    "SignInStatus",
    "Target",
    "TargetKind",
    "TenantPackages",
    "TenantSettings",
]
