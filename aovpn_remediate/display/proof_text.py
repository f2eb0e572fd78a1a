"""Proofs as a person reads them, as JSON, and as JUnit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree

from aovpn_remediate.display.clean import clean
from aovpn_remediate.verify import Proof
from aovpn_remediate.wording import count_of

Json = dict[str, object]


def proofs_text(proofs: Sequence[Proof], *, verbose: bool, color: bool) -> str:
    """Return a table of proofs, what differed in those that failed, and what Windows has not confirmed."""
    width = max((len(proof.case) for proof in proofs), default=0) + 2
    lines: list[str] = []
    for key in dict.fromkeys(proof.remediation for proof in proofs):
        mine = [proof for proof in proofs if proof.remediation == key]
        lines.append(f"{key}  {mine[0].kind}")
        for proof in mine:
            lines += _proof_lines(proof, width, verbose=verbose, color=color)
        lines.append("")
    return "\n".join([*lines, *_assumption_lines(proofs), _summary(proofs)])


def proofs_json(proofs: Sequence[Proof]) -> Json:
    """Return proofs as JSON values."""
    return {
        "schemaVersion": 1,
        "cases": [
            {
                "case": proof.case,
                "remediation": proof.remediation,
                "kind": proof.kind,
                "states": list(proof.states),
                "exits": list(proof.exits),
                "ok": proof.ok,
                "ms": proof.ms,
                "differences": list(proof.differences),
            }
            for proof in proofs
        ],
        "assumptions": _unconfirmed(proofs),
    }


def proofs_junit(proofs: Sequence[Proof]) -> bytes:
    """Return proofs as a JUnit file, a suite for each remediation."""
    root = ElementTree.Element("testsuites", name="remediate verify")
    for key in dict.fromkeys(proof.remediation for proof in proofs):
        mine = [proof for proof in proofs if proof.remediation == key]
        failures = str(sum(not proof.ok for proof in mine))
        suite = ElementTree.SubElement(root, "testsuite", name=key, tests=str(len(mine)), failures=failures)
        for proof in mine:
            facts = {"classname": f"{proof.kind}.{key}", "name": proof.case, "time": f"{proof.ms / 1000:.3f}"}
            case = ElementTree.SubElement(suite, "testcase", facts)
            if not proof.ok:
                text = "\n".join(map(clean, proof.differences))
                ElementTree.SubElement(case, "failure", message=clean(proof.differences[0])).text = text
    return b"<?xml version='1.0' encoding='utf-8'?>\n" + bytes(ElementTree.tostring(root, encoding="utf-8"))


def _proof_lines(proof: Proof, width: int, *, verbose: bool, color: bool) -> Iterable[str]:
    word = f"{'ok' if proof.ok else 'FAILED':6}"
    shown = f"\x1b[{32 if proof.ok else 31}m{word}\x1b[0m" if color else word
    said = proof.states if set(proof.states) != {"nothing"} else tuple(map(str, proof.exits))
    yield f"  {shown} {proof.case:{width}}{' > '.join(said)}".rstrip()
    yield from (f"      {clean(line)}" for line in proof.differences)
    if verbose:
        yield from (f"      {clean(line)}" for line in proof.outputs)


def _unconfirmed(proofs: Iterable[Proof]) -> list[str]:
    """What Windows has not confirmed, kind by kind."""
    texts: dict[str, None] = {}
    for proof in sorted(proofs, key=lambda one: one.kind):
        texts |= dict.fromkeys(proof.unconfirmed)
    return list(texts)


def _assumption_lines(proofs: Sequence[Proof]) -> list[str]:
    texts = _unconfirmed(proofs)
    return ["What Windows has not confirmed:", *(f"  - {text}" for text in texts), ""] if texts else []


def _summary(proofs: Sequence[Proof]) -> str:
    counts = Counter(proof.ok for proof in proofs)
    average = sum(proof.ms for proof in proofs) // max(len(proofs), 1)
    text = f"{count_of(len(proofs), 'case')}: {counts[True]} ok, {counts[False]} failed, {average} ms each."
    if counts[False]:
        text += "\n-v shows what the scripts said; --keep DIR keeps the clients of failing cases."
    return text
