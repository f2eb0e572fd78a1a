"""What may be a profile's name, a key, a time of day: rules of Windows and of our own, as plain functions."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network
from typing import TypeGuard

from aovpn_remediate.marker import read_marker

RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
"""Names that no file on Windows may have."""

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
_INTERVAL = re.compile(r"(1 (hour|day))|(([1-9]|1[0-9]|2[0-3]) (hours|days))")
_CONTROLS = ("Cc", "Cs", "Zl", "Zp")
_FORBIDDEN = set('\\/:*?"<>|')


def check_key(value: str) -> str:
    """Return the name of a config or of a remediation, or raise ``ValueError`` with what is wrong."""
    if not _KEY.fullmatch(value):
        raise ValueError("is no key; use 1 to 64 letters, digits, - and _, a letter or digit first")
    if value.casefold() in RESERVED:
        raise ValueError("is a name that Windows keeps for itself; choose another")
    return value


def check_profile_name(value: str) -> str:
    """Return the name of a VPN connection, or raise ``ValueError`` with what is wrong.

    RAS refuses the characters that a file name cannot have, and a leading dot; everything else is valid.
    """
    if len(value) > 255:
        raise ValueError(f"is too long; a profile's name has at most 255 characters, this has {len(value)}")
    for character in value:
        if character in _FORBIDDEN:
            raise ValueError(f"holds {character}; a profile's name has none of \\ / : * ? \" < > |")
    _check_characters(value, allowed="")
    if not value:
        raise ValueError("is empty; write the name of the VPN connection")
    if value.startswith("."):
        raise ValueError("starts with a dot; a profile's name cannot")
    return _check_ends(value)


def check_line(value: str) -> str:
    """Return a text of one line, or raise ``ValueError`` for a control character or a space at an end."""
    return _check_ends(_check_characters(value, allowed=""))


def check_text(value: str) -> str:
    """Return a text of any number of lines without the space at its end, or raise ``ValueError``."""
    if read_marker(value)[1]:
        raise ValueError("ends with an ownership marker; remove it, remediate writes its own")
    return _check_characters(value.rstrip(), allowed="\n")


def _check_characters(value: str, *, allowed: str) -> str:
    for character in value:
        if character not in allowed and unicodedata.category(character) in _CONTROLS:
            raise ValueError(f"holds the control character U+{ord(character):04X}; remove it")
    return value


def _check_ends(value: str) -> str:
    if value != value.strip():
        raise ValueError("starts or ends with a space; remove it")
    return value


def check_metric(value: object) -> int | str:
    """Return an interface metric, or raise ``ValueError`` with what is wrong."""
    if value == "automatic":
        return "automatic"
    if _is_metric(value):
        return value
    raise ValueError("is no metric; write a number from 1 to 9999 without quotes, or automatic")


def check_route_metric(value: object) -> int:
    """Return a route's metric, or raise ``ValueError`` with what is wrong."""
    if _is_metric(value):
        return value
    raise ValueError("is no metric of a route; write a number from 1 to 9999 without quotes")


def _is_metric(value: object) -> TypeGuard[int]:
    return type(value) is int and 1 <= value <= 9999


def check_interval(value: str | None) -> str | None:
    """Return an interval such as ``4 hours``, or raise ``ValueError`` with what is wrong."""
    if value is None or _INTERVAL.fullmatch(value):
        return value
    raise ValueError("is no interval; write 1 to 23 hours or days, e.g. 4 hours or 1 day")


def parse_day(value: object) -> object:
    """Return a day given as text as a date, or raise ``ValueError``; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()
    except ValueError as error:
        raise ValueError("is no day; write it as 2026-12-01") from error


def check_time(value: str | None) -> str | None:
    """Return a time of day as it is written, or raise ``ValueError`` with what is wrong."""
    if value is not None and not _TIME.fullmatch(value):
        raise ValueError('is no time of day; write it as "06:30"')
    return value


def check_prefix(value: str) -> str:
    """Return a network as ``ipaddress`` writes it, or raise ``ValueError`` with what is wrong."""
    try:
        interface = ip_interface(value)
    except ValueError as error:
        raise ValueError("is no network; write it as 10.20.0.0/16") from error
    if "/" not in value:
        raise ValueError(f"has no length; write {value}/{interface.max_prefixlen} for one host")
    if interface.network.prefixlen == 0:
        raise ValueError("is everything; force tunneling is a setting of the profile, not a route")
    if interface.ip != interface.network.network_address:
        raise ValueError(f"has host bits set; the network is {interface.network}")
    return str(interface.network)


def is_within(inner: str, outer: str) -> bool:
    """Return whether every address of a network is one of another network's too."""
    one, other = ip_network(inner), ip_network(outer)
    if isinstance(one, IPv4Network) and isinstance(other, IPv4Network):
        return one.subnet_of(other)
    return isinstance(one, IPv6Network) and isinstance(other, IPv6Network) and one.subnet_of(other)
