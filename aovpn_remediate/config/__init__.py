"""``remediate.yaml`` made into a ``Config``: every problem at once, each with line, column and advice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints, ValidationError

from aovpn_remediate.config.advice import advise
from aovpn_remediate.config.problem import Problem, Problems, nearest, quoted
from aovpn_remediate.config.wording import explain, explain_secrets
from aovpn_remediate.config.yaml_tree import Tree, Where, read_tree
from aovpn_remediate.errors import ConfigError
from aovpn_remediate.kinds import KINDS, AssignmentEntry, Entry, Key, Name, ScheduleEntry, Strict, Tags
from aovpn_remediate.kinds.common.values import check_key
from aovpn_remediate.model import (
    DEFAULT_SCOPE_TAG,
    Assignment,
    AssignmentFilter,
    DailySchedule,
    FilterMode,
    HourlySchedule,
    OnceSchedule,
    Remediation,
    Schedule,
    Target,
    TargetKind,
)

_GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
Guid = Annotated[str, StringConstraints(pattern=_GUID)]


class Defaults(Strict, title="Defaults"):
    """What an entry may leave out."""

    publisher: Name | None = Field(
        None, title="Publisher", description="Shown in Intune. Default: the config's name."
    )
    scope_tags: Tags | None = Field(None, title="Scope tags", description="Names or ids. Default: Default.")


class TenantEntry(Strict, title="Tenant"):
    """A tenant to sign in to."""

    id: Guid = Field(title="Tenant id", description="The directory's id.")
    client_id: Guid = Field(title="Client id", description="The app registration's id.")


class File(Strict, title="remediate.yaml"):
    """Which remediations there are, and for whom."""

    name: Key = Field(title="Name", description="Part of the ownership marker, so it never changes.")
    defaults: Defaults = Field(
        default_factory=lambda: Defaults.model_validate({}),
        title="Default values",
        description="What every remediation gets that does not say otherwise.",
    )
    # validated one by one, each by its kind
    remediations: dict[str, object] = Field(
        title="Remediations", description="By key: file names, marker, arguments."
    )
    tenants: dict[str, TenantEntry] = Field({}, title="Tenants", description="By name, for signing in.")


@dataclass(frozen=True)
class Config:
    """A checked config: its name, its remediations in the file's order, its tenants as (id, client id).

    ``warnings`` are what is allowed but probably not meant.
    """

    name: str
    remediations: tuple[Remediation, ...]
    tenants: Mapping[str, tuple[str, str]]
    warnings: tuple[Problem, ...] = ()


def load_config(path: Path) -> Config:
    """Return the config of a file, or raise one ``ConfigError`` with every problem in it."""
    problems: Problems = []
    tree = read_tree(path, problems)
    config = _check(tree, problems) if tree is not None else None
    if config is None or problems:
        lines = dict.fromkeys(sorted(problems))
        raise ConfigError([f"{path}:{one.line}:{one.column}: {one.text}" for one in lines])
    return config


def config_schema() -> dict[str, object]:
    """Return the JSON Schema of the file."""
    from aovpn_remediate.config.schema import build_schema

    return build_schema(File)


def _check(tree: Tree, problems: Problems) -> Config | None:
    file: File | None = None
    try:
        file = File.model_validate(tree.value)
    except ValidationError as error:
        problems += explain(error, File, (), tree)
    entries = dict(_entries(tree, problems))
    _check_keys(tree, ("remediations",), problems)
    _check_keys(tree, ("tenants",), problems)
    _check_display_names(entries, tree, problems)
    if file is None:
        return None
    remediations = tuple(_remediation(key, entry, file) for key, entry in entries.items())
    tenants = {name: (tenant.id, tenant.client_id) for name, tenant in file.tenants.items()}
    return Config(file.name, remediations, tenants, tuple(advise(entries, tree)))


def _entries(tree: Tree, problems: Problems) -> Iterator[tuple[str, Entry]]:
    section = tree.value.get("remediations") if isinstance(tree.value, dict) else None
    for key, value in section.items() if isinstance(section, dict) else ():
        where: Where = ("remediations", key)
        model = _model_of(value, where, tree, problems)
        if model is None:
            continue
        try:
            entry = model.model_validate(value, context={"folder": tree.folder})
        except ValidationError as error:
            problems += explain(error, model, where, tree)
            continue
        _check_assignments(entry.assignments, where, tree, problems)
        yield key, entry


def _model_of(value: object, where: Where, tree: Tree, problems: Problems) -> type[Entry] | None:
    if not isinstance(value, dict):
        text = f"{where[-1]} {quoted(value)} is no mapping; write keys and values below it"
        problems.append(Problem(*tree.place(where), text))
        return None
    kind = value.get("kind")
    model = KINDS.get(kind) if isinstance(kind, str) else None
    if model is not None:
        return model
    problems += explain_secrets(value, where, tree)
    if "kind" in value:
        text = f"there is no kind {quoted(kind)}; {nearest(kind, KINDS)}"
        problems.append(Problem(*tree.place((*where, "kind")), text))
    else:
        problems.append(Problem(*tree.key_place(where), "kind is missing; add kind: interface-metric"))
    return None


def _check_keys(tree: Tree, where: Where, problems: Problems) -> None:
    section = tree.value.get(where[0]) if isinstance(tree.value, dict) else None
    seen: dict[str, str] = {}
    for key in section if isinstance(section, dict) else ():
        place = tree.key_place((*where, key))
        try:
            check_key(key)
        except ValueError as error:
            problems.append(Problem(*place, f"key {quoted(key)} {error}"))
        if key.casefold() in seen:
            text = f"key {quoted(key)} differs from {quoted(seen[key.casefold()])} by case only; rename one"
            problems.append(Problem(*place, text))
        seen.setdefault(key.casefold(), key)


def _check_assignments(entries: list[AssignmentEntry], where: Where, tree: Tree, problems: Problems) -> None:
    seen: dict[str, AssignmentEntry] = {}
    for index, entry in enumerate(entries):
        name = entry.group or entry.exclude or f"all {entry.all}"
        earlier = seen.setdefault(name.casefold(), entry)
        if earlier is not entry:
            is_both = (earlier.exclude is None) != (entry.exclude is None)
            what = "is both included and excluded" if is_both else "is listed twice"
            problems.append(
                Problem(*tree.place((*where, "assignments", index)), f"{quoted(name)} {what}; remove one")
            )
    if entries and all(entry.exclude for entry in entries):
        text = "the assignments only exclude, so that no device would run it; add a group or all"
        problems.append(Problem(*tree.key_place((*where, "assignments")), text))


def _check_display_names(entries: Mapping[str, Entry], tree: Tree, problems: Problems) -> None:
    names = {key: _display_name(key, entry) for key, entry in entries.items()}
    counts = Counter(names.values())
    for key, name in names.items():
        if counts[name] > 1:
            text = f"display name {quoted(name)} is used more than once; give each its own name"
            problems.append(Problem(*tree.key_place(("remediations", key, "name")), text))


def _display_name(key: str, entry: Entry) -> str:
    return entry.name or f"AOVPN {entry.kind.replace('-', ' ')}: {key}"


def _remediation(key: str, entry: Entry, file: File) -> Remediation:
    tags = entry.scope_tags or file.defaults.scope_tags or [DEFAULT_SCOPE_TAG]
    assignments = [_assignment(one) for one in entry.assignments] if entry.enabled else []
    return Remediation(
        key=key,
        kind=entry.kind,
        name=_display_name(key, entry),
        description=entry.description or "",
        publisher=entry.publisher or file.defaults.publisher or file.name,
        scope_tags=tuple(sorted(set(tags))),
        assignments=tuple(sorted(assignments, key=lambda one: one.target)),
        repair=entry.repair,
        signature_check=entry.signature_check,
        settings=entry,
    )


def _assignment(entry: AssignmentEntry) -> Assignment:
    kinds = {"devices": TargetKind.ALL_DEVICES, "users": TargetKind.ALL_USERS}
    if entry.exclude is not None:
        return Assignment(target=Target(kind=TargetKind.EXCLUDED_GROUP, group=entry.exclude))
    kind = TargetKind.GROUP if entry.group is not None else kinds[str(entry.all)]
    mode = FilterMode(entry.filter_mode)
    return Assignment(
        target=Target(kind=kind, group=entry.group or ""),
        filter=AssignmentFilter(filter=entry.filter, mode=mode) if entry.filter is not None else None,
        schedule=_schedule(entry.schedule) if entry.schedule is not None else None,
    )


def _schedule(entry: ScheduleEntry) -> Schedule:
    at = time.fromisoformat(entry.at) if entry.at is not None else time()
    if entry.every is None:
        return OnceSchedule(on=entry.once or date.min, at=at, utc=entry.utc)
    number, unit = entry.every.split()
    if unit.startswith("hour"):
        return HourlySchedule(hours=int(number))
    return DailySchedule(days=int(number), at=at, utc=entry.utc)
