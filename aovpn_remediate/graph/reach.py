"""Whether a service can be reached: through which proxy, with whose certificate, and what its clock says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from time import monotonic
from urllib.parse import urlsplit
from urllib.request import getproxies

import requests
from requests.utils import get_environ_proxies, select_proxy

from aovpn_remediate.errors import UsageError
from aovpn_remediate.graph.answer import shorten
from aovpn_remediate.graph.connection import Silence, Timeouts, open_connections, silence_of
from aovpn_remediate.graph.interception import issuer_of
from aovpn_remediate.graph.limits import begin
from aovpn_remediate.graph.url import is_loopback

_PATIENCE = 20.0  # seconds; a name can have many addresses, and each of them its own time-out


@dataclass(frozen=True)
class Reached:
    """A service that answers: the issuer of its certificate (empty without TLS), and how far we are ahead.

    ``ahead`` is this computer's clock minus the service's, if it says its time.
    """

    host: str
    issuer: str
    ahead: timedelta | None


def proxy_of(root: str) -> str:
    """Return the proxy to a service without user and password, empty for a direct connection.

    Raises ``UsageError`` for a proxy that is not an address.
    """
    proxy = None if is_loopback(root) else select_proxy(root, get_environ_proxies(root))
    if not proxy:
        return ""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    except ValueError:
        raise UsageError(
            "HTTPS_PROXY: the value is not a valid address; write it as http://HOST:PORT"
        ) from None
    mask = "***:***@" if "@" in parts.netloc else ""
    return shorten(f"{parts.scheme}://{mask}{parts.netloc.rpartition('@')[2]}")


def is_exempt(root: str) -> bool:
    """Whether there is a proxy that a service is not reached through, by ``NO_PROXY`` for example."""
    return select_proxy(root, getproxies()) is not None and not proxy_of(root)


def reach(roots: Iterable[str]) -> dict[str, Reached | Silence]:
    """Return what became of one request to each service; all are sent at once, within 20 s."""
    end = monotonic() + _PATIENCE
    asked = {root: begin(partial(_ask, root)) for root in dict.fromkeys(roots)}
    found: dict[str, Reached | Silence] = {}
    for root, answer in asked.items():
        try:
            found[root] = answer.result(max(0.0, end - monotonic()))
        except TimeoutError:
            host = urlsplit(root).netloc
            found[root] = Silence(
                f"{host} does not answer within {_PATIENCE:.0f} s", "check the network, the proxy and DNS"
            )
    return found


def _ask(root: str) -> Reached | Silence:
    host = urlsplit(root).netloc
    patience = Timeouts()
    try:
        with (
            open_connections(root) as session,
            session.get(
                f"{root}/",
                timeout=(patience.connect, patience.first),
                allow_redirects=False,
                stream=True,
            ) as response,
        ):
            ahead = _ahead(response.headers.get("date", ""))
    except requests.RequestException as error:
        return silence_of(error, host)
    except UsageError as error:
        reason, _, advice = str(error).rpartition("; ")
        return Silence(reason, advice, was_sent=False, is_final=True)
    return Reached(host, issuer_of(host) if root.startswith("https:") else "", ahead)


def _ahead(date: str) -> timedelta | None:
    """How far this computer's clock is ahead of a ``Date`` header, which has whole seconds."""
    now = datetime.now(UTC)
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, IndexError):
        return None
    return now - (moment if moment.tzinfo else moment.replace(tzinfo=UTC))
