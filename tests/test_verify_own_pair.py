"""`verify` of your own script pair: what is accepted and what is rejected."""

from __future__ import annotations

import json

import pytest

from aovpn_remediate.cli import run
from aovpn_remediate.verify import prove
from tests.own_pairs import OWN_DETECTION, WRITE, jobs_of, own_pair

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
        f"{WRITE}New-Item 'HKLM:\\SOFTWARE' -Name Mine -Force -ErrorAction SilentlyContinue", "creates a key only by its full path",
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
    "uses a type of Windows": (f"{WRITE}try {{ [ServiceProcess.ServiceOfNobody]::new('RasMan').Stop() }} catch {{ }}", "Unable to find type [ServiceProcess.ServiceOfNobody]; see"),
    "ends by the host": (f"{WRITE}try {{ $Host.SetShouldExit(1) }} catch {{ }}; exit 0", "the simulated client does not support $Host.SetShouldExit; use exit"),
    "gives what a stand-in does not take": (
        f"{WRITE}8 | Restart-Computer -Force -ErrorAction SilentlyContinue", "the stand-in of Restart-Computer does not accept this input",
    ),
    "calls what has no stand-in": (f"{WRITE}shutdown /r /t 0", "shutdown has no stand-in"),
    "changes all line ends": ("[IO.File]::WriteAllText($path, $right.Replace(\"`r`n\", \"`n\"))", "line ends: expected"),
    "writes to stderr": (f"{WRITE}Write-Error 'x' -ErrorAction Continue", "run 2: wrote to stderr: x"),
    "redials each time, with consent": (
        f"{WRITE}rasdial 'Contoso VPN' /disconnect\nrasdial 'Contoso VPN'",
        "run 4 changed event connection Contoso VPN dropped: expected 'once', found '2 times'",
    ),
    "writes each time": (
        f"{WRITE}Add-Content -LiteralPath \"$path.log\" -Value 'x'", "run 4 changed file",
    ),
    "writes the same each time": (
        "[IO.File]::WriteAllText($path, $right)", "run 4 (second remediate) wrote file ProgramData/Microsoft/Network/Connections/Pbk/rasphone.pbk although it was",
    ),
    "replaces it by the same each time": (
        "[IO.File]::WriteAllText(\"$path.new\", $right)\n[IO.File]::Replace(\"$path.new\", $path, [NullString]::Value)", "run 4 (second remediate) wrote file",
    ),
    "writes the registry each time": (
        f"{WRITE}New-ItemProperty 'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList' -Name Mine -Value 1 -PropertyType DWord -Force | Out-Null",
        "run 4 (second remediate) wrote registry HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList Mine although it was already correct; read the value first",
    ),
    "takes a value away and writes it each time": (
        f"{WRITE}$key = 'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList'\n"
        "Remove-ItemProperty $key -Name Mine -ErrorAction SilentlyContinue\nSet-ItemProperty $key -Name Mine -Value 1",
        "run 4 (second remediate) wrote registry HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList Mine although it was",
    ),
    "makes a key anew each time": (
        f"{WRITE}New-Item 'HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList' -Force | Out-Null",
        "run 4 (second remediate) wrote registry HKLM:\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList although it was already correct",
    ),
    "writes the registry too": (
        f"{WRITE}New-Item -Path 'HKLM:\\SOFTWARE\\Mine' -Force | Out-Null", "registry HKLM:\\SOFTWARE\\Mine: expected nothing",
    ),
}  # fmt: skip


def test_a_pair_without_client_files_is_not_proven(verify_in_shell, tmp_path, capsys):
    own_pair(tmp_path, "")
    file = tmp_path / "r.yaml"
    text = "name: c\nremediations:\n  mine: {kind: custom, detection: detect.ps1, remediation: repair.ps1, assignments: []}\n"
    file.write_text(text)
    assert run(["verify", "-c", str(file), "--json"]) == 1
    (case,) = json.loads(capsys.readouterr().out)["cases"]
    assert not case["ok"] and "nothing was proved; add clients" in case["differences"][0]


def test_your_own_pair_is_proven_on_its_client_files(shell, tmp_path):
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
        ("[IO.File]::WriteAllText($path, $text)", "run 5 (third detect) wrote file ProgramData"),
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
def test_your_own_pair_that_says_states_must_follow_the_whole_protocol(shell, tmp_path, detection, problem):
    own_pair(tmp_path, "")
    (tmp_path / "detect.ps1").write_text(f"{detection}\n")
    (tmp_path / "repair.ps1").write_text('\'{"v":1,"state":"failed"}\'; exit 1\n')
    (tmp_path / "clients.yaml").write_text(
        "- {case: a, before: {}, says: issue failed issue failed}\n", encoding="utf-8"
    )
    (proof,) = [prove(job, shell) for job in jobs_of(tmp_path)]
    assert (problem in proof.differences) if problem else proof.ok, proof.differences


@pytest.mark.parametrize("way", HARMFUL)
def test_harmful_scripts_from_practice_are_rejected_with_the_reason(shell, tmp_path, way):
    repair, reason = HARMFUL[way]
    proofs = [prove(job, shell) for job in own_pair(tmp_path, repair)]
    found = [line for proof in proofs for line in proof.differences]
    assert any(reason in line for line in found), found


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
