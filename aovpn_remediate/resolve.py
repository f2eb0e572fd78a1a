"""Names of groups, assignment filters and scope tags made into ids; all problems are reported at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from aovpn_remediate.errors import ResolveError
from aovpn_remediate.model import (
    DEFAULT_SCOPE_TAG,
    Assignment,
    Directory,
    References,
    ScriptPackage,
    Target,
    TargetKind,
)


def references(packages: Iterable[ScriptPackage]) -> References:
    """Return every name that has to be looked up."""
    packages = list(packages)
    assignments = [one for package in packages for one in package.assignments]
    tags = {tag for package in packages for tag in package.scope_tags} - {DEFAULT_SCOPE_TAG}
    return References(
        groups=tuple(sorted({one.target.group for one in assignments if _is_group(one.target)})),
        filters=tuple(sorted({one.filter.filter for one in assignments if one.filter is not None})),
        scope_tags=tuple(sorted(tags)),
    )


def resolve_names(packages: Sequence[ScriptPackage], directory: Directory) -> tuple[ScriptPackage, ...]:
    """Return the packages with ids for names; one ``ResolveError`` lists those missing or not unique."""
    problems = [
        problem
        for what, asked, found in (
            ("group", references(packages).groups, directory.groups),
            ("assignment filter", references(packages).filters, directory.filters),
            ("scope tag", references(packages).scope_tags, directory.scope_tags),
        )
        for problem in _problems(what, asked, found, packages)
    ]
    if problems:
        raise ResolveError(problems)
    resolved = tuple(_resolve(package, directory) for package in packages)
    problems = [problem for package in resolved for problem in _twice(package, directory)]
    if problems:
        raise ResolveError(problems)
    return resolved


def _is_group(target: Target) -> bool:
    return target.kind in (TargetKind.GROUP, TargetKind.EXCLUDED_GROUP)


def _problems(
    what: str,
    asked: Iterable[str],
    found: Mapping[str, Sequence[tuple[str, str]]],
    packages: Sequence[ScriptPackage],
) -> Iterable[str]:
    for name in asked:
        matches = found.get(name, ())
        if len(matches) == 1:
            continue
        users = ", ".join(package.key for package in packages if _uses(package, what, name))
        if not matches:
            yield f"{users}: the tenant has no {what} {name!r}; create it or correct the config"
        else:
            ids = " or ".join(match[0] for match in matches)
            yield f"{users}: the tenant has {len(matches)} {what}s named {name!r}; write an id instead: {ids}"


def _uses(package: ScriptPackage, what: str, name: str) -> bool:
    asked = references([package])
    return name in {"group": asked.groups, "assignment filter": asked.filters}.get(what, asked.scope_tags)


def _resolve(package: ScriptPackage, directory: Directory) -> ScriptPackage:
    tags = {
        tag if tag == DEFAULT_SCOPE_TAG else directory.scope_tags[tag][0][0] for tag in package.scope_tags
    }
    assignments = [_resolve_assignment(one, directory) for one in package.assignments]
    return replace(
        package,
        scope_tags=tuple(sorted(tags)),
        assignments=tuple(sorted(assignments, key=lambda one: one.target)),
    )


def _resolve_assignment(assignment: Assignment, directory: Directory) -> Assignment:
    target, narrowing = assignment.target, assignment.filter
    if _is_group(target):
        target = replace(target, group=directory.groups[target.group][0][0])
    if narrowing is not None:
        narrowing = replace(narrowing, filter=directory.filters[narrowing.filter][0][0])
    return replace(assignment, target=target, filter=narrowing)


def _twice(package: ScriptPackage, directory: Directory) -> Iterable[str]:
    """Problems of groups that are listed twice, by name and by id for example."""
    names = {match[0]: match[1] for matches in directory.groups.values() for match in matches}
    seen: dict[str, TargetKind] = {}
    for target in (assignment.target for assignment in package.assignments if _is_group(assignment.target)):
        earlier = seen.get(target.group)
        seen[target.group] = target.kind
        if earlier is not None:
            what = "listed twice" if earlier == target.kind else "both included and excluded"
            yield f"{package.key}: the group {names[target.group]!r} ({target.group}) is {what}; remove one"
