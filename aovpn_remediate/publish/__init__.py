"""A plan made from a tenant, and carried out on it; the tenant is seen through a Protocol only."""

from aovpn_remediate.publish.carry_out import carry_out
from aovpn_remediate.publish.draft import Draft, Wish, draft_plan, refuse_stale
from aovpn_remediate.publish.outcomes import InterruptedPublishError, Outcome, Status, Watcher, exit_code
from aovpn_remediate.publish.remaining import refuse_other_tenant, remaining_plan, whole_outcomes
from aovpn_remediate.publish.tenant import Tenant

__all__ = [
    "Draft",
    "InterruptedPublishError",
    "Outcome",
    "Status",
    "Tenant",
    "Watcher",
    "Wish",
    "carry_out",
    "draft_plan",
    "exit_code",
    "refuse_other_tenant",
    "refuse_stale",
    "remaining_plan",
    "whole_outcomes",
]
