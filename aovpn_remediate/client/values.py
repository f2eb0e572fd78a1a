"""The single values of a client's description, each checked by a function that says what is wrong."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from aovpn_remediate.client.aliases import command_of
from aovpn_remediate.privileges import check_privilege
from aovpn_remediate.problems import InvalidValue
from aovpn_remediate.problems.words import close_word

SCOPES = ("user", "all-users", "device", "hidden", "app")
"""The phonebooks of the device and of the signed-in user; ``user NAME`` is that of another user."""

_SCOPE_FORM = "write user, all-users, device, hidden, app, or user NAME"
_USER = re.compile(r"user \w[\w .-]{0,63}")
_EVENT = re.compile(
    r"connection .+ (dropped|dialed)|service .+ (restarted|started|stopped)"
    r"|the process of service .+ killed|Windows (restarted|shut down)"
)
_EVENT_FORM = "write e.g. service RasMan restarted, connection NAME dropped or Windows restarted"
_CULTURE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{4})?(-([A-Z]{2}|[0-9]{3}))?")
_KEY = re.compile(r"HK(LM|CU|U):(\\[^\\/]+)+", re.IGNORECASE)
_METRIC = re.compile(r"[0-9]{1,10}")
_LONGEST_PATH, _LONGEST_NAME = 1000, 255
_NOT_IN_FILE_NAMES = set('<>:"|?*')
_LARGEST = 0xFFFF_FFFF
"""The largest number that a DWORD of the registry and a field of a stored route hold."""

_ANYTHING = WithJsonSchema({})


def is_scope(value: object) -> bool:
    """Return whether a value is the name of a phonebook."""
    return isinstance(value, str) and (value in SCOPES or _USER.fullmatch(value) is not None)


def check_scope(value: str) -> str:
    """Return the name of a phonebook."""
    if is_scope(value):
        return value
    close = close_word(value, SCOPES)
    advice = f'did you mean "{close}"?' if close else _SCOPE_FORM
    raise InvalidValue("client/phonebook-name", f"is not a phonebook; {advice}")


def check_stored_route(value: str) -> str:
    """Return a route of a phonebook entry; ``!`` before it marks an exclusion."""
    check_route(value.removeprefix("!"))
    return value


def check_route(value: str) -> str:
    """Return a route, with or without ``@METRIC``."""
    prefix, at, metric = value.partition("@")
    try:
        network = ip_network(prefix)
    except ValueError as error:
        text = "is not a valid route; write it as 10.0.0.0/8 or 10.1.0.0/16@5"
        raise InvalidValue("client/route", text) from error
    if "/" not in prefix:
        text = f"has no prefix length; add one, e.g. {network} for a single address"
        raise InvalidValue("client/route", text)
    if at and not (_METRIC.fullmatch(metric) and int(metric) <= _LARGEST):
        raise InvalidValue("client/route", "has no valid metric after @; write a number, e.g. @5")
    return value


def check_stored_metric(value: object) -> object:
    """Return what a phonebook stores as a metric: a number, or any text; null leaves the key out."""
    if value is None or isinstance(value, str | bytes) or type(value) is int:
        return value
    raise InvalidValue("client/stored-metric", "must be a number, text or null; write one of them")


def check_live_metric(value: object) -> object:
    """Return the metric of a live interface; null leaves the address family out."""
    if value is None or value == "automatic":
        return value
    if type(value) is int and 0 <= value <= _LARGEST:
        return value
    raise InvalidValue("client/live-metric", "is not a valid metric; write a number, automatic or null")


def check_name(value: object) -> object:
    """Return the name of an entry, as text or, if it is not UTF-8, as bytes."""
    if isinstance(value, str | bytes):
        return value
    raise InvalidValue("client/entry-name", "must be text, or !!binary for bytes; put it in quotes")


def check_path(value: str) -> str:
    """Return the path of a file below the client's folder."""
    parts = value.replace("\\", "/").split("/")
    if len(value) > _LONGEST_PATH or not all(map(_is_file_name, parts)):
        text = "is not a path below the client's folder; write it as ProgramData/Contoso/vpn.log"
        raise InvalidValue("client/file-path", text)
    return value


def _is_file_name(part: str) -> bool:
    """Whether Windows and the machine underneath accept a name in a path."""
    if part in ("", ".", "..") or len(part.encode(errors="replace")) > _LONGEST_NAME:
        return False
    return part.isprintable() and not _NOT_IN_FILE_NAMES & set(part)


def check_content(value: object) -> object:
    """Return the content of a file."""
    if isinstance(value, str | bytes):
        return value
    raise InvalidValue("client/file-content", "must be text, or !!binary for bytes; put it in quotes")


def check_registry_key(value: str) -> str:
    """Return the name of a registry key; no script can ask for one in another form."""
    if _KEY.fullmatch(value):
        return value
    raise InvalidValue("client/registry-key", r"is not a registry key; write it as HKLM:\SOFTWARE\X")


def check_registry_data(value: object) -> object:
    """Return the data of a registry value: text, a list of texts, a number of 32 bits, or bytes."""
    if isinstance(value, str | bytes):
        return value
    if type(value) is int and -(_LARGEST // 2) - 1 <= value <= _LARGEST:
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return value
    text = "is not registry data; write text in quotes, a list of texts, a 32-bit number, or !!binary"
    raise InvalidValue("client/registry-data", text)


def check_build(value: object) -> object:
    """Return the build number of Windows."""
    if type(value) in (int, str) and _METRIC.fullmatch(str(value)):
        return value
    raise InvalidValue("client/build", "is not a Windows build; write a number, e.g. 22631")


def check_event(value: str) -> str:
    """Return what happened to the client, in the words of the simulation."""
    if _EVENT.fullmatch(value):
        return value
    raise InvalidValue("client/event", f"is not an event; {_EVENT_FORM}")


def check_command(value: str) -> str:
    """Return the name of a command or function; an alias is never the name that the simulation sees."""
    command = command_of(value)
    if command:
        raise InvalidValue("client/alias", f"is an alias; write {command}")
    return value


def check_culture(value: str) -> str:
    """Return the name of a culture."""
    if _CULTURE.fullmatch(value):
        return value
    raise InvalidValue("client/culture", "is not a culture; write it as de-DE")


def named(value: object) -> object:
    """Return a name, which YAML may have read as a whole number, as text."""
    return str(value) if type(value) is int else value


Scope = Annotated[str, AfterValidator(check_scope)]
StoredRoute = Annotated[str, AfterValidator(check_stored_route)]
LiveRoute = Annotated[str, AfterValidator(check_route)]
StoredMetric = Annotated[object, PlainValidator(check_stored_metric), _ANYTHING]
LiveMetric = Annotated[object, PlainValidator(check_live_metric), _ANYTHING]
EntryName = Annotated[str | bytes, PlainValidator(check_name), _ANYTHING]
FilePath = Annotated[str, AfterValidator(check_path)]
Content = Annotated[str | bytes, PlainValidator(check_content), _ANYTHING]
RegistryKey = Annotated[str, AfterValidator(check_registry_key)]
RegistryData = Annotated[object, PlainValidator(check_registry_data), _ANYTHING]
Build = Annotated[int | str, PlainValidator(check_build), _ANYTHING]
Event = Annotated[str, AfterValidator(check_event)]
Culture = Annotated[str, AfterValidator(check_culture)]
Word = Annotated[str, BeforeValidator(named), Field(min_length=1)]
Command = Annotated[Word, AfterValidator(check_command)]
Privilege = Annotated[str, AfterValidator(check_privilege)]
Switch = Literal["refusesRoutes", "resetsMetric", "dropsExclusions", "reencodes"]
