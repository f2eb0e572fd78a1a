"""The JSON Schema of the config: it accepts what the loader accepts, and refuses what JSON Schema can say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from aovpn_remediate.cli import run
from aovpn_remediate.config import config_schema, load_config
from aovpn_remediate.errors import ConfigError
from aovpn_remediate.kinds import KINDS
from tests.bad_configs import BAD
from tests.config_texts import ENTRY, EXAMPLE, LIST, load

VALIDATOR = Draft202012Validator(config_schema())
NOT_SAYABLE = {
    "assignment/included-and-excluded", "assignment/listed-twice", "config/companion-key",
    "config/formerly-in-use", "config/formerly-twice", "config/same-display-name", "config/similar-keys",
    "key/characters", "metric/invalid", "route/host-bits", "route/listed-twice", "yaml/unquoted-time",
}  # fmt: skip
"""The codes of what JSON Schema cannot compare or see; 3.0 is a whole number for it."""

SEEN = {case: text for case, (text, _) in BAD.items() if case not in ("deep", "20 MB")}
"""The bad configs that ruamel.yaml reads at all."""


def fits(value: Any) -> bool:
    """Whether the schema accepts a document."""
    return VALIDATOR.is_valid(value)


def plain(text: str | bytes) -> object:
    """A document as an editor's JSON Schema sees it: a day is text."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def test_the_schema_accepts_the_example():
    assert fits(plain(EXAMPLE.read_bytes()))


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
        "name: c\nprofiles: {u: {name: U, scope: user}}\nroute_lists: {a: [10.0.0.0/8], b: {list: [10.1.0.0/16]}}\n"
        "assignment_sets:\n  s: [{group: G}, {exclude: X}]\n"
        "  t: {schedule: {every: 1 hour}, filter: F, assignments: [{group: G, filter_mode: exclude}]}\n"
        "defaults: {assignments: t}\nremediations:\n"
        "  r: {kind: route-presence, profile: u, routes: [a, b, {prefix: 10.2.0.0/16, metric: 5}], live: repair, "
        "live_every: 2 hours, formerly: old, when_unknown: issue}\n"
        "  m: {kind: interface-metric, profile: u, ipv4: 3, assignments: s, schedule: {every: 1 day, at: '06:00'}}\n",
        ENTRY + "    assignments: [{group: G}]\n    schedule: {every: 1 hour}\n    filter: F\n",
        ENTRY + "    signature_check: false\n",
    ],
)
def test_the_schema_accepts_what_the_loader_accepts(tmp_path, text):
    load(tmp_path, text)
    assert fits(plain(text))


@pytest.fixture(scope="session")
def red(tmp_path_factory) -> set[str]:
    """The bad configs that ``check-jsonschema`` refuses, or cannot read, as an editor."""
    folder = tmp_path_factory.mktemp("schema")
    schema = folder / "schema.json"
    assert run(["schema", "-o", str(schema)]) == 0
    names = {f"{number}.yaml": case for number, case in enumerate(SEEN)}
    for name, case in names.items():
        text = SEEN[case]
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    command = [sys.executable, "-m", "check_jsonschema", "--schemafile", str(schema), "-o", "json"]
    done = subprocess.run(
        [*command, *(str(folder / name) for name in names)], capture_output=True, text=True, check=False
    )
    found = json.loads(done.stdout)
    return {names[Path(one["filename"]).name] for one in (*found["errors"], *found["parse_errors"])}


def codes(folder: Path, case: str) -> set[str]:
    """The codes of the problems that the loader has with a bad config."""
    text = SEEN[case]
    (folder / "r.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as refused:
        load_config(folder / "r.yaml")
    return {one.code for one in refused.value.problems}


@pytest.mark.parametrize("case", SEEN)
def test_what_is_refused_is_red_in_an_editor_as_far_as_a_schema_goes(tmp_path, case, red):
    assert case in red or codes(tmp_path, case) <= NOT_SAYABLE


def test_each_exception_is_one(tmp_path, red):
    accepted: set[str] = set()
    for case in SEEN:
        if case not in red:
            accepted |= codes(tmp_path, case)
    assert accepted == NOT_SAYABLE


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_accepts_the_example_of_a_kind(kind):
    entries = yaml.safe_load(KINDS[kind].example)
    assert fits({"name": "c", "remediations": entries})


def test_a_problem_of_a_kind_does_not_speak_of_the_other_kinds():
    found = list(VALIDATOR.iter_errors(plain(ENTRY.replace("ipv4: 3", "ipv4: 0"))))
    assert [list(one.absolute_path) for one in found] == [["remediations", "m", "ipv4"]]


def choices(part: object) -> Iterator[dict[str, Any]]:
    """Every choice of words in a schema."""
    if isinstance(part, dict):
        if "title" in part and isinstance(part.get("enum"), list):
            yield part
        for one in part.values():
            yield from choices(one)
    elif isinstance(part, list):
        for one in part:
            yield from choices(one)


def test_the_schema_explains_every_word_of_a_choice():
    found = list(choices(config_schema()))
    assert len(found) > 12
    assert [one for one in found if len(one.get("enumDescriptions", ())) != len(one["enum"])] == []


def test_the_file_of_the_schema_is_utf_8(tmp_path):
    assert run(["schema", "-o", str(tmp_path / "new" / "s.json")]) == 0
    content = (tmp_path / "new" / "s.json").read_bytes()
    assert json.loads(content.decode("utf-8"))["$id"].startswith("urn:") and not content.startswith(b"\xef")


def test_the_schema_explains_every_part():
    schema = config_schema()
    for part in (schema, *schema["$defs"].values()):
        assert part["title"] and part["description"] and "``" not in part["description"]
        for name, one in part["properties"].items():
            assert one.get("title") and one.get("description"), name


def test_the_schema_explains_every_kind():
    kind = config_schema()["properties"]["remediations"]["additionalProperties"]["properties"]["kind"]
    assert kind["enum"] == list(KINDS)
    assert [one.split()[0] for one in kind["enumDescriptions"]] and all(kind["enumDescriptions"])


def test_the_rules_of_the_file_offer_no_key_to_an_editor():
    def offered(part: object) -> Iterator[str]:
        if isinstance(part, dict):
            yield from part.get("properties", {})
            for one in part.values():
                yield from offered(one)
        elif isinstance(part, list):
            for one in part:
                yield from offered(one)

    assert set(offered(config_schema()["allOf"])) == {"remediations", "defaults"}
