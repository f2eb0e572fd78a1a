"""A repair: checks before and after it, and errors that end it."""

from __future__ import annotations

import pytest

from tests.metric_client import LIVE_ONLY, connect
from tests.pairs import metric_pair, repair, say
from tests.script_faults import instead


def test_a_repair_that_does_nothing_is_failed_after_two_rounds(client, shell):
    connect(client)
    log = client.folder / "calls"
    package = metric_pair(ipv6=None, **LIVE_ONLY)
    notes = f"[IO.File]::AppendAllText('{log}', 'x')"
    run = repair(client, shell, instead(package, "Set-NetIPInterface", notes))
    assert (run.result["state"], run.exit_code) == ("failed", 1)
    assert run.result["detail"] == "after the repair: live metric: ipv4 is automatic, wanted 3"
    assert log.read_text() == "xx"


@pytest.mark.parametrize(
    ("command", "states"),
    [
        ("Get-NetIPInterface", "unknown unknown unknown unknown"),
        ("Set-NetIPInterface", "issue failed issue failed"),
    ],
)
def test_a_non_terminating_error_ends_the_check_or_the_repair(client, shell, command, states):
    client.faults = {command: "RPC server unavailable"}
    connect(client)
    said = say(client, shell, metric_pair(**LIVE_ONLY))
    assert said.states == states
    assert said.runs[1].result["detail"] == "RPC server unavailable"
