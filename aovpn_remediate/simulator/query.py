"""The query options of OData that the service knows, and how they filter a collection."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, urlencode

from aovpn_remediate.simulator.wire import JsonObject, RefusalError, Request

MAX_PAGE: Final = 1000  # unconfirmed: no page size is documented

_NAME_FILTER = re.compile(r"\s*displayName\s+eq\s+'((?:[^']|'')*)'\s*")
_START_FILTER = re.compile(r"\s*startswith\(\s*displayName\s*,\s*'((?:[^']|'')*)'\s*\)\s*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a query asks for; no ``select`` is everything.

    ``$filter`` compares a display name with ``name``, or its start with ``start``.
    """

    select: tuple[str, ...] = ()
    with_assignments: bool = False
    name: str | None = None
    start: str = ""
    page: int = MAX_PAGE
    skip: int = 0


def read_options(
    request: Request, known: Collection[str], properties: Collection[str], page_size: int = MAX_PAGE
) -> Options:
    """Return the options of a request; an option, property or value that is not known is refused."""
    given = _given(request.query)
    for name in given:
        if name.startswith("$") and name not in known:
            raise RefusalError(f"The query option '{name}' is not supported here.")
    filtered = _filter(given.get("$filter")) if "$filter" in known else (None, "")
    return Options(
        select=_select(given.get("$select"), properties),
        with_assignments=_expand(given.get("$expand")),
        name=filtered[0],
        start=filtered[1],
        page=min(page_size, _top(given.get("$top"))),
        skip=_skip(given.get("$skiptoken")),
    )


def page_of(
    items: Sequence[JsonObject], options: Options, request: Request
) -> tuple[Sequence[JsonObject], JsonObject]:
    """Return one page and, if there are more, the annotation that leads to the next one."""
    end = options.skip + options.page
    page = items[options.skip : end]
    if end >= len(items):
        return page, {}
    query = {**_given(request.query), "$skiptoken": _token(end)}
    return page, {"@odata.nextLink": f"{request.root}{request.path}?{urlencode(query, safe='$(),')}"}


def selected(item: JsonObject, options: Options) -> JsonObject:
    """Return the members that were asked for."""
    if not options.select:
        return dict(item)
    return {name: value for name, value in item.items() if name in options.select}


def _given(query: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name in given:
            raise RefusalError(f"Query option '{name}' was specified more than once.")
        given[name] = value
    return given


def _select(text: str | None, properties: Collection[str]) -> tuple[str, ...]:
    if text is None:
        return ()
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in properties:
            raise RefusalError(f"Parsing OData Select and Expand failed: no property named '{name}'.")
    return names


def _expand(text: str | None) -> bool:
    if text not in (None, "assignments"):
        raise RefusalError(f"Parsing OData Select and Expand failed: no property named '{text}'.")
    return text is not None


def _filter(text: str | None) -> tuple[str | None, str]:
    """The name that a filter compares with, or the start of names."""
    if text is None:
        return None, ""
    equal, start = _NAME_FILTER.fullmatch(text), _START_FILTER.fullmatch(text)
    if equal is not None:
        return equal[1].replace("''", "'"), ""
    if start is not None:
        return None, start[1].replace("''", "'")
    raise RefusalError(f"Invalid filter clause: {text}")


def _top(text: str | None) -> int:
    if text is None:
        return MAX_PAGE
    if not re.fullmatch("[0-9]{1,9}", text) or not 1 <= int(text) <= MAX_PAGE:
        raise RefusalError(f"Invalid value '{text}' for the $top query option.")
    return int(text)


def _token(skip: int) -> str:
    return base64.urlsafe_b64encode(f"after:{skip}".encode()).decode()


def _skip(token: str | None) -> int:
    if token is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(token).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    match = re.fullmatch("after:([0-9]{1,9})", text)
    if match is None:
        raise RefusalError("The skip token is not valid.")
    return int(match[1])
