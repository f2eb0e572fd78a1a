"""A plan as one file that needs no config beside it: the values in it, its text, its digest; pure."""

from aovpn_remediate.plan_file.content import FORMAT, PlanFile, PlanTenant
from aovpn_remediate.plan_file.reading import read_plan_file
from aovpn_remediate.plan_file.writing import PlanDocument, write_plan_file

__all__ = [
    "FORMAT",
    "PlanDocument",
    "PlanFile",
    "PlanTenant",
    "read_plan_file",
    "write_plan_file",
]
