"""A remediation with another key keeps its package: ``formerly``."""

from __future__ import annotations

from pathlib import Path

from aovpn_remediate.plan import Create, FieldChange, Note, Update, make_plan
from tests.builders import assignment, package, published
from tests.test_plan import tenant

OLD, NEW = package("old", name="N"), package("new", name="N", formerly="old")
ENTRY = """name: contoso
remediations:
  %s:
    kind: interface-metric
    name: Metric
    profile: VPN
    scope: user
    ipv4: 3
    live: repair
"""


def test_the_package_of_the_former_key_is_updated():
    plan = make_plan([NEW], tenant(published(OLD)))
    assert plan.changes == (Update(published(OLD), NEW, (FieldChange("key", "old", "new"),)),)
    assert plan.notes == ()


def test_other_changes_come_along_with_the_key():
    changed = package("new", name="N", formerly="old", publisher="P", assignments=(assignment("g"),))
    (change,) = make_plan([changed], tenant(published(OLD))).changes
    assert isinstance(change, Update)
    assert [one.field for one in change.fields] == ["key", "publisher", "assignments"]


def test_afterwards_the_former_key_is_not_needed():
    plan = make_plan([NEW], tenant(published(package("new", name="N"))))
    text = "formerly: old is no longer needed in this tenant; remove it from the config"
    assert (plan.changes, plan.unchanged, plan.notes) == ((), ("new",), (Note(text, "new"),))


def test_a_tenant_with_neither_key_gets_a_new_package():
    plan = make_plan([NEW], tenant())
    assert (plan.changes, plan.notes) == ((Create(NEW),), ())


def test_beside_the_new_package_that_of_the_former_key_is_left_over():
    plan = make_plan([NEW], tenant(published(OLD), published(package("new", name="N"), id="other")))
    assert [(one.action, one.package.key) for one in plan.changes] == [("delete", "old")]


def test_a_publish_keeps_the_package_and_both_halves_of_it(bench):
    bench.publish(ENTRY % "old")
    before = {name: one["id"] for name, one in bench.packages().items() if name.startswith("Metric")}
    bench.write(ENTRY % "new" + "    formerly: old\n")
    plan = bench.remediate("plan").out
    assert "~ new  update\n    key                 old -> new\n" in plan
    assert "~ new-live  update\n    key                 old-live -> new-live\n" in plan
    assert bench.remediate("publish", "--yes").code == 0
    after = {name: one["id"] for name, one in bench.packages().items() if name.startswith("Metric")}
    assert after == before and len(after) == 2
    assert "[aovpn-remediate contoso/new-live " in str(bench.packages()["Metric (live)"]["description"])
    again = bench.remediate("plan").out
    assert (
        "! new-live: formerly: old-live is no longer needed in this tenant; remove it from the config"
        in again
    )
    assert "No changes." in again


def test_a_plan_of_one_key_finds_its_package_under_the_former_key(bench):
    bench.publish(ENTRY % "old")
    bench.write(ENTRY % "new" + "    formerly: old\n")
    said = bench.remediate("plan", "new").out
    assert "2 to update, 0 to delete" in said and "0 to create" in said


def test_the_plan_on_the_ownership_page_is_the_true_one(bench):
    example = (Path(__file__).parent.parent / "examples" / "remediate.yaml").read_text(encoding="utf-8")
    bench.publish(example)
    renamed = example.replace("  user-metric:\n", "  metric:\n    formerly: user-metric\n")
    bench.write(renamed)
    page = (Path(__file__).parent.parent / "docs" / "ownership.md").read_text(encoding="utf-8")
    shown = "~ metric  update\n    key                 user-metric -> metric\n"
    assert shown in page and shown in bench.remediate("plan").out
