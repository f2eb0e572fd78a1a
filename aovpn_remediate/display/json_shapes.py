"""The JSON that programs read: plans, outcomes and packages; documented in docs/json.md.

A script is given by size and sha256, never by its body.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from aovpn_remediate.display.words import schedule_words
from aovpn_remediate.model import Assignment, ScriptPackage, TargetKind
from aovpn_remediate.plan import Change, Create, Plan, Update, action
from aovpn_remediate.publish import Outcome

Json = dict[str, object]


def plan_json(plan: Plan, names: Mapping[str, str]) -> Json:
    """Return a plan as JSON values."""
    counts = Counter(action(change) for change in plan.changes)
    summary = {word: counts[word] for word in ("create", "update", "adopt", "delete")}
    return {
        "schemaVersion": 1,
        "digest": plan.digest,
        "summary": {**summary, "unchanged": len(plan.unchanged)},
        "changes": [_change_json(change, names) for change in plan.changes],
        "unchanged": list(plan.unchanged),
        "notes": [{"key": note.key, "text": note.text} for note in plan.notes],
    }


def outcomes_json(plan: Plan, outcomes: Sequence[Outcome], exit_code: int) -> Json:
    """Return outcomes as JSON values."""
    return {
        "schemaVersion": 1,
        "digest": plan.digest,
        "outcomes": [
            {
                "action": action(outcome.change),
                "key": outcome.change.package.key,
                "name": outcome.change.package.name,
                "status": outcome.status.value,
                "error": outcome.error,
            }
            for outcome in outcomes
        ],
        "exitCode": exit_code,
    }


def package_files(package: ScriptPackage) -> dict[str, bytes | None]:
    """Return the files of a rendered package by path; ``None`` for a script that it does not have."""
    metadata = {"schemaVersion": 1, **_package_json(package, None)}
    return {
        f"{package.key}/detect.ps1": package.detection,
        f"{package.key}/remediate.ps1": package.remediation or None,
        f"{package.key}/package.json": (json.dumps(metadata, indent=2) + "\n").encode(),
    }


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


def _package_json(package: ScriptPackage, names: Mapping[str, str] | None) -> Json:
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
        "assignments": [_assignment_json(one, names) for one in package.assignments],
        "detection": _script_json(package.detection),
        "remediation": _script_json(package.remediation),
    }


def _change_json(change: Change, names: Mapping[str, str]) -> Json:
    shape: Json = {"action": action(change), "key": change.package.key, "name": change.package.name}
    if not isinstance(change, Create):
        shape["id"] = change.existing.id
    if isinstance(change, Update):
        shape["fields"] = [
            {
                "field": one.field,
                "before": _value_json(one.before, names),
                "after": _value_json(one.after, names),
            }
            for one in change.fields
        ]
    elif isinstance(change, Create):
        shape["package"] = _package_json(change.package, names)
    return shape


def _value_json(value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, bytes):
        return _script_json(value)
    if isinstance(value, tuple):
        return [_assignment_json(one, names) if isinstance(one, Assignment) else one for one in value]
    return value


def _script_json(script: bytes) -> Json | None:
    if not script:
        return None
    return {"bytes": len(script), "sha256": hashlib.sha256(script).hexdigest()}


def _assignment_json(assignment: Assignment, names: Mapping[str, str] | None) -> Json:
    """Ids with the names known of them; without ``names`` it is the config's word for each."""
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
