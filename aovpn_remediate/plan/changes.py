"""The difference between the desired packages and those in the tenant, as data to review; pure.

Only packages with our marker can be changed or deleted. A foreign package is a note at most, unless its
key is adopted by name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

from aovpn_remediate.model import Published, ScriptPackage

FIELDS = (
    "name", "description", "publisher", "run_as", "run_as_32_bit", "signature_check", "scope_tags",
    "detection", "remediation", "assignments",
)  # fmt: skip
"""What is compared, in the order in which it is shown."""

KEY = "key"
"""The field of an update that gives a package another key of the config."""

MARKER = "marker"
"""The field of an update that only corrects the ownership marker."""


@dataclass(frozen=True)
class FieldChange:
    """One field of a package before and after."""

    field: str
    before: object
    after: object


@dataclass(frozen=True)
class Create:
    """A package that the tenant does not have yet."""

    action: ClassVar[str] = "create"

    package: ScriptPackage


@dataclass(frozen=True)
class Update:
    """An owned package that differs."""

    action: ClassVar[str] = "update"

    existing: Published
    package: ScriptPackage
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class Adopt(Update):
    """A foreign package that is taken over."""

    action: ClassVar[str] = "adopt"


@dataclass(frozen=True)
class Delete:
    """An owned package that was removed from the config."""

    action: ClassVar[str] = "delete"

    existing: Published

    @property
    def package(self) -> ScriptPackage:
        """The package that is deleted."""
        return self.existing.package


Change: TypeAlias = Create | Update | Delete


@dataclass(frozen=True)
class Note:
    """Nothing to do, but something to know."""

    text: str
    key: str = ""


@dataclass(frozen=True)
class Stopped:
    """A key for which nothing is done, since a person must look at a package first: its id, and why."""

    key: str
    name: str
    id: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """Changes in the order in which they are carried out, the keys that stay as they are, and notes.

    ``stopped`` are keys that the plan could not take; the others go on.
    """

    changes: tuple[Change, ...] = ()
    unchanged: tuple[str, ...] = ()
    notes: tuple[Note, ...] = field(default=())
    stopped: tuple[Stopped, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to carry out."""
        return not self.changes

    @property
    def counts(self) -> Counter[str]:
        """How many changes there are of each action."""
        return Counter(change.action for change in self.changes)
