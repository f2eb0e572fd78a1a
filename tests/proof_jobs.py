"""Jobs of `verify` for every kind, in every scope and with every choice that its settings have."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from aovpn_remediate.config import load_config
from aovpn_remediate.kinds import KINDS, Entry
from aovpn_remediate.kinds.common.profile import ConnectedProfileEntry
from aovpn_remediate.model import ScriptPackage
from aovpn_remediate.scripts.render import render_package
from aovpn_remediate.verify import Job, jobs_for
from tests.golden_files import RENDERED, ROOT
from tests.pairs import example_settings

Settings = Mapping[str, Any]

EXAMPLE = ROOT / "examples" / "remediate.yaml"
PROFILE = "O'Neil M\u00fcnchen"
USER: Settings = {"scope": "user"}
DEVICE: Settings = {"scope": "device"}
SCOPES: list[Settings] = [
    {"scope": "user"}, {"scope": "user", "live": "ignore"}, {"scope": "user", "stored": "ignore", "live": "repair"},
    {"scope": "all-users"}, {"scope": "device"}, {"scope": "device", "live": "report"},
    {"scope": "device", "stored": "ignore"}, {"scope": "device", "repair": False},
    {"scope": "user", "repair": False, "when_absent": "issue"},
    {"scope": "user", "live": "repair", "when_unknown": "issue"},
]  # fmt: skip
MORE: Mapping[str, list[Settings]] = {
    "interface-metric": [{"ipv4": "automatic", "ipv6": 9}, {"ipv4": 9999, "ipv6": None}],
    "route-presence": [
        {"routes": ["10.20.0.0/16", "2001:db8::/32"], "exclusions": "report"},
        {"routes": [{"prefix": "10.20.0.0/16", "metric": 5}], "stale": "remove", "exclusions": "report"},
        {"routes": ["10.0.0.0/8", {"prefix": "10.9.0.0/16", "exclude": True}], "exclusions": "write"},
    ],
    "rasman-privileges": [
        {"privileges": "workaround", "restart": "when-disconnected"},
        {"privileges": ["SeTcbPrivilege"]},
    ],
}
"""Settings beside the example's that are worth a proof; a kind needs none here."""


def example(kind: str) -> dict[str, Any]:
    """The settings of a kind's example, with the repair and with a name that has to be quoted."""
    settings = example_settings(kind)
    return settings | ({"profile": PROFILE} if "profile" in settings else {})


def _has_profile(kind: str) -> bool:
    return "scope" in KINDS[kind].model_fields


def _choices(part: Mapping[str, Any]) -> Iterator[object]:
    """What a setting can be, where that is a choice of words."""
    for option in part.get("anyOf", [part]):
        yield from option.get("enum", [])
        if "const" in option:
            yield option["const"]
        if option.get("type") in ("boolean", "null"):
            yield from [True, False] if option["type"] == "boolean" else [None]


def _variants(kind: str) -> Iterator[Settings]:
    """The example's settings with another choice in one of those that are the kind's own."""
    common = {*Entry.model_fields, *ConnectedProfileEntry.model_fields}
    for name, part in KINDS[kind].model_json_schema()["properties"].items():
        if name not in common:
            yield from ({name: choice} for choice in _choices(part))


def _is_valid(kind: str, settings: Settings) -> bool:
    try:
        KINDS[kind].model_validate(settings)
    except ValidationError:
        return False
    return True


def _entries(kind: str) -> list[str]:
    base = example(kind)
    every = SCOPES if _has_profile(kind) else [{}, {"repair": False}]
    differing = [USER, DEVICE] if _has_profile(kind) else [{}]
    found = [base | scope for scope in every]
    found += [base | differing[-1] | one for one in _variants(kind)]
    found += [base | scope | one for one in MORE.get(kind, []) for scope in differing]
    texts = [json.dumps(settings) for settings in found if _is_valid(kind, settings)]
    return list(dict.fromkeys(texts))


ENTRIES_OF = {kind: _entries(kind) for kind in RENDERED}
ENTRIES = [entry for kind in RENDERED for entry in ENTRIES_OF[kind]]


def jobs(folder: Path, entry: str) -> list[Job]:
    """Every case of one remediation."""
    path = folder / "r.yaml"
    path.write_text(f"name: c\nremediations:\n  m: {entry}\n", encoding="utf-8")
    config = load_config(path)
    return [
        job for one in config.remediations for job in jobs_for(one, render_package(one, config=config.name))
    ]


def broken(job: Job, fault: Callable[[ScriptPackage], ScriptPackage]) -> Job:
    """The same case with a fault in its scripts."""
    return replace(job, package=fault(job.package))


def the_case(folder: Path, name: str, entry: str = "") -> Job:
    """One case by its name, of an interface-metric remediation if nothing else is said."""
    found = jobs(folder, entry or ENTRIES_OF["interface-metric"][0])
    return next(job for job in found if job.case.name == name)
