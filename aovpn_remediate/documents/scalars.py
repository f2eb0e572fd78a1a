"""Single values of YAML, read strictly: YAML 1.2 booleans and numbers, no octals, no times as numbers."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from aovpn_remediate.documents.file_type import FileType

if TYPE_CHECKING:
    from yaml.nodes import ScalarNode

BINARY_TAG = "tag:yaml.org,2002:binary"

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_HEX = re.compile(r"0x[0-9A-Fa-f]{1,16}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_WORDS: dict[str, bool | None] = {"~": None, "": None}
for _name, _meaning in (("true", True), ("false", False), ("null", None)):
    _WORDS |= {_name: _meaning, _name.title(): _meaning, _name.upper(): _meaning}


def scalar_value(node: ScalarNode, file_type: FileType) -> object:
    """Return what a single value means; text that is not quoted may be a number or a word of YAML."""
    text = str(node.value)
    if node.tag == BINARY_TAG and file_type.accepts_binary:
        return _bytes(text)
    if node.style:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if file_type.accepts_binary and _HEX.fullmatch(text):
        return int(text, 16)
    if file_type.reads_dates and _DAY.fullmatch(text):
        return _day(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def scalar_problem(node: ScalarNode, *, is_private: bool) -> tuple[str, str] | None:
    """Return text and code of what is wrong with a single value, if anything is.

    The text does not show a private value.
    """
    text = str(node.value)
    if node.tag == BINARY_TAG and not _BASE64.fullmatch(_packed(text)):
        return "!!binary needs Base64 text; write it as !!binary AAE=", "yaml/not-base64"
    surrogate = _SURROGATE.search(text)
    if surrogate:
        code_point = f"U+{ord(surrogate[0]):04X}"
        return f"contains {code_point}, which is not a character; remove it", "yaml/control-character"
    if not node.style and _SEXAGESIMAL.fullmatch(text):
        shown, advice = ("this value", "put it in quotes") if is_private else (text, f'write "{text}"')
        return f"{shown} needs quotes: other YAML readers read it as a number; {advice}", "yaml/unquoted-time"
    return None


def _packed(text: str) -> str:
    return "".join(text.split())


def _bytes(text: str) -> bytes:
    import base64

    packed = _packed(text)
    return base64.b64decode(packed) if _BASE64.fullmatch(packed) else b""


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text
