"""The difference between what is desired and what the tenant holds, as data to review; pure.

Only packages with our marker can be changed or deleted. A foreign package is a note at most, unless its
key is adopted by name.
"""

from aovpn_remediate.plan.changes import (
    FIELDS,
    KEY,
    MARKER,
    Adopt,
    Change,
    Create,
    Delete,
    FieldChange,
    Note,
    Plan,
    Stopped,
    Update,
)
from aovpn_remediate.plan.comparison import differences, make_plan, withhold_deletes
from aovpn_remediate.plan.former import keys_of
from aovpn_remediate.plan.options import PlanOptions
from aovpn_remediate.plan.room import make_room, refuse_too_many
from aovpn_remediate.plan.safety import adoptable, refuse_unsafe, refuse_widening

__all__ = [
    "FIELDS",
    "KEY",
    "MARKER",
    "Adopt",
    "Change",
    "Create",
    "Delete",
    "FieldChange",
    "Note",
    "Plan",
    "PlanOptions",
    "Stopped",
    "Update",
    "adoptable",
    "differences",
    "keys_of",
    "make_plan",
    "make_room",
    "refuse_too_many",
    "refuse_unsafe",
    "refuse_widening",
    "withhold_deletes",
]
