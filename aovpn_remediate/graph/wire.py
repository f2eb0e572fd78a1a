"""Packages as Graph writes them: JSON into the model's values and back; pure.

The shapes are those of Graph beta's ``deviceHealthScript`` (source: microsoftgraph/msgraph-metadata). Null
members are never written, because a change that waits for approval fails on them later (unconfirmed).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Mapping

from aovpn_remediate.graph.fields import Fields
from aovpn_remediate.graph.wire_assignments import read_assignment
from aovpn_remediate.marker import Marker, read_marker, write_marker
from aovpn_remediate.model import DEFAULT_SCOPE_TAG, Assignment, Published, RunAs, ScriptPackage


def package_from_wire(
    item: Mapping[str, object], contents: Mapping[str, object], *, config: str, key: str
) -> Published:
    """Return a package as the config's remediation ``key``, without reading its marker for that.

    ``item`` holds the settings and the expanded assignments, ``contents`` the same package read alone, since
    a list leaves the scripts out. Raises ``GraphShapeError``.
    """
    where = f"package {item.get('id')}"
    fields, scripts = Fields(where, item), Fields(where, contents)
    if scripts.id() != fields.id():
        raise scripts.wrong("id", "is the id of another package")
    description, marker = read_marker(fields.text("description"))
    package = ScriptPackage(
        config=config,
        key=key,
        name=fields.text("displayName"),
        description=description,
        publisher=fields.text("publisher"),
        detection=_detection(scripts),
        remediation=_script(scripts, "remediationScriptContent"),
        run_as=_run_as(fields),
        run_as_32_bit=fields.flag("runAs32Bit"),
        signature_check=fields.flag("enforceSignatureCheck"),
        scope_tags=tuple(sorted(fields.texts("roleScopeTagIds"))) or (DEFAULT_SCOPE_TAG,),
        assignments=_assignments(fields),
    )
    return Published(
        id=fields.id(),
        package=package,
        marked_hash=marker.content_hash if marker else "",
        version=fields.text("version") if "version" in item else "",
        owner=marker.config if marker and marker.config != config else "",
    )


def _assignments(fields: Fields) -> tuple[Assignment, ...]:
    found = [read_assignment(one) for one in fields.parts("assignments")]
    return tuple(sorted(found, key=lambda one: one.target))


def create_body(package: ScriptPackage) -> dict[str, object]:
    """Return the body that creates a package; without a remediation script the member is left out."""
    fields = set(_WRITERS)
    if not package.remediation:
        fields.remove("remediation")
    return {"@odata.type": "#microsoft.graph.deviceHealthScript", **update_body(package, fields)}


def update_body(package: ScriptPackage, fields: Collection[str]) -> dict[str, object]:
    """Return the body that changes these fields of a package (names of ``ScriptPackage``, or ``marker``).

    The description is always in it, since its marker changes with any field. Scope tags must be ids.
    """
    written = {name: write(package) for field, (name, write) in _WRITERS.items() if field in fields}
    return {**written, "description": _description(package)}


def _description(package: ScriptPackage) -> str:
    return write_marker(package.description, Marker(package.config, package.key, package.content_hash))


def _to_base64(script: bytes) -> str:
    return base64.b64encode(script).decode("ascii")


_WRITERS: dict[str, tuple[str, Callable[[ScriptPackage], object]]] = {
    "name": ("displayName", lambda package: package.name),
    "publisher": ("publisher", lambda package: package.publisher),
    "run_as": ("runAsAccount", lambda package: package.run_as.value),
    "run_as_32_bit": ("runAs32Bit", lambda package: package.run_as_32_bit),
    "signature_check": ("enforceSignatureCheck", lambda package: package.signature_check),
    "scope_tags": ("roleScopeTagIds", lambda package: list(package.scope_tags)),
    "detection": ("detectionScriptContent", lambda package: _to_base64(package.detection)),
    "remediation": ("remediationScriptContent", lambda package: _to_base64(package.remediation)),
}


def _detection(scripts: Fields) -> bytes:
    """The detection script; a package always has one, so an answer without it is incomplete."""
    # Source: jseerden/IntuneBackupAndRestore#71.
    script = _script(scripts, "detectionScriptContent")
    if not script:
        raise scripts.wrong("detectionScriptContent", "is empty")
    return script


def _script(scripts: Fields, name: str) -> bytes:
    try:
        return base64.b64decode(scripts.text(name), validate=True)
    except (binascii.Error, ValueError) as error:
        raise scripts.wrong(name, "is not base64") from error


def _run_as(fields: Fields) -> RunAs:
    try:
        return RunAs(fields.text("runAsAccount").lower())
    except ValueError as error:
        raise fields.wrong("runAsAccount", "is neither system nor user") from error
