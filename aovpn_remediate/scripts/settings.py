"""The settings that a rendered pair has in it, read back from its scripts; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aovpn_remediate.model import ScriptPackage
from aovpn_remediate.scripts.literal_table import Table, read_table

_START = re.compile(rb"^\$Settings = (?=@\{)", re.MULTILINE)


def read_settings(package: ScriptPackage) -> Mapping[str, object] | None:
    """Return the ``$Settings`` of both scripts of a pair as one table; nothing if the pair has none.

    Nothing, too, if the scripts were edited so that they disagree, or that another value than a literal is in
    the table.
    """
    found: Table = {}
    for script in filter(None, (package.detection, package.remediation)):
        table = _read_script(script)
        if table is None:
            return None
        for name, value in table.items():
            if found.setdefault(name, value) != value:
                return None
    return found


def _read_script(script: bytes) -> Table | None:
    """The table of one script."""
    starts = list(_START.finditer(script))
    if len(starts) != 1:
        return None
    read = read_table(script, starts[0].end())
    return None if read is None else read[0]
