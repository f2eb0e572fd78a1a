"""Every shape of the shipped templates that settings can bring about, for ``shapes.json``.

The settings are each kind's example with every choice that its model has, in every combination that it accepts.
A shape that is missed is parsed in every run; it costs time and nothing else.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping

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
            if entry.own_pair() is None:
                yield remediation_of(entry)


def combinations_of(kind: str) -> Iterator[dict[str, object]]:
    """The kind's example with every choice of its settings in turn, also those that exclude each other."""
    [example] = yaml.safe_load(KINDS[kind].example).values()
    choices = choices_of(KINDS[kind].model_json_schema()["properties"])
    for values in itertools.product(*choices.values()):
        chosen = dict(zip(choices, values, strict=True))
        yield {**example, **{name: value for name, value in chosen.items() if value is not None}}


def choices_of(properties: Mapping[str, Mapping[str, object]]) -> dict[str, list[object]]:
    """The values of each setting that is a choice; ``None`` leaves it out."""
    choices: dict[str, list[object]] = {}
    for name, schema in properties.items():
        if name in NOT_IN_SCRIPTS:
            continue
        if schema.get("type") == "boolean":
            choices[name] = [True, False]
        elif isinstance(values := schema.get("enum"), list):
            choices[name] = [None, *values]
    return choices


def remediation_of(entry: Entry) -> Remediation:
    """A remediation of these settings; the rest of it is in no script."""
    return Remediation(
        key="key", kind=entry.kind, name="name", description="", publisher="", scope_tags=(), assignments=(),
        repair=entry.repair, signature_check=False, settings=entry,
    )  # fmt: skip
