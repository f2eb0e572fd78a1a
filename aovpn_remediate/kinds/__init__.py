"""The kinds: one settings model each, with all that is of the kind in Python.

Every module here is a kind; ``common`` holds what they share. The JSON Schema of the config and
``remediate kinds`` come from here. How a problem is worded is not decided here but in ``documents``.
"""

from __future__ import annotations

from aovpn_remediate.kinds.common.assignment import AssignmentEntry, ScheduleEntry
from aovpn_remediate.kinds.common.description import describe_kind, describe_kinds
from aovpn_remediate.kinds.common.entry import Entry, Part
from aovpn_remediate.kinds.common.fields import Key, Name, Tags
from aovpn_remediate.kinds.common.registry import KINDS
from aovpn_remediate.kinds.common.strict import Strict

__all__ = [
    "KINDS", "AssignmentEntry", "Entry", "Key", "Name", "Part", "ScheduleEntry", "Strict", "Tags",
    "describe_kind", "describe_kinds",
]  # fmt: skip
