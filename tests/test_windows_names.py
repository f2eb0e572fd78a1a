"""Every command, parameter and .NET member that a script uses is there in 5.1 and in .NET Framework 4.8."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from aovpn_remediate.scripts.package_rules import check_package
from aovpn_remediate.scripts.powershell51 import TABLE, Call, commands, unknown_names
from aovpn_remediate.scripts.rules import check_names
from tests.pairs import metric_pair
from tests.windows_names import (
    DOTNET,
    STAND_INS,
    TEMPLATES,
    functions_of,
    real_uses,
    scripts,
    stand_ins,
    tree_uses,
    unknown_dotnet,
)
from tests.windows_tables import used_commands, used_types

SCRIPTS = scripts()


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_command_and_parameter_is_of_5_1(name):
    uses = tree_uses(SCRIPTS[name])
    functions = {**functions_of(TEMPLATES), **uses.functions}
    assert list(unknown_names(uses.calls, functions)) == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_type_and_member_is_of_net_framework_4_8(name):
    assert list(unknown_dotnet(tree_uses(SCRIPTS[name]))) == []


PLAIN = {
    "convertto-json", "foreach-object", "join-path", "new-object", "set-strictmode", "sort-object", "where-object",
}  # fmt: skip
REGISTRY = {"get-childitem", "get-item", "get-itemproperty", "new-item", "set-itemproperty", "test-path"}
"""Of the item commands those that reach the registry here; each has a stand-in for it."""


@pytest.mark.parametrize("name", SCRIPTS)
def test_windows_is_reached_by_commands_that_have_a_stand_in(name):
    uses = tree_uses(SCRIPTS[name])
    called = (
        {call.command.lower() for call in uses.calls} - set(functions_of(TEMPLATES)) - set(uses.functions)
    )
    assert called - PLAIN - REGISTRY <= {one.lower() for one in stand_ins()}
    paths = [f"{one.type}::{one.name}" for one in uses.members]
    assert "IO.Path::Combine" not in paths, "paths are built with Join-Path only"


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_real_parser_sees_the_same_calls_types_and_members(shell, tmp_path: Path, name):
    """So that the check without PowerShell is as good as the one with it."""
    script = tmp_path / "script.ps1"
    script.write_bytes(SCRIPTS[name])
    assert real_uses(shell, script) == tree_uses(SCRIPTS[name])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Get-Foo -Bar", "calls Get-Foo, which is not a known command of Windows PowerShell 5.1"),
        ("netsh x", "calls netsh, which is not a known command of Windows PowerShell 5.1"),
        ("Get-NetRoute | % { 1 }", "calls %, which is not a known command of Windows PowerShell 5.1"),
        (
            "Join-Path a b -AdditionalChildPath c",
            "calls Join-Path with the parameter -AdditionalChildPath, which it does not have in Windows PowerShell 5.1",
        ),
        (
            "$x = @{ Depth = 2; AsArray = $true }; $y = ConvertTo-Json @x",
            "calls ConvertTo-Json with the parameter -AsArray, which it does not have in Windows PowerShell 5.1",
        ),
        (
            "$x = [ordered] @{}\n$x['AsArray'] = $true; ConvertTo-Json @x",
            "calls ConvertTo-Json with the parameter -AsArray, which it does not have in Windows PowerShell 5.1",
        ),
        (
            '"$(New-Item -Mode 3)"',
            "calls New-Item with the parameter -Mode, which it does not have in Windows PowerShell 5.1",
        ),
        ("New-Item @other", "calls New-Item with the splat @other, whose keys cannot be determined"),
        (
            "function Get-X { param($A) $A }; Get-X -B 1",
            "calls Get-X with the parameter -B, which it does not have in Windows PowerShell 5.1",
        ),
    ],
)
def test_what_5_1_does_not_have_is_named_with_script_line_and_word(shell, tmp_path: Path, line, reason):
    content = f"# one\n{line}\n".encode()
    at = 2 + line.count("\n")
    assert [str(one) for one in check_names("k/detect.ps1", content)] == [f"k/detect.ps1:{at}: {reason}"]
    (tmp_path / "s.ps1").write_bytes(content)
    uses = real_uses(shell, tmp_path / "s.ps1")
    unknown = unknown_names(uses.calls, uses.functions)
    assert [(place, text) for place, _, text in unknown] == [(at, reason)]


@pytest.mark.parametrize(
    "line",
    [
        "get-netroute -interfaceindex 3 -ErrorAction Stop | Sort-Object -Property Name -Unique",
        "Restart-Service -Name x -Confirm:$false",
        "$x = @{ Path = 1 }\n$x['Force'] = $true\nNew-Item @x",
        "& $one 3",
        "function Get-X {\n    param([string] $A, [int[]] $Bee = 3)\n    $A\n}\nget-x -a 1 -BEE 2",
    ],
)
def test_what_5_1_has_is_not_a_problem(line):
    assert check_names("s", line.encode()) == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("[IO.File]::ReadAllBytesAsync('x')", "IO.File::ReadAllBytesAsync(1)"),
        ("[IO.File]::Move('a', 'b', $true)", "IO.File::Move(3)"),
        ("[Convert]::ToHexString($x)", "Convert::ToHexString(1)"),
        ("[string]::Empty.Contains('a', 5)", "::Contains(2)"),
        ("$x.ReplaceLineEndings()", "::ReplaceLineEndings(0)"),
        ("[Text.Encoding]::Latin1", "Text.Encoding::Latin1"),
        ("$x.Messsage", "::Messsage"),
        ("[Text.Json.JsonDocument] $x", "[Text.Json.JsonDocument]"),
        ("New-Object -TypeName 'Net.Http.SocketsHttpHandler'", "[Net.Http.SocketsHttpHandler]"),
    ],
)
def test_what_net_framework_does_not_have_is_found(shell, tmp_path: Path, line, name):
    (tmp_path / "s.ps1").write_bytes(line.encode())
    assert (1, name) in unknown_dotnet(tree_uses(line.encode()))
    assert (1, name) in unknown_dotnet(real_uses(shell, tmp_path / "s.ps1"))


@pytest.mark.parametrize("path", STAND_INS, ids=lambda path: path.name)
def test_a_stand_in_has_only_parameters_of_5_1(path):
    """One that took more would let a script pass here that fails on Windows."""
    declared = tree_uses(path.read_bytes()).functions
    for name in set(declared) & {one.lower() for one in stand_ins()}:
        assert declared[name] - commands()[name] == set(), name


def test_every_stand_in_is_a_command_of_5_1():
    assert {one.lower() for one in stand_ins()} <= set(commands())
    assert {one.lower() for one in stand_ins()} <= set(functions_of(STAND_INS))


def test_the_tables_hold_what_is_used_and_no_more():
    """Run ``make tables`` if this fails and the command or type is really there in 5.1."""
    assert set(json.loads(TABLE.read_text())["commands"]) == used_commands()
    short = {re.sub(r"\[\]$", "", name).rpartition(".")[2].lower() for name in used_types()}
    assert len(json.loads(DOTNET.read_text())["types"]) < len(short) + 25


def test_a_rendered_package_is_refused_for_a_name_that_5_1_does_not_have():
    package = metric_pair()
    broken = package.detection.replace(
        b"ConvertTo-Json -InputObject", b"ConvertTo-Json -AsArray -InputObject"
    )
    found = check_package(type(package)(**{**vars(package), "detection": broken}))
    line = broken[: broken.index(b"-AsArray")].count(b"\n") + 1
    assert [str(one) for one in found] == [
        f"metric/detect.ps1:{line}: calls ConvertTo-Json with the parameter -AsArray, "
        "which it does not have in Windows PowerShell 5.1"
    ]


def test_names_are_compared_as_powershell_compares_them():
    assert list(unknown_names([Call(1, "START-SLEEP", ("MILLISECONDS",))], {})) == []
