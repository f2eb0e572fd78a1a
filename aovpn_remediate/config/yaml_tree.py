"""YAML with positions, read strictly: YAML 1.2 booleans and numbers, no surprises, bounded.

What other readers would take for something else is refused rather than guessed: duplicate keys,
sexagesimals such as ``06:30``, aliases, tags, several documents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeAlias

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from aovpn_remediate.config.problem import Problem, Problems, quoted

try:
    from yaml import CSafeLoader as Loader
except ImportError:
    from yaml import SafeLoader as Loader  # type: ignore[assignment]  # the same parser in Python, slower

MAX_BYTES = 1_000_000
MAX_DEPTH = 20

Where: TypeAlias = tuple[str | int, ...]

_TOO_DEEP = f"is nested more than {MAX_DEPTH} deep; no config needs it"
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TAB_INDENT = re.compile(r"[ -]*\t")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?")
_WORDS: dict[str, bool | None] = {
    word: value
    for name, value in (("true", True), ("false", False), ("null", None))
    for word in (name, name.title(), name.upper())
} | {"~": None, "": None}


@dataclass
class Tree:
    """A document as plain values, and where each of them (and each key) stands, from 1.

    Paths in it start at ``folder``.
    """

    value: object = None
    folder: Path = Path()
    places: dict[Where, tuple[int, int]] = field(default_factory=dict)
    key_places: dict[Where, tuple[int, int]] = field(default_factory=dict)

    def place(self, where: Where) -> tuple[int, int]:
        """Return line and column of a value, or of the nearest thing around it."""
        while where and where not in self.places:
            where = where[:-1]
        return self.places.get(where, (1, 1))

    def key_place(self, where: Where) -> tuple[int, int]:
        """Return line and column of a key, or of the nearest thing around it."""
        return self.key_places.get(where) or self.place(where)


def read_tree(path: Path, problems: Problems) -> Tree | None:
    """Return a file's document; nothing, and at least one problem, where it is none."""
    text = _read_text(path, problems)
    if text is None:
        return None
    try:
        if not _is_bounded(text, problems):
            return None
        node = yaml.compose(text, Loader=Loader)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the slower parser passes on those of chr()
        problems.append(_syntax_problem(error, text))
        return None
    if node is None:
        problems.append(
            Problem(1, 1, "the file is empty; remediate schema and the README show what goes here")
        )
        return None
    tree = Tree(folder=path.parent)
    tree.value = _value(node, (), tree, problems)
    return tree


def _read_text(path: Path, problems: Problems) -> str | None:
    try:
        if path.is_dir():  # opening one says "permission denied" on Windows
            problems.append(Problem(1, 1, "is a folder; name the file, e.g. remediate.yaml in it"))
            return None
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        problems.append(Problem(1, 1, "is not there; name the config with -c FILE"))
        return None
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        problems.append(Problem(1, 1, f"{reason}; name a file that can be read with -c FILE"))
        return None
    if len(data) > MAX_BYTES:
        problems.append(Problem(1, 1, f"is larger than {MAX_BYTES:,} bytes; a config is a few kilobytes"))
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :]) + 1
        text = f"byte 0x{data[error.start]:02X} is not UTF-8; save the file as UTF-8"
        problems.append(Problem(before.count(b"\n") + 1, column, text))
        return None


def _is_bounded(text: str, problems: Problems) -> bool:
    depth = documents = 0
    count = len(problems)
    for event in yaml.parse(text, Loader=Loader):
        mark = event.start_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                problems.append(Problem(line, column, "a second document starts here; keep one in a file"))
                return False
        if isinstance(event, yaml.AliasEvent):
            problems.append(Problem(line, column, f"*{event.anchor} is an alias; write the value out"))
        elif tag := getattr(event, "tag", None):
            problems.append(Problem(line, column, f"{quoted(tag)} is a tag; remove it"))
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                problems.append(Problem(line, column, _TOO_DEEP))
                return False
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return len(problems) == count


def _syntax_problem(error: Exception, text: str) -> Problem:
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        column = len(before) - before.rfind("\n")
        reason = f"holds the control character U+{_code(error.character):04X}; remove it"
        return Problem(before.count("\n") + 1, column, reason)
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return Problem(1, 1, "is no YAML; compare it with the README's example")
    line, column = mark.line + 1, mark.column + 1
    lines = text.split("\n")
    source = lines[mark.line] if mark.line < len(lines) else ""
    if tab := _TAB_INDENT.match(source):
        return Problem(line, tab.end(), "a tab indents this line; YAML takes spaces only")
    reason = str(getattr(error, "problem", "") or "").rstrip(".")
    if "nesting depth" in reason:
        return Problem(line, column, _TOO_DEEP)
    return Problem(line, column, f"is no YAML ({reason}); look at this line and the one before")


def _code(character: object) -> int:
    return character if isinstance(character, int) else ord(str(character)[0])


def _value(node: Node, where: Where, tree: Tree, problems: Problems) -> object:
    tree.places[where] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if isinstance(node, MappingNode):
        return dict(_pairs(node, where, tree, problems))
    if isinstance(node, SequenceNode):
        return [_value(item, (*where, index), tree, problems) for index, item in enumerate(node.value)]
    return _scalar(node, tree.places[where], problems)


def _pairs(node: MappingNode, where: Where, tree: Tree, problems: Problems) -> Iterator[tuple[str, object]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        place = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node, ScalarNode):
            problems.append(Problem(*place, "is no key; a key is one word"))
            continue
        key = key_node.value
        if key in seen:
            problems.append(Problem(*place, f"key {quoted(key)} stands here a second time; remove one"))
            continue
        seen.add(key)
        tree.key_places[*where, key] = place
        yield key, _value(value_node, (*where, key), tree, problems)


def _scalar(node: Node, place: tuple[int, int], problems: Problems) -> object:
    text = str(node.value)
    if not isinstance(node, ScalarNode) or node.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _SEXAGESIMAL.fullmatch(text):
        advice = f'other YAML readers take {text} for a number; write "{text}"'
        problems.append(Problem(*place, advice))
        return text
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text
    return float(text) if _FLOAT.fullmatch(text) else text
