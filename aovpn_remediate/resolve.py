"""Names of groups, assignment filters and scope tags made into ids; all problems are reported at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from aovpn_remediate.errors import ResolveError
from aovpn_remediate.model import (
    DEFAULT_SCOPE_TAG,
    Assignment,
    Directory,
    References,
    Remediation,
    ScriptPackage,
    Target,
    TargetKind,
)
from aovpn_remediate.problems.words import close_word
from aovpn_remediate.wording import any_of, count_of


def references(packages: Iterable[ScriptPackage | Remediation]) -> References:
    """Return every name that has to be looked up."""
    groups: set[str] = set()
    filters: set[str] = set()
    tags: set[str] = set()
    for package in packages:
        tags.update(package.scope_tags)
        for assignment in package.assignments:
            if _is_group(assignment.target):
                groups.add(assignment.target.group)
            if assignment.filter is not None:
                filters.add(assignment.filter.filter)
    return References(
        groups=tuple(sorted(groups)),
        filters=tuple(sorted(filters)),
        scope_tags=tuple(sorted(tags - {DEFAULT_SCOPE_TAG})),
    )


def resolve_names(
    packages: Sequence[ScriptPackage], directory: Directory, places: Mapping[str, str] | None = None
) -> tuple[ScriptPackage, ...]:
    """Return the packages with ids for names; one ``ResolveError`` names all that have none or several.

    ``places`` say where the file has each name.
    """
    problems: list[str] = []
    for sort in _sorts(directory):
        problems += _problems(sort, packages, places or {})
    if problems:
        raise ResolveError(problems)
    resolved = tuple(_resolve(package, directory) for package in packages)
    for package in resolved:
        problems += _twice(package, directory)
    if problems:
        raise ResolveError(problems)
    return resolved


def _is_group(target: Target) -> bool:
    return target.kind in (TargetKind.GROUP, TargetKind.EXCLUDED_GROUP)


class _Sort(NamedTuple):
    """One sort of names: its word, the matches of each name, names that the tenant has, what uses them."""

    what: str
    found: Mapping[str, Sequence[tuple[str, str]]]
    known: Sequence[str]
    part_of: Callable[[References], Iterable[str]]


def _sorts(directory: Directory) -> tuple[_Sort, ...]:
    return (
        _Sort("group", directory.groups, directory.near_groups, lambda used: used.groups),
        _Sort("assignment filter", directory.filters, directory.all_filters, lambda used: used.filters),
        _Sort("scope tag", directory.scope_tags, directory.all_scope_tags, lambda used: used.scope_tags),
    )


def _problems(sort: _Sort, packages: Sequence[ScriptPackage], places: Mapping[str, str]) -> Iterator[str]:
    """Problems of names that the tenant does not have, or has more than once."""
    for name in sort.part_of(references(packages)):
        matches = sort.found.get(name, ())
        if len(matches) == 1:
            continue
        users = ", ".join(one.key for one in packages if name in sort.part_of(references([one])))
        where = f"{places[name]}: {users}" if name in places else users
        if not matches:
            close = close_word(name, sort.known)
            advice = f'did you mean "{close}"?' if close else "create it or correct the config"
            yield f'{where}: the tenant has no {sort.what} "{name}"; {advice}'
        else:
            ids = any_of(match[0] for match in matches)
            count = count_of(len(matches), sort.what)
            yield f'{where}: the tenant has {count} named "{name}"; write an id instead: {ids}'


def _resolve(package: ScriptPackage, directory: Directory) -> ScriptPackage:
    tags: set[str] = set()
    for tag in package.scope_tags:
        tags.add(tag if tag == DEFAULT_SCOPE_TAG else directory.scope_tags[tag][0][0])
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


def _twice(package: ScriptPackage, directory: Directory) -> Iterator[str]:
    """Problems of groups that are listed twice, by name and by id for example."""
    names: dict[str, str] = {}
    for matches in directory.groups.values():
        names.update(matches)
    seen: dict[str, TargetKind] = {}
    for assignment in package.assignments:
        target = assignment.target
        if not _is_group(target):
            continue
        earlier = seen.get(target.group)
        seen[target.group] = target.kind
        if earlier is not None:
            what = "listed twice" if earlier == target.kind else "both included and excluded"
            name = names[target.group]
            yield f'{package.key}: the group "{name}" ({target.group}) is {what}; remove one'
