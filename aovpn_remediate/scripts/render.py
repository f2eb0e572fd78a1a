"""Remediations made into script packages: the templates and the settings become the final bytes.

A rendered script holds the shell, the settings and only those functions of ``runtime/`` and of its kind
that it uses. It is ASCII with CRLF line ends, without a byte order mark and with one final newline;
rendering twice gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from aovpn_remediate import __version__
from aovpn_remediate.errors import RenderError
from aovpn_remediate.model import Remediation, ScriptPackage
from aovpn_remediate.scripts.literals import Source, literal
from aovpn_remediate.scripts.template_parts import Section, read_section, select_functions

if TYPE_CHECKING:
    from jinja2 import Environment


@dataclass(frozen=True)
class _Pair:
    """The sections of a kind: what its two scripts are cut from."""

    about: str
    runtime: tuple[Section, ...]
    check: Section
    repair: Section


def templates_folder() -> Path:
    """Return the folder of the PowerShell templates: in the installed package, else in the source tree."""
    package = Path(__file__).parent.parent
    installed = package / "templates" / "ps1"
    return installed if installed.is_dir() else package.parent / "templates" / "ps1"


def render_package(remediation: Remediation, *, config: str) -> ScriptPackage:
    """Return the package that a remediation of the named config asks for.

    Groups, filters and scope tags stay as the config names them, and scripts of the user's own as they are.
    """
    return ScriptPackage(
        config=config,
        key=remediation.key,
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
    pair = _read_pair(remediation.kind)
    values: dict[str, object] = {
        "title": Source(f"# Kind {remediation.kind}, rendered by aovpn-remediate {__version__}."),
        "about": Source(pair.about),
        "settings": settings.script_settings(),
        "checks": settings.checks(),
        "repairs": settings.repairs(),
    }
    shell_text = _fill(shell, {**values, "sections": []})
    parts = [*pair.runtime, pair.check, *([pair.repair] if shell == "remediate" else [])]
    sections = [Source(text) for text in select_functions(shell_text, parts)]
    return _to_bytes(_fill(shell, {**values, "sections": sections}), remediation.key)


def _fill(shell: str, values: Mapping[str, object]) -> str:
    from jinja2 import TemplateError

    try:
        return _environment().get_template(f"{shell}.ps1.j2").render(values)
    except (TemplateError, TypeError, ValueError) as error:
        raise RenderError(f"templates/ps1/{shell}.ps1.j2: {error}") from error


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(templates_folder()),
        undefined=StrictUndefined,
        finalize=_finalize,
        autoescape=False,  # noqa: S701  the output is PowerShell, and every value is a literal
        block_start_string="#%",
        block_end_string="%#",
        comment_start_string="#%-",
        comment_end_string="-%#",
        trim_blocks=True,
        keep_trailing_newline=True,
    )


def _finalize(value: object) -> str:
    from jinja2 import StrictUndefined

    return str(value) if isinstance(value, StrictUndefined) else literal(value)


@cache
def _read_pair(kind: str) -> _Pair:
    root = templates_folder()
    check = read_section(root / "kinds" / kind / "check.ps1")
    return _Pair(
        about=check.about,
        runtime=tuple(read_section(path) for path in sorted((root / "runtime").glob("*.ps1"))),
        check=Section(about="", functions=check.functions),
        repair=read_section(root / "kinds" / kind / "repair.ps1"),
    )


def _to_bytes(text: str, key: str) -> bytes:
    lines = [line.rstrip() for line in text.rstrip().split("\n")]
    try:
        return ("\r\n".join(lines) + "\r\n").encode("ascii")
    except UnicodeEncodeError as error:
        found = text[error.start]
        raise RenderError(f"{key}: the templates hold {found!r}; scripts must be ASCII") from error
