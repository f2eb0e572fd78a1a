"""``remediate.yaml`` made into a ``Config``: every problem at once, each with line, column and advice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aovpn_remediate.config.advice import advise
from aovpn_remediate.config.checks import check_config
from aovpn_remediate.config.entries import read_entries, read_file
from aovpn_remediate.config.expansion import expand
from aovpn_remediate.config.file import CONFIG_FILE, File
from aovpn_remediate.config.places import name_places
from aovpn_remediate.config.remediation import make_remediations
from aovpn_remediate.config.shared import read_shared
from aovpn_remediate.config.tenants import read_tenants
from aovpn_remediate.documents.reading import read_tree
from aovpn_remediate.errors import ConfigError
from aovpn_remediate.model import Remediation, TenantSettings
from aovpn_remediate.problems import Problem

__all__ = ["Config", "config_schema", "load_config"]


@dataclass(frozen=True)
class Config:
    """A checked config: its name, its remediations, its tenants by name.

    Remediations and tenants are in the file's order. ``warnings`` are what is allowed but probably not meant.
    ``places`` say where each group, filter and scope tag is first named.
    ``digests`` are the sha256 of the file and of every list that it names, as hex digits.
    """

    name: str
    remediations: tuple[Remediation, ...]
    tenants: Mapping[str, TenantSettings]
    warnings: tuple[Problem, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    digests: tuple[str, ...] = ()


def load_config(path: Path) -> Config:
    """Return the config of a file, or raise one ``ConfigError`` with every problem in it."""
    reading = read_tree(path, CONFIG_FILE)
    if reading.tree is None:
        raise ConfigError(reading.problems)
    tree = reading.tree
    file = read_file(tree)
    shared = read_shared(tree)
    expansion = expand(tree, shared)
    tree = expansion.tree
    entries = read_entries(tree)
    tenants = read_tenants(tree)
    found = [*shared.problems, *expansion.problems, *_not_said_yet(entries.problems, shared.problems)]
    found += [*tenants.problems, *check_config(entries.readable, tree)]
    if isinstance(file, list):
        found += file
    problems = [*_not_said_better(reading.problems, found), *dict.fromkeys(found)]
    if isinstance(file, list) or problems:
        raise ConfigError(problems)
    remediations: list[Remediation] = []
    for key, entry in entries.valid.items():
        remediations += make_remediations(key, entry, file)
    warnings = sorted([*expansion.warnings, *advise(entries.valid, tree)])
    digests = tuple(one.sha256 for one in (reading.tree, *shared.files))
    places = name_places(tree)
    return Config(file.name, tuple(remediations), tenants.valid, tuple(warnings), places, digests)


def _not_said_yet(problems: Iterable[Problem], said: Iterable[Problem]) -> Iterator[Problem]:
    """The problems of entries without those of a shared part, which the part has as well."""
    known = {(one.file, one.line, one.column, one.code) for one in said}
    for problem in problems:
        if (problem.file, problem.line, problem.column, problem.code) not in known:
            yield problem


def _not_said_better(problems: Iterable[Problem], found: Iterable[Problem]) -> Iterator[Problem]:
    """The problems without missing quotes around a value that is wrong anyway: its own problem shows them."""
    wrong = {(problem.line, problem.column) for problem in found}
    for problem in problems:
        if problem.code != "yaml/unquoted-time" or (problem.line, problem.column) not in wrong:
            yield problem


def config_schema() -> dict[str, object]:
    """Return the JSON Schema of the file."""
    from aovpn_remediate.config.schema import build_schema

    return build_schema(File)
