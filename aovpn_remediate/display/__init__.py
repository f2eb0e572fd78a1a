"""Plans, outcomes, packages and kinds as terminal text and as JSON; decides nothing, prints nothing."""

from aovpn_remediate.display.clean import clean
from aovpn_remediate.display.json_shapes import keys_rendered_for, outcomes_json, package_files, plan_json
from aovpn_remediate.display.kind_text import kind_text, kinds_text
from aovpn_remediate.display.plan_text import outcomes_text, plan_text
from aovpn_remediate.display.proof_text import proofs_json, proofs_junit, proofs_text
from aovpn_remediate.display.words import count_of

__all__ = [
    "clean",
    "count_of",
    "keys_rendered_for",
    "kind_text",
    "kinds_text",
    "outcomes_json",
    "outcomes_text",
    "package_files",
    "plan_json",
    "plan_text",
    "proofs_json",
    "proofs_junit",
    "proofs_text",
]
