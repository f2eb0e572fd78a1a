"""Values as PowerShell source: nothing may change, nothing may become code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aovpn_remediate.client import empty_state
from aovpn_remediate.scripts.literals import Source, literal

HOSTILE = "'\u2018\u2019\u201a\u201b\"\u201c\u201d`$(){}[];#@|&<>\n\r\0\u00a0\u0085\ufeff\u202e\ud800\U0001f600 aZ9-"
TEXTS = st.text(alphabet=st.one_of(st.sampled_from(HOSTILE), st.characters()), max_size=40)


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (None, "$null"),
        (True, "$true"),
        (False, "$false"),
        (0, "0"),
        (-7, "-7"),
        ("", "''"),
        ("Contoso VPN", "'Contoso VPN'"),
        ("O'Neil", "'O''Neil'"),
        ("M\u00fcnchen", "('M' + [char] 0x00FC + 'nchen')"),
        ("\u2019", "('' + [char] 0x2019)"),
        ("\U0001f600!", "('' + [char] 0xD83D + [char] 0xDE00 + '!')"),
        ("a\nb", "('a' + [char] 0x000A + 'b')"),
        ([], "@()"),
        (["a", 1], "@('a', 1)"),
        ([["a", "b"]], "@(, @('a', 'b'))"),
        ({}, "@{}"),
        ({"Name": "x", "Metric": 3}, "@{\n    Name   = 'x'\n    Metric = 3\n}"),
        ({"a b'c": {"d": None}}, "@{\n    'a b''c' = @{\n        d = $null\n    }\n}"),
        (Source("function f {}"), "function f {}"),
    ],
)
def test_a_value_is_written_as_a_person_would(value, source):
    assert literal(value) == source


@pytest.mark.parametrize("value", [1.5, b"x", object(), {1}])
def test_a_type_without_a_literal_is_refused(value):
    with pytest.raises(TypeError, match=f"no PowerShell literal for a value of type {type(value).__name__}"):
        literal(value)


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, {"key": 1, "KEY": 2}])
def test_a_value_that_powershell_would_change_is_refused(value):
    with pytest.raises(ValueError, match="PowerShell"):
        literal(value)


@given(TEXTS)
def test_every_text_is_one_line_of_ascii(text):
    source = literal(text)
    assert source.isascii() and source.isprintable()


@settings(max_examples=20)
@given(st.lists(TEXTS, min_size=200, max_size=200))
def test_the_real_parser_reads_back_exactly_what_went_in(shell, tmp_path: Path, texts):
    """Thousands of hostile texts, evaluated by PowerShell itself and compared unit by unit."""
    values = ",\n".join(literal(text) for text in texts)
    script = tmp_path / "values.ps1"
    script.write_text(
        f"$values = @(\n{values}\n)\n"
        "$units = foreach ($value in $values) { (@($value.ToCharArray()) | ForEach-Object { [int] $_ }) -join ' ' }\n"
        "ConvertTo-Json -Compress -InputObject @($units)\n",
        encoding="ascii",
    )
    run = shell.run(script, environment={}, state=empty_state())
    expected = [" ".join(str(unit) for unit in _units(text)) for text in texts]
    assert run.errors == ()
    assert json.loads(run.output[-1]) == expected


def _units(text: str) -> list[int]:
    data = text.encode("utf-16-le", "surrogatepass")
    return [data[i] | data[i + 1] << 8 for i in range(0, len(data), 2)]
