"""What every command starts from: the packages of a config, rendered and checked, with their warnings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aovpn_remediate.config import Config, load_config
from aovpn_remediate.errors import ClientFileError, UsageError
from aovpn_remediate.model import Remediation, ScriptPackage, TenantSettings
from aovpn_remediate.problems import Problem
from aovpn_remediate.problems.words import nearest
from aovpn_remediate.scripts.ask import Ask
from aovpn_remediate.scripts.package_rules import refuse_bad_scripts
from aovpn_remediate.scripts.render import render_package
from aovpn_remediate.wording import any_of

Pair = tuple[Remediation, ScriptPackage]


@dataclass(frozen=True)
class Desired:
    """The packages of a config.

    ``config`` is its name, ``pairs`` are the remediations with their packages in the order of the file.
    ``warnings`` are problems that stop nothing. ``tenants`` are those of the config, by name, ``places`` say
    where each group, filter and scope tag is first named. ``digest`` is a sha256 of the config
    and of every file that it names, 64 hex digits.
    """

    config: str
    pairs: tuple[Pair, ...]
    warnings: tuple[Problem, ...] = ()
    tenants: Mapping[str, TenantSettings] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""

    @property
    def packages(self) -> tuple[ScriptPackage, ...]:
        """The packages in the order of the file."""
        return tuple(package for _, package in self.pairs)

    @property
    def unproven(self) -> tuple[str, ...]:
        """The keys of the user's own script pairs without client files, which nothing can prove."""
        keys: list[str] = []
        for remediation, _ in self.pairs:
            own = remediation.settings.own_pair()
            if own is not None and not own.clients:
                keys.append(remediation.key)
        return tuple(keys)


def load_desired(path: Path, *, ask: Ask, read_client_files: Callable[[Remediation], object]) -> Desired:
    """Return the packages of a config after all checks that need no tenant.

    ``ask`` asks PowerShell about a script that our parser does not understand. ``read_client_files`` reads
    the client files of a remediation and raises ``ClientFileError``. Raises ``ConfigError``, ``RuleError``
    and ``ClientFileError``, each with every problem.
    """
    config = load_config(path)
    packages = [render_package(one, config=config.name) for one in config.remediations]
    own = {one.key: one.settings.own_pair() for one in config.remediations}
    habits = refuse_bad_scripts(packages, own, ask)
    _refuse_bad_client_files(config.remediations, read_client_files)
    pairs = tuple(zip(config.remediations, packages, strict=True))
    warnings = (*config.warnings, *habits)
    return Desired(config.name, pairs, warnings, config.tenants, config.places, _digest(config))


def _digest(config: Config) -> str:
    """The sha256 of all files of a config, wherever they lie."""
    parts = list(config.digests)
    for remediation in config.remediations:
        pair = remediation.settings.own_pair()
        if pair is None:
            continue
        scripts = [one.content for one in (pair.detection, pair.remediation) if one]
        files = [*scripts, *(path.read_bytes() for path in pair.clients)]
        parts += [hashlib.sha256(content).hexdigest() for content in files]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def select_pairs(desired: Desired, keys: Sequence[str]) -> tuple[Pair, ...]:
    """Return the pairs of some keys, or all without keys; the key of an entry means all its packages.

    Raises ``UsageError`` for an unknown key.
    """
    known = [package.key for package in desired.packages]
    unknown = sorted(set(keys) - set(known))
    if unknown:
        for key in unknown:
            if key.endswith((".yaml", ".yml")):  # no key has a point
                raise UsageError(f"{key} is not a key of the config; name the config with -c: -c {key}")
        raise UsageError(f"the config has no remediation {any_of(unknown)}; {nearest(unknown[0], known)}")
    if not keys:
        return desired.pairs
    return tuple(pair for pair in desired.pairs if {pair[0].key, pair[0].entry} & set(keys))


def _refuse_bad_client_files(
    remediations: Sequence[Remediation], read_client_files: Callable[[Remediation], object]
) -> None:
    problems: list[Problem] = []
    for remediation in remediations:
        pair = remediation.settings.own_pair()
        if pair is None or not pair.clients:
            continue
        try:
            read_client_files(remediation)
        except ClientFileError as error:
            problems += error.problems
    if problems:
        raise ClientFileError(problems)
