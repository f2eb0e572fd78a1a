"""Your own script pair without client files: what plan and publish say about it."""

from __future__ import annotations

import pytest

from tests.own_pairs import WRITE, own_pair
from tests.tenants import Bench

ENTRY = (
    "  {key}: {{kind: custom, detection: detect.ps1, remediation: repair.ps1, {clients}assignments: []}}\n"
)
UNPROVEN = "mine: is unproven: it has no client files, so verify cannot run it; see remediate docs clients"


@pytest.fixture
def own(bench: Bench) -> Bench:
    """A config with one pair that is proven and one that is not."""
    own_pair(bench.folder, WRITE)
    entries = ENTRY.format(key="mine", clients="") + ENTRY.format(
        key="proven", clients="clients: [clients.yaml], "
    )
    bench.write(f"name: c\nremediations:\n{entries}")
    return bench


def test_plan_and_publish_call_a_pair_without_client_files_unproven(own):
    assert f"! {UNPROVEN}\n" in own.remediate("plan").out
    notes = own.remediate("plan", "--json").json["notes"]
    assert notes == [{"key": "mine", "text": UNPROVEN.removeprefix("mine: ")}]
    assert own.remediate("plan", "proven").out.count("unproven") == 0
    assert f"! {UNPROVEN}\n" in own.remediate("publish", "--yes").out


def test_publish_refuses_to_prove_it_unless_it_is_allowed(verify_in_shell, own):
    refused = own.remediate("publish", "--yes", "--verify")
    assert refused.code == 1 and refused.err.splitlines()[-1] == (
        "error: publish: mine cannot be proved without client files; add clients: [FILE], or pass "
        "--allow-unproven; nothing was published"
    )
    assert own.remediate("publish", "proven", "--yes", "--verify").code == 0
    allowed = own.remediate("publish", "--yes", "--verify", "--allow-unproven")
    assert allowed.code == 0 and "proved: 2 cases ok; unproven: mine\n" in allowed.err


def test_a_case_that_fails_is_not_allowed_by_it(verify_in_shell, own):
    (own.folder / "repair.ps1").write_text("exit 0\n")
    refused = own.remediate("publish", "--yes", "--verify", "--allow-unproven")
    assert refused.code == 1 and "publish: 1 of 2 cases failed; nothing was published" in refused.err
