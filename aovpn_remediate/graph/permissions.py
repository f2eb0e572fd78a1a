"""Which permissions of Graph a command needs; pure.

The names are the same for apps (roles) and for people (scopes).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from aovpn_remediate.model import References

# Source: Graph beta reference, deviceHealthScript create, list and assign.
READ_SCRIPTS = "DeviceManagementScripts.Read.All"
WRITE_SCRIPTS = "DeviceManagementScripts.ReadWrite.All"
OLD_WAY = "DeviceManagementConfiguration.ReadWrite.All"
"""What gave access to packages before 2025."""
# Unconfirmed: named by tools, not seen in a refusal.
GROUPS = "Group.Read.All"
FILTERS = "DeviceManagementConfiguration.Read.All"
SCOPE_TAGS = "DeviceManagementRBAC.Read.All"

_SUFFICIENT = {
    READ_SCRIPTS: (WRITE_SCRIPTS,),
    GROUPS: ("GroupMember.Read.All", "Group.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"),
    FILTERS: (OLD_WAY,),
    SCOPE_TAGS: ("DeviceManagementRBAC.ReadWrite.All",),
}
_BY_PATH = {
    "/groups": GROUPS,
    "/deviceManagement/assignmentFilters": FILTERS,
    "/deviceManagement/roleScopeTags": SCOPE_TAGS,
}


_OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Need:
    """What a command does in a tenant: whether it writes, and which names it looks up."""

    writes: bool = False
    groups: bool = True
    filters: bool = True
    scope_tags: bool = True

    @property
    def permissions(self) -> tuple[str, ...]:
        """The least permissions for it."""
        names = [WRITE_SCRIPTS if self.writes else READ_SCRIPTS]
        for is_needed, name in (
            (self.groups, GROUPS),
            (self.filters, FILTERS),
            (self.scope_tags, SCOPE_TAGS),
        ):
            if is_needed:
                names.append(name)
        return tuple(names)

    def missing(self, granted: Iterable[str]) -> tuple[str, ...]:
        """The permissions that are not granted, neither themselves nor by a greater one."""
        have = set(granted)
        return tuple(name for name in self.permissions if not have & {name, *_SUFFICIENT.get(name, ())})


PUBLISH = Need(writes=True)
READ = Need()


def need_of(wanted: References, *, writes: bool) -> Need:
    """Return what is needed to look these names up; ids need no look-up."""
    return Need(
        writes=writes,
        groups=not all(map(_OBJECT_ID.fullmatch, wanted.groups)),
        filters=not all(map(_OBJECT_ID.fullmatch, wanted.filters)),
        scope_tags=not all(map(str.isdigit, wanted.scope_tags)),
    )


def permission_for(method: str, path: str) -> str:
    """Return the permission that a request needs; ``path`` is below the version."""
    for start, permission in _BY_PATH.items():
        if path.startswith(start):
            return permission
    return READ_SCRIPTS if method == "GET" else WRITE_SCRIPTS
