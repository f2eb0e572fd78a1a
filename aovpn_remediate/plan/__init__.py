"""The difference between what is desired and what the tenant holds, as data to review; pure.

Only packages with our marker can be changed or deleted. A foreign package is a note at most, unless its
key is adopted by name.
"""

from aovpn_remediate.plan.changes import (
    FIELDS,
    MARKER,
    Adopt,
    Change,
    Create,
    Delete,
    FieldChange,
    Note,
    Plan,
    Update,
)
from aovpn_remediate.plan.comparison import differences, make_plan, withhold_deletes
from aovpn_remediate.plan.options import PlanOptions
from aovpn_remediate.plan.safety import adoptable, refuse_unsafe

__all__ = [
    "FIELDS",
    "MARKER",
    "Adopt",
    "Change",
    "Create",
    "Delete",
    "FieldChange",
    "Note",
    "Plan",
    "PlanOptions",
    "Update",
    "adoptable",
    "differences",
    "make_plan",
    "refuse_unsafe",
    "withhold_deletes",
]
