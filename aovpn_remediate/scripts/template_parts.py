"""The template parts, cut into functions and regions, so that a script carries only what it needs.

``#region only: stale`` and ``#endregion`` stand around statements or functions that a script needs only with
the feature ``stale``, which a kind's ``features()`` answers. The two lines themselves are in no script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FUNCTION = re.compile(
    r"(?:^#[^\n]*\n)*^function ([A-Z][A-Za-z]+-[A-Za-z0-9]+) \{\n.*?^\}\n", re.DOTALL | re.MULTILINE
)
_REGION = re.compile(r"^ *#region only: (\S+)\n(.*?)^ *#endregion\n", re.DOTALL | re.MULTILINE)
_COMMENT_LINE = re.compile(r"^\s*#.*$", re.MULTILINE)
_COMMAND = re.compile(r"(?<![\w-])[A-Z][A-Za-z]+-[A-Za-z0-9]+(?![\w-])")
_SETTING = re.compile(r"\$Settings\['(\w+)'\]")
_OTHER_SETTING = re.compile(r"(?i:\$settings)(?:\.|\[(?!'\w+'\]))|(?!\$Settings)(?i:\$settings)\b")


@dataclass(frozen=True)
class Section:
    """One template part: the comment it opens with, and its functions by name with their comments."""

    about: str
    functions: Mapping[str, str]


def templates_folder() -> Path:
    """Return the folder of the PowerShell templates: in the installed package, else in the source tree."""
    package = Path(__file__).parent.parent
    installed = package / "templates" / "ps1"
    return installed if installed.is_dir() else package.parent / "templates" / "ps1"


def read_section(path: Path, features: Mapping[str, bool]) -> Section:
    """Return a ``.ps1`` part of the templates with these features: a comment, then functions only."""
    section = _cut(_with_features(path.read_text(encoding="ascii"), features, path.name))
    if section is None:
        raise ValueError(f"{path.name}: more than comments and functions")
    return section


@cache
def _cut(text: str) -> Section | None:
    """The section that a text is, or nothing; most parts are the same with other features."""
    functions = {match[1]: match[0].strip() for match in _FUNCTION.finditer(text)}
    about = _FUNCTION.sub("", text).strip()
    if _COMMENT_LINE.sub("", about).strip():
        return None
    return Section(about=about, functions=functions)


def feature_words(text: str) -> frozenset[str]:
    """Return the features that regions of a template are for."""
    return frozenset(region[0] for region in _REGION.findall(text))


def settings_read(code: str) -> frozenset[str]:
    """Return the keys of ``$Settings`` that code reads; others are left out of the script.

    Raises ``ValueError`` where the code does not name the key as ``$Settings['Key']``.
    """
    if _OTHER_SETTING.search(code):
        raise ValueError("the keys of $Settings must be read as $Settings['Key'], so that they are known")
    return frozenset(_SETTING.findall(code))


def _with_features(text: str, features: Mapping[str, bool], name: str) -> str:
    if "region" not in text:
        return text
    for word in sorted(feature_words(text) - set(features)):
        raise ValueError(f"{name}: unknown feature {word}; the kind's features() does not answer it")
    chosen = _REGION.sub(lambda region: region[2] if features[region[1]] else "", text)
    if "#region" in chosen or "#endregion" in chosen:
        raise ValueError(f"{name}: a region stands in another one, has no end, or does not say only: FEATURE")
    return chosen


def select_functions(shell: str, sections: Sequence[Section]) -> list[str]:
    """Return each section's text, cut down to what the shell uses, directly or through others."""
    known: dict[str, str] = {}
    for section in sections:
        known.update(section.functions)
    used = _closure(_commands(shell), known)
    texts = [_text(section, used) for section in sections]
    return [text for text in texts if text]


def _text(section: Section, used: set[str]) -> str:
    functions = [text for name, text in section.functions.items() if name in used]
    opening = [section.about] if section.about and functions else []
    return "\n\n".join(opening + functions)


def _closure(names: Iterable[str], known: Mapping[str, str]) -> set[str]:
    used: set[str] = set()
    waiting = [name for name in names if name in known]
    while waiting:
        name = waiting.pop()
        if name not in used:
            used.add(name)
            waiting += [other for other in _commands(known[name]) if other in known]
    return used


@cache
def _commands(text: str) -> frozenset[str]:
    return frozenset(_COMMAND.findall(_COMMENT_LINE.sub("", text)))
