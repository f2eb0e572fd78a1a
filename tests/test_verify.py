"""`verify`: what it proves, and that it does not prove what is wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from aovpn_remediate.cli import run
from aovpn_remediate.client import device
from aovpn_remediate.client.comparison import differences, snapshot
from aovpn_remediate.client.description import make_client
from aovpn_remediate.config import load_config
from aovpn_remediate.errors import ClientError, ClientFileError
from aovpn_remediate.kinds import KINDS
from aovpn_remediate.scripts.render import render_package, templates_folder
from aovpn_remediate.verify import Job, Proof, jobs_for, prove
from aovpn_remediate.verify.workers import Queue
from tests.golden_files import ROOT

EXAMPLE = ROOT / "examples" / "remediate.yaml"
PROFILE_KINDS = [
    ("interface-metric", "ipv4: 3"),
    ("interface-metric", "ipv4: automatic, ipv6: 9"),
    ("interface-metric", "ipv4: 9999, ipv6: null"),
    ("route-presence", "routes: [10.20.0.0/16, '2001:db8::/32']"),
    ("route-presence", "routes: [{prefix: 10.20.0.0/16, metric: 5}], stale: remove"),
    ("route-presence", "routes: [10.0.0.0/8, {prefix: 10.9.0.0/16, exclude: true}], exclusions: write"),
]
SCOPES = [
    "scope: user", "scope: user, live: ignore", "scope: user, stored: ignore, live: repair", "scope: all-users",
    "scope: device", "scope: device, live: report", "scope: device, stored: ignore", "scope: device, repair: false",
    "scope: user, repair: false, when_absent: issue",
]  # fmt: skip
RASMAN = [
    "privileges: windows", "privileges: workaround, restart: when-disconnected",
    "privileges: [SeTcbPrivilege], repair: false",
]  # fmt: skip


def _entry(kind: str, own: str, scope: str) -> str:
    return f'kind: {kind}, profile: "O\'Neil M\u00fcnchen", {scope}, {own}'


# every scope with the first settings of a kind, the others with the two scopes that differ most
ENTRIES = [_entry(*PROFILE_KINDS[index], scope) for index in (0, 3) for scope in SCOPES]
ENTRIES += [
    _entry(*PROFILE_KINDS[index], scope) for index in (1, 2, 4, 5) for scope in (SCOPES[0], SCOPES[4])
]
ENTRIES += [f"kind: rasman-privileges, {own}" for own in RASMAN]


def jobs(folder: Path, entry: str) -> list[Job]:
    """Every case of one remediation."""
    path = folder / "r.yaml"
    path.write_text(f"name: c\nremediations:\n  m: {{{entry}}}\n", encoding="utf-8")
    config = load_config(path)
    return [
        job for one in config.remediations for job in jobs_for(one, render_package(one, config=config.name))
    ]


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_case_of_every_kind_holds_in_every_scope(shell, tmp_path, entry):
    found = [prove(job, shell) for job in jobs(tmp_path, entry)]
    assert found and [(proof.case, proof.differences) for proof in found if not proof.ok] == []


RENDERED = [kind for kind in KINDS if kind != "custom"]


@pytest.mark.parametrize("kind", RENDERED)
def test_every_case_of_a_kind_is_for_somebody(tmp_path, kind):
    text = (templates_folder() / "kinds" / kind / "cases.yaml").read_text(encoding="utf-8")
    names = set(re.findall(r"^- case: (.*)$", text, re.MULTILINE))
    used = {job.case.name for entry in ENTRIES if f"kind: {kind}," in entry for job in jobs(tmp_path, entry)}
    assert used == names


def broken(job: Job, old: bytes, new: bytes) -> Job:
    """The same case with a script that does something else."""
    remediation = job.package.remediation.replace(old, new)
    assert remediation != job.package.remediation
    return replace(job, package=replace(job.package, remediation=remediation))


def the_case(folder: Path, name: str, entry: str = ENTRIES[0]) -> Job:
    return next(job for job in jobs(folder, entry) if job.case.name == name)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (b"[IO.File]::Replace($temporary, $Path, $old)", b"[IO.File]::WriteAllText($Path, 'x')", "says issue failed"),
        (b"-Text $After", b"-Text ($After -replace '[^ -~\\s]', '?')", "says issue failed"),
        (b"$changed = $false\r\n", b"$changed = $false\r\n    [IO.File]::AppendAllText(\"$env:APPDATA\\x\", 'x')\r\n", "Roaming\\x: expected nothing"),
        (b"ConvertTo-ResultLine -Settings $Settings -Finding $finding\r\n    if ('failed'", b"ConvertTo-ResultLine -Settings $Settings -Finding $finding; 'more'\r\n    if ('failed'", "2 output lines, expected one"),
        (b"    exit 0\r\n", b"    exit 3\r\n", "exit code 3 for the state fixed"),
        (b"    $after = $Before\r\n", b"    Write-Error 'x' -ErrorAction Continue\r\n    $after = $Before\r\n", "stderr is not silent"),
    ],
)  # fmt: skip
def test_a_pair_that_does_something_else_is_not_proven(shell, tmp_path, old, new, said):
    job = broken(the_case(tmp_path, "the stored metric is wrong"), old, new)
    proof = prove(job, shell)
    assert not proof.ok and any(said in line for line in proof.differences), proof.differences


@pytest.mark.parametrize("kind", RENDERED)
@pytest.mark.parametrize("part", ["check.ps1", "repair.ps1"])
def test_deleting_the_body_of_any_part_makes_verify_fail(shell, tmp_path, kind, part):
    entry = next(entry for entry in ENTRIES if f"kind: {kind}," in entry)
    code = (templates_folder() / "kinds" / kind / part).read_text(encoding="ascii")
    names = re.findall(r"^function (\S+)", code, re.MULTILINE)
    failed = 0
    for job in jobs(tmp_path, entry):
        scripts = [_without(script, names) for script in (job.package.detection, job.package.remediation)]
        package = replace(job.package, detection=scripts[0], remediation=scripts[1])
        failed += not prove(replace(job, package=package), shell).ok
    assert failed


def _without(script: bytes, names: list[str]) -> bytes:
    for name in names:
        pattern = rf"(?ms)^function {name} \{{\r\n.*?^\}}\r\n".encode()
        script = re.sub(pattern, f"function {name} {{\r\n}}\r\n".encode(), script)
    return script


def test_the_client_of_a_failing_case_is_left_for_a_look(shell, tmp_path):
    job = broken(
        the_case(tmp_path, "the stored metric is wrong"),
        b"-Text $After",
        b"-Text 'x'",
    )
    prove(job, shell, keep=tmp_path / "kept")
    assert list((tmp_path / "kept").rglob("rasphone.pbk"))


def test_a_description_with_an_unknown_part_is_refused(tmp_path):
    with pytest.raises(ClientError, match="there is no part phonebok"):
        make_client({"phonebok": {}}, tmp_path / "c")


@pytest.mark.parametrize(
    ("part", "seen"),
    [
        ({"phonebooks": {"user": [{"name": "V"}]}}, ["file Users/jdoe/AppData/Roaming/Microsoft/Network/Connections/Pbk/rasphone.pbk"]),
        ({"phonebooks": {"hidden": [{"name": "V"}]}}, ["file Users/jdoe/AppData/Roaming/Microsoft/Network/Connections/Pbk/_hiddenPbk/rasphone.pbk"]),
        ({"interfaces": [{"alias": "V", "ipv4": 3}]}, ["interface V 23 IPv4"]),
        ({"routes": ["10.0.0.0/8@5"]}, ["route 10.0.0.0/8 on 23 via 0.0.0.0"]),
        ({"registry": {"HKLM:\\X": {}}}, ["registry HKLM:\\X"]),
        ({"registry": {"HKLM:\\X": {"a": b"b"}}}, ["registry HKLM:\\X", "registry HKLM:\\X a"]),
        ({"services": {"IKEEXT": {"privileges": ["SeTcbPrivilege"]}}}, ["service IKEEXT"]),
        ({"events": ["service RasMan restarted"]}, ["event service RasMan restarted"]),
    ],
)  # fmt: skip
def test_a_snapshot_sees_every_part(tmp_path, part, seen):
    empty = snapshot(make_client({}, tmp_path / "jdoe"))
    full = snapshot(make_client(part, tmp_path / "b"))
    new = [name for name in full if name not in empty and not name.startswith("folder ")]
    assert new == seen


@pytest.mark.parametrize(
    "part",
    [
        {"phonebooks": {"user": [{"nam": "V"}]}}, {"phonebooks": []}, {"interfaces": [{"ipv4": 3}]},
        {"routes": [10]}, {"routes": ["10.0.0.0/33"]}, {"disk": "ful"}, {"link": "devic"}, {"account": "wrong"},
        {"phonebooks": {"devices": []}}, {"locked": {"devic": 2}}, {"switches": ["refusesRoute"]},
        {"language": "Constrained"}, {"services": {"RasMan": {"privilege": []}}}, {"services": {"RasMan": {"state": "Hung"}}}, {"interfaces": [{"alias": "V", "ipv4": "auto"}]}, {"registry": {"HKLM:\\X": []}}, {"services": {"RasMan": 3}}, {"locked": "device"},
        {"phonebooks": {"device": []}, "changes": {"device": {}}}, {"networks": [{"name": "x"}]}, {"reachable": "dc01"}, {"denied": "HKLM:\\X"},
        {"networks": [{"name": "x", "interface": "y", "category": "Work"}]},
    ],
)  # fmt: skip
def test_a_part_that_is_not_as_it_has_to_be_is_told(tmp_path, part):
    with pytest.raises(ClientError, match=r".*; docs/clients\.md (shows|lists)"):
        make_client(part, tmp_path / "c")


@pytest.mark.parametrize("part", [{"locked": {"user": 2}}, {"link": "user"}, {"changes": {"user": {}}}])
def test_nothing_happens_to_a_phonebook_that_is_not_there(tmp_path, part):
    with pytest.raises(
        ClientError, match="names the phonebook user, which is not there; add it to phonebooks"
    ):
        make_client({"phonebooks": {"device": []}} | part, tmp_path / "c")


def test_the_command_prints_a_table_json_and_junit(shell, tmp_path, capsys):
    junit = tmp_path / "junit.xml"
    assert run(["verify", "user-metric-live", "-c", str(EXAMPLE), "--junit", str(junit), "-v"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^user-metric-live  interface-metric$", out, re.MULTILINE)
    assert "issue > fixed > healthy > healthy" in out and "What Windows has not confirmed:" in out
    assert '"state":"fixed"' in out and " 0 failed, " in out
    assert ElementTree.parse(junit).getroot()[0].attrib["failures"] == "0"
    assert run(["verify", "user-metric-live", "-c", str(EXAMPLE), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said["cases"][0]) == set(vars(Proof("", "", "", (), (), 0, ()))) - {"outputs"} | {"ok"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (
            ["verify", "nope", "-c", str(EXAMPLE)],
            64,
            "the config has no remediation nope; it has user-metric, user-metric-live,",
        )
    ],
)
def test_a_key_that_there_is_not_is_a_usage_error(capsys, arguments, code, said):
    assert run(arguments) == code
    assert said in capsys.readouterr().err


def test_without_powershell_it_fails_and_says_how_to_get_one(capsys, monkeypatch):
    monkeypatch.delenv("REMEDIATE_PWSH", raising=False)
    monkeypatch.setenv("PATH", "")
    assert run(["verify", "-c", str(EXAMPLE)]) == 1
    assert "there is no PowerShell here; install PowerShell 7 (pwsh)" in capsys.readouterr().err


def test_publish_can_prove_first(shell, bench):
    bench.write(EXAMPLE.read_text(encoding="utf-8").split("  # The device tunnel, stored")[0])
    assert bench.remediate("publish", "--yes", "--verify").code == 0


OWN_DETECTION = """$path = Join-Path $env:ProgramData 'Microsoft/Network/Connections/Pbk/rasphone.pbk'
$text = [IO.File]::ReadAllText($path)
if ($text -match '(?m)^\\[Contoso VPN\\]\\s*$[^\\[]*?^IpInterfaceMetric=25\\s*$') { 'wrong'; exit 1 }
'right'
exit 0
"""
EDIT = """$path = Join-Path $env:ProgramData 'Microsoft/Network/Connections/Pbk/rasphone.pbk'
$text = [IO.File]::ReadAllText($path)
$right = $text -replace '(\\[Contoso VPN\\]\\s[^\\[]*?IpInterfaceMetric=)25', '${1}3'
"""
WRITE = "if ($right -ne $text) { [IO.File]::WriteAllText($path, $right) }\n"
HARMFUL = {
    "replaces the whole file": ("[IO.File]::WriteAllText($path, \"[Contoso VPN]`r`nIpInterfaceMetric=3`r`n\")", "[Contoso M\u00fcnchen] is gone"),
    "edits every entry": (
        "[IO.File]::WriteAllText($path, ($text -replace 'IpInterfaceMetric=25', 'IpInterfaceMetric=3'))",
        "[Contoso M\u00fcnchen] -'IpInterfaceMetric=25",
    ),
    "writes ASCII": ("[IO.File]::WriteAllText($path, $right, [Text.Encoding]::ASCII)", "+'[Contoso M?nchen]"),
    "matches unanchored": (
        "[IO.File]::WriteAllText($path, ($right -replace 'InterfaceMetric=\\d+', 'InterfaceMetric=3'))",
        "[Contoso VPN] -'Ipv6InterfaceMetric=9",
    ),
    "exits 0 on error": ("try { [IO.File]::OpenRead(\"$path.no\") } catch { exit 0 }", "exit codes [1, 0, 1, 0]"),
    "kills the service host": (
        f"{WRITE}Stop-Process -Id (Get-CimInstance Win32_Service -Filter \"Name = 'RasMan'\").ProcessId -Force",
        "event the process of service RasMan killed: expected nothing",
    ),
    "restarts the service": (f"{WRITE}Restart-Service RasMan -Force", "event service RasMan restarted"),
    "redials": (
        f"{WRITE}rasdial 'Contoso VPN' /disconnect\nrasdial 'Contoso VPN'",
        "event connection Contoso VPN dropped: expected nothing",
    ),
    "kills by another name": (f"{WRITE}taskkill /F /IM svchost.exe", "knows /PID, /F and /T, not /IM"),
    "kills by a process": (
        f"{WRITE}Get-Process svchost -ErrorAction SilentlyContinue | Stop-Process -Force", "Get-Process has no stand-in",
    ),
    "disconnects in short": (f"{WRITE}rasdial 'Contoso VPN' /d", "rasdial knows /disconnect, not /d"),
    "empties a key for one below it": (
        f"{WRITE}New-Item 'HKLM:\\SOFTWARE' -Name Mine -Force -ErrorAction SilentlyContinue", "makes a key by its whole path",
    ),
    "restarts by a pipe": (f"{WRITE}Get-Service Ras* | Restart-Service -Force", "event service RasMan restarted"),
    "restarts by a piped name": (
        f"{WRITE}'RasMan' | Restart-Service -Force -ErrorAction SilentlyContinue", "event service RasMan restarted",
    ),
    "restarts by methods": (
        f"{WRITE}$service = Get-Service RasMan; try {{ $service.Stop(); $service.WaitForStatus('Stopped'); $service.Start() }} catch {{ }}",
        "event service RasMan stopped: expected nothing",
    ),
    "calls a method that is not there": (
        f"{WRITE}try {{ (Get-Service RasMan).ExecuteCommand(128) }} catch {{ }}", "ServiceController of the simulated client has no method ExecuteCommand",
    ),
    "restarts what can be stopped": (
        f"{WRITE}Get-Service | Where-Object {{ $_.CanStop -and $_.StartType -ne 'Disabled' }} | Restart-Service -Force", "event service RasMan restarted",
    ),
    "kills what runs": (
        f"{WRITE}Get-CimInstance Win32_Service -Filter \"State = 'Running' AND Name = 'RasMan'\" | ForEach-Object {{ Stop-Process -Id $_.ProcessId -Force }}",
        "event the process of service RasMan killed",
    ),
    "changes every interface by DHCP": (
        f"{WRITE}Get-NetIPInterface | Where-Object {{ $_.Dhcp -eq 'Enabled' }} | Set-NetIPInterface -InterfaceMetric 3", "interface Ethernet 7 IPv4: expected",
    ),
    "dials what splits": (
        f"{WRITE}Get-VpnConnection -AllUserConnection | Where-Object {{ $_.SplitTunneling }} | ForEach-Object {{ rasdial $_.Name /disconnect }}", "event connection Contoso VPN dropped",
    ),
    "clears a value of the registry": (
        f"{WRITE}Clear-ItemProperty 'HKLM:\\SOFTWARE\\Microsoft' -Name x -ErrorAction SilentlyContinue", "Clear-ItemProperty has no stand-in for the registry",
    ),
    "uses a type of Windows": (f"{WRITE}try {{ [ServiceProcess.ServiceOfNobody]::new('RasMan').Stop() }} catch {{ }}", "Unable to find type [ServiceProcess.ServiceOfNobody]; docs"),
    "ends by the host": (f"{WRITE}try {{ $Host.SetShouldExit(1) }} catch {{ }}; exit 0", "$Host.SetShouldExit is not seen by the simulated client; use exit"),
    "gives what a stand-in does not take": (
        f"{WRITE}8 | Restart-Computer -Force -ErrorAction SilentlyContinue", "the stand-in of Restart-Computer does not take what it is given",
    ),
    "calls what has no stand-in": (f"{WRITE}shutdown /r /t 0", "shutdown has no stand-in"),
    "changes all line ends": ("[IO.File]::WriteAllText($path, $right.Replace(\"`r`n\", \"`n\"))", "line ends: expected"),
    "writes to stderr": (f"{WRITE}Write-Error 'x' -ErrorAction Continue", "run 2: stderr is not silent: x"),
    "redials each time, with consent": (
        f"{WRITE}rasdial 'Contoso VPN' /disconnect\nrasdial 'Contoso VPN'",
        "run 4 changed event connection Contoso VPN dropped: expected 'once', found '2 times'",
    ),
    "writes each time": (
        f"{WRITE}Add-Content -LiteralPath \"$path.log\" -Value 'x'", "run 4 changed file",
    ),
    "writes the same each time": (
        "[IO.File]::WriteAllText($path, $right)", "run 4 wrote file ProgramData/Microsoft/Network/Connections/Pbk/rasphone.pbk, and just",
    ),
    "replaces it by the same each time": (
        "[IO.File]::WriteAllText(\"$path.new\", $right)\n[IO.File]::Replace(\"$path.new\", $path, [NullString]::Value)", "run 4 wrote file",
    ),
    "writes the registry each time": (
        f"{WRITE}New-ItemProperty 'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList' -Name Mine -Value 1 -PropertyType DWord -Force | Out-Null",
        "run 4 wrote registry HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList Mine, and just what was in it",
    ),
    "takes a value away and writes it each time": (
        f"{WRITE}$key = 'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList'\n"
        "Remove-ItemProperty $key -Name Mine -ErrorAction SilentlyContinue\nSet-ItemProperty $key -Name Mine -Value 1",
        "run 4 wrote registry HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList Mine, and just",
    ),
    "makes a key anew each time": (
        f"{WRITE}New-Item 'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList' -Force | Out-Null",
        "run 4 wrote registry HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList, and just",
    ),
    "writes the registry too": (
        f"{WRITE}New-Item -Path 'HKLM:\\SOFTWARE\\Mine' -Force | Out-Null", "registry HKLM:\\SOFTWARE\\Mine: expected nothing",
    ),
}  # fmt: skip


def own_pair(folder: Path, repair: str) -> list[Job]:
    """A custom pair with this repair, on the clients that the docs show, busier and with an umlaut."""
    (folder / "detect.ps1").write_text(OWN_DETECTION)
    (folder / "repair.ps1").write_text(f"{EDIT}{repair}\nexit 0\n")
    page = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
    (cases,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    cases = cases.replace("VPN 2", "M\u00fcnchen").replace(
        "ipv6: 3}, {name: Contoso M", "ipv6: 9}, {name: Contoso M"
    )
    (folder / "clients.yaml").write_text(cases, encoding="utf-8")
    return jobs_of(folder)


def jobs_of(folder: Path) -> list[Job]:
    return jobs(
        folder, "kind: custom, detection: detect.ps1, remediation: repair.ps1, clients: [clients.yaml]"
    )


@pytest.mark.parametrize("cases", ["- case: y\n  before:\n  exits: [0, 0, 0, 0]\n"])
def test_an_empty_client_is_an_ordinary_one(tmp_path, cases):
    own_pair(tmp_path, "")
    (tmp_path / "clients.yaml").write_text(cases)
    assert jobs_of(tmp_path)[0].case.before == {}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("before: 3\n  exits: [0]", "before is no mapping"),
        ("before: {}\n  exits: [0]\n  after: []", "after is no mapping"),
        ("before: {}\n  exits: 0", "exits is no list of numbers"),
    ],
)
def test_a_case_of_another_form_is_refused(tmp_path, line, problem):
    own_pair(tmp_path, "")
    (tmp_path / "clients.yaml").write_text(f"- case: y\n  {line}\n")
    with pytest.raises(ClientFileError, match=f"case 'y': {problem}"):
        jobs_of(tmp_path)


def test_a_pair_without_client_files_is_not_proven(shell, tmp_path, capsys):
    own_pair(tmp_path, "")
    file = tmp_path / "r.yaml"
    text = "name: c\nremediations:\n  mine: {kind: custom, detection: detect.ps1, remediation: repair.ps1, assignments: []}\n"
    file.write_text(text)
    assert run(["verify", "-c", str(file), "--json"]) == 1
    (case,) = json.loads(capsys.readouterr().out)["cases"]
    assert not case["ok"] and "nothing was proved; add clients" in case["differences"][0]


def test_a_copy_that_is_not_the_old_phonebook_fails(shell, tmp_path):
    job = next(one for one in jobs(tmp_path, ENTRIES[0]) if one.case.name == "the stored metric is wrong")
    spoil = b"[IO.Directory]::GetFiles($env:APPDATA, '*.bak', 'AllDirectories').ForEach({ [IO.File]::WriteAllText($_, 'x') })"
    script = job.package.remediation.replace(b"    exit 0\r\n", b"    " + spoil + b"\r\n    exit 0\r\n", 1)
    assert script != job.package.remediation
    proof = prove(replace(job, package=replace(job.package, remediation=script)), shell)
    assert any("is in its copy no more" in line for line in proof.differences)


def test_only_true_and_false_are_no_texts_in_a_client_file(tmp_path):
    own_pair(tmp_path, "")
    says = (
        "- case: off\n  before: {registry: {'HKLM:\\X': {A: on, B: yes, C: true}}}\n  exits: [0, 0, 0, 0]\n"
    )
    (tmp_path / "clients.yaml").write_text(says)
    (job,) = jobs_of(tmp_path)
    assert job.case.name == "off"
    assert job.case.before["registry"]["HKLM:\\X"] == {"A": "on", "B": "yes", "C": True}


def test_a_pair_of_ones_own_is_proven_on_its_client_files(shell, tmp_path):
    proofs = [prove(job, shell) for job in own_pair(tmp_path, WRITE)]
    assert [(proof.case, proof.differences) for proof in proofs if not proof.ok] == [] and len(proofs) == 2


def test_a_fault_that_no_script_meets_fails_its_case(shell, tmp_path):
    found = own_pair(tmp_path, WRITE)
    path = tmp_path / "clients.yaml"
    met = "before:\n    faults: {Get-Contnt: no}\n    changes: {device: {at: Set-Contnt, adds: [{name: x}]}}"
    path.write_text(path.read_text("utf-8").replace("before:", met, 1), encoding="utf-8")
    (proof, _) = [prove(job, shell) for job in jobs_of(tmp_path)]
    assert [line for line in proof.differences if "never happened" in line] == [
        "the fault Get-Contnt never happened; no script called it",
        "the change at Set-Contnt never happened; no script called it",
    ]
    assert len(found) == 2


def test_a_script_cannot_hide_a_command_from_the_next_one(shell, tmp_path):
    own_pair(tmp_path, "function global:Get-NetIPInterface { }")
    (tmp_path / "detect.ps1").write_text("if (@(Get-NetIPInterface).Count -gt 0) { exit 1 }\nexit 0\n")
    (proof, _) = [prove(job, shell) for job in jobs_of(tmp_path)]
    assert "exit codes [1, 0, 1, 0], expected [1, 0, 0, 0]" in proof.differences


@pytest.mark.parametrize(
    ("late", "problem"),
    [
        ("[IO.File]::AppendAllText($path, 'x')", "run 5 changed file ProgramData"),
        ("[IO.File]::WriteAllText($path, $text)", "run 5 wrote file ProgramData"),
        ("Restart-Service RasMan", "run 5 changed event service RasMan restarted"),
        ("$null", ""),
    ],
)
def test_the_detection_after_a_reconnect_may_change_nothing(shell, tmp_path, late, problem):
    own_pair(tmp_path, WRITE)
    script = f"if ((Get-NetIPInterface 'Contoso VPN').InterfaceMetric -eq 3) {{ {late} }}\nif ($text "
    (tmp_path / "detect.ps1").write_text(OWN_DETECTION.replace("if ($text ", script))
    text = (tmp_path / "clients.yaml").read_text("utf-8").split("- case: nothing")[0]
    cases = text.replace("[1, 0, 0, 0]", "[1, 0, 0, 0, 0]\n  then: reconnect")
    (tmp_path / "clients.yaml").write_text(cases, encoding="utf-8")
    (proof,) = [prove(job, shell) for job in jobs_of(tmp_path)]
    found = [line for line in proof.differences if line.startswith(problem)]
    assert found if problem else proof.ok, proof.differences


SAYS_ISSUE = '\'{"v":1,"state":"issue"}\''


@pytest.mark.parametrize(
    ("detection", "problem"),
    [
        (f"{SAYS_ISSUE}; exit 0", "run 1: exit code 0 for the state issue"),
        (f"'more'; {SAYS_ISSUE}; exit 1", "run 1: 2 output lines, expected one"),
        (f"{SAYS_ISSUE}; exit 1", ""),
    ],
)
def test_a_pair_of_ones_own_that_says_states_is_held_to_the_whole_protocol(
    shell, tmp_path, detection, problem
):
    own_pair(tmp_path, "")
    (tmp_path / "detect.ps1").write_text(f"{detection}\n")
    (tmp_path / "repair.ps1").write_text('\'{"v":1,"state":"failed"}\'; exit 1\n')
    (tmp_path / "clients.yaml").write_text(
        "- {case: a, before: {}, says: issue failed issue failed}\n", encoding="utf-8"
    )
    (proof,) = [prove(job, shell) for job in jobs_of(tmp_path)]
    assert (problem in proof.differences) if problem else proof.ok, proof.differences


def test_a_case_that_fails_by_its_states_alone_is_kept_too(shell, tmp_path):
    job = the_case(tmp_path, "the stored metric is right")
    wrong = replace(job.case, says=("issue",) * 4)
    proof = prove(replace(job, case=wrong), shell, keep=tmp_path / "kept")
    (kept,) = (tmp_path / "kept").rglob("proof.txt")
    assert len(proof.differences) == 1 and proof.differences[0] in kept.read_text(encoding="utf-8")


def test_long_differences_are_cut_and_counted():
    before, after = {"file a": b"[x]\r\n" + b"a=1\r\n" * 40}, {"file a": b"[x]\r\n"}
    found = differences(before, after)
    assert (
        found[0] == "file a: [x] -'a=1\\r\\n'"
        and found[-1] == "file a: ... 28 more lines"
        and len(found) == 13
    )


@pytest.mark.parametrize("way", HARMFUL)
def test_the_harmful_ways_of_the_field_are_rejected_for_their_reason(shell, tmp_path, way):
    repair, reason = HARMFUL[way]
    proofs = [prove(job, shell) for job in own_pair(tmp_path, repair)]
    found = [line for proof in proofs for line in proof.differences]
    assert any(reason in line for line in found), found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x: 1", "is no list of cases"),
        ("- 1", "is no list of cases"),
        ("", "is no list of cases"),
        ("- a: [\n", "is no YAML list of cases (line 2: "),
        ("- {case: a}", "case 'a' lacks before, exits or says;"),
        ("- {case: a, before: {}, says: healthy, more: 1}", "case 'a': there is no key more;"),
        ("- {case: a, case: b}", "(line 1: the key case is there twice)"),
        (
            "- {before: 1, exits: [x], says: 1}",
            "case 1 lacks case; case 1: before is no mapping; case 1: exits is no list of numbers; case 1: says has no state 1",
        ),
        (
            "- {case: a, before: {registry: {'HKLM\\X': {}}, build: x, culture: german}, says: healthy}",
            "HKLM\\X is no key such as HKLM:\\SOFTWARE\\X",
        ),
        (
            "- {case: a, before: {locked: {user: x}, phonebooks: {user: []}, build: x}, says: healthy}",
            "build: 'x' is no number of a build",
        ),
        (
            "- {case: a, before: {interfaces: [1]}, says: healthy}",
            "interfaces: is not written as it has to be",
        ),
        (
            "- {case: a, before: {}, says: healthy, then: dance}",
            "case 'a': then is reconnect, restart, shut down",
        ),
        ("- {case: a, before: {phonebok: 1}, says: healthy}", "case 'a', before: there is no part phonebok"),
        ("- {case: a, before: {}, after: {routes: [1]}, says: healthy}", "case 'a', after: "),
        ("- {case: a, before: {}, exits: [1, 0]}", "case 'a': exits has 2 of 4, a run each"),
        ("- {case: a, before: {}, exits: [0, 0, 0, 0], then: restart}", "case 'a': exits has 4 of 5"),
        ("- {case: a, before: {}, says: ''}", "case 'a': exits and says are empty"),
        (
            "- {case: a, before: {phonebooks: {user: [{nam: x}]}}, says: healthy}",
            "an entry of a phonebook has no 'nam'",
        ),
        (
            "- {case: a, before: {phonebooks: {'user ../../x': [{name: a}]}}, exits: [0, 0, 0, 0]}",
            "phonebooks user ../../x",
        ),
        (
            "- {case: a, before: {phonebooks: {user: [{name: a, routes: ['10.0.0.0/8@-1']}]}}, exits: [0, 0, 0, 0]}",
            "case 'a', before: ",
        ),
        (
            "- {case: a, before: {services: {RasMan: {started: 99999999999}}}, exits: [0, 0, 0, 0]}",
            "case 'a', before: ",
        ),
        ("- {case: a, before: {files: {a: x, a/b: y}}, exits: [0, 0, 0, 0]}", "files: a file cannot be made"),
        (
            "- {case: a, before: {}, when: {live: repair}, exits: [0, 0, 0, 0]}",
            "case 'a': when is for the kinds' own cases",
        ),
        ("- {case: a, before: &x {files: *x}, exits: [0, 0, 0, 0]}", "a part of it holds itself"),
        (
            "- {case: a, before: {}, says: isue > fixed}",
            "case 'a': says has no state >, isue; it is issue fixed",
        ),
        ("- {case: a, before: {}, says: []}", "case 'a': exits and says are empty"),
        (
            "- {case: a, before: {services: {RasMan: stopped}}, exits: [0]}",
            "services RasMan: 'stopped' is not a mapping",
        ),
        (
            "- {case: a, before: {}, after: {events: [rebooted]}, exits: [0, 0, 0, 0]}",
            "there is no event 'rebooted'",
        ),
        ("- {case: a, before: {files: {'../x': ''}}, exits: [0, 0, 0, 0]}", "../x is no file such as"),
        (
            "- {case: a, before: {}, exits: [0, 0, 0, 0]}\n- {case: a, before: {}, exits: [0, 0, 0, 0]}",
            "case 'a' is there 2 times",
        ),
    ],
)
def test_a_client_file_that_is_none_is_refused_by_validate_already(tmp_path, capsys, text, problem):
    own_pair(tmp_path, WRITE)
    capsys.readouterr()
    (tmp_path / "clients.yaml").write_text(text)
    assert run(["validate", "-c", str(tmp_path / "r.yaml")]) == 65
    said = capsys.readouterr().err
    assert "clients.yaml: " in said and problem in said
    assert "docs/clients.md" in said


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process, it does not ask it to")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_verify_ends_soon_and_leaves_nothing(shell, tmp_path, number):
    command = [sys.executable, "-m", "aovpn_remediate", "verify", "-c", str(EXAMPLE)]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        while not list(tmp_path.glob("remediate-*/client")):
            time.sleep(0.05)
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130 and err.strip() == "interrupted; nothing was changed"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("end", [b"[Environment]::Exit(1)", b"while ($true) { }"])
def test_a_script_that_takes_powershell_along_fails_its_case_alone(shell, tmp_path, monkeypatch, end):
    monkeypatch.setattr(device, "LIMIT", 12)
    (tmp_path / "2").mkdir()
    job = broken(
        the_case(tmp_path, "the stored metric is wrong"), b"$Settings = @{", end + b"\r\n$Settings = @{"
    )
    proof = prove(job, shell)
    assert proof.states == ("issue",)
    assert any("run 2: the script could not be run to its end" in one for one in proof.differences)
    assert prove(the_case(tmp_path / "2", "the stored metric is wrong"), shell).ok


def test_every_job_is_taken_once_and_a_worker_without_jobs_helps_the_others():
    queue = Queue(list(range(7)), workers=2)
    mine, others = queue.shares
    assert [list(mine), list(others)] == [[0, 1, 2, 3], [4, 5, 6]]
    assert [queue.next(others) for _ in range(5)] == [4, 5, 6, 3, 2]
    assert [queue.next(mine) for _ in range(3)] == [0, 1, None]
    assert Queue([], workers=2).shares == []


def test_an_ended_queue_has_nothing_left():
    queue = Queue([1, 2, 3], workers=2)
    queue.end()
    assert [queue.next(share) for share in queue.shares] == [None, None]


@pytest.mark.parametrize("content", ["a\\n", "'*'", "!!binary YQo="])
def test_a_file_that_a_pair_leaves_is_described(shell, tmp_path, content):
    (tmp_path / "detect.ps1").write_text(
        "$log = Join-Path $env:ProgramData 'Mine/x.log'\nif (Test-Path $log) { exit 0 }\nexit 1\n"
    )
    (tmp_path / "repair.ps1").write_text(
        "$null = New-Item (Join-Path $env:ProgramData 'Mine') -ItemType Directory -Force\n"
        "$log = Join-Path $env:ProgramData 'Mine/x.log'\nif (-not (Test-Path $log)) { [IO.File]::WriteAllText($log, \"a`n\") }\nexit 0\n"
    )
    text = content if content.startswith(("'", "!")) else f'"{content}"'
    (tmp_path / "clients.yaml").write_text(
        "- case: a\n  before: {}\n  exits: [1, 0, 0, 0]\n  after: {files: {ProgramData/Mine/x.log: "
        + text
        + "}}\n"
        "- case: b\n  before: {files: {ProgramData/Mine/x.log: a}}\n  exits: [0, 0, 0, 0]\n"
        "  after: {files: {ProgramData/Mine/x.log: b}}\n"
    )
    one, other = jobs_of(tmp_path)
    (tmp_path / "repair.ps1").write_text("exit 0\n")
    assert prove(one, shell).differences == ()
    assert prove(other, shell).differences[-1].startswith("file ProgramData/Mine/x.log: ")


def test_states_may_be_a_list(tmp_path):
    own_pair(tmp_path, "")
    (tmp_path / "clients.yaml").write_text(
        "- {case: a, before: {}, says: [issue, fixed, healthy, healthy]}\n"
    )
    assert jobs_of(tmp_path)[0].case.says == ("issue", "fixed", "healthy", "healthy")
