"""Plans and outcomes as programs read them; documented in docs/json.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aovpn_remediate.display.package_json import Json, assignment_json, package_json, script_json
from aovpn_remediate.display.settings_words import settings_changes
from aovpn_remediate.model import Assignment
from aovpn_remediate.plan import Change, Create, FieldChange, Plan, Stopped, Update
from aovpn_remediate.publish import Outcome, Status


def plan_json(plan: Plan, names: Mapping[str, str], digest: str) -> Json:
    """Return a plan as JSON values; ``digest`` is the one of its file."""
    counts = plan.counts
    return {
        "schemaVersion": 1,
        "digest": digest,
        "summary": {
            "create": counts["create"],
            "update": counts["update"],
            "adopt": counts["adopt"],
            "delete": counts["delete"],
            "unchanged": len(plan.unchanged),
            "stopped": len(plan.stopped),
        },
        "changes": [_change_json(change, names) for change in plan.changes],
        "unchanged": list(plan.unchanged),
        "notes": [{"key": note.key, "text": note.text} for note in plan.notes],
        "stopped": list(map(_stopped_json, plan.stopped)),
    }


def outcomes_json(
    digest: str, outcomes: Sequence[Outcome], exit_code: int, stopped: Sequence[Stopped] = ()
) -> Json:
    """Return outcomes as JSON values; ``digest`` is the one of the plan that was carried out."""
    return {
        "schemaVersion": 1,
        "digest": digest,
        "outcomes": [*map(_outcome_json, outcomes), *map(_stopped_outcome, stopped)],
        "exitCode": exit_code,
    }


def _stopped_json(stopped: Stopped) -> Json:
    return {"key": stopped.key, "name": stopped.name, "id": stopped.id, "error": stopped.reason}


def _stopped_outcome(stopped: Stopped) -> Json:
    ids = dict.fromkeys(("requestId", "clientRequestId", "approvalCode"))
    return {"action": None, **_stopped_json(stopped), "status": Status.STOPPED.value, **ids}


def _outcome_json(outcome: Outcome) -> Json:
    return {
        "action": outcome.change.action,
        "key": outcome.change.package.key,
        "name": outcome.change.package.name,
        "id": outcome.package_id or None,
        "status": outcome.status.value,
        "error": outcome.error or None,
        "requestId": outcome.request_id or None,
        "clientRequestId": outcome.client_request_id or None,
        "approvalCode": outcome.approval_code or None,
    }


def _change_json(change: Change, names: Mapping[str, str]) -> Json:
    shape: Json = {"action": change.action, "key": change.package.key, "name": change.package.name}
    if not isinstance(change, Create):
        shape["id"] = change.existing.id
    shape["settings"] = settings_json(change)
    if isinstance(change, Update):
        shape["fields"] = [_field_json(field, names) for field in change.fields]
    elif isinstance(change, Create):
        shape["package"] = package_json(change.package, names)
    return shape


def settings_json(change: Change) -> list[Json] | None:
    """Return what a change does in the words of the config; nothing if the scripts do not tell."""
    settings = settings_changes(change)
    return None if settings is None else [dict(vars(one)) for one in settings]


def _field_json(field: FieldChange, names: Mapping[str, str]) -> Json:
    before, after = _value_json(field.before, names), _value_json(field.after, names)
    return {"field": field.field, "before": before, "after": after}


def _value_json(value: object, names: Mapping[str, str]) -> object:
    if isinstance(value, bytes):
        return script_json(value)
    if isinstance(value, tuple):
        return [assignment_json(one, names) if isinstance(one, Assignment) else one for one in value]
    return value
