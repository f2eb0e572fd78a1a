"""Checks of the sign-in: does it work, what may it do, when does it end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aovpn_remediate.doctor.check import Finding, failed, failed_by, failed_sign_in, ok, skipped, warning
from aovpn_remediate.doctor.network import NO_SIGN_IN
from aovpn_remediate.doctor.situation import Situation
from aovpn_remediate.errors import RemediateError, SignInError
from aovpn_remediate.graph.auth.choice import SignIn
from aovpn_remediate.graph.auth.tokens import claims_of, permissions_of
from aovpn_remediate.graph.permissions import OLD_WAY, WRITE_SCRIPTS
from aovpn_remediate.wording import all_of, count_of

_SOON = timedelta(days=30)
_ELSEWHERE = ("managed-identity", "azure-cli")  # these do not ask the login service themselves
_EXPLAINED = "correct what the message names; remediate docs workstation explains typical causes"
_GRANT = "grant the permissions with admin consent, then sign in again; see remediate docs permissions"
_WHAT = {"client": "client id"}


def sign_in(situation: Situation) -> Finding:
    """Whether a token can be had, and from where each value is."""
    chosen = situation.sign_in
    if chosen is None:
        return skipped(NO_SIGN_IN)
    if isinstance(chosen, SignInError):
        return failed_sign_in(chosen, _EXPLAINED)
    if "login" in situation.blocked and chosen.method not in _ELSEWHERE:
        situation.blocked["sign-in"] = situation.blocked["login"]
        return skipped(situation.blocked["login"])
    try:
        tokens = situation.tokens
        grant = None if tokens is None else tokens.grant()
    except RemediateError as error:
        return failed_sign_in(error, _EXPLAINED)
    account = f" as {grant.account}" if grant and grant.account else ""
    return ok(f"{chosen.method}{account}; {_sources(chosen)}")


def permissions(situation: Situation) -> Finding:
    """Whether the token has what plan and publish need."""
    if situation.tokens is None:
        return skipped(NO_SIGN_IN)
    token = situation.tokens.token()
    if not claims_of(token):
        return skipped("the token cannot be read")
    granted = permissions_of(token)
    for_plan = situation.need(writes=False).missing(granted)
    for_publish = situation.need(writes=True).missing(granted)
    if for_plan:
        return failed(f"plan and publish need {all_of(dict.fromkeys((*for_publish, *for_plan)))}", _GRANT)
    if for_publish:
        return warning(f"enough for plan, but publish needs {all_of(for_publish)}{_old(granted)}", _GRANT)
    if OLD_WAY in granted:
        advice = f"remove {OLD_WAY}; filters by name need DeviceManagementConfiguration.Read.All in its place"
        return warning(f"enough for plan and publish{_old(granted)}", advice)
    return ok(f"enough for plan and publish: {', '.join(granted)}")


def certificate(situation: Situation) -> Finding:
    """When the certificate of an app ends."""
    chosen = situation.sign_in
    if chosen is None:
        return skipped(NO_SIGN_IN)
    if not isinstance(chosen, SignIn):
        return skipped("sign-in failed")
    if chosen.method == "secret":
        return skipped("the end of a secret can be seen only in the app registration")
    if chosen.method != "certificate":
        return skipped(f"signing in by {chosen.method} needs no certificate")
    return _certificate(chosen)


def _certificate(chosen: SignIn) -> Finding:
    from aovpn_remediate.graph.auth.certificate import load_certificate

    try:
        ends = load_certificate(chosen).ends
    except SignInError as error:
        return failed_by(error)
    left = ends - datetime.now(UTC)
    detail = f"the certificate ends on {ends:%Y-%m-%d}, in {count_of(left.days, 'day')}"
    if left <= _SOON:
        return warning(detail, "make a new one and upload it to the app registration before that day")
    return ok(detail)


def _sources(chosen: SignIn) -> str:
    """From where each value is, e.g. ``tenant from AZURE_TENANT_ID``; never a value."""
    parts: list[str] = []
    for what, source in chosen.sources.items():
        if what != "cloud":
            parts.append(f"{_WHAT.get(what, what)} from {source}")
    return ", ".join([*parts, f"cloud {chosen.hosts.cloud.name} ({chosen.sources['cloud']})"])


def _old(granted: tuple[str, ...]) -> str:
    if OLD_WAY not in granted:
        return ""
    return f"; {OLD_WAY} is the old way, and allows more than {WRITE_SCRIPTS}"
