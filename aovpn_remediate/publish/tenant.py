"""The tenant as planning and publishing see it; ``graph`` has the real one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from aovpn_remediate.model import (
    Assignment,
    Directory,
    Published,
    References,
    ScriptPackage,
    TenantPackages,
)


class Tenant(Protocol):
    """What planning and publishing need of a tenant."""

    @property
    def id(self) -> str:
        """The id of the tenant that was signed in to, empty if nobody signs in."""

    def list_packages(self, config: str) -> TenantPackages:
        """Return every package: those owned by the config whole, the others by name."""

    def read_package(self, package_id: str, *, config: str, key: str) -> Published:
        """Return a foreign package as if it were the config's."""

    def look_up(self, wanted: References) -> Directory:
        """Return what the tenant knows of these names."""

    def names_of_groups(self, ids: Iterable[str]) -> Mapping[str, str]:
        """Return the display names of these groups; those that are gone are left out."""

    def create(self, package: ScriptPackage) -> str:
        """Create a package without assignments and return its id."""

    def update(self, package_id: str, package: ScriptPackage, fields: frozenset[str]) -> None:
        """Change these fields of a package, and its marker."""

    def assign(self, package_id: str, assignments: Sequence[Assignment]) -> None:
        """Make this the whole set of assignments."""

    def delete(self, package_id: str) -> None:
        """Delete a package."""

    def give_up(self) -> None:
        """Wait for nothing any more, and try nothing again, so that what is under way ends soon."""
