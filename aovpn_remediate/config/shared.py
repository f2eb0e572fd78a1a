"""What several entries share, read once: profiles, lists of routes, sets of assignments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aovpn_remediate.config.file import CONFIG_FILE
from aovpn_remediate.config.list_file import read_list_file
from aovpn_remediate.config.sections import AssignmentSet, NamedProfile, RouteList
from aovpn_remediate.documents.tree import Tree, Where
from aovpn_remediate.documents.validation import check
from aovpn_remediate.kinds import Strict
from aovpn_remediate.kinds.common.values import check_key
from aovpn_remediate.problems import InvalidValue, Problem
from aovpn_remediate.problems.words import quoted

PROFILES, LISTS, SETS = SECTIONS = ("profiles", "route_lists", "assignment_sets")
"""The sections of the file with what entries share."""
DEFAULT = ("defaults", "assignments")
"""Where the assignments of entries are that have none of their own."""


@dataclass(frozen=True)
class Item:
    """A value that entries use, and where it is written."""

    value: object
    tree: Tree
    where: Where


@dataclass(frozen=True)
class Set:
    """Assignments, and the schedule and the filter for those without their own, by key."""

    items: tuple[Item, ...] = ()
    fallback: Mapping[str, Item] = field(default_factory=dict)


@dataclass(frozen=True)
class Shared:
    """The shared parts of a file by name, and the problems of single parts.

    ``default`` is for entries without assignments of their own: a set, or the name of one. ``lists`` are the
    routes of each list by what holds them, which is the list itself or its file; ``files`` are these files.
    """

    profiles: Mapping[str, Mapping[str, object]]
    lists: Mapping[str, tuple[tuple[Item, ...], ...]]
    sets: Mapping[str, Set]
    default: Set | str | None
    problems: tuple[Problem, ...]
    files: tuple[Tree, ...] = ()


def read_shared(tree: Tree) -> Shared:
    """Return what the entries of a file share."""
    reader = _Reader(tree)
    profiles = {name: reader.profile(name, value) for name, value in reader.section(PROFILES).items()}
    lists = {name: reader.routes(name, value) for name, value in reader.section(LISTS).items()}
    sets = {name: reader.set_of((SETS, name), value) for name, value in reader.section(SETS).items()}
    return Shared(profiles, lists, sets, reader.default(), tuple(reader.problems), tuple(reader.files))


class _Reader:
    """Reads the sections of one file and collects their problems."""

    def __init__(self, tree: Tree) -> None:
        self.problems: list[Problem] = []
        self.files: list[Tree] = []
        self._tree = tree

    def section(self, section: str) -> Mapping[str, object]:
        found = self._tree.section(section)
        for name in found:
            try:
                check_key(name)
            except InvalidValue as error:
                text = f"{quoted(name)} {error}"
                self.problems.append(self._tree.key_problem((section, name), text, error.code))
        return found

    def profile(self, name: str, value: object) -> Mapping[str, object]:
        self._check(NamedProfile, value, (PROFILES, name), self._tree)
        return value if isinstance(value, dict) else {}

    def routes(self, name: str, value: object) -> tuple[tuple[Item, ...], ...]:
        parts, tree = self._long_form(value, "list", (LISTS, name))
        self._check(RouteList, parts, (LISTS, name), tree)
        file = self._file(parts.get("file"), (LISTS, name, "file"))
        return items_of(parts.get("list"), (LISTS, name, "list"), tree), file

    def set_of(self, where: Where, value: object) -> Set:
        parts, tree = self._long_form(value, "assignments", where)
        self._check(AssignmentSet, parts, where, tree)
        fallback: dict[str, Item] = {}
        for key in ("schedule", "filter"):
            if key in parts:
                fallback[key] = Item(parts[key], tree, (*where, key))
        return Set(items_of(parts.get("assignments"), (*where, "assignments"), tree), fallback)

    def default(self) -> Set | str | None:
        value = self._tree.section("defaults").get("assignments")
        if value is None or isinstance(value, str):
            return value
        return self.set_of(DEFAULT, value)

    def _long_form(self, value: object, key: str, where: Where) -> tuple[dict[str, object], Tree]:
        """A part as a mapping, and the tree in which its places are found; a list is the value of a key."""
        if isinstance(value, dict):
            return value, self._tree
        if not isinstance(value, list):
            text = (
                f"{where[-1]} must be a list, not {quoted(value)}; write each item on a line with - before it"
            )
            self.problems.append(self._tree.problem(where, text, "value/wrong-type"))
            value = []
        origins = {where: (self._tree, where), (*where, key): (self._tree, where)}
        return {key: value}, Tree(self._tree.path, origins=origins)

    def _check(self, model: type[Strict], value: object, where: Where, tree: Tree) -> None:
        self.problems += check(model, value, where, tree, CONFIG_FILE).problems

    def _file(self, name: object, where: Where) -> tuple[Item, ...]:
        """The routes of a file; a name that is not text is a problem of its own."""
        if not isinstance(name, str) or not name:
            return ()
        folder = self._tree.path.parent
        try:
            path = _path_inside(folder, name)
        except InvalidValue as error:
            text = f"file {quoted(name)} {error}"
            self.problems.append(self._tree.problem(where, text, error.code))
            return ()
        reading = read_list_file(path)
        self.problems += reading.problems
        if reading.tree is None:
            return ()
        self.files.append(reading.tree)
        self._check(RouteList, reading.tree.value, (), reading.tree)
        return items_of(_values(reading.tree), ("list",), reading.tree)


def _values(tree: Tree) -> object:
    return tree.value.get("list") if isinstance(tree.value, dict) else None


def items_of(values: object, where: Where, tree: Tree) -> tuple[Item, ...]:
    """Return the items of a list with their places; none of anything else."""
    found = values if isinstance(values, list) else []
    return tuple(Item(one, tree, (*where, index)) for index, one in enumerate(found))


def _path_inside(folder: Path, name: str) -> Path:
    """Return the path of an ordinary file in a folder, or raise ``InvalidValue`` with the problem."""
    path = folder / name
    try:
        if not path.resolve().is_relative_to(folder.resolve()):
            text = "is outside of the config's folder; move the file there"
            raise InvalidValue("list/outside", text)
        if path.is_file():
            return path
        is_there = path.exists()
    except OSError:  # a name that no file can have
        is_there = False
    if is_there:
        raise InvalidValue("list/not-a-file", "is not an ordinary file; name another one")
    raise InvalidValue("list/not-found", "does not exist; write its path from the config's folder")
