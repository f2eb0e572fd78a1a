"""The config: any file ends in a config or in problems in our words."""

from __future__ import annotations

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from aovpn_remediate.config import load_config
from aovpn_remediate.errors import ConfigError
from tests.config_texts import ENTRY, KEYS, is_ours

YAML_LIKE = st.text(
    alphabet=st.sampled_from(list("abk:-[]{}'\"#&*!|>%@`,? \n\t0123456789\0\u00e9~<")), max_size=80
)


@settings(max_examples=400)
@given(
    st.one_of(
        st.binary(max_size=60), YAML_LIKE.map(str.encode), YAML_LIKE.map(lambda text: (ENTRY + text).encode())
    )
)
def test_any_file_ends_in_a_config_or_in_problems(tmp_path, content):
    path = tmp_path / "any.yaml"
    path.write_bytes(content)
    try:
        load_config(path)
    except ConfigError as error:
        assert error.problems


SHARED = {
    "profiles": ["name", "scope"],
    "route_lists": ["list", "file"],
    "assignment_sets": ["assignments", "schedule", "filter"],
}
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.dates()
    | st.sampled_from(["interface-metric", "user", "devices", "1 hour", "06:30", "~", "<<", "automatic"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["name", "kind", "group", "exclude", "all", "every", "once", "at", "id", "filter", "secret", "stored"]
    ), inner, max_size=4),
    max_leaves=6,
)  # fmt: skip
TOP = ["name", "defaults", "remediations", "tenants", "profiles", "route_lists", "assignment_sets"]
ENTRY_KEYS = KEYS.split(", ")


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from(TOP), JUNK), st.dictionaries(st.sampled_from(ENTRY_KEYS), JUNK), JUNK)
def test_any_value_at_any_key_ends_in_a_config_or_in_our_words(tmp_path, top, entry, assignment):
    good = yaml.safe_load(ENTRY)
    good["remediations"]["m"] |= {"assignments": [assignment]} | entry
    path = tmp_path / "any.yaml"
    path.write_text(yaml.safe_dump(good | top, allow_unicode=True), encoding="utf-8", errors="replace")
    try:
        load_config(path)
    except ConfigError as error:
        assert error.problems and all(is_ours(str(one)) for one in error.problems)


def parts(section: str) -> st.SearchStrategy[object]:
    """Junk in a section of what entries share, by the name that the entries below have."""
    keys = st.sampled_from(SHARED[section])
    return st.dictionaries(st.sampled_from(["a", "b c"]), JUNK | st.dictionaries(keys, JUNK))


@settings(max_examples=300)
@given(st.fixed_dictionaries({}, optional={name: parts(name) for name in SHARED}), JUNK, JUNK)
def test_any_shared_part_ends_in_a_config_or_in_our_words(tmp_path, shared, default, routes):
    metric = {"kind": "interface-metric", "profile": "a", "ipv4": 3, "assignments": "a"}
    route = {"kind": "route-presence", "profile": "a", "routes": ["a", routes], "schedule": routes}
    good = {"name": "c", "defaults": {"assignments": default}, "remediations": {"m": metric, "r": route}}
    path = tmp_path / "any.yaml"
    path.write_text(yaml.safe_dump(good | shared, allow_unicode=True), encoding="utf-8", errors="replace")
    try:
        load_config(path)
    except ConfigError as error:
        assert error.problems and all(is_ours(str(one)) for one in error.problems)
