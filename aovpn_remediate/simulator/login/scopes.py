"""What a client asks for: the resource, and the permissions there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from aovpn_remediate.simulator.login.directory import GRAPH_ROOTS, KNOWN_PERMISSIONS, App
from aovpn_remediate.simulator.login.entra import EntraError

DEFAULT: Final = ".default"
_ABOUT_THE_PERSON = {"openid", "profile", "offline_access", "email"}
_LOOPBACK = re.compile(r"http://(127\.0\.0\.1|localhost):\d+")


@dataclass(frozen=True)
class Wanted:
    """The Graph root that a token is for, and the names of the permissions asked for there."""

    resource: str
    names: frozenset[str]

    @property
    def is_default(self) -> bool:
        """Whether everything that was granted is asked for."""
        return DEFAULT in self.names


def read_scopes(text: str) -> Wanted:
    """Return what a ``scope`` parameter asks for; names without a resource are Graph's."""
    found: set[tuple[str, str]] = set()
    for scope in text.split():
        if scope in _ABOUT_THE_PERSON:
            continue
        resource, slash, name = scope.rpartition("/")
        found.add((resource if slash else GRAPH_ROOTS[0], name))
    resources = {resource for resource, _ in found}
    if len(resources) > 1:
        raise EntraError(70011, "one resource at a time")
    wanted = Wanted(resources.pop() if resources else GRAPH_ROOTS[0], frozenset(name for _, name in found))
    return _checked(wanted)


def app_scopes(text: str) -> Wanted:
    """Return what an app asks for itself: all of one resource, nothing else."""
    if not text:
        raise EntraError(900144, "scope")
    wanted = read_scopes(text)
    if wanted.names != {DEFAULT}:
        raise EntraError(1002012)
    return wanted


def person_scopes(text: str, app: App) -> Wanted:
    """Return what an app asks for a person; permissions that nobody consented to are refused."""
    wanted = read_scopes(text)
    if wanted.is_default and len(wanted.names) > 1:
        raise EntraError(70011, ".default stands alone")
    missing = wanted.names - {DEFAULT, *app.delegated}
    if missing:
        raise EntraError(65001, " ".join(sorted(missing)))
    return wanted


def _checked(wanted: Wanted) -> Wanted:
    if wanted.resource not in GRAPH_ROOTS and not _LOOPBACK.fullmatch(wanted.resource):
        raise EntraError(500011, wanted.resource)
    unknown = wanted.names - {DEFAULT} - KNOWN_PERMISSIONS
    if unknown:
        raise EntraError(650053, " ".join(sorted(unknown)))
    return wanted
