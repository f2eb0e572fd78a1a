"""What a new tenant contains: ``seed.json`` beside this module, and what a file given with ``--seed`` adds.

Both have the same format; every list is optional:

    {
      "groups":              [{"displayName": "AOVPN Users", "id": "<GUID>", "description": "..."}],
      "assignmentFilters":   [{"displayName": "Windows 11", "id": "<GUID>", "rule": "(device...)"}],
      "roleScopeTags":       [{"displayName": "VPN", "id": "1"}],
      "deviceHealthScripts": [{"displayName": "A package", "detectionScriptContent": "<base64>"}]
    }

Only ``displayName`` is needed, for a package a detection script too. An ``id`` that is left out is derived
from the name and the place in the list, so that it is the same each time. A package has the members that a
create takes, and may have ``isGlobalScript: true`` (a package of Microsoft: read only).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from aovpn_remediate.errors import OutputError
from aovpn_remediate.simulator.schema import checked_members, new_package
from aovpn_remediate.simulator.store import COLLECTIONS, FILTERS, GROUPS, PACKAGES, SCOPE_TAGS, Collections
from aovpn_remediate.simulator.wire import Json, JsonObject, RefusalError, wire_time

BUILT_IN = Path(__file__).with_name("seed.json")

_DEFAULTS: Mapping[str, JsonObject] = {
    GROUPS: {
        "description": None, "groupTypes": [], "mailEnabled": False, "securityEnabled": True,
    },
    FILTERS: {
        "description": "", "platform": "windows10AndLater", "rule": "(device.deviceName -ne \"\")",
        "assignmentFilterManagementType": "devices", "roleScopeTags": ["0"],
    },
    SCOPE_TAGS: {"description": "", "isBuiltIn": False},
}  # fmt: skip
_DATES: Mapping[str, tuple[str, ...]] = {
    GROUPS: ("createdDateTime",),
    FILTERS: ("createdDateTime", "lastModifiedDateTime"),
    SCOPE_TAGS: (),
}
PROPERTIES: Mapping[str, frozenset[str]] = {
    name: frozenset({"id", "displayName", *_DEFAULTS[name], *_DATES[name]}) for name in _DEFAULTS
}
"""What can be selected of a group, a filter and a scope tag."""


def read_seed(extra: Path | None) -> Collections:
    """Return a new tenant; a problem in a seed file is an ``OutputError``."""
    collections: Collections = {name: {} for name in COLLECTIONS}
    for path in (BUILT_IN, extra):
        if path is not None:
            _add(collections, path, _read(path))
    return collections


def _read(path: Path) -> JsonObject:
    try:
        value: Json = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        raise OutputError(f"{path}: {reason}; name a seed file that can be read") from error
    except (ValueError, RecursionError) as error:
        raise OutputError(f"{path}: is not valid JSON in UTF-8 ({error}); correct the file") from error
    if not isinstance(value, dict) or not value.keys() <= set(COLLECTIONS):
        raise OutputError(f"{path}: is not a seed; write an object with the lists {', '.join(COLLECTIONS)}")
    return value


def _add(collections: Collections, path: Path, seed: JsonObject) -> None:
    for collection in COLLECTIONS:
        items = seed.get(collection, [])
        if not isinstance(items, list):
            raise OutputError(f"{path}: {collection} must be a list; write it in brackets")
        for place, item in enumerate(items):
            try:
                made = _object(collections, collection, place, item)
            except RefusalError as problem:
                raise OutputError(f"{path}: {collection}[{place}]: {problem}; correct the file") from problem
            collections[collection][str(made["id"])] = made


def _object(collections: Collections, collection: str, place: int, item: Json) -> JsonObject:
    if not isinstance(item, dict) or not isinstance(item.get("displayName"), str) or not item["displayName"]:
        raise RefusalError("has no displayName")
    key = str(item.get("id", "")).lower() or _derived_id(collections, collection, place, item)
    if key in collections[collection]:
        raise RefusalError(f"the id {key} is already used")
    if collection != SCOPE_TAGS:
        _check_guid(key)
    if collection == PACKAGES:
        return _package(collections, key, item)
    checked_members(item, PROPERTIES[collection], f"an object of {collection}")
    defaults = {**_DEFAULTS[collection], **{name: wire_time() for name in _DATES[collection]}}
    return {"id": "", "displayName": "", **defaults, **item} | {"id": key}


def _package(collections: Collections, key: str, item: JsonObject) -> JsonObject:
    body = {name: value for name, value in item.items() if name not in ("id", "isGlobalScript")}
    package = new_package(key, body, collections[SCOPE_TAGS])
    if item.get("isGlobalScript"):
        package |= {"isGlobalScript": True, "highestAvailableVersion": package["version"]}
    return package


def _derived_id(collections: Collections, collection: str, place: int, item: JsonObject) -> str:
    if collection == SCOPE_TAGS:
        numbers = [int(tag) for tag in collections[SCOPE_TAGS] if tag.isdecimal()]
        return str(max(numbers, default=-1) + 1)
    return str(uuid5(NAMESPACE_URL, f"{collection}/{place}/{item['displayName']}"))


def _check_guid(key: str) -> None:
    try:
        if str(UUID(key)) == key:
            return
    except ValueError:
        pass
    raise RefusalError(f"the id {key!r} is not a GUID")
