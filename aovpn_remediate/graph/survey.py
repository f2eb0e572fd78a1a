"""All packages of a tenant and what their scripts contain, for checks that change nothing."""

from __future__ import annotations

import base64
import binascii
import codecs
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from aovpn_remediate.graph.fields import Fields
from aovpn_remediate.graph.session import BATCH_SIZE, GraphSession
from aovpn_remediate.graph.wire_assignments import read_target
from aovpn_remediate.marker import read_marker
from aovpn_remediate.model import Target

_PACKAGES = "/deviceManagement/deviceHealthScripts"
_SCRIPTS = ("detectionScriptContent", "remediationScriptContent")
_GONE = (403, 404)
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Listed:
    """A package of a list: ``config`` is the name of the config in its marker, empty without one."""

    id: str
    name: str
    config: str
    targets: tuple[Target, ...]


def list_packages(session: GraphSession) -> list[Listed]:
    """Return every custom package; those of Microsoft are left out. Raises a ``TenantError``."""
    found: list[Listed] = []
    for item in session.pages(f"{_PACKAGES}?$expand=assignments"):
        if item.get("isGlobalScript") is not True:
            found.append(_listed(Fields(f"package {item.get('id')}", item)))
    return found


def script_texts(session: GraphSession, packages: Sequence[Listed]) -> Iterator[tuple[Listed, str]]:
    """Yield packages with the text of both scripts; those that cannot be read are left out."""
    for start in range(0, len(packages), BATCH_SIZE):
        some = packages[start : start + BATCH_SIZE]
        paths = [f"{_PACKAGES}/{quote(one.id, safe='')}" for one in some]
        accepted: Mapping[str, Collection[int]] = dict.fromkeys(paths, _GONE)
        for package, answer in zip(some, session.batch(paths, accepted=accepted), strict=True):
            if answer.is_success and isinstance(answer.body, dict):
                yield package, "\n".join(_text(answer.body.get(name)) for name in _SCRIPTS)


def _listed(item: Fields) -> Listed:
    marker = read_marker(item.text("description"))[1]
    targets = [read_target(one.part("target")) for one in item.parts("assignments")]
    return Listed(
        item.id(), item.text("displayName"), marker.config if marker else "", tuple(sorted(targets))
    )


def _text(content: object) -> str:
    """The text of a script; without a mark of its encoding it is UTF-8, where that is possible."""
    try:
        script = base64.b64decode(content if isinstance(content, str) else "", validate=True)
    except (binascii.Error, ValueError):
        return ""
    for mark, encoding in _MARKS.items():
        if script.startswith(mark):
            return script.decode(encoding, "replace")
    return script.decode("utf-8", "replace")
