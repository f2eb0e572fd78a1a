"""The kind custom: a pair that a user wrote, published as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PlainValidator, ValidationInfo, WithJsonSchema, field_validator
from pydantic_core import PydanticKnownError

from aovpn_remediate.kinds.common.conditions import explained
from aovpn_remediate.kinds.common.entry import Entry, Wants
from aovpn_remediate.model import OwnPair, RunAs, ScriptFile
from aovpn_remediate.problems import InvalidValue

MAX_BYTES = 1_000_000
"""No more of a file is read; Intune's limit is far lower."""

_SIGNATURE = re.compile(rb"^# SIG # Begin signature block[ \t]*\r?$", re.MULTILINE)
_PATH = WithJsonSchema({"type": "string", "minLength": 1})


def _find_file(value: object, info: ValidationInfo) -> Path:
    """Return the path of a file, or raise ``InvalidValue`` with the problem."""
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    path = Path((info.context or {}).get("folder", "")) / value
    try:
        if path.is_dir():
            raise InvalidValue("custom/folder", "is a folder; name a file in it")
        if path.is_file():
            return path
        there = path.exists()
    except OSError as error:
        raise _cannot_be_read(error) from error
    if there:
        raise InvalidValue("custom/not-a-file", "is not an ordinary file; name another one")
    slashes = ", with / between folders" if "\\" in value else ""
    text = f"does not exist; write its path relative to the config's folder{slashes}"
    raise InvalidValue("custom/not-found", text)


def _read_script(value: object, info: ValidationInfo) -> ScriptFile:
    """Return a script with its bytes, or raise ``InvalidValue`` with the problem."""
    path = _find_file(value, info)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _cannot_be_read(error) from error
    if len(content) > MAX_BYTES:
        text = f"is larger than {MAX_BYTES:,} bytes; Intune does not accept such a script"
        raise InvalidValue("custom/too-large", text)
    if not content.strip():
        text = "is an empty file; write the script or name another file"
        raise InvalidValue("custom/empty", text)
    return ScriptFile(path, content)


def _find_client(value: object, info: ValidationInfo) -> Path:
    path = _find_file(value, info)
    try:
        path.open("rb").close()
    except OSError as error:
        raise _cannot_be_read(error) from error
    return path


def _cannot_be_read(error: OSError) -> InvalidValue:
    reason = (error.strerror or str(error)).lower()
    return InvalidValue("custom/unreadable", f"cannot be read ({reason}); give your account read permission")


Script = Annotated[ScriptFile, PlainValidator(_read_script), _PATH]
ClientFile = Annotated[Path, PlainValidator(_find_client), _PATH]
_ACCOUNT = {
    "type": "string",
    "enum": [one.value for one in RunAs],
    **explained("Runs as SYSTEM.", "Runs as the signed-in user."),
}
Account = Annotated[RunAs, Field(strict=False), WithJsonSchema(_ACCOUNT)]


class Custom(Entry, title="custom"):
    """What your own script pair checks; the scripts are published byte for byte."""

    example = """\
proxy:
  kind: custom
  detection: scripts/proxy-detect.ps1
  remediation: scripts/proxy-repair.ps1
  run_as: user
  clients: [clients/proxy.yaml]
"""
    symptom = "Something that no other kind checks."
    cause = "Depends on your detection script."
    touches = (
        "Only what your remediation script changes. A script that would fail on a device is refused: size, "
        "encoding, syntax newer than Windows PowerShell 5.1, a detection script without exit."
    )

    unconfirmed = ()  # what its scripts assume, only their author knows

    kind: Literal["custom"] = Field(title="Kind", description="What is checked and repaired.")
    detection: Script = Field(
        title="Detection script", description="A file; its path starts at the config's folder."
    )
    remediation: Script | None = Field(
        None, title="Remediation script", description="A file, as detection. Default: none."
    )
    run_as: Account = Field(
        RunAs.SYSTEM, title="Run-as account", description="The account that runs both scripts."
    )
    clients: list[ClientFile] = Field(
        [], title="Clients", description="Client files, on which verify proves the pair. Default: none."
    )

    @field_validator("detection", "remediation")
    @classmethod
    def _is_signed(cls, script: ScriptFile | None, info: ValidationInfo) -> ScriptFile | None:
        is_published = info.field_name == "detection" or info.data.get("repair")
        if script is None or not is_published or not info.data.get("signature_check"):
            return script
        if not _SIGNATURE.search(script.content):
            text = "has no signature, so devices would refuse it; sign it, or remove signature_check"
            raise InvalidValue("custom/not-signed", text)
        return script

    def script_settings(self) -> Mapping[str, object]:
        """Nothing: no template is filled."""
        return {}

    def checks(self) -> tuple[str, ...]:
        """Nothing: the scripts are the user's."""
        return ()

    def repairs(self) -> tuple[str, ...]:
        """Nothing: the scripts are the user's."""
        return ()

    def wants(self) -> Wants:
        """Nothing: what the scripts want is not known."""
        return {}

    def own_pair(self) -> OwnPair:
        """The files, as they were read."""
        return OwnPair(self.detection, self.remediation, tuple(self.clients))
