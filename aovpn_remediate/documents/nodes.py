"""The nodes of a YAML document made into a tree: values, places, and the problems of keys and values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from aovpn_remediate.documents.file_type import FileType
from aovpn_remediate.documents.scalars import scalar_problem, scalar_value
from aovpn_remediate.documents.tree import Place, Reading, Tree, Where
from aovpn_remediate.problems import Problem
from aovpn_remediate.problems.words import quoted

MAX_DEPTH = 20
MAX_NODES = 200_000
TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep; remove some of them"

_TOO_MANY = f"has more than {MAX_NODES:,} values; use fewer aliases"
_LOOP = f"{TOO_DEEP}, or an alias that contains itself"
_KEY_FORM = "a key must be one word, not a list or a mapping; write one word"

Located: TypeAlias = tuple[Where, Node]
Pair: TypeAlias = tuple[ScalarNode, Node]


def build_tree(root: Node, path: Path, file_type: FileType) -> Reading:
    """Return the tree of a document with everything that is wrong with its keys and single values."""
    nodes = _nodes(root)
    last_where, last_node = nodes[-1]
    if len(last_where) > MAX_DEPTH:
        return Reading(None, (Problem(str(path), *_place(last_node), _LOOP, "yaml/too-deep"),))
    if len(nodes) > MAX_NODES:
        return Reading(None, (Problem(str(path), *_place(last_node), _TOO_MANY, "yaml/too-large"),))
    tree = Tree(path, _value(root, file_type), dict(_places(nodes)), dict(_key_places(nodes)))
    found = (Problem(str(path), *place, text, code) for place, text, code in _problems(nodes, file_type))
    return Reading(tree, tuple(dict.fromkeys(found)))


def _nodes(root: Node) -> list[Located]:
    """Every node with the way to it, until there are too many of them or one is too deep."""
    found: list[Located] = []
    waiting: list[Located] = [((), root)]
    while waiting:
        where, node = waiting.pop()
        found.append((where, node))
        if len(where) > MAX_DEPTH or len(found) > MAX_NODES:
            break
        waiting += _children(where, node)
    return found


def _children(where: Where, node: Node) -> Iterator[Located]:
    if isinstance(node, MappingNode):
        for key, value in _pairs(node):
            yield (*where, key.value), value
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield (*where, index), item


def _pairs(node: MappingNode) -> list[Pair]:
    """The keys of a mapping with their values, without duplicate keys and without lists as keys."""
    pairs: dict[str, Pair] = {}
    for key, value in node.value:
        if isinstance(key, ScalarNode):
            pairs.setdefault(key.value, (key, value))
    return list(pairs.values())


def _places(nodes: list[Located]) -> Iterator[tuple[Where, Place]]:
    for where, node in nodes:
        yield where, _place(node)


def _key_places(nodes: list[Located]) -> Iterator[tuple[Where, Place]]:
    for where, node in nodes:
        if isinstance(node, MappingNode):
            for key, _ in _pairs(node):
                yield (*where, key.value), _place(key)


def _place(node: Node) -> Place:
    return node.start_mark.line + 1, node.start_mark.column + 1


def _problems(nodes: list[Located], file_type: FileType) -> Iterator[tuple[Place, str, str]]:
    for where, node in nodes:
        is_private = where[:1] == (file_type.private_section,)
        if isinstance(node, MappingNode):
            yield from _key_problems(node, is_private=is_private)
        elif isinstance(node, ScalarNode):
            problem = scalar_problem(node, is_private=is_private)
            if problem is not None:
                yield _place(node), *problem


def _key_problems(node: MappingNode, *, is_private: bool) -> Iterator[tuple[Place, str, str]]:
    first: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, ScalarNode):
            yield _place(key), _KEY_FORM, "yaml/bad-key"
        elif key.value in first:
            shown = "" if is_private else f" {quoted(key.value)}"
            text = f"duplicate key{shown}, first on line {first[key.value]}; rename or remove one"
            yield _place(key), text, "yaml/duplicate-key"
        else:
            first[key.value] = _place(key)[0]
            problem = scalar_problem(key, is_private=is_private)
            if problem is not None:
                yield _place(key), *problem


def _value(node: Node, file_type: FileType) -> object:
    if isinstance(node, MappingNode):
        return {key.value: _value(value, file_type) for key, value in _pairs(node)}
    if isinstance(node, SequenceNode):
        return [_value(item, file_type) for item in node.value]
    return scalar_value(node, file_type) if isinstance(node, ScalarNode) else None
