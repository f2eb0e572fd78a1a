"""Valid profile names, keys, metrics, networks and times: rules of Windows and our own, as functions."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network
from typing import TypeGuard

from aovpn_remediate.marker import read_marker
from aovpn_remediate.problems import InvalidValue

_COM = [f"com{number}" for number in range(1, 10)]
_LPT = [f"lpt{number}" for number in range(1, 10)]
RESERVED = {"con", "prn", "aux", "nul", *_COM, *_LPT}
"""Names that no file on Windows may have."""

_KEY_FORM = "is not valid; use 1 to 64 letters, digits, - and _ (no spaces), starting with a letter or digit"
KEY_LIMIT = 64
"""How many characters a key may have."""
_KEY = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_-]{{0,{KEY_LIMIT - 1}}}")
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
# Source: Graph beta reference, deviceHealthScriptRunSchedule: 1 to 23 for every kind of schedule.
_INTERVAL = re.compile(r"(1 (hour|day))|(([1-9]|1[0-9]|2[0-3]) (hours|days))")
_LIKE_A_NETWORK = re.compile(r"[0-9A-Fa-f:./]+")
_CONTROLS = ("Cc", "Cs", "Zl", "Zp")
_FORBIDDEN = set('\\/:*?"<>|')


def check_key(value: str) -> str:
    """Return the name of a config or of a remediation, or raise ``InvalidValue`` with what is wrong."""
    if not _KEY.fullmatch(value):
        raise InvalidValue("key/characters", _KEY_FORM)
    if value.casefold() in RESERVED:
        raise InvalidValue("key/reserved", "is a reserved file name in Windows; choose another")
    return value


def check_profile_name(value: str) -> str:
    """Return the name of a VPN connection, or raise ``InvalidValue`` with what is wrong.

    RAS refuses the characters that a file name cannot have, and a leading dot (unconfirmed).
    """
    if len(value) > 255:
        text = f"is too long ({len(value)} characters); a profile name has at most 255"
        raise InvalidValue("profile/too-long", text)
    for character in value:
        if character in _FORBIDDEN:
            text = f'contains {character}; a profile name cannot contain \\ / : * ? " < > |'
            raise InvalidValue("profile/characters", text)
    _check_characters(value, allowed="")
    if not value:
        raise InvalidValue("profile/empty", "is empty; write the name of the VPN connection")
    if value.startswith("."):
        raise InvalidValue("profile/leading-dot", "starts with a dot; a profile name cannot start with one")
    return _check_ends(value)


def check_line(value: str) -> str:
    """Return a text of one line, or raise ``InvalidValue`` for a control character or a space at an end."""
    return _check_ends(_check_characters(value, allowed=""))


def check_text(value: str) -> str:
    """Return a text of any number of lines without the space at its end, or raise ``InvalidValue``."""
    if read_marker(value)[1]:
        text = "ends with an ownership marker; remove it, remediate writes its own"
        raise InvalidValue("text/marker", text)
    return _check_characters(value.rstrip(), allowed="\n")


def _check_characters(value: str, *, allowed: str) -> str:
    for character in value:
        if character not in allowed and unicodedata.category(character) in _CONTROLS:
            text = f"contains the control character U+{ord(character):04X}; remove it"
            raise InvalidValue("text/control-character", text)
    return value


def _check_ends(value: str) -> str:
    if value != value.strip():
        raise InvalidValue("text/outer-space", "starts or ends with a space; remove it")
    return value


def check_metric(value: object) -> int | str:
    """Return an interface metric, or raise ``InvalidValue`` with what is wrong."""
    if value == "automatic":
        return "automatic"
    if _is_metric(value):
        return value
    text = "is not a valid metric; write a number from 1 to 9999 without quotes, or automatic"
    raise InvalidValue("metric/invalid", text)


def check_route_metric(value: object) -> int:
    """Return a route's metric, or raise ``InvalidValue`` with what is wrong."""
    if _is_metric(value):
        return value
    text = "is not a valid route metric; write a number from 1 to 9999 without quotes"
    raise InvalidValue("route/metric", text)


def _is_metric(value: object) -> TypeGuard[int]:
    return type(value) is int and 1 <= value <= 9999


def check_interval(value: str | None) -> str | None:
    """Return an interval such as ``4 hours``, or raise ``InvalidValue`` with what is wrong."""
    if value is None or _INTERVAL.fullmatch(value):
        return value
    text = "is not a valid interval; write 1 to 23 hours, or days, e.g. 4 hours or 1 day"
    raise InvalidValue("schedule/interval", text)


def check_hours(value: str | None) -> str | None:
    """Return an interval of hours, or raise ``InvalidValue`` with what is wrong."""
    if value is None or ("hour" in value and _INTERVAL.fullmatch(value)):
        return value
    raise InvalidValue("schedule/interval", "is not valid; write 1 to 23 hours, e.g. 1 hour")


def parse_day(value: object) -> object:
    """Return a day given as text as a date, or raise ``InvalidValue``; anything else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()
    except ValueError as error:
        raise InvalidValue("schedule/date", "is not a valid date; write it as 2026-12-01") from error


def check_time(value: str | None) -> str | None:
    """Return a time of day as it is written, or raise ``InvalidValue`` with what is wrong."""
    if value is not None and not _TIME.fullmatch(value):
        raise InvalidValue("schedule/time", 'is not a valid time of day; write it as "06:30"')
    return value


def check_prefix(value: str) -> str:
    """Return a network as ``ipaddress`` writes it, or raise ``InvalidValue`` with what is wrong."""
    try:
        interface = ip_interface(value)
    except ValueError as error:
        text = "is not a valid network; write it as 10.20.0.0/16"
        if not _LIKE_A_NETWORK.fullmatch(value):
            text += " (not as a host name or a from-to range)"
        raise InvalidValue("route/network", text) from error
    if "/" not in value:
        text = f"has no prefix length; write {value}/{interface.max_prefixlen} for one host"
        raise InvalidValue("route/no-length", text)
    if interface.network.prefixlen == 0:
        text = "is a default route; force tunneling is a setting of the profile, not a route"
        raise InvalidValue("route/default", text)
    if interface.ip != interface.network.network_address:
        text = f"has host bits set; write {interface.network}"
        raise InvalidValue("route/host-bits", text)
    return str(interface.network)


def network_order(prefix: str) -> tuple[int, int, int]:
    """Return by what networks are sorted so that each is before those inside it."""
    network = ip_network(prefix)
    return network.version, int(network.network_address), network.prefixlen


def is_within(inner: str, outer: str) -> bool:
    """Return whether every address of a network is also in another network."""
    one, other = ip_network(inner), ip_network(outer)
    if isinstance(one, IPv4Network) and isinstance(other, IPv4Network):
        return one.subnet_of(other)
    return isinstance(one, IPv6Network) and isinstance(other, IPv6Network) and one.subnet_of(other)
