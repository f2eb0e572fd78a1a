"""Faults on demand: what goes wrong with which requests, how often.

A fault is a JSON object: ``method`` and ``path`` (a regular expression, searched for in path and query)
say which requests, ``times`` how many of them (default 1). It answers with ``status``, ``headers`` and
``body`` (a text or a JSON object); ``delay`` seconds come first; ``close`` drops the connection instead;
``after`` lets the service do the work first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Fault:
    """One thing that goes wrong."""

    method: str
    path: str
    times: int = 1
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: object = ""
    delay: float = 0.0
    close: bool = False
    after: bool = False


def take_fault(faults: list[Fault], method: str, path: str) -> Fault | None:
    """Return the first fault that is meant for a request, and count it down."""
    for fault in faults:
        if fault.times > 0 and fault.method in (method, "*") and re.search(fault.path, path):
            fault.times -= 1
            return fault
    return None
