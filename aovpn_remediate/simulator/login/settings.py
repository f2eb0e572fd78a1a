"""What a test or a curious person can change in a running login service.

``GET /simulator/login`` shows the settings, ``POST`` changes those that it names:

    {
      "token_lifetime": 60,                 seconds that access tokens live; default 3600
      "refresh_lifetime": 0,                seconds that codes and refresh tokens live; default 86400
      "device_code": ["slow_down", "53003"],  the answers to the next polls, then the person is signed in;
                                            default: one authorization_pending
      "device_interval": 0,                 seconds between two polls; default 1
      "device_lifetime": 900,               seconds that a device code lives
      "authorize": "access_denied",         what the browser gets: "" signs in, else an OAuth error or a code
      "clock": 3600,                        seconds that the service's clock is ahead; negative: behind
      "challenge": {"access_token": {...}}, Graph accepts only tokens that were asked for with these claims;
                                            null: every valid token
      "refuse": {"code": 50076, "times": 1, "path": "/token$"},  refuse the next requests with this code
      "revoke": true                        Graph refuses the access tokens issued until now
      "sign_out": true                      refuse the refresh tokens issued until now
    }
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from aovpn_remediate.simulator.wire import Json, JsonObject, RefusalError


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a login service; the members are those of the module's text."""

    token_lifetime: int = 3600
    refresh_lifetime: int = 86400
    device_code: tuple[str, ...] = ("authorization_pending",)
    device_interval: int = 1
    device_lifetime: int = 900
    authorize: str = ""
    clock: int = 0
    challenge: JsonObject | None = None


def read_settings(value: Mapping[str, Json]) -> dict[str, object]:
    """Return changes of the settings; a wrong one is refused, so that no test passes by mistake."""
    read: dict[str, object] = {}
    for name, item in value.items():
        read[name] = _read(name, item)
    return read


def _read(name: str, value: Json) -> object:
    kinds = {field.name: field.type for field in fields(Settings)}
    right: object = None
    match kinds.get(name), value:
        case "int", int() if not isinstance(value, bool) and (value >= 0 or name == "clock"):
            right = value
        case "str", str():
            right = value
        case "tuple[str, ...]", list():
            return tuple(str(one) for one in value)
        case "JsonObject | None", dict() | None:
            return value
    if right is None:
        raise RefusalError(f"{name} must not be {value!r}")
    return right
