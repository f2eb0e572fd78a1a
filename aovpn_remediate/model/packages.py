"""A package as Intune stores it, desired or existing, and what a tenant knows of names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from aovpn_remediate.model.assignments import Assignment, RunAs

DEFAULT_SCOPE_TAG = "0"
"""The id of Intune's Default scope tag."""


@dataclass(frozen=True, kw_only=True)
class ScriptPackage:
    """A package as Intune stores it, desired or existing.

    ``config`` and ``key`` are its identity (the marker). ``remediation`` is empty for a detection alone.
    ``description`` is the text without the marker. Groups, filters and scope tags are names until
    ``resolve`` has made them ids. ``scope_tags`` and ``assignments`` are sorted. ``formerly`` is the key
    under which a desired package may be owned still.
    """

    config: str
    key: str
    name: str
    description: str
    publisher: str
    detection: bytes
    remediation: bytes
    run_as: RunAs
    run_as_32_bit: bool = False
    signature_check: bool = False
    scope_tags: tuple[str, ...] = (DEFAULT_SCOPE_TAG,)
    assignments: tuple[Assignment, ...] = ()
    formerly: str = field(default="", compare=False)

    @cached_property
    def content_hash(self) -> str:
        """16 hex digits that change with anything but identity and assignments."""
        content = [
            self.name, self.description, self.publisher, self.run_as.value, self.run_as_32_bit,
            self.signature_check, sorted(self.scope_tags),
            hashlib.sha256(self.detection).hexdigest(), hashlib.sha256(self.remediation).hexdigest(),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True)
class Published:
    """A package as a tenant holds it, with the content hash that its marker claims.

    ``owner`` is the other config whose marker it has; empty for our own and for foreign packages.
    """

    id: str
    package: ScriptPackage
    marked_hash: str
    version: str = ""
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """A package without our marker: only ever named, never changed.

    ``stray_key`` is the key of a marker of this config that is not in the last line. ``owner`` is the other
    config whose marker the package has.
    """

    id: str
    name: str
    stray_key: str = ""
    owner: str = ""


@dataclass(frozen=True, kw_only=True)
class TenantPackages:
    """All packages of a tenant: those with this config's marker, and the names of the others."""

    owned: tuple[Published, ...] = ()
    foreign: tuple[Foreign, ...] = ()


@dataclass(frozen=True)
class References:
    """The names (or ids) of groups, filters and scope tags that a set of packages uses, sorted."""

    groups: tuple[str, ...]
    filters: tuple[str, ...]
    scope_tags: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Directory:
    """What a tenant knows of names: each display name or id asked for, with every match as ``(id, name)``.

    ``all_filters`` and ``all_scope_tags`` are all names of the tenant, if they were read, ``near_groups`` are
    groups that begin like a name without a match: one of them may be what a misspelt name means.
    """

    groups: Mapping[str, tuple[tuple[str, str], ...]]
    filters: Mapping[str, tuple[tuple[str, str], ...]]
    scope_tags: Mapping[str, tuple[tuple[str, str], ...]]
    near_groups: tuple[str, ...] = ()
    all_filters: tuple[str, ...] = ()
    all_scope_tags: tuple[str, ...] = ()
