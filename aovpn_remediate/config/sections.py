"""The models of what several entries share: profiles, lists of routes, sets of assignments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from aovpn_remediate.kinds.common.assignment import ScheduleEntry, SharedAssignment
from aovpn_remediate.kinds.common.fields import SCOPES_EXPLAINED, Name, Profile
from aovpn_remediate.kinds.common.routes import Route
from aovpn_remediate.kinds.common.strict import Strict

Routes = list[Route]


class NamedProfile(Strict, title="Profile", defer_build=True):
    """A profile of the VPN; entries name its key."""

    name: Profile = Field(title="Name", description="The VPN connection's name, at most 255 characters.")
    scope: Literal["user", "all-users", "device"] = Field(
        title="Scope",
        description="Where the profile lives; device is the device tunnel.",
        json_schema_extra=SCOPES_EXPLAINED,
    )


class RouteList(Strict, title="Route list", defer_build=True):
    """Routes that entries use by the name of the list: written here, in a file, or both."""

    list: Routes = Field([], title="List", description="Networks, or mappings as in an entry.")
    file: Name | None = Field(
        None, title="File", description="A CSV file in the config's folder: prefix[,metric[,exclude]]."
    )


class AssignmentSet(Strict, title="Assignment set", defer_build=True):
    """Assignments that entries use by the name of the set."""

    schedule: ScheduleEntry | None = Field(
        None, title="Schedule", description="For inclusions without their own."
    )
    filter: Name | None = Field(
        None, title="Assignment filter", description="For inclusions without their own."
    )
    assignments: list[SharedAssignment] = Field(
        title="Assignments", description="Groups, exclusions, all devices or all users."
    )


SHARED: Mapping[str, type[Strict]] = {
    "profiles": NamedProfile,
    "route_lists": RouteList,
    "assignment_sets": AssignmentSet,
}
"""The model of each part of a section, by the section's name."""
