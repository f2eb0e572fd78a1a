"""Each rule, broken once."""

from __future__ import annotations

import dataclasses

import pytest

from aovpn_remediate.client import syntax_errors
from aovpn_remediate.errors import RuleError
from aovpn_remediate.scripts.own_rules import check_own_script
from aovpn_remediate.scripts.package_rules import check_package, refuse_bad_scripts
from aovpn_remediate.scripts.rules import check_script, parse
from aovpn_remediate.scripts.shapes import SIZE_LIMIT
from tests.pairs import metric_pair

DOOR = "Complete-Detection"
NOT_5_1 = "which Windows PowerShell 5.1 does not have"


def problems(body: str | bytes) -> list[str]:
    """What is wrong with a script of this body and a proper end."""
    code = body if isinstance(body, bytes) else body.replace("\n", "\r\n").encode()
    return [str(one) for one in check_script("s", code + b"\r\n" + DOOR.encode() + b"\r\n", door=DOOR)]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"$a = 1\n$b = 2\n", "s:1: line ends are LF; save the file with CRLF line ends"),
        (
            b"\xef\xbb\xbf$a = 1",
            "s:1: starts with a byte order mark, which Intune's signature check refuses; save it without",
        ),
        (
            "$a = 'M\u00fc'",
            "s:1: column 8: Windows PowerShell 5.1 reads U+00FC in the device's code page; write it as a code: [char] 0x00FC",
        ),
        (
            "$a = 1\n$b = '\u2019'",
            "s:2: column 7: Windows PowerShell 5.1 reads U+2019 in the device's code page; write it as a code: [char] 0x2019",
        ),
        (
            "$a = '\0'",
            "s:1: column 7: Windows PowerShell 5.1 reads U+0000 in the device's code page; write it as a code: [char] 0x0000",
        ),
        (
            "$a = 1\n$b = '\U0001f600\u00fc'",
            "s:2: column 7: Windows PowerShell 5.1 reads U+1F600 in the device's code page; write it as a code: [char]::ConvertFromUtf32(0x1F600)",
        ),
        ("$a = 1\n$s = {{ settings }}", "s:2: contains '{{', a template mark that was not replaced"),
        ("#% if x %#", "s:1: contains '#%', a template mark that was not replaced"),
        ("# {{ name }}", "s:1: contains '{{', a template mark that was not replaced"),
        ("# {% name", "s:1: contains '{%', a template mark that was not replaced"),
        ("$a = $b ? 1 : 2", f"s:1: uses the ternary operator ? :, {NOT_5_1}"),
        ("$a = $b ?? 1", f"s:1: uses the operator ??, {NOT_5_1}"),
        ("$a ??= 1", f"s:1: uses the operator ??=, {NOT_5_1}"),
        ("a && b", f"s:1: uses the operators && and ||, {NOT_5_1}"),
        ("a || b", f"s:1: uses the operators && and ||, {NOT_5_1}"),
        ("function f {\n    clean { 1 }\n}", f"s:2: uses a clean block, {NOT_5_1}"),
        ('"a`u{41}"', f"s:1: uses the escapes `e and `u{{}}, {NOT_5_1}"),
        ('"`e[0m"', f"s:1: uses the escapes `e and `u{{}}, {NOT_5_1}"),
        ("$a = 0b101", f"s:1: uses a binary number, {NOT_5_1}"),
        ("$a = 5u", f"s:1: uses this number's suffix, {NOT_5_1}"),
        (
            "Get-A\n    | Get-B",
            "s:2: starts with a pipe, which Windows PowerShell 5.1 does not accept; put it on the line before",
        ),
        ("$a?.b", "s:1: cannot be parsed as PowerShell; check this line and the one before"),
        ("a &", "s:1: cannot be parsed as PowerShell; check this line and the one before"),
        ("if ($a) {", "s:2: cannot be parsed as PowerShell; check this line and the one before"),
        ("exit 0", f"s:1: has an exit outside {DOOR}; remove it"),
        ("function f {\n    exit 1\n}", f"s:2: has an exit outside {DOOR}; remove it"),
    ],
)
def test_a_broken_rule_is_named_with_its_line(body, problem):
    assert problem in problems(body)


@pytest.mark.parametrize(
    "body",
    [
        "$a = '{{ settings }} #% if %# {% %}'",
        "$a = \"{{ $b }}\"",
        "$a = @'\n{{ here }}\n'@",
        'Write-Output "``e"',
        "Get-A |\n    Get-B",
        "$a = { { 1 } }",
        f"function {DOOR} {{\n    exit 1\n}}",
        "$h = @{ clean = 1 }",
    ],
)  # fmt: skip
def test_what_5_1_accepts_is_not_a_problem(body):
    assert problems(body) == []


@pytest.mark.parametrize("end", [b"", b"\r\n\r\n", b"\n"])
def test_a_script_ends_with_exactly_one_line_end(end):
    found = check_script("s", DOOR.encode() + end, door=DOOR)
    assert found != []


@pytest.mark.parametrize(
    "script", [b"", b"$a = 1\r\n", b"Complete-Detection\r\n$a = 1\r\n", b"'Complete-Detection'\r\n"]
)
def test_a_script_without_its_door_is_refused(script):
    reasons = [one.text for one in check_script("s", script, door=DOOR)]
    assert f"does not end with a call of {DOOR}" in reasons


def test_a_script_over_the_limit_is_refused():
    line = b"# " + b"x" * 98 + b"\r\n"
    content = line * (SIZE_LIMIT // len(line) + 1) + DOOR.encode() + b"\r\n"
    assert [str(one) for one in check_script("s", content, door=DOOR)] == [
        f"s:1: has {len(content):,} bytes; the limit is 200,000"
    ]


@pytest.mark.parametrize(
    "profile", ["VPN", "{{ x }} #% if %# {% y %}", "exit 1; a && b", "M\u00fcnchen \U0001f600"]
)
@pytest.mark.parametrize("scope", ["user", "device"])
def test_every_rendered_pair_follows_the_rules_for_any_name(profile, scope):
    assert check_package(metric_pair(profile=profile, scope=scope)) == []


def test_a_script_is_parsed_once_for_all_rules():
    parse.cache_clear()
    package = dataclasses.replace(metric_pair(), detection=b"exit 0\r\n", remediation=b"")
    assert check_package(package)
    assert parse.cache_info().misses == 1


def test_all_broken_scripts_are_refused_at_once():
    package = metric_pair()
    broken = [
        type(package)(**{**vars(package), "detection": b"exit 0\r\n"}),
        type(package)(**{**vars(package), "remediation": b"$a = 1\r\n", "key": "other"}),
    ]
    with pytest.raises(RuleError) as refused:
        refuse_bad_scripts(broken)
    assert any(str(one).startswith("metric/detect.ps1:1: ") for one in refused.value.problems)
    assert any(str(one).startswith("other/remediate.ps1:1: ") for one in refused.value.problems)


@pytest.mark.parametrize(
    "line",
    [
        "function F { param($a) $a }",
        "function F { [CmdletBinding()] param($a = (1 + 2), $b) process { $a } end { $b } }",
        "switch ($x) { 1 { 'a' } 'b' { 2 } $c { 3 } default { 'd' } }",
        ":next foreach ($i in 1) { while ($true) { break next } }",
        "function F { param($a) switch ($a) { 1 { 'x' } default { 'y' } } }; function G { param($b) $b }",
    ],
)
def test_a_line_may_hold_what_the_grammar_wants_on_two(line):
    content = line.encode() + b"\r\nexit 0\r\n"
    assert not check_own_script("s", content, is_detection=True)


@pytest.mark.parametrize(
    "line",
    ["function F { param($a", "switch (1) { 1 { 2 } default 3 }", "$x = @{ a = 1 } 5", "foreach ($a in) { }"],
)
def test_invalid_powershell_is_still_invalid(line, shell):
    content = b"1\r\n" + line.encode() + b"\r\nexit 0\r\n"
    parse.cache_clear()
    asked = check_own_script("s", content, is_detection=True, ask=syntax_errors)
    alone = check_own_script("s", content, is_detection=True)
    assert [one.text for one in alone if one.text.startswith("cannot be parsed")]
    assert [one.line for one in asked if one.text.startswith("is not valid PowerShell: ")]


def test_what_powershell_says_of_a_script_quotes_nothing_of_it(shell):
    script = b'$x = @{ a = 1 } "secret\'s value"\r\nexit 0\r\n'
    found = syntax_errors(script)
    assert found and not any("secret" in text for _, text in found)


@pytest.mark.parametrize("line", ["a &", "$a?.b", "$x = $y ?? 1"])
def test_what_only_a_newer_powershell_accepts_stays_an_error(line, shell):
    content = line.encode() + b"\r\nexit 0\r\n"
    assert check_own_script("s", content, is_detection=True, ask=syntax_errors)


def test_without_powershell_nobody_is_asked(monkeypatch):
    monkeypatch.delenv("REMEDIATE_PWSH", raising=False)
    monkeypatch.setenv("PATH", "")
    assert syntax_errors(b"(") is None
    monkeypatch.setenv("REMEDIATE_PWSH", "/bin/true")
    assert syntax_errors(b"(") is None
