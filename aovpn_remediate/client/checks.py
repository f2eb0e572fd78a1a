"""What must be right between the parts of a described client, whether or not each of them is valid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from aovpn_remediate.client.device import SimulatedClient
from aovpn_remediate.client.values import is_scope
from aovpn_remediate.documents.tree import Tree, Where
from aovpn_remediate.problems import Problem
from aovpn_remediate.problems.words import quoted


@dataclass(frozen=True)
class Part:
    """A part of a client as the file has it, and where."""

    value: object
    where: Where

    def names(self) -> list[str]:
        """The keys of a mapping; none of anything else."""
        return list(self.value) if isinstance(self.value, dict) else []


Parts = Mapping[str, Part]
_NOTHING = Part(None, ())


def parts_of(value: object, where: Where) -> Parts:
    """Return the parts of a client that is described at a place of a file."""
    if not isinstance(value, dict):
        return {}
    return {name: Part(part, (*where, name)) for name, part in value.items()}


def check_parts(parts: Parts, tree: Tree) -> Iterator[Problem]:
    """Yield the problems that no part of a client has alone."""
    yield from _missing_phonebooks(parts, tree)
    yield from _repeated_registry_names(parts.get("registry", _NOTHING), tree)
    yield from _files_that_are_folders(parts, tree)


def _missing_phonebooks(parts: Parts, tree: Tree) -> Iterator[Problem]:
    """Something happens to a phonebook that the client does not have."""
    described = parts.get("phonebooks", _NOTHING).names()
    code = "client/no-such-phonebook"
    for name in ("locked", "changes"):
        part = parts.get(name, _NOTHING)
        for scope in part.names():
            if is_scope(scope) and scope not in described:
                yield tree.key_problem((*part.where, scope), _missing(name, scope), code)
    link = parts.get("link", _NOTHING)
    if is_scope(link.value) and link.value not in described:
        yield tree.problem(link.where, _missing("link", link.value), code)


def _missing(part: str, scope: object) -> str:
    return f"{part} names the phonebook {quoted(scope)}, which is not described; add it to phonebooks"


def check_phonebooks(parts: Parts, tree: Tree) -> Iterator[Problem]:
    """Yield the phonebooks that are the same file, such as device and all-users: the last one would win.

    A kind has cases for any scope and relies on that, so this is for client files only.
    """
    phonebooks = parts.get("phonebooks", _NOTHING)
    client = SimulatedClient(folder=Path())
    seen: dict[str, str] = {}
    for name in filter(is_scope, phonebooks.names()):
        earlier = seen.setdefault(str(client.phonebook(name)).casefold(), name)
        if earlier != name:
            text = f"{quoted(name)} and {quoted(earlier)} are the same phonebook; use one of them"
            yield tree.key_problem((*phonebooks.where, name), text, "client/phonebook-twice")


def _repeated_registry_names(registry: Part, tree: Tree) -> Iterator[Problem]:
    """Windows has no two keys, and no two values of a key, whose names differ only by case."""
    yield from _repeated(registry, "registry key", tree)
    for key in registry.names():
        values = registry.value[key] if isinstance(registry.value, dict) else None
        yield from _repeated(Part(values, (*registry.where, key)), "registry value", tree)


def _repeated(part: Part, what: str, tree: Tree) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for name in part.names():
        earlier = seen.setdefault(name.casefold(), name)
        if earlier != name:
            text = f"{what} {quoted(name)} differs from {quoted(earlier)} only by case; remove one"
            yield tree.key_problem((*part.where, name), text, "client/registry-twice")


def _files_that_are_folders(parts: Parts, tree: Tree) -> Iterator[Problem]:
    files = parts.get("files", _NOTHING)
    if not files.names():
        return
    paths = {name: PurePath(name.replace("\\", "/")) for name in files.names()}
    phonebooks = _phonebook_paths(parts)
    folders = _folders([*phonebooks, *paths.values()])
    for name, path in paths.items():
        place = (*files.where, name)
        if path in folders:
            text = f"{quoted(name)} is a folder of this client; name a file in it"
            yield tree.key_problem(place, text, "client/file-is-folder")
        elif phonebooks & set(path.parents):
            text = f"{quoted(name)} is below a phonebook, which is a file; name another path"
            yield tree.key_problem(place, text, "client/file-is-folder")


def _phonebook_paths(parts: Parts) -> set[PurePath]:
    client = SimulatedClient(folder=Path())
    described = parts.get("phonebooks", _NOTHING).names()
    return {PurePath(client.phonebook(scope)) for scope in described if is_scope(scope)}


def _folders(paths: list[PurePath]) -> set[PurePath]:
    """The folders that every client has, and those of the files."""
    client = SimulatedClient(folder=Path())
    found = {PurePath(client.program_data), PurePath(client.app_data, "Microsoft")}
    found |= set(PurePath(client.app_data, "Microsoft").parents) | set(PurePath(client.hosts).parents)
    for path in paths:
        found |= set(path.parents)
    return found
