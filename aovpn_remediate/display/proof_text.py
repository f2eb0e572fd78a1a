"""Proofs as a person reads them, as JSON, and as JUnit."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

from aovpn_remediate.display.clean import clean
from aovpn_remediate.verify import Proof, failed_proofs
from aovpn_remediate.wording import count_of

Json = dict[str, object]


def proofs_text(proofs: Sequence[Proof], *, verbose: bool, color: bool) -> str:
    """Return a table of proofs, what differed in those that failed, and what Windows has not confirmed."""
    width = max((len(proof.case) for proof in proofs), default=0) + 2
    lines: list[str] = []
    for key, mine in _by_remediation(proofs).items():
        lines.append(f"{key}  {mine[0].kind}")
        for proof in mine:
            lines += _proof_lines(proof, width, verbose=verbose, color=color)
        lines.append("")
    return "\n".join([*lines, *_assumption_lines(proofs), _summary(proofs)])


def proofs_json(proofs: Sequence[Proof]) -> Json:
    """Return proofs as JSON values."""
    return {
        "schemaVersion": 1,
        "cases": list(map(_case_json, proofs)),
        "assumptions": _unconfirmed(proofs),
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
    for key, mine in _by_remediation(proofs).items():
        counts = {"tests": str(len(mine)), "failures": str(len(failed_proofs(mine)))}
        suite = ElementTree.SubElement(root, "testsuite", {"name": key, **counts})
        suite.extend(map(_case_element, mine))
    return b"<?xml version='1.0' encoding='utf-8'?>\n" + bytes(ElementTree.tostring(root, encoding="utf-8"))


def _case_element(proof: Proof) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase",
        classname=f"{proof.kind}.{proof.remediation}",
        name=proof.case,
        time=f"{proof.ms / 1000:.3f}",
    )
    if not proof.ok:
        failure = ElementTree.SubElement(case, "failure", message=clean(proof.differences[0]))
        failure.text = "\n".join(map(clean, proof.differences))
    return case


def _by_remediation(proofs: Iterable[Proof]) -> dict[str, list[Proof]]:
    found: dict[str, list[Proof]] = {}
    for proof in proofs:
        found.setdefault(proof.remediation, []).append(proof)
    return found


def _proof_lines(proof: Proof, width: int, *, verbose: bool, color: bool) -> Iterable[str]:
    said = proof.states
    if set(said) == {"nothing"}:
        said = tuple(map(str, proof.exits))
    yield f"  {_verdict(proof, color=color)} {proof.case:{width}}{' > '.join(said)}".rstrip()
    for line in proof.differences:
        yield f"      {clean(line)}"
    for line in proof.warnings:
        yield f"      warning: {clean(line)}"
    for line in proof.outputs if verbose else ():
        yield f"      {clean(line)}"


def _verdict(proof: Proof, *, color: bool) -> str:
    word, code = ("ok    ", 32) if proof.ok else ("FAILED", 31)
    return f"\x1b[{code}m{word}\x1b[0m" if color else word


def _unconfirmed(proofs: Iterable[Proof]) -> list[str]:
    """What Windows has not confirmed, kind by kind."""
    texts: dict[str, None] = {}
    for proof in sorted(proofs, key=lambda one: one.kind):
        texts |= dict.fromkeys(proof.unconfirmed)
    return list(texts)


def _assumption_lines(proofs: Sequence[Proof]) -> list[str]:
    texts = _unconfirmed(proofs)
    if not texts:
        return []
    return ["What Windows has not confirmed:", textwrap.indent("\n".join(texts), "  - "), ""]


def _summary(proofs: Sequence[Proof]) -> str:
    failed = len(failed_proofs(proofs))
    average = sum(proof.ms for proof in proofs) // max(len(proofs), 1)
    text = f"{count_of(len(proofs), 'case')}: {len(proofs) - failed} ok, {failed} failed, {average} ms each."
    if failed:
        text += "\n-v shows the output of the scripts; --keep DIR keeps the clients of failing cases."
    return text
