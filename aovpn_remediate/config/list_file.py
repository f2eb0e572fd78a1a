"""A file with a list of routes, made into a tree: each value keeps its line and column.

One route a line: ``prefix[,metric[,exclude]]`` with commas or semicolons, or as Intune exports routes, with
the length of the prefix in the second cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from aovpn_remediate.documents.file_type import FileType
from aovpn_remediate.documents.reading import read_text, sha256_of
from aovpn_remediate.documents.tree import Place, Reading, Tree, Where
from aovpn_remediate.problems import Problem
from aovpn_remediate.problems.words import quoted

MAX_ROUTES = 5_000
"""More do not fit into a script that Intune accepts."""

_KEYS = ("prefix", "metric", "exclude")
_WORDS = {"true": True, "false": False}
_LIST_FILE = FileType(
    unknown_key="",
    missing_key="",
    choose_file="correct its path in the config",
    example="",
    hints={},
    forms={},
)


class Cell(NamedTuple):
    """One cell of a line: its text, and its place."""

    text: str
    place: Place


def read_list_file(path: Path) -> Reading:
    """Return the routes of a file below the key ``list``, as a config has them, and what is wrong with it."""
    text = read_text(path, _LIST_FILE)
    if isinstance(text, Problem):
        return Reading(None, (text,))
    rows: list[dict[str, object]] = []
    places: dict[Where, Place] = {(): (1, 1)}
    problems: list[Problem] = []
    for cells in _lines(text):
        if len(cells) > len(_KEYS):
            problems.append(_too_many_cells(path, cells))
            continue
        where = ("list", len(rows))
        places[where] = cells[0].place
        places |= {(*where, key): cell.place for key, cell in zip(_KEYS, cells, strict=False)}
        rows.append(dict(_values(cells)))
        if len(rows) > MAX_ROUTES:
            too_many = f"has more than {MAX_ROUTES:,} routes; remove some of them"
            problems.append(Problem(str(path), *cells[0].place, too_many, "list/too-long"))
            break
    return Reading(Tree(path, {"list": rows}, places, sha256=sha256_of(text)), tuple(problems))


def _lines(text: str) -> Iterator[list[Cell]]:
    """The cells of each line with a route."""
    is_first = True
    for number, line in enumerate(re.split("\r\n|\r|\n", text), 1):
        cells = _cells(line.partition("#")[0], number)
        if not any(cell.text for cell in cells):
            continue
        if not (is_first and _is_head(cells)):
            yield _with_length(cells)
        is_first = False


def _cells(line: str, number: int) -> list[Cell]:
    cells: list[Cell] = []
    start = 0
    for raw in line.split(";" if ";" in line else ","):
        text = raw.strip().strip('"').strip()
        column = start + len(raw) - len(raw.lstrip(' \t"')) + 1
        cells.append(Cell(text, (number, column)))
        start += len(raw) + 1
    while len(cells) > 1 and not cells[-1].text:
        cells.pop()
    return cells


def _is_head(cells: list[Cell]) -> bool:
    words = " ".join(cell.text for cell in cells).casefold()
    return "prefix" in words or "destination" in words


def _with_length(cells: list[Cell]) -> list[Cell]:
    """The cells with the length of the prefix in the first one, where it is in the second."""
    first, *others = cells
    if "/" in first.text or not others:
        return cells
    return [Cell(f"{first.text}/{others[0].text}", first.place), *others[1:]]


def _values(cells: list[Cell]) -> Iterator[tuple[str, object]]:
    for key, cell in zip(_KEYS, cells, strict=False):
        if key == "prefix":
            yield key, cell.text
        elif cell.text:
            yield key, _number(cell.text) if key == "metric" else _word(cell.text)


def _number(text: str) -> object:
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else text


def _word(text: str) -> object:
    return _WORDS.get(text.casefold(), text)


def _too_many_cells(path: Path, cells: list[Cell]) -> Problem:
    shown = quoted(cells[len(_KEYS)].text)
    text = f"{shown} is one cell too many; write prefix,metric,exclude"
    return Problem(str(path), *cells[len(_KEYS)].place, text, "list/cells")
