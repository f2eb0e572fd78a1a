"""A plan made into the text of its file, with its digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass

from aovpn_remediate.plan import Change, Create, Delete, Plan, PlanOptions
from aovpn_remediate.plan_file.content import FORMAT, SCHEMA_VERSION, PlanFile, PlanTenant
from aovpn_remediate.plan_file.packages import Json, package_json

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class PlanDocument:
    """The digest of a plan file, 64 hex digits, and its bytes."""

    digest: str
    content: bytes


def write_plan_file(file: PlanFile, settings_of: Callable[[Change], object]) -> PlanDocument:
    """Return the document of a plan: the same bytes for the same plan.

    ``settings_of`` gives what a change does in the words of the config, as JSON values, for people who read
    the file.
    """
    members = _members(file, settings_of)
    digest = digest_of(members)
    whole = {"format": FORMAT, "schemaVersion": SCHEMA_VERSION, "tool": file.tool, "digest": digest}
    return PlanDocument(digest, _to_bytes(whole | members))


def digest_of(members: Json) -> str:
    """Return the sha256 of a plan's members but the digest, whatever their order and indentation."""
    content = {name: value for name, value in members.items() if name != "digest"}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _to_bytes(whole: Json) -> bytes:
    text = json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    # Half of a surrogate pair, which JSON can hold and UTF-8 cannot, is written as an escape.
    return _LONE_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode("utf-8")


def _members(file: PlanFile, settings_of: Callable[[Change], object]) -> Json:
    return {
        "format": FORMAT,
        "schemaVersion": SCHEMA_VERSION,
        "tool": file.tool,
        "tenant": _tenant_json(file.tenant),
        "config": file.config,
        "configDigest": file.config_digest,
        "options": _options_json(file.options),
        **_plan_json(file.plan, settings_of),
        "names": dict(sorted(file.names.items())),
    }


def _tenant_json(tenant: PlanTenant) -> Json:
    return {
        "name": tenant.name or None,
        "id": tenant.id or None,
        "cloud": tenant.cloud,
        "graph": tenant.graph,
        "clientId": tenant.client_id or None,
        "auth": tenant.auth or None,
        "serviceConnectionId": tenant.service_connection_id or None,
        "secretEnv": tenant.secret_env or None,
    }


def _options_json(options: PlanOptions) -> Json:
    return {
        "allowDelete": options.allow_delete,
        "allowAll": options.allow_all,
        "allowMassDelete": options.allow_mass_delete,
        "adopt": sorted(options.adopt),
        "pilot": False,
    }


def _plan_json(plan: Plan, settings_of: Callable[[Change], object]) -> Json:
    return {
        "changes": [_change_json(change, settings_of(change)) for change in plan.changes],
        "unchanged": list(plan.unchanged),
        "notes": [{"key": note.key or None, "text": note.text} for note in plan.notes],
    }


def _change_json(change: Change, settings: object) -> Json:
    existing = None if isinstance(change, Create) else change.existing
    return {
        "action": change.action,
        "key": change.package.key,
        "id": existing.id if existing else None,
        "version": existing.version if existing else None,
        "owner": (existing.owner or None) if existing else None,
        "markedHash": (existing.marked_hash or None) if existing else None,
        "before": package_json(existing.package) if existing else None,
        "after": None if isinstance(change, Delete) else package_json(change.package),
        "settings": settings,
    }
