"""The question to PowerShell about a script that our own parser does not understand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Ask: TypeAlias = Callable[[bytes], list[tuple[int, str]] | None]
"""Asks PowerShell itself what is not valid in a script, by line; ``None`` without a PowerShell."""
