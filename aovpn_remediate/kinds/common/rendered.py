"""What all kinds have in common whose scripts are rendered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from aovpn_remediate.kinds.common.conditions import explained
from aovpn_remediate.kinds.common.entry import Entry


class RenderedEntry(Entry):
    """One condition that rendered scripts check."""

    when_unknown: Literal["ok", "issue"] = Field(
        "ok",
        title="Unknown state",
        description="Whether an unknown state is an issue for Intune; nothing is repaired either way.",
        json_schema_extra=explained("Intune shows no issue.", "Intune shows an issue."),
    )

    def features(self) -> Mapping[str, bool]:
        """Whether an unknown state is shown as an issue."""
        return {**super().features(), "unknown": self.when_unknown == "issue"}
