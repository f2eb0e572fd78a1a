"""Remediations made into script packages: the templates and the settings become the final bytes.

A rendered script holds the shell, the settings and only those functions of ``runtime/`` and of its kind
that it uses. It is ASCII with CRLF line ends, without a byte order mark and with one final newline;
rendering twice gives the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from aovpn_remediate.errors import RenderError
from aovpn_remediate.model import Remediation, ScriptPackage
from aovpn_remediate.scripts.frames import fill_frame, read_frame
from aovpn_remediate.scripts.literals import Source, literal
from aovpn_remediate.scripts.template_parts import (
    Section,
    read_section,
    select_functions,
    settings_read,
    templates_folder,
)

_SETTINGS_PLACE = "\0"
"""Is in the place of the settings until they are known."""


@dataclass(frozen=True)
class _Pair:
    """The sections of a kind, from which its two scripts are made."""

    about: str
    runtime: tuple[Section, ...]
    check: Section
    repair: Section


def render_package(remediation: Remediation, *, config: str) -> ScriptPackage:
    """Return the package that a remediation of the named config asks for.

    Groups, filters and scope tags stay as the config names them, and the user's own scripts as they are.
    """
    return ScriptPackage(
        config=config,
        key=remediation.key,
        formerly=remediation.formerly,
        name=remediation.name,
        description=remediation.description,
        publisher=remediation.publisher,
        detection=render_script(remediation, "detect"),
        remediation=render_script(remediation, "remediate") if remediation.repair else b"",
        run_as=remediation.settings.run_as,
        signature_check=remediation.signature_check,
        scope_tags=remediation.scope_tags,
        assignments=remediation.assignments,
    )


def render_script(remediation: Remediation, shell: str) -> bytes:
    """Return one script of a remediation; ``shell`` is ``detect`` or ``remediate``."""
    settings = remediation.settings
    own = settings.own_pair()
    if own is not None:
        file = own.detection if shell == "detect" else own.remediation
        return file.content if file else b""
    features = tuple(settings.features().items())
    shape = _render_shape(remediation.kind, shell, settings.checks(), settings.repairs(), features)
    read = {name: value for name, value in settings.script_settings().items() if name in shape.settings}
    try:
        value = literal(read)
    except (TypeError, ValueError) as error:
        raise RenderError(f"{remediation.key}: {error}") from error
    return shape.before + _to_bytes(value, remediation.key) + shape.after


@dataclass(frozen=True)
class _Shape:
    """The text before and after the settings of a script, and the names of the settings that it reads."""

    before: bytes
    after: bytes
    settings: frozenset[str]


@cache
def _render_shape(
    kind: str,
    shell: str,
    checks: tuple[str, ...],
    repairs: tuple[str, ...],
    features: tuple[tuple[str, bool], ...],
) -> _Shape:
    """What is the same for every remediation of a shape."""
    pair = _read_pair(kind, features)
    frame = read_frame(shell, checks, repairs)
    values: dict[str, object] = {
        "title": Source(f"# Kind {kind}, rendered by aovpn-remediate."),
        "about": Source(pair.about),
        "settings": Source(_SETTINGS_PLACE),
    }
    shell_text = fill_frame(frame, {**values, "functions": Source("")})
    parts = [*pair.runtime, pair.check, *([pair.repair] if shell == "remediate" else [])]
    functions = Source("\n\n".join(select_functions(shell_text, parts)))
    text = fill_frame(frame, {**values, "functions": functions}).rstrip() + "\n"
    pieces = _to_bytes(text, kind).split(_SETTINGS_PLACE.encode())
    if len(pieces) != 2:
        raise RenderError(f"templates/ps1/{shell}.ps1.j2: must have the settings in exactly one place")
    try:
        return _Shape(pieces[0], pieces[1], settings_read(text))
    except ValueError as error:
        raise RenderError(f"templates/ps1: {kind}: {error}") from error


@cache
def _read_pair(kind: str, features: tuple[tuple[str, bool], ...]) -> _Pair:
    root = templates_folder()
    wanted = dict(features)
    check = read_section(root / "kinds" / kind / "check.ps1", wanted)
    runtime = [read_section(path, wanted) for path in sorted((root / "runtime").glob("*.ps1"))]
    repair = read_section(root / "kinds" / kind / "repair.ps1", wanted)
    return _Pair(
        about=check.about,
        runtime=tuple(runtime),
        check=Section(about="", functions=check.functions),
        repair=repair,
    )


def _to_bytes(text: str, where: str) -> bytes:
    lines = [line.rstrip() for line in text.split("\n")]
    try:
        return "\r\n".join(lines).encode("ascii")
    except UnicodeEncodeError as error:
        found = text[error.start]
        raise RenderError(f"{where}: the templates hold {found!r}; scripts must be ASCII") from error
