"""A plan as Markdown, for a pull request or a page of a pipeline."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aovpn_remediate.display.clean import clean
from aovpn_remediate.display.plan_text import plan_text
from aovpn_remediate.plan import Plan

_TICKS = re.compile("`+")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def plan_markdown(plan: Plan, names: Mapping[str, str], digest: str, *, diff: bool) -> str:
    """Return a plan as Markdown: the summary, a table of the changes, and the text of the plan."""
    text = plan_text(plan, names=names, diff=diff, color=False)
    *_, summary = text.split("\n")
    lines = [f"### {_escaped(summary)}", ""]
    if not plan.is_empty:
        lines += ["| change | key | display name |", "|---|---|---|"]
        for change in plan.changes:
            lines.append(f"| {change.action} | {change.package.key} | {_escaped(change.package.name)} |")
        lines.append("")
    fence = "`" * max([3, *(len(ticks) + 1 for ticks in _TICKS.findall(text))])
    return "\n".join([*lines, f"{fence}diff", text, fence, "", f"Digest: `{digest}`"])


def _escaped(text: str) -> str:
    """A text that no Markdown reader takes for markup."""
    return _MARKUP.sub(r"\\\1", clean(text))
