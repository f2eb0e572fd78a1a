"""Every shape of the shipped templates that settings can bring about, for ``shapes.json``.

The settings are each kind's example with every choice that its model has, in every combination that it accepts.
A shape that is missed is parsed in every run; it costs time and nothing else.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

import yaml
from pydantic import ValidationError

from aovpn_remediate.kinds import KINDS, Entry
from aovpn_remediate.model import Remediation
from aovpn_remediate.scripts.frames import frame_key, make_frame
from aovpn_remediate.scripts.render import render_script
from aovpn_remediate.scripts.rules import check_names, check_script, shape_obeys
from aovpn_remediate.scripts.shapes import digest, shape_of
from aovpn_remediate.scripts.template_parts import templates_folder

FILE = templates_folder() / "shapes.json"
DOORS = {"detect": "Complete-Detection", "remediate": "Complete-Remediation"}
NOT_IN_SCRIPTS = {"kind", "enabled", "signature_check"}


def shapes_json() -> str:
    """What ``shapes.json`` has to hold: frames made by Jinja now, and shapes that obey every rule now."""
    frames: dict[str, tuple[str, ...]] = {}
    shapes: dict[str, str] = {}
    for remediation in remediations():
        checks, repairs = remediation.settings.checks(), remediation.settings.repairs()
        for shell in DOORS if remediation.repair else ["detect"]:
            key = frame_key(shell, checks, repairs)
            if key not in frames:
                frames[key] = make_frame(shell, checks, repairs)
            script = render_script(remediation, shell)
            shape = shape_of(script)
            assert shape is not None, "the settings are not a table of literals"
            found = digest(shape, DOORS[shell])
            if found not in shapes:
                refuse_problems(script, shape, DOORS[shell])
            shapes[found] = f"{remediation.kind}/{shell}.ps1"
    content = {"frames": dict(sorted(frames.items())), "shapes": dict(sorted(shapes.items()))}
    return json.dumps(content, indent=1) + "\n"


def refuse_problems(script: bytes, shape: bytes, door: str) -> None:
    """Neither a script nor its shape may break a rule; otherwise the list is not made."""
    assert [*check_script("script", script, door=door), *check_names("script", script)] == []
    assert shape_obeys(shape, door)


def remediations() -> Iterator[Remediation]:
    """A remediation for each combination of choices of each kind that is rendered."""
    for kind in KINDS:
        for values in combinations_of(kind):
            try:
                entry = KINDS[kind].model_validate(values)
            except ValidationError:
                continue
            for part in entry.parts():
                if part.entry.own_pair() is None:
                    yield remediation_of(part.entry)


def combinations_of(kind: str) -> Iterator[dict[str, object]]:
    """The kind's example with every choice of its settings in turn, also those that exclude each other."""
    [example] = yaml.safe_load(KINDS[kind].example).values()
    schema = KINDS[kind].model_json_schema()
    choices: dict[str, list[object]] = {}
    for name, part in schema["properties"].items():
        if name not in NOT_IN_SCRIPTS:
            choices[name] = values_of(part) or lists_of(part, example.get(name), schema.get("$defs", {}))
    names = [name for name, values in choices.items() if values]
    for values in itertools.product(*(choices[name] for name in names)):
        yield {**example, **dict(zip(names, values, strict=True))}


def values_of(schema: Mapping[str, Any]) -> list[object]:
    """The values of a setting that is a choice; none for any other setting."""
    if schema.get("type") == "boolean":
        return [True, False]
    return list(schema.get("enum", []))


def lists_of(schema: Mapping[str, Any], example: object, models: Mapping[str, Any]) -> list[object]:
    """The example's list with and without each optional key in one of its items; none for any other setting."""
    items = example if isinstance(example, list) else []
    model = model_of_items(schema.get("items", {}), models)
    long = [item for item in items if isinstance(item, dict)]
    if model is None or not long:
        return []
    others = [item for item in items if not isinstance(item, dict)]
    required = {name: long[0][name] for name in model["required"]}
    optional = {name: part for name, part in model["properties"].items() if name not in required}
    lists: list[object] = []
    for count in range(len(optional) + 1):
        for names in itertools.combinations(optional, count):
            chosen = {name: True if optional[name]["type"] == "boolean" else 1 for name in names}
            lists.append([*others, required | chosen])
    return lists


def model_of_items(schema: Mapping[str, Any], models: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The model of a list's items, also beside short forms; none if the items are no mappings."""
    for part in (schema, *schema.get("anyOf", [])):
        found = models.get(str(part.get("$ref", "")).removeprefix("#/$defs/"))
        if found is not None:
            return found
    return None


def remediation_of(entry: Entry) -> Remediation:
    """A remediation of these settings; the rest of it is in no script."""
    return Remediation(
        key="key", kind=entry.kind, name="name", description="", publisher="", scope_tags=(), assignments=(),
        repair=entry.repair, signature_check=False, settings=entry,
    )  # fmt: skip
