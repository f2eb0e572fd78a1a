"""The JSON Schema of the config: it accepts and refuses what the loader does."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from aovpn_remediate.config import config_schema
from aovpn_remediate.kinds import KINDS
from tests.bad_configs import BAD
from tests.config_texts import ENTRY, EXAMPLE, LIST, load


def fits(value: Any, part: dict[str, Any]) -> bool:
    """Whether a part of our schema accepts a JSON value, for the keywords that our schema uses."""
    if "$ref" in part:
        return fits(value, config_schema()["$defs"][part["$ref"].rsplit("/", 1)[1]])
    if options := part.get("anyOf") or part.get("oneOf"):
        return any(fits(value, option) for option in options)
    is_a_word = value == part.get("const", value) and value in part.get("enum", [value])
    return is_a_word and CHECKS[part.get("type", "")](value, part)


def fits_mapping(value: Any, part: dict[str, Any]) -> bool:
    if not isinstance(value, dict) or not set(part.get("required", [])) <= set(value):
        return False
    known, other = part.get("properties", {}), part["additionalProperties"]
    names = {"type": "string"} | part.get("propertyNames", {})
    return all(
        fits(key, names) and (key in known or other is not False) and fits(one, known.get(key, other))
        for key, one in value.items()
    )


def fits_list(value: Any, part: dict[str, Any]) -> bool:
    enough = isinstance(value, list) and len(value) >= part.get("minItems", 0)
    return enough and all(fits(one, part["items"]) for one in value)


def fits_text(value: Any, part: dict[str, Any]) -> bool:
    is_like = isinstance(value, str) and re.search(part.get("pattern", ""), value) is not None
    return is_like and part.get("minLength", 0) <= len(value) <= part.get("maxLength", 9999)


CHECKS = {
    "object": fits_mapping,
    "array": fits_list,
    "string": fits_text,
    "integer": lambda value, part: type(value) is int and part["minimum"] <= value <= part["maximum"],
    "boolean": lambda value, _: isinstance(value, bool),
    "null": lambda value, _: value is None,
    "": lambda *_: True,
}


def plain(text: str | bytes) -> object:
    """A document as an editor's JSON Schema sees it: a day is text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def test_the_schema_accepts_the_example():
    assert fits(plain(EXAMPLE.read_bytes()), config_schema())


@pytest.mark.parametrize(
    "text",
    [
        ENTRY + "    ipv6: null\n    live: ignore\n    enabled: false\n",
        ENTRY + "    scope_tags: [VPN]\n    description: two\n    repair: false\n    when_absent: issue\n",
        LIST + '      - {all: devices, schedule: {every: 1 day, at: "06:30", utc: false}}\n',
        LIST
        + '      - {group: G, filter: F, filter_mode: exclude, schedule: {once: 2026-12-01, at: "12:00"}}\n',
        ENTRY.replace("ipv4: 3", "ipv4: automatic") + "defaults: {publisher: P, scope_tags: [A, B]}\n",
        ENTRY + "tenants:\n  t: {id: 11111111-1111-1111-1111-111111111111, "
        "client_id: 22222222-2222-2222-2222-222222222222}\n  u: {}\n",
        ENTRY + "tenants:\n  t: {id: contoso.onmicrosoft.com, cloud: usgov-dod, auth: device-code, "
        "certificate: certs/t.pem, secret_env: T_1}\n",
        "name: contoso\nremediations: {}\n",
        ENTRY + "    signature_check: false\n",
    ],
)
def test_the_schema_accepts_what_the_loader_accepts(tmp_path, text):
    load(tmp_path, text)
    assert fits(plain(text), config_schema())


@pytest.mark.parametrize(
    "case",
    [
        "an unknown key", "a missing key", "a typo in a kind", "no kind", "no name", "no remediations",
        "remediations is empty", "metric 0", "a quoted metric", "a metric of 10000", "a metric of true",
        "a metric without a value", "a typo in a scope", "400 hours", "4 hour", "no such time",
        "a schedule that is text", "assignments that are a mapping", "a group that is a number",
        "a filter without a value", "scope tags without one", "an empty group", "a slash in a profile",
        "a newline in a profile", "a profile of 300 characters", "a leading dot", "a space at the end",
        "an empty profile", "run_as", "a secret", "a bad name", "a bad key", "a long description",
        "a tenant id", "a list", "a word", "a secret of a tenant", "a secret in place of an id", "a tenant's keys",
        "a tenant's values", "a tenant's names", "a tenant that is text", "tenants that are a list",
    ],
)  # fmt: skip
def test_the_schema_refuses_what_an_editor_can_see(case):
    assert not fits(plain(BAD[case][0]), config_schema())


def test_the_schema_explains_every_part():
    def walk(part: object) -> None:
        for sub in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
            walk(sub)
        for name, sub in part.get("properties", {}).items() if isinstance(part, dict) else ():
            assert sub.get("title") and sub.get("description"), name

    schema = config_schema()
    walk(schema)
    for part in (schema, *schema["$defs"].values()):
        assert part["title"] and part["description"] and "``" not in part["description"]


def test_the_schema_distinguishes_the_kinds():
    entries = config_schema()["properties"]["remediations"]["additionalProperties"]
    assert entries == {"oneOf": [{"$ref": f"#/$defs/{kind}"} for kind in KINDS]}
