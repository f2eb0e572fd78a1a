"""Waiting for events, with one generous limit: a test that reaches it hangs."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

HANGING = 300
"""Seconds after which something hangs. No test waits for them, however busy the machine is."""


def wait_until(happened: Callable[[], object], process: subprocess.Popen[str] | None = None) -> None:
    """Wait for something that another thread or process does; fail where that process has ended."""
    deadline = time.monotonic() + HANGING
    while not happened():
        assert process is None or process.poll() is None, "the process has ended"
        assert time.monotonic() < deadline, "nothing happens"
        time.sleep(0.01)
