"""Which addresses a Graph service may have; pure."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import SplitResult, urlsplit

from aovpn_remediate.errors import UsageError

_EXAMPLE = "write it like http://127.0.0.1:8765"
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Others are read in two ways: in https://a\\@b/ requests connects to a, and urlsplit sees the host b.
_PLAIN_HOST = re.compile(r"([\w.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]*)?", re.ASCII)


def service_root(url: str) -> str:
    """Return the service root without a trailing slash; raises ``UsageError`` for an invalid address.

    Plain HTTP is accepted for loopback only, because the token would be readable on the network.
    """
    parts = _split(url)
    if parts.username is not None or parts.password is not None:
        raise UsageError(f"--graph-url: the address contains a user name or password; {_EXAMPLE}")
    if "?" in url or "#" in url:
        raise UsageError(f"--graph-url: the address contains a query or fragment; {_EXAMPLE}")
    if parts.path not in ("", "/"):
        raise UsageError(f"--graph-url {url}: the address must not have a path; {_EXAMPLE}")
    if parts.scheme == "http" and not is_loopback(url):
        raise UsageError(
            f"--graph-url {url}: plain HTTP is accepted for loopback only; {_EXAMPLE}, or use https"
        )
    return f"{parts.scheme}://{parts.netloc}"


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine: ``localhost``, 127.0.0.0/8 or ``::1``."""
    parts = urlsplit(url)
    host = (parts.hostname or "") if _PLAIN_HOST.fullmatch(parts.netloc) else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return address == IPv6Address("::1") if isinstance(address, IPv6Address) else address.is_loopback


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port, the default port filled in.

    Raises ``ValueError`` for a wrong port, and for a host that another reader of the URL may see differently.
    """
    parts = urlsplit(url)
    if not _PLAIN_HOST.fullmatch(parts.netloc) or not url.isprintable():
        raise ValueError("the host is not plain")
    return parts.scheme, parts.hostname or "", parts.port or _DEFAULT_PORTS.get(parts.scheme)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in _DEFAULT_PORTS and bool(parts.hostname) and parts.port != 0
        is_url = is_url and _PLAIN_HOST.fullmatch(parts.netloc.rpartition("@")[2]) is not None
    except ValueError:
        is_url = False
    if not is_url or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise UsageError(f"--graph-url: the value is not an http or https address; {_EXAMPLE}")
    return parts
