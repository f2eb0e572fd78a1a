"""What a package does, in the words of the config: its settings, read from its scripts, before and after."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from aovpn_remediate.display.clean import clean
from aovpn_remediate.model import ScriptPackage
from aovpn_remediate.plan import Change, Create, Delete, Update
from aovpn_remediate.scripts.settings import read_settings

EDITED = "scripts were edited"
_MOST_ITEMS = 12
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_SHOWN = ("Kind", "RunAs", "EntryKeys")


@dataclass(frozen=True)
class SettingChange:
    """One setting before and after; of a list, what is removed and what is added."""

    path: str
    before: object
    after: object


def settings_changes(change: Change) -> tuple[SettingChange, ...] | None:
    """Return how a change changes what a package does; a create has all settings, a delete kind and profile.

    Nothing (``None``) if the scripts were not rendered, were edited, or are of another kind than before.
    """
    match change:
        case Create():
            after = config_words(change.package)
            return None if after is None else _compared({}, after)
        case Delete():
            before = config_words(change.package)
            return None if before is None else _compared(_only(before, ("kind", "profile")), {})
        case Update():
            before, after = config_words(change.existing.package), config_words(change.package)
            if before is None or after is None or before["kind"] != after["kind"]:
                return None
            return _compared(before, after)


def config_words(package: ScriptPackage) -> dict[str, object] | None:
    """Return the settings of a rendered package by the config's words; nothing for other packages."""
    settings = read_settings(package)
    if settings is None or not isinstance(settings.get("Kind"), str):
        return None
    words: dict[str, object] = {"kind": settings["Kind"]}
    for name, value in settings.items():
        if name not in _NOT_SHOWN and not (name == "Profile" and value == ""):
            words[_CAPITAL.sub("_", name).lower()] = _value(name, value)
    for row in _tables(settings.get("EntryKeys")):
        words.setdefault(str(row.get("Setting")), _wanted(row))
    return words


def setting_words(change: SettingChange) -> str:
    """Return a changed setting on one line, e.g. ``15 -> 20`` or ``+10.99.0.0/18 -10.23.0.0/18``."""
    if isinstance(change.before, list) or isinstance(change.after, list):
        added = [f"+{_item_words(one)}" for one in _items(change.after)]
        removed = [f"-{_item_words(one)}" for one in _items(change.before)]
        return _shortened([*added, *removed])
    return f"{_scalar_words(change.before)} -> {_scalar_words(change.after)}"


def whole_words(value: object) -> str:
    """Return a setting's value on one line."""
    if isinstance(value, list):
        return _shortened([_item_words(one) for one in value]) or "none"
    return _scalar_words(value)


def _compared(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[SettingChange, ...]:
    changes: list[SettingChange] = []
    for path in dict.fromkeys([*before, *after]):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        if isinstance(old, list) and isinstance(new, list):
            gone = [one for one in old if one not in new]
            come = [one for one in new if one not in old]
            changes.append(SettingChange(path, gone, come))
        else:
            changes.append(SettingChange(path, old, new))
    return tuple(changes)


def _only(words: Mapping[str, object], paths: Iterable[str]) -> dict[str, object]:
    return {path: words[path] for path in paths if path in words}


def _value(name: str, value: object) -> object:
    """A setting as the config has it: a list of tables becomes a list of mappings, or of their only text."""
    if not isinstance(value, list):
        return value
    return [_route(one) if name == "Routes" else _item(one) for one in value]


def _route(item: object) -> object:
    """A route as the config has it, from the scripts' form: ``10.20.0.0/16``, ``...@5`` or ``!...``."""
    if not isinstance(item, str):
        return item
    prefix, _, metric = item.removeprefix("!").partition("@")
    route: dict[str, object] = {"prefix": prefix}
    if metric:
        route["metric"] = int(metric) if metric.isdecimal() else metric
    if item.startswith("!"):
        route["exclude"] = True
    return route if len(route) > 1 else prefix


def _item(item: object) -> object:
    if not isinstance(item, dict):
        return item
    found: dict[str, object] = {}
    for name, value in item.items():
        if value not in (None, False):  # not set: any metric, no exclusion
            found[_CAPITAL.sub("_", name).lower()] = value
    return next(iter(found.values())) if len(found) == 1 else found


def _wanted(row: Mapping[str, object]) -> object:
    """What a row of the phonebook's keys wants, in the words that the row has for numbers."""
    words, wanted = row.get("Words"), row.get("Wanted")
    names = words if isinstance(words, dict) else {}
    numbers = wanted if isinstance(wanted, list) else []
    values = [names.get(str(number), number) for number in numbers]
    return values[0] if len(values) == 1 else values


def _tables(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _items(value: object) -> list[object]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _item_words(item: object) -> str:
    if not isinstance(item, dict):
        return _scalar_words(item)
    first, *others = item.items()
    words = [_scalar_words(first[1])]
    for name, value in others:
        words.append(name if value is True else f"{name} {_scalar_words(value)}")
    return " ".join(words)


def _scalar_words(value: object) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "true" if value else "false"
    return clean(str(value))


def _shortened(items: Sequence[str]) -> str:
    if len(items) <= _MOST_ITEMS:
        return ", ".join(items)
    return f"{', '.join(items[:_MOST_ITEMS])} and {len(items) - _MOST_ITEMS} more"
