"""A package as JSON, and as the files that hold it; documented in docs/json.md.

A script is given by size and sha256, never by its body.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from aovpn_remediate.display.words import schedule_words
from aovpn_remediate.model import Assignment, ScriptPackage, TargetKind

Json = dict[str, object]
_ATTRIBUTES = ".gitattributes"


def package_files(package: ScriptPackage) -> dict[str, bytes | None]:
    """Return the files of a rendered package by path; ``None`` for a script that it does not have."""
    metadata = {"schemaVersion": 1, **package_json(package, None)}
    return {
        f"{package.key}/detect.ps1": package.detection,
        f"{package.key}/remediate.ps1": package.remediation or None,
        f"{package.key}/package.json": (json.dumps(metadata, indent=2) + "\n").encode(),
    }


def all_files(packages: Iterable[ScriptPackage]) -> dict[str, bytes | None]:
    """Return the files of rendered packages by path; ``None`` for a script that a package does not have."""
    files: dict[str, bytes | None] = {}
    for package in packages:
        files |= package_files(package)
    return files


def attributes_file(folder: Path) -> dict[str, bytes | None]:
    """Return the file that keeps Git from changing line ends in a folder of rendered packages.

    Nothing if the folder has such a file already.
    """
    return {} if (folder / _ATTRIBUTES).exists() else {_ATTRIBUTES: b"* -text\n"}


def keys_rendered_for(folder: Path, config: str) -> list[str]:
    """Return the keys that a folder holds rendered packages of, by this config."""
    found = []
    for path in sorted(folder.glob("*/package.json")):
        try:
            metadata = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(metadata, dict) and metadata.get("config") == config:
            found.append(path.parent.name)
    return found


def package_json(package: ScriptPackage, names: Mapping[str, str] | None) -> Json:
    """Return a package as JSON values; its assignments as ``assignment_json`` does."""
    return {
        "config": package.config,
        "key": package.key,
        "displayName": package.name,
        "description": package.description,
        "publisher": package.publisher,
        "runAsAccount": package.run_as.value,
        "runAs32Bit": package.run_as_32_bit,
        "enforceSignatureCheck": package.signature_check,
        "scopeTags": list(package.scope_tags),
        "assignments": [assignment_json(one, names) for one in package.assignments],
        "detection": script_json(package.detection),
        "remediation": script_json(package.remediation),
    }


def script_json(script: bytes) -> Json | None:
    """Return size and sha256 of a script, or nothing for a missing script."""
    if not script:
        return None
    return {"bytes": len(script), "sha256": hashlib.sha256(script).hexdigest()}


def assignment_json(assignment: Assignment, names: Mapping[str, str] | None) -> Json:
    """Return ids with the names known of them; without ``names`` it is the config's word for each."""
    shape: Json = {"target": assignment.target.kind.value}
    if assignment.target.kind is TargetKind.OTHER:
        shape["type"] = assignment.target.group
    elif assignment.target.group:
        shape |= _named("group", assignment.target.group, names)
    if assignment.filter is not None:
        shape |= {
            **_named("filter", assignment.filter.filter, names),
            "filterMode": assignment.filter.mode.value,
        }
    if assignment.schedule is not None:
        shape["schedule"] = schedule_words(assignment.schedule)
    return shape


def _named(word: str, value: str, names: Mapping[str, str] | None) -> Json:
    if names is None:
        return {word: value}
    return {f"{word}Id": value, **({word: names[value]} if value in names else {})}
