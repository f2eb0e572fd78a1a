"""Packages as tests want them, and as Graph would write them, built from parts."""

from __future__ import annotations

import base64
from typing import Any

from aovpn_remediate.marker import Marker, write_marker
from aovpn_remediate.model import RunAs, ScriptPackage

GROUP = "11111111-aaaa-4bbb-8ccc-000000000001"
LAB = "11111111-aaaa-4bbb-8ccc-000000000002"
FILTER = "22222222-aaaa-4bbb-8ccc-000000000001"
ZERO = "00000000-0000-0000-0000-000000000000"


def package(key: str = "metric", **changes: Any) -> ScriptPackage:
    """A desired package with resolved names."""
    values: dict[str, Any] = {
        "config": "contoso", "key": key, "name": f"AOVPN {key}", "description": "Keeps it right.",
        "publisher": "Contoso", "detection": b"exit 0\r\n", "remediation": b"exit 1\r\n", "run_as": RunAs.USER,
    }  # fmt: skip
    return ScriptPackage(**{**values, **changes})


def encoded(script: bytes) -> str:
    """A script as it travels."""
    return base64.b64encode(script).decode()


def item(package_id: str = "p1", one: ScriptPackage | None = None, **changes: Any) -> dict[str, Any]:
    """A package of a tenant, read alone with its assignments expanded; foreign unless ``one`` is given."""
    one = one or package()
    marker = Marker(one.config, one.key, one.content_hash)
    wire = {
        "@odata.type": "#microsoft.graph.deviceHealthScript",
        "id": package_id, "displayName": one.name, "description": write_marker(one.description, marker),
        "publisher": one.publisher, "version": "1", "runAsAccount": one.run_as.value,
        "runAs32Bit": one.run_as_32_bit, "enforceSignatureCheck": one.signature_check,
        "roleScopeTagIds": list(one.scope_tags), "isGlobalScript": False, "highestAvailableVersion": None,
        "detectionScriptContent": encoded(one.detection), "remediationScriptContent": encoded(one.remediation),
        "assignments": [],
    }  # fmt: skip
    return {**wire, **changes}


def listed(wire: dict[str, Any]) -> dict[str, Any]:
    """The same package in a list, which leaves the scripts out."""
    return {**wire, "detectionScriptContent": None, "remediationScriptContent": None}


def target(kind: str, **fields: str) -> dict[str, str]:
    """An assignment's target, with the filter members of one that has none."""
    return {
        "@odata.type": f"#microsoft.graph.{kind}",
        "deviceAndAppManagementAssignmentFilterId": ZERO,
        "deviceAndAppManagementAssignmentFilterType": "none",
        **fields,
    }


def schedule(kind: str, **fields: object) -> dict[str, object]:
    """A schedule as it is read back."""
    return {"@odata.type": f"#microsoft.graph.deviceHealthScript{kind}Schedule", **fields}


def assigned(where: dict[str, str], when: dict[str, object] | None = None) -> dict[str, object]:
    """An assignment as it is read back."""
    return {
        "id": f"p1:{where.get('groupId')}", "target": where, "runRemediationScript": False, "runSchedule": when
    }  # fmt: skip
