"""What a rendered script looks like."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aovpn_remediate.client import empty_state
from aovpn_remediate.scripts.template_parts import templates_folder
from tests.golden_files import GOLDEN, rendered
from tests.pairs import metric_pair, pair

TEMPLATES = sorted(templates_folder().rglob("*.ps1")) + sorted(templates_folder().glob("*.j2"))


def test_the_golden_scripts_are_what_the_example_renders_to():
    on_disk = {path.relative_to(GOLDEN).as_posix(): path.read_bytes() for path in GOLDEN.rglob("*.ps1")}
    assert rendered() == on_disk, "run make golden and read the difference"


def test_rendering_twice_gives_the_same_bytes():
    assert metric_pair() == metric_pair()


def test_a_detection_alone_has_no_remediation_script():
    assert metric_pair(repair=False).remediation == b""


def test_the_settings_read_as_a_person_would_write_them():
    text = metric_pair(profile="O'Neil", ipv6=None).detection.decode()
    assert "    Profile   = 'O''Neil'\r\n" in text
    assert "    Ipv4      = 3\r\n    Ipv6      = $null\r\n    EntryKeys = @(@{\r\n" in text


def test_the_head_names_the_kind_but_no_version_and_no_date():
    head = metric_pair().detection.decode().split("Set-StrictMode")[0]
    assert "# Kind interface-metric, rendered by aovpn-remediate.\r\n" in head
    assert all(line.startswith("#") or not line for line in head.split("\r\n"))
    assert not re.search(r"20\d\d-\d\d|\d\.\d", head)


def test_a_name_in_the_settings_brings_no_function_into_a_script():
    ordinary, named = metric_pair(), metric_pair(profile="Write-PhonebookText")
    assert b"'Write-PhonebookText'" in named.detection
    assert named.detection == ordinary.detection.replace(b"'Contoso User VPN'", b"'Write-PhonebookText'")


def test_only_the_functions_that_a_script_uses_are_in_it():
    detection, remediation = metric_pair().detection.decode(), metric_pair().remediation.decode()
    for name in ("Write-PhonebookText", "Complete-Remediation", "Set-LiveMetric"):
        assert f"function {name} " not in detection
    assert "function Write-PhonebookText " in remediation and "function Set-LiveMetric " not in remediation
    live = metric_pair(stored="ignore", live="repair")
    assert b"Phonebook" not in live.detection + live.remediation


@pytest.mark.parametrize("script", ["detection", "remediation"])
def test_every_function_in_a_script_is_used(script):
    text = getattr(metric_pair(scope="device"), script).decode()
    code = re.sub(r"(?m)^\s*#.*$", "", text)
    names = re.findall(r"(?m)^function (\S+)", code)
    assert names
    for name in names:
        assert len(re.findall(rf"(?<![\w-]){name}(?![\w-])", code)) > 1, name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_the_templates_are_powershell_as_they_are(shell, tmp_path: Path, path):
    script = tmp_path / "parse.ps1"
    script.write_text(
        "$problems = $null\n"
        f"$null = [Management.Automation.Language.Parser]::ParseFile('{path}', [ref] $null, [ref] $problems)\n"
        "'{0} problems' -f @($problems).Count\n"
    )
    run = shell.run(script, environment={}, state=empty_state())
    assert run.output == ("0 problems",)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_the_templates_are_ascii_and_only_the_shells_hold_marks(path):
    text = path.read_text(encoding="ascii")
    assert "\t" not in text and not re.search(r"(?m) +$", text)
    assert max(map(len, text.splitlines())) <= 110
    if path.suffix == ".ps1":
        assert not re.search(r"\{\{|#%|\{%", text)


LASTING = r"""(?ix) \b(global|script|function|alias|variable):\w | \benv:\w+\s*[-+]?=(?!=)
    | \b(New|Set)-(Alias|Variable|PSDrive|Location)\b | \b(Add-Type|Import-Module)\b | ::Set\w+\( | LookupAction """


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_the_templates_leave_nothing_in_the_session(path):
    """So that verify may run one script after another in a runspace that is reset, not new."""
    assert not re.search(LASTING, path.read_text())


@pytest.mark.parametrize(
    "line",
    ["$global:x = 1", "function script:Get-X { }", "$env:X = 1", "Set-Alias a b", "[Console]::SetOut($x)"],
)
def test_what_would_stay_in_the_session_is_found(line):
    assert re.search(LASTING, line)


CLOSED_LIST = """
    Get-VpnConnection Add-VpnConnectionRoute Remove-VpnConnectionRoute Get-NetIPInterface Set-NetIPInterface
    Get-NetRoute New-NetRoute Remove-NetRoute Get-NetAdapter Get-NetConnectionProfile Test-NetConnection
    Get-Service Restart-Service Get-CimInstance Start-Sleep
"""


def windows_calls() -> list[tuple[Path, str]]:
    """Each call of a command of Windows in the templates: the file, and the rest of the line."""
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(CLOSED_LIST.split())})(?![\w-])([^\n]*)")
    found = []
    for path in TEMPLATES:
        code = re.sub(r"(?m)^\s*#.*$", "", path.read_text(encoding="ascii"))
        found += [(path, rest) for rest in named.findall(code)]
    return found


@pytest.mark.parametrize(("path", "rest"), windows_calls(), ids=lambda value: getattr(value, "name", ""))
def test_windows_is_called_only_from_runtime_and_with_an_error_action(path, rest):
    assert path.parent.name == "runtime"
    call = path.read_text(encoding="ascii") if "@" in rest else rest
    assert "ErrorAction" in call


ROUTES = {"profile": "VPN", "scope": "device", "routes": ["10.0.0.0/8"]}
METRIC = {"routes": [{"prefix": "10.0.0.0/8", "metric": 5}]}
EXCLUSION = {
    "routes": ["10.0.0.0/8", {"prefix": "10.8.0.0/16", "exclude": True}],
    "exclusions": "write",
}


@pytest.mark.parametrize(
    ("needs", "function"),
    [
        ({"stale": "remove"}, "Remove-StoredRoute"),
        ({"stale": "remove"}, "Remove-LiveRoute"),
        (METRIC, "Set-StoredMetric"),
        (EXCLUSION, "Write-Exclusion"),
        (EXCLUSION, "Set-EntryKey"),
    ],
)
def test_a_script_has_only_the_functions_that_its_settings_need(needs, function):
    place = f"function {function} {{".encode()
    assert place in pair("route-presence", **(ROUTES | needs)).remediation
    assert place not in pair("route-presence", **ROUTES).remediation


def test_an_exclusion_that_is_only_stored_is_always_known():
    place = b"@(Get-ProfileRoute -Settings $Settings | Where-Object { $_['Exclude'] })"
    assert place in pair("route-presence", **ROUTES).remediation
    assert place not in pair("route-presence", **(ROUTES | {"stored": "ignore"})).remediation


def test_only_scripts_that_may_restart_rasman_read_all_phonebooks():
    settings = {"privileges": "windows", "repair": False}
    assert b"Get-PhonebookName" not in pair("rasman-privileges", **settings).detection
    restarting = pair("rasman-privileges", **settings, restart="when-disconnected")
    assert b"Get-PhonebookName" in restarting.detection


def test_the_settings_hold_only_what_the_script_reads():
    text = pair("route-presence", **ROUTES).remediation.decode()
    table = text[text.index("$Settings = @{") : text.index("\r\n}\r\n")]
    assert "Routes" in table
    assert not any(word in table for word in ("Metric", "Exclude", "Exclusions", "WhenAbsent", "Stale"))
