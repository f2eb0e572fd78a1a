"""Plans and outcomes as programs read them; documented in docs/json.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from aovpn_remediate.display.package_json import Json, assignment_json, package_json, script_json
from aovpn_remediate.model import Assignment
from aovpn_remediate.plan import Change, Create, Plan, Update
from aovpn_remediate.publish import Outcome


def plan_json(plan: Plan, names: Mapping[str, str]) -> Json:
    """Return a plan as JSON values."""
    counts = Counter(change.action for change in plan.changes)
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
                "action": outcome.change.action,
                "key": outcome.change.package.key,
                "name": outcome.change.package.name,
                "status": outcome.status.value,
                "error": outcome.error,
            }
            for outcome in outcomes
        ],
        "exitCode": exit_code,
    }


def _change_json(change: Change, names: Mapping[str, str]) -> Json:
    shape: Json = {"action": change.action, "key": change.package.key, "name": change.package.name}
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
        shape["package"] = package_json(change.package, names)
    return shape


def _value_json(value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, bytes):
        return script_json(value)
    if isinstance(value, tuple):
        return [assignment_json(one, names) if isinstance(one, Assignment) else one for one in value]
    return value
