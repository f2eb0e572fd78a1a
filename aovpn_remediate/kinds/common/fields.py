"""The types of the config's keys, each with its check and with the pattern that an editor checks by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from aovpn_remediate.kinds.common.conditions import explained
from aovpn_remediate.kinds.common.values import (
    check_hours,
    check_interval,
    check_key,
    check_line,
    check_metric,
    check_profile_name,
    check_text,
    check_time,
    parse_day,
)

_INTERVAL = "^(1 (hour|day)|([1-9]|1[0-9]|2[0-3]) (hours|days))$"
_HOURS = "^(1 hour|([2-9]|1[0-9]|2[0-3]) hours)$"
_TIME = "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"
_PROFILE = r'^(?![.\s])[^\\/:*?"<>|\u0000-\u001f\u007f-\u009f]+(?<!\s)$'
_METRIC = [{"type": "integer", "minimum": 1, "maximum": 9999}, {"const": "automatic"}]


def text_schema(pattern: str, **limits: int) -> WithJsonSchema:
    """Return the schema of a text that an editor checks by a pattern."""
    return WithJsonSchema({"type": "string", "pattern": pattern, **limits})


class ShortForm:
    """Adds to the schema of a value what may be written in its place."""

    def __init__(self, schema: Mapping[str, object]) -> None:
        self._schema = schema

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        schema = handler(core)
        options = schema.get("anyOf", [schema])
        return {"anyOf": [dict(self._schema), *options]}


_LINE = r"^(?!\s)[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+(?<!\s)$"
_MARKER_AT_THE_END = r"\[aovpn-remediate [A-Za-z0-9_-]+/[A-Za-z0-9_-]+ [0-9a-f]{16}\]\s*$"
_RESERVED = "[cC][oO][nN]|[pP][rR][nN]|[aA][uU][xX]|[nN][uU][lL]|[cC][oO][mM][1-9]|[lL][pP][tT][1-9]"
_KEY = f"^(?!({_RESERVED})$)[A-Za-z0-9][A-Za-z0-9_-]{{0,63}}$"
KEY_SCHEMA = {"pattern": _KEY}
"""The schema of the keys of a section."""
NAME_OF_A_LIST = {"type": "string", "pattern": _KEY}
"""The schema of a name that stands for a list of the file."""

SCOPES_EXPLAINED = explained(
    "The phonebook of each user.", "The phonebook of all users, in ProgramData.", "The device tunnel."
)
"""What each scope of a profile means."""

# With the patterns an editor refuses what the validators refuse.
Name = Annotated[
    str,
    Field(min_length=1, max_length=256),
    AfterValidator(check_line),
    text_schema(_LINE, minLength=1, maxLength=256),
]
Key = Annotated[str, AfterValidator(check_key), text_schema(_KEY)]
Text = Annotated[
    str,
    Field(max_length=1000),
    AfterValidator(check_text),
    WithJsonSchema({"type": "string", "maxLength": 1000, "not": {"pattern": _MARKER_AT_THE_END}}),
]
Tags = Annotated[list[Name], Field(min_length=1)]
Interval = Annotated[str, AfterValidator(check_interval), text_schema(_INTERVAL)]
Hours = Annotated[str, AfterValidator(check_hours), text_schema(_HOURS)]
TimeOfDay = Annotated[str, AfterValidator(check_time), text_schema(_TIME)]
Day = Annotated[date, BeforeValidator(parse_day)]
Profile = Annotated[str, AfterValidator(check_profile_name), text_schema(_PROFILE, maxLength=255)]
Metric = Annotated[int | str, PlainValidator(check_metric), WithJsonSchema({"anyOf": _METRIC})]
