"""Checks of the tenant's packages: may they be read, how many are there, who else writes the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from aovpn_remediate.desired import Desired
from aovpn_remediate.doctor.check import Finding, failed, failed_by, ok, warning
from aovpn_remediate.doctor.situation import Situation
from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.survey import Listed, list_packages, script_texts
from aovpn_remediate.graph.tenant import GraphTenant
from aovpn_remediate.limits import MAX_PACKAGES
from aovpn_remediate.model import TargetKind
from aovpn_remediate.problems.words import quoted
from aovpn_remediate.wording import all_of, count_of

_MANY = 180
_SHOWN = 10

Traces = Mapping[tuple[str, ...], str]
"""Words that a script which writes the same contains, with the key of the remediation that writes it."""


def licence(situation: Situation) -> Finding:
    """Whether Intune lets this sign-in read packages, which needs a permission, a role and a licence."""
    try:
        situation.listed = list_packages(situation.session)
    except SignInError as error:
        if error.status != 403:
            if situation.sign_in is None:
                return failed_by(error)
            return failed(_said(error), "sign in again, and check that the tenant and --cloud are right")
        advice = (
            "grant the permission if the check permissions names it; else check the Intune role of the "
            "account, and the licence: Tenant administration, Connectors and tokens, Windows data (see "
            "remediate docs workstation)"
        )
        return failed(_said(error), advice)
    return ok("the packages can be read")


def packages(situation: Situation) -> Finding:
    """How many packages there are, and which others write what ours keep correct."""
    listed, desired = situation.listed, situation.desired
    lines = [_counted(listed, desired)]
    advice: list[str] = []
    if len(listed) >= _MANY:
        advice.append("delete packages that nobody needs, because publish cannot create more than the limit")
    rivals = _rivals(situation) if desired is not None else []
    if rivals:
        lines += _shown(rivals, situation)
        advice.append(
            "two packages that disagree undo each other for ever, so remove one of them or exclude its groups"
        )
    detail = "\n".join(lines)
    return warning(detail, "; ".join(advice)) if advice else ok(detail)


def _said(error: SignInError) -> str:
    """What is wrong, without the advice at the end of the message."""
    return str(error).rpartition("; ")[0]


@dataclass(frozen=True)
class _Rival:
    """A package of somebody else, with the names that its scripts contain and who of ours keeps them."""

    package: Listed
    names: tuple[str, ...]
    keys: tuple[str, ...]


def _counted(listed: list[Listed], desired: Desired | None) -> str:
    count = f"{count_of(len(listed), 'package')} of at most {MAX_PACKAGES}"
    if desired is None:
        ours = sum(1 for one in listed if one.config)
        return f"{count}, {ours} made by remediate; without the config, nothing is compared"
    ours = sum(1 for one in listed if one.config == desired.config)
    return f"{count}, {ours} of the config {desired.config}"


def _rivals(situation: Situation) -> list[_Rival]:
    desired = situation.desired
    if desired is None:
        return []
    traces = _traces(desired)
    foreign = [one for one in situation.listed if one.config != desired.config]
    if not traces or not foreign:
        return []
    found: list[_Rival] = []
    for package, text in script_texts(situation.session, foreign):
        same = [words for words in traces if all(_contains(text, word) for word in words)]
        if same:
            names = tuple(dict.fromkeys(words[-1] for words in same))
            keys = tuple(dict.fromkeys(traces[words] for words in same))
            found.append(_Rival(package, names, keys))
    return found


def _traces(desired: Desired) -> Traces:
    found: dict[tuple[str, ...], str] = {}
    for remediation, _ in desired.pairs:
        for words in remediation.settings.traces() if remediation.repair else ():
            found.setdefault(words, remediation.key)
    return found


def _contains(text: str, word: str) -> bool:
    """Whether a script contains a word as a whole; PowerShell and phonebooks ignore case."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text, re.IGNORECASE) is not None


def _shown(rivals: list[_Rival], situation: Situation) -> Iterator[str]:
    shown = rivals[:_SHOWN]
    groups = [group for rival in shown for group in _groups(rival.package)]
    names = GraphTenant(situation.session).names_of_groups(groups)
    for rival in shown:
        keeps = "keeps" if len(rival.keys) == 1 else "keep"
        yield (
            f"the scripts of {quoted(rival.package.name)} ({_audience(rival.package, names)}) contain "
            f"{all_of(rival.names)}, which {all_of(rival.keys)} {keeps} correct"
        )
    if len(rivals) > len(shown):
        yield f"and {count_of(len(rivals) - len(shown), 'more package')}"


def _groups(package: Listed) -> Iterable[str]:
    kinds = (TargetKind.GROUP, TargetKind.EXCLUDED_GROUP)
    return [target.group for target in package.targets if target.kind in kinds]


def _audience(package: Listed, names: Mapping[str, str]) -> str:
    """Whom a package is assigned to, by names where they are known."""
    words: list[str] = []
    for target in package.targets:
        name = names.get(target.group, target.group)
        words.append(name if target.kind is TargetKind.GROUP else f"{target.kind.value} {name}".rstrip())
    return f"assigned to {all_of(words)}" if words else "not assigned"
