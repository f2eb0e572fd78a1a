"""Rules that run once for each shape find what they find in whole scripts, and the committed shapes are true."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aovpn_remediate.errors import RenderError
from aovpn_remediate.problems import Problem
from aovpn_remediate.scripts import frames, shapes
from aovpn_remediate.scripts.frames import fill_frame, frame_key, make_frame, read_frame
from aovpn_remediate.scripts.literal_table import end_of_table, read_table
from aovpn_remediate.scripts.literals import literal
from aovpn_remediate.scripts.package_rules import check_package, check_rendered, is_obedient
from aovpn_remediate.scripts.rules import check_names, check_script, parse, shape_obeys
from aovpn_remediate.scripts.shapes import SIZE_LIMIT, shape_of
from aovpn_remediate.scripts.syntax import syntax_tree
from aovpn_remediate.scripts.template_parts import templates_folder
from tests import shape_list
from tests.hostile import CODE, HOSTILE
from tests.pairs import metric_pair, pair

DOORS = shape_list.DOORS
NETWORKS = ["10.0.0.0/8", "172.16.0.0/12", "2001:db8::/32"]
LITERAL_NODES = {
    "program", "statement_list", "pipeline", "pipeline_chain", "assignment_expression", "assignment_value",
    "left_assignment_expression", "assignment_operator", "unary_expression", "variable", "=", "$", "@{", "@(", "(", ")",
    "}", ",", "+", "-", "'", "hash_literal_expression", "hash_literal_body", "hash_entry", "key_expression",
    "simple_name", "string_literal", "verbatim_string_characters", "array_expression", "expression_with_unary_operator",
    "integer_literal", "decimal_integer_literal", "parenthesized_expression", "additive_expression",
    "array_literal_expression", "cast_expression", "type_literal", "type_spec", "type_name", "type_identifier",
    "hexadecimal_integer_literal", "[", "]",
}  # fmt: skip


def whole(script: bytes, door: str) -> list[Problem]:
    """What the rules find in a script that is parsed as a whole."""
    return [*check_script("s", script, door=door), *check_names("s", script)]


def assert_same(script: bytes, door: str) -> list[Problem]:
    """What both ways find, which must be the same."""
    found = whole(script, door)
    assert check_rendered("s", script, door=door) == found
    return found


def test_the_committed_shapes_are_those_of_the_templates_and_obey():
    assert shape_list.FILE.read_text(encoding="ascii") == shape_list.shapes_json(), "run make golden"


def test_a_script_of_a_committed_shape_is_not_parsed():
    parse.cache_clear()
    assert check_package(metric_pair()) == []
    assert parse.cache_info().misses == 0


def test_an_unknown_shape_is_parsed_once_for_all_its_scripts():
    parse.cache_clear()
    shape_obeys.cache_clear()
    for metric in (1, 2, 3):
        script = metric_pair(ipv4=metric).detection.replace(b"function ", b"function  ")
        assert check_rendered("s", script, door=DOORS["detect"]) == []
    assert parse.cache_info().misses == 1


def test_a_shape_obeys_only_with_the_end_that_it_was_checked_for():
    shape = shape_of(metric_pair().detection)
    assert shape is not None
    assert is_obedient(shape, "Complete-Detection") and not is_obedient(shape, "Complete-Remediation")


TEXTS = st.one_of(st.text(st.sampled_from(HOSTILE), max_size=20), st.sampled_from(CODE))


@settings(max_examples=20, deadline=None)
@given(TEXTS, st.lists(st.sampled_from(NETWORKS), unique=True), st.sampled_from(["user", "device"]))
def test_both_ways_find_nothing_in_scripts_of_hostile_settings(name, routes, scope):
    for package in (
        pair("route-presence", profile="VPN", scope=scope, routes=routes),
        metric_pair(scope=scope),
    ):
        for shell, script in (("detect", package.detection), ("remediate", package.remediation)):
            hostile = script.replace(b"'Contoso User VPN'", crlf(literal(name))).replace(
                b"'VPN'", crlf(literal(name))
            )
            assert assert_same(hostile, DOORS[shell]) == []
            assert shape_of(hostile) == shape_of(script)


def crlf(text: str) -> bytes:
    """A literal as it is in a script."""
    return text.replace("\n", "\r\n").encode("ascii")


BROKEN = [
    b"exit 0", b"$a = $b ?? 1", b"a && b", b"$a = 0b101", b"if ($a) {", b"try { 1 }", b"Get-Nothing -A 1", b"\n", b"\r",
    b"Get-Item -Nonsense 1", b"{{ settings }}", b"#% if x %#", b"$a = '\xfc'", b"Get-Item |\r\n| Get-Item", b"<#", b"@'",
    b"$x = @{ a = ", b"'", b"Get-Service @Settings -ErrorAction Stop",
]  # fmt: skip


@pytest.mark.parametrize("line", BROKEN)
@pytest.mark.parametrize("place", [b"Set-StrictMode", b"$Settings = ", b"function ", b"Complete-"])
@pytest.mark.parametrize("shell", ["detect", "remediate"])
def test_both_ways_find_the_same_in_a_broken_template(line, place, shell):
    package = metric_pair(scope="device")
    script = package.detection if shell == "detect" else package.remediation
    broken = script.replace(b"\r\n" + place, b"\r\n" + line + b"\r\n" + place, 1)
    assert broken != script
    found = assert_same(broken, DOORS[shell])
    assert found or line == b"Get-Service @Settings -ErrorAction Stop"


NO_LITERALS = [
    b"@{ A = 1 }", b"@{\n    A = 1\n}", b"@{\r\n    A = $x\r\n}", b"@{\r\n    A = Get-Date\r\n}", b"@{\r\n    A = 'x'y\r\n}",
    b"@{\r\n    A = $(exit 1)\r\n}", b"@{\r\n    A = 1; exit 1\r\n}", b"@{\r\n    A = \"x\"\r\n}", b"@{\r\n    A = @(1, )\r\n}",
    b"@{\r\n    A = 'x\r\n'\r\n}", b"@{\r\n    A = '\xfc'\r\n}", b"@{\r\n    A = 1", b"@{\r\n    A = 1u\r\n}", b"@(1)", b"$null",
    b"@{\r\n    A = 0b1\r\n}", b"@{\r\n    A = 'x' + 'y'\r\n}", b"@{\r\n    A = ('x' + $y)\r\n}", b"@{\r\n    {{ a }} = 1\r\n}",
    b"@{\r\n    A =\r\n}", b"@{}; exit 1", b"@{\r\n    A = 'x'\r\n} + @{}", b"@{\r\n    A = [char] 0x41\r\n}", b"@{\r\n    A = @(1 2)\r\n}",
    b"@{\r\n    A = " + b"@(" * 30 + b")" * 30 + b"\r\n}",
]  # fmt: skip


@pytest.mark.parametrize("value", NO_LITERALS)
def test_settings_that_are_not_a_table_are_checked_with_the_script(value):
    script = with_settings(value)
    assert shape_of(script) is None
    assert_same(script, DOORS["detect"])


def with_settings(value: bytes) -> bytes:
    """A detection script with other settings."""
    script = metric_pair().detection
    start = script.index(b"$Settings = ") + len(b"$Settings = ")
    end = end_of_table(script, start)
    return script[:start] + value + script[end:]


def test_the_size_of_the_whole_script_counts():
    script = with_settings(b"@{\r\n    A = '" + b"x" * SIZE_LIMIT + b"'\r\n}")
    assert [one.code for one in assert_same(script, DOORS["detect"])] == ["rules/too-large"]


@pytest.mark.parametrize(
    ("before", "after"), [(b"<#\r\n", b"\r\n#>"), (b"if ($true) {\r\n", b"\r\n}"), (b"$a =\r\n", b"")]
)
def test_settings_that_are_not_at_the_top_of_a_script_hide_nothing(before, after):
    script = metric_pair().detection
    value = b"$Settings = @{\r\n    A = '#> exit 3 <#'\r\n}"
    broken = script.replace(b"\r\n$Settings = ", b"\r\n" + before + value + after + b"\r\n$Settings = ", 1)
    shape = shape_of(broken)
    assert shape is not None and not shape_obeys(shape, DOORS["detect"])
    assert_same(broken, DOORS["detect"])


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**31), 2**31 - 1), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["A", "Bc", "d e", "\u00fc"]), inner)
    ),
    max_leaves=8,
)
TABLES = st.dictionaries(st.sampled_from(["Profile", "Routes", "x y"]), VALUES)


@given(TABLES)
def test_every_table_that_the_encoder_writes_is_read_back(table):
    code = crlf(literal(table))
    assert read_table(code + b"\r\nexit 1", 0) == (table, len(code))


@given(TABLES, st.data())
def test_what_is_read_as_a_table_of_literals_is_nothing_else(table, data):
    code = bytearray(crlf(literal(table)))
    place = data.draw(st.integers(0, len(code)))
    code[place : place + data.draw(st.integers(0, 2))] = data.draw(
        st.sampled_from(
            [b"", b"'", b"$x", b"(", b")", b"}", b"@{", b"@(", b", ", b";", b"\r\n", b"1", b"exit 1", b"+"]
        )
    )
    if end_of_table(bytes(code), 0) == len(code):
        root = syntax_tree(b"$Settings = " + bytes(code) + b"\r\n")
        assert not root.has_error
        assert node_types(root) <= LITERAL_NODES


@pytest.mark.parametrize("second", ["a", "A", "'a'"])
def test_a_table_with_a_key_twice_is_not_a_table_of_literals(second):
    code = f"@{{\r\n    A = 1\r\n    {second} = 2\r\n}}".encode()
    assert end_of_table(code, 0) is None


def node_types(node) -> set[str]:
    """The types of all nodes of a tree."""
    found = {node.type}
    for child in node.children:
        found |= node_types(child)
    return found


@pytest.fixture
def copied_templates(tmp_path, monkeypatch):
    """A copy of the templates that may be changed, in place of the real ones."""
    folder = tmp_path / "ps1"
    shutil.copytree(templates_folder(), folder)
    for module in (frames, shapes):
        monkeypatch.setattr(module, "templates_folder", lambda: folder)
    for cached in (frames.read_frame, frames._environment, shapes.read_shapes):
        cached.cache_clear()
    yield folder
    monkeypatch.undo()
    for cached in (frames.read_frame, frames._environment, shapes.read_shapes):
        cached.cache_clear()


def change(folder, old: str, new: str) -> None:
    """Replace a text in the detection's shell."""
    path = folder / "detect.ps1.j2"
    text = path.read_text(encoding="ascii")
    assert old in text
    path.write_text(text.replace(old, new), encoding="ascii")


def test_a_changed_shell_is_rendered_again(copied_templates):
    assert "# New\n" not in "".join(read_frame("detect", ("Stored",), ("Stored",)))
    change(copied_templates, "Set-StrictMode", "# New\nSet-StrictMode")
    read_frame.cache_clear()
    assert "# New\n" in "".join(read_frame("detect", ("Stored",), ("Stored",)))


def test_a_frame_that_is_not_committed_is_made(copied_templates):
    (copied_templates / "shapes.json").unlink()
    arguments = ("remediate", ("Stored", "Live"), ("Live",))
    assert frame_key(*arguments) not in shapes.read_shapes().frames
    assert read_frame(*arguments) == make_frame(*arguments)


def test_a_shell_that_names_an_unknown_value_is_refused(copied_templates):
    change(copied_templates, "{{ title }}", "{{ titel }}")
    with pytest.raises(RenderError, match="'titel' is undefined"):
        read_frame("detect", (), ())


@given(TEXTS)
def test_every_value_of_a_frame_passes_through_the_encoder(text):
    assert fill_frame(("a ", "settings", " b"), {"settings": text}) == f"a {literal(text)} b"


def test_what_jinja_itself_writes_passes_through_the_encoder(copied_templates):
    change(copied_templates, "{{ title }}", "{{ checks }} {{ \"'; exit 1; '\" }}")
    assert "@('Stored') '''; exit 1; '''\n" in read_frame("detect", ("Stored",), ())[0]
