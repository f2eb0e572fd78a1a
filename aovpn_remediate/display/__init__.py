"""Plans, outcomes, packages and kinds as terminal text and as JSON; decides nothing, prints nothing."""

from aovpn_remediate.display.clean import clean
from aovpn_remediate.display.json_shapes import outcomes_json, package_files, plan_json
from aovpn_remediate.display.kind_text import kind_text, kinds_text
from aovpn_remediate.display.plan_text import outcomes_text, plan_text

__all__ = [
    "clean",
    "kind_text",
    "kinds_text",
    "outcomes_json",
    "outcomes_text",
    "package_files",
    "plan_json",
    "plan_text",
]
