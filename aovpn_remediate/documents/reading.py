"""YAML files read strictly, with positions and bounds.

What other YAML readers understand differently is refused: duplicate keys, times such as ``06:30``
without quotes, several documents, and tags and aliases that the type of file does not accept.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import yaml
from yaml.events import Event

from aovpn_remediate.documents.file_type import FileType
from aovpn_remediate.documents.nodes import MAX_DEPTH, TOO_DEEP, build_tree
from aovpn_remediate.documents.scalars import BINARY_TAG
from aovpn_remediate.documents.tree import Reading
from aovpn_remediate.problems import Problem

try:
    from yaml import CSafeLoader as Loader
except ImportError:
    from yaml import SafeLoader as Loader  # type: ignore[assignment]  # the same parser in Python, slower

MAX_BYTES = 1_000_000
STDIN = Path("-")
"""The name of what is read from the standard input."""

# Without their names: an alias or a tag is often a password that starts with * or ! and is not quoted.
_ALIAS = (
    "an alias, a word after *, is not accepted; write the value instead, or quote a text that starts with *"
)
_TAG = "a tag, a word after !, is not accepted; remove it, or quote a text that starts with !"
_SYNTAX_ADVICE = (
    (
        "mapping values are not allowed",
        "often: wrong indentation, a missing - or space, or a text with : that needs quotes",
    ),
    ("could not find expected ':'", "a space may be missing after a colon"),
    ("unknown escape character", "use single quotes around a text with \\"),
)
_TAG_HANDLE = re.compile(r"(found undefined tag handle) '.*'")  # the parser in Python shows it
_TAB_INDENT = re.compile(r"[ -]*\t")


def read_tree(path: Path, file_type: FileType) -> Reading:
    """Return the tree of a file and its problems; without a tree there is at least one problem."""
    text = read_text(path, file_type)
    if isinstance(text, Problem):
        return Reading(None, (text,))
    if path == STDIN:
        path = Path("stdin")
    try:
        problems = tuple(_event_problems(text, path, file_type))
        if problems:
            return Reading(None, problems)
        root = yaml.compose(text, Loader=Loader)
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # the Python parser passes on those of chr()
        return Reading(None, (_syntax_problem(error, text, path, file_type),))
    if root is None:
        return Reading(None, (_file_problem(path, f"the file is empty; {file_type.example}", "yaml/empty"),))
    reading = build_tree(root, path, file_type)
    return (
        reading
        if reading.tree is None
        else replace(reading, tree=replace(reading.tree, sha256=sha256_of(text)))
    )


def sha256_of(text: str) -> str:
    """Return the sha256 of a file's text, in hex digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def example_values(example: str) -> Mapping[str, object]:
    """Return the keys and values of the one entry of an example."""
    (values,) = yaml.load(example, Loader=Loader).values()
    return dict(values)


def _file_problem(path: Path, text: str, code: str) -> Problem:
    return Problem(str(path), 1, 1, text, code)


def read_text(path: Path, file_type: FileType) -> str | Problem:
    """Return the text of a file that is UTF-8 and not too large, or what is wrong with it."""
    data = _read_bytes(path, file_type)
    if isinstance(data, Problem):
        return data
    if len(data) > MAX_BYTES:
        text = f"is larger than {MAX_BYTES:,} bytes; make it smaller"
        return _file_problem(path, text, "yaml/too-large")
    if is_utf_16(data):
        return _file_problem(path, "is saved as UTF-16; save the file as UTF-8", "yaml/utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :]) + 1
        text = f"byte 0x{data[error.start]:02X} is not UTF-8; save the file as UTF-8"
        return Problem(str(path), before.count(b"\n") + 1, column, text, "yaml/not-utf-8")


def is_utf_16(data: bytes) -> bool:
    """Return whether a file is UTF-16: by its mark, or by the zero byte of most of its characters."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    start = data[:200]
    most = max(len(start) // 4, 2)
    return any(start[first::2].count(0) > most > start[1 - first :: 2].count(0) for first in (0, 1))


def _read_bytes(path: Path, file_type: FileType) -> bytes | Problem:
    if path == STDIN:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        if path.is_dir():  # opening one says "permission denied" on Windows
            text = "is a folder; name a file in it"
            return _file_problem(path, text, "yaml/folder")
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return _file_problem(path, f"this file does not exist; {file_type.choose_file}", "yaml/not-found")
    except OSError as error:
        reason = (error.strerror or "cannot be read").lower()
        return _file_problem(path, f"{reason}; {file_type.choose_file}", "yaml/unreadable")


def _event_problems(text: str, path: Path, file_type: FileType) -> Iterator[Problem]:
    """What the file may not contain; a second document and too many levels end the search."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if documents > 1:
            yield _event_problem(
                event, path, "a second document starts here; keep one", "yaml/second-document"
            )
            return
        if depth > MAX_DEPTH:
            yield _event_problem(event, path, TOO_DEEP, "yaml/too-deep")
            return
        yield from _refused_event(event, path, file_type)


def _refused_event(event: Event, path: Path, file_type: FileType) -> Iterator[Problem]:
    if isinstance(event, yaml.AliasEvent):
        if not file_type.accepts_aliases:
            yield _event_problem(event, path, _ALIAS, "yaml/alias")
        return
    tag = getattr(event, "tag", None)
    if tag and not (file_type.accepts_binary and tag == BINARY_TAG):
        yield _event_problem(event, path, _TAG, "yaml/tag")


def _event_problem(event: Event, path: Path, text: str, code: str) -> Problem:
    mark = event.start_mark
    place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Problem(str(path), *place, text, code)


def _syntax_problem(error: Exception, text: str, path: Path, file_type: FileType) -> Problem:
    if isinstance(error, yaml.reader.ReaderError):
        return _character_problem(error, text, path)
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return _file_problem(path, f"is not valid YAML; {file_type.example}", "yaml/syntax")
    place = (mark.line + 1, mark.column + 1)
    lines = text.split("\n")
    tab = _TAB_INDENT.match(lines[mark.line]) if mark.line < len(lines) else None
    if tab:
        reason = "this line is indented with a tab; use spaces"
        return Problem(str(path), mark.line + 1, tab.end(), reason, "yaml/tab")
    reason = _TAG_HANDLE.sub(r"\1", str(getattr(error, "problem", "") or "")).rstrip(".")
    if "nesting depth" in reason:
        return Problem(str(path), *place, TOO_DEEP, "yaml/too-deep")
    advice = _syntax_advice(error, reason)
    return Problem(str(path), *place, f"is not valid YAML ({reason}); {advice}", "yaml/syntax")


def _syntax_advice(error: Exception, reason: str) -> str:
    """What to do about a reason of the parser; a quote that is not closed is found at the end of the file."""
    start = getattr(error, "context_mark", None)
    if start and "quoted scalar" in str(getattr(error, "context", "")) and "end of stream" in reason:
        return f"the quoted text that starts on line {start.line + 1} has no closing quote"
    for words, advice in _SYNTAX_ADVICE:
        if words in reason:
            return advice
    return "check this line and the line before"


def _character_problem(error: yaml.reader.ReaderError, text: str, path: Path) -> Problem:
    before = text[: error.position]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    reason = f"contains the control character U+{_character_code(error.character):04X}; remove it"
    return Problem(str(path), line, column, reason, "yaml/control-character")


def _character_code(character: object) -> int:
    return character if isinstance(character, int) else ord(str(character)[0])
