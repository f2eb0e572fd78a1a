"""A YAML document as plain values, with the place of each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from aovpn_remediate.problems import Problem

Where: TypeAlias = tuple[str | int, ...]
"""The keys and numbers that lead to a value."""

Place: TypeAlias = tuple[int, int]
"""Line and column, both from 1."""


@dataclass(frozen=True)
class Tree:
    """A document as plain values, and the place of each value and each key.

    ``origins`` say where a value comes from that is written elsewhere: the tree and the way to it there.
    ``sha256`` is the one of the text of the file, in hex digits.
    """

    path: Path = Path()
    value: object = None
    places: Mapping[Where, Place] = field(default_factory=dict)
    key_places: Mapping[Where, Place] = field(default_factory=dict)
    origins: Mapping[Where, tuple[Tree, Where]] = field(default_factory=dict)
    sha256: str = ""

    def origin(self, where: Where) -> tuple[Tree, Where]:
        """Return where a value is written: a tree, and the way to the value in it."""
        for length in range(len(where), 0, -1):
            found = self.origins.get(where[:length]) if self.origins else None
            if found is not None:
                return found[0].origin((*found[1], *where[length:]))
        return self, where

    def place(self, where: Where) -> Place:
        """Return the place of a value, or of the nearest thing around it."""
        tree, where = self.origin(where)
        while where and where not in tree.places:
            where = where[:-1]
        return tree.places.get(where, (1, 1))

    def key_place(self, where: Where) -> Place:
        """Return the place of a key, or of the nearest thing around it."""
        tree, where = self.origin(where)
        return tree.key_places.get(where) or tree.place(where)

    def problem(self, where: Where, text: str, code: str, *, is_warning: bool = False) -> Problem:
        """Return a problem at the place of a value."""
        return Problem(str(self.origin(where)[0].path), *self.place(where), text, code, is_warning)

    def key_problem(self, where: Where, text: str, code: str, *, is_warning: bool = False) -> Problem:
        """Return a problem at the place of a key."""
        return Problem(str(self.origin(where)[0].path), *self.key_place(where), text, code, is_warning)

    def last_key_problem(self, where: Where, keys: Iterable[str], text: str, code: str) -> Problem:
        """Return a problem at the last of some keys of a mapping, or of the mapping if none is written."""
        tree, where = self.origin(where)
        written = [(*where, key) for key in keys if (*where, key) in tree.key_places]
        if not written:
            return tree.problem(where, text, code)
        return tree.key_problem(max(written, key=tree.key_place), text, code)

    def section(self, name: str) -> Mapping[str, object]:
        """Return a mapping at the top of the document by its key; an empty mapping if it is missing."""
        found = self.value.get(name) if isinstance(self.value, dict) else None
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Reading:
    """What was read of a file: its tree, if it has one, and the problems on the way."""

    tree: Tree | None
    problems: tuple[Problem, ...] = ()
