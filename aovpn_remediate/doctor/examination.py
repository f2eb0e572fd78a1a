"""All checks, one after the other; what fails does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from aovpn_remediate.doctor import here, network, packages, signing_in
from aovpn_remediate.doctor.check import SIGN_IN, Check, Finding, State, failed, failed_by, skipped
from aovpn_remediate.doctor.situation import Situation
from aovpn_remediate.errors import RemediateError

_Work = Callable[[Situation], Finding]

_CHECKS: tuple[tuple[str, _Work, tuple[str, ...]], ...] = (
    ("versions", here.versions, ()),
    ("config", here.config, ()),
    ("powershell", here.powershell, ()),
    ("proxy", network.proxy, ()),
    ("login", network.login, ()),
    ("graph", network.graph, ()),
    ("clock", network.clock, ()),
    (SIGN_IN, signing_in.sign_in, ()),
    ("permissions", signing_in.permissions, (SIGN_IN,)),
    ("licence", packages.licence, ("graph", SIGN_IN)),
    ("packages", packages.packages, ("licence",)),
    ("certificate", signing_in.certificate, ()),
)
"""Each check by its name, with those that it needs."""


def examine(situation: Situation) -> Iterator[Check]:
    """Yield each check as it ends."""
    for name, work, needs in _CHECKS:
        reason = next((situation.blocked[need] for need in needs if need in situation.blocked), "")
        finding = skipped(reason) if reason else _carry_out(work, situation)
        if finding.state is State.FAILED:
            reason = f"{name} failed"
        if reason:
            situation.blocked[name] = reason
        yield Check(name, finding.state, finding.detail, finding.advice)


def _carry_out(work: _Work, situation: Situation) -> Finding:
    try:
        return work(situation)
    except RemediateError as error:
        return failed_by(error)
    except Exception as error:  # the other checks are needed all the more
        return failed(f"unexpected error: {type(error).__name__}", "this is a bug in remediate; report it")
