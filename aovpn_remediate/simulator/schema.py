"""Which package bodies the service accepts, and the package that it makes from them.

It is stricter than Graph where that finds our mistakes: unknown members and nulls are refused. Source of the
members: microsoftgraph/msgraph-metadata, beta ``deviceHealthScript``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Collection, Mapping
from typing import Final

from aovpn_remediate.simulator.wire import Json, JsonObject, RefusalError, wire_time

CONTENTS: Final = ("detectionScriptContent", "remediationScriptContent")
MAX_CONTENT: Final = 504 * 1024
# Source: MicrosoftDocs/memdocs, deploy-remediations.md.
MAX_PACKAGES: Final = 200

PACKAGE_PROPERTIES: Final = (
    "id", "publisher", "version", "displayName", "description", *CONTENTS, "createdDateTime",
    "lastModifiedDateTime", "runAsAccount", "enforceSignatureCheck", "runAs32Bit", "roleScopeTagIds",
    "isGlobalScript", "highestAvailableVersion", "deviceHealthScriptType", "detectionScriptParameters",
    "remediationScriptParameters",
)  # fmt: skip
_READ_ONLY = {
    "id", "version", "isGlobalScript", "highestAvailableVersion", "createdDateTime", "lastModifiedDateTime",
}  # fmt: skip
# Unconfirmed; almenscorner/IntuneCD leaves it out of updates.
_ON_CREATE_ONLY = {"deviceHealthScriptType"}
_WRITABLE = {"@odata.type", *PACKAGE_PROPERTIES} - _READ_ONLY

# Unconfirmed: what is stored for a member that is left out.
_DEFAULTS: JsonObject = {
    "publisher": None, "version": "1", "description": None, "remediationScriptContent": "",
    "runAsAccount": "system", "enforceSignatureCheck": False, "runAs32Bit": False, "roleScopeTagIds": ["0"],
    "isGlobalScript": False, "highestAvailableVersion": None, "deviceHealthScriptType": "deviceHealthScript",
    "detectionScriptParameters": [], "remediationScriptParameters": [],
}  # fmt: skip


def new_package(key: str, body: JsonObject, scope_tags: Collection[str]) -> JsonObject:
    """Return the package that a create makes, without assignments."""
    given = _checked(body, scope_tags, _WRITABLE)
    for name in ("displayName", "detectionScriptContent"):
        if name not in given:
            # Source: jseerden/IntuneBackupAndRestore#71.
            raise RefusalError(f"{name[0].upper()}{name[1:]} must not be null or empty.")
    now = wire_time()
    made = {"id": key, "createdDateTime": now, "lastModifiedDateTime": now}
    package = {**_DEFAULTS, **given, **made}
    return {**{name: package[name] for name in PACKAGE_PROPERTIES}, "assignments": []}


def changed_package(package: JsonObject, body: JsonObject, scope_tags: Collection[str]) -> JsonObject:
    """Return the package after a PATCH; any that carries a script counts the version up."""
    given = _checked(body, scope_tags, _WRITABLE - _ON_CREATE_ONLY)
    changed = {**package, **given, "lastModifiedDateTime": wire_time()}
    if any(name in given for name in CONTENTS):
        changed["version"] = str(int(str(package["version"])) + 1)
    return changed


def checked_members(value: Json, allowed: Collection[str], where: str) -> JsonObject:
    """Return an object that has only these members and no null among them."""
    if not isinstance(value, dict):
        raise RefusalError(f"Unable to read JSON request payload: {where} must be an object.")
    for name, member in value.items():
        if name not in allowed:
            raise RefusalError(f"The property '{name}' does not exist on {where} or cannot be written.")
        if member is None:
            raise RefusalError(f"The property '{name}' of {where} must not be null.")
    return value


def checked_flag(value: Json) -> Json:
    """Return a boolean; anything else is refused."""
    return _typed(value, bool, "a boolean")


def checked_choice(*choices: str) -> Callable[[Json], Json]:
    """Return a check that accepts only these texts."""

    def check(value: Json) -> Json:
        if value not in choices:
            raise RefusalError(f"Requested value {value!r} was not found; expected {' or '.join(choices)}.")
        return value

    return check


def _checked(body: JsonObject, scope_tags: Collection[str], allowed: Collection[str]) -> JsonObject:
    given = checked_members(body, allowed, "microsoft.graph.deviceHealthScript")
    checked = {name: _CHECKS[name](value) for name, value in given.items()}
    checked.pop("@odata.type", None)
    _check_scope_tags(checked.get("roleScopeTagIds", ["0"]), scope_tags)
    return checked


def _check_scope_tags(tags: Json, known: Collection[str]) -> None:
    if not isinstance(tags, list) or not tags:
        raise RefusalError("RoleScopeTagIds must be a list and must not be empty.")
    for tag in tags:
        if not isinstance(tag, str) or tag not in known:
            raise RefusalError(f"RoleScopeTagIds: scope tag {tag!r} does not exist.")


def _typed(value: Json, wanted: type, words: str) -> Json:
    if type(value) is not wanted:
        raise RefusalError(f"Cannot convert the literal {value!r} to the expected type: {words}.")
    return value


def _text(value: Json) -> Json:
    return _typed(value, str, "a string")


def _name(value: Json) -> Json:
    if not _text(value):
        raise RefusalError("DisplayName must not be null or empty.")
    return value


def _no_parameters(value: Json) -> Json:
    if value != []:
        raise RefusalError("Script parameters are not supported for custom script packages.")
    return value


def _script(value: Json) -> Json:
    try:
        content = base64.b64decode(str(_text(value)).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise RefusalError("Cannot convert the literal to the expected type 'Edm.Binary'.") from error
    if len(content) > MAX_CONTENT:
        # 504 KB are accepted, 512 KB are refused with these words. Source: fadwen/IntuneScriptLab.
        raise RefusalError("An error has occurred")
    return base64.b64encode(content).decode("ascii")


def _detection(value: Json) -> Json:
    script = _script(value)
    if not script:
        raise RefusalError("DetectionScriptContent must not be null or empty.")
    return script


_CHECKS: Mapping[str, Callable[[Json], Json]] = {
    "@odata.type": checked_choice("#microsoft.graph.deviceHealthScript"),
    "displayName": _name,
    "description": _text,
    "publisher": _text,
    "detectionScriptContent": _detection,
    "remediationScriptContent": _script,
    "runAsAccount": checked_choice("system", "user"),
    "runAs32Bit": checked_flag,
    "enforceSignatureCheck": checked_flag,
    "roleScopeTagIds": lambda value: value,
    "deviceHealthScriptType": checked_choice("deviceHealthScript", "managedInstallerScript"),
    "detectionScriptParameters": _no_parameters,
    "remediationScriptParameters": _no_parameters,
}
