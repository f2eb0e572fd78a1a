"""Proofs as JSON and as JUnit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

from aovpn_remediate.display.clean import clean
from aovpn_remediate.verify import Proof, failed_proofs

Json = dict[str, object]


def proofs_json(proofs: Sequence[Proof]) -> Json:
    """Return proofs as JSON values."""
    return {
        "schemaVersion": 1,
        "cases": list(map(_case_json, proofs)),
        "assumptions": unconfirmed(proofs),
    }


def _case_json(proof: Proof) -> Json:
    return {
        "case": proof.case,
        "remediation": proof.remediation,
        "kind": proof.kind,
        "states": list(proof.states),
        "exits": list(proof.exits),
        "ok": proof.ok,
        "ms": proof.ms,
        "differences": list(proof.differences),
        "warnings": list(proof.warnings),
        "notRun": proof.not_run or None,
    }


def proofs_junit(proofs: Sequence[Proof]) -> bytes:
    """Return proofs as a JUnit file, a suite for each remediation."""
    root = ElementTree.Element("testsuites", name="remediate verify")
    for key, mine in by_remediation(proofs).items():
        not_run = [proof for proof in mine if proof.not_run]
        counts = {"tests": len(mine), "failures": len(failed_proofs(mine)), "skipped": len(not_run)}
        suite = ElementTree.SubElement(
            root, "testsuite", {"name": key} | {name: str(count) for name, count in counts.items()}
        )
        suite.extend(map(_case_element, mine))
    return b"<?xml version='1.0' encoding='utf-8'?>\n" + bytes(ElementTree.tostring(root, encoding="utf-8"))


def _case_element(proof: Proof) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=f"{proof.kind}.{proof.remediation}",
        name=proof.case,
        time=f"{proof.ms / 1000:.3f}",
    )
    if proof.not_run:
        ElementTree.SubElement(case, "skipped", message=clean(proof.not_run))
    if proof.warnings:
        ElementTree.SubElement(case, "system-out").text = "\n".join(map(clean, proof.warnings))
    if not proof.ok:
        failure = ElementTree.SubElement(case, "failure", message=clean(proof.differences[0]))
        failure.text = "\n".join(map(clean, proof.differences))
    return case


def by_remediation(proofs: Iterable[Proof]) -> dict[str, list[Proof]]:
    """Return the proofs of each remediation, by its key."""
    found: dict[str, list[Proof]] = {}
    for proof in proofs:
        found.setdefault(proof.remediation, []).append(proof)
    return found


def unconfirmed(proofs: Iterable[Proof]) -> list[str]:
    """Return what Windows has not confirmed, kind by kind."""
    texts: dict[str, None] = {}
    for proof in sorted(proofs, key=lambda one: one.kind):
        texts |= dict.fromkeys(proof.unconfirmed)
    return list(texts)
