"""Checks of the way to Microsoft: proxy, login service, Graph, clock."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from aovpn_remediate.doctor.check import Finding, failed, ok, skipped, warning
from aovpn_remediate.doctor.situation import Situation

NO_SIGN_IN = "the simulated tenant needs no sign-in"

# Entra refuses an assertion that is more than five minutes off. Source: learn.microsoft.com, AADSTS700024.
_TOO_FAR, _FAR = timedelta(minutes=5), timedelta(seconds=60)


def proxy(situation: Situation) -> Finding:
    """The proxies in force; user and password are not shown."""
    hosts = situation.hosts
    lines: list[str] = []
    for root in dict.fromkeys((hosts.login, hosts.graph)):
        if root == hosts.login and situation.sign_in is None:
            continue
        lines.append(f"{urlsplit(root).netloc}: {_way(root)}")
    return ok("\n".join(lines))


def _way(root: str) -> str:
    from aovpn_remediate.graph.reach import is_exempt, proxy_of

    proxy = proxy_of(root)
    if proxy:
        return f"through {proxy}"
    return "direct, by NO_PROXY or because it is this computer" if is_exempt(root) else "direct, no proxy"


def login(situation: Situation) -> Finding:
    """Whether the login service answers."""
    if situation.sign_in is None:
        return skipped(NO_SIGN_IN)
    return _answers(situation, situation.hosts.login)


def graph(situation: Situation) -> Finding:
    """Whether Graph answers."""
    return _answers(situation, situation.hosts.graph)


def clock(situation: Situation) -> Finding:
    """Whether this computer's clock is that of the services."""
    from aovpn_remediate.graph.reach import Reached

    for found in situation.reached.values():
        if isinstance(found, Reached) and found.ahead is not None:
            return _compared(found.ahead, found.host)
    return skipped("no service said its time")


def _answers(situation: Situation, root: str) -> Finding:
    from aovpn_remediate.graph.connection import Silence

    found = situation.reached[root]
    if isinstance(found, Silence):
        return failed(found.reason, found.advice)
    return ok(f"{found.host} answers, {_tls(found.issuer, root)}")


def _tls(issuer: str, root: str) -> str:
    if not root.startswith("https:"):
        return "without TLS"
    return f"its certificate is issued by {issuer}" if issuer else "with TLS"


def _compared(ahead: timedelta, host: str) -> Finding:
    off = abs(ahead)
    if off <= _FAR:
        return ok(f"differs by less than {_FAR.seconds} s from {host}")
    way = "ahead of" if ahead > timedelta() else "behind"
    detail = f"this computer's clock is {_duration(off)} {way} that of {host}"
    advice = "set the clock, or let the system synchronize it"
    return failed(detail, advice) if off > _TOO_FAR else warning(detail, advice)


def _duration(off: timedelta) -> str:
    minutes = round(off.total_seconds() / 60)
    if off <= _TOO_FAR:
        return f"{off.total_seconds():.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.0f} h"
