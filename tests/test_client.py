"""The stand-ins for Windows, each by what a script sees."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from aovpn_remediate.client import PowerShell, device
from aovpn_remediate.client.snapshot import snapshot
from aovpn_remediate.errors import ClientError, ScriptEndedError
from tests.described_clients import Parts, client_of

KEY = r"HKLM:\SOFTWARE\X"
CLIENT: Parts = {
    "phonebooks": {"device": [{"name": "VPN", "ipv4": 3, "routes": ["10.0.0.0/8@7", "!10.9.0.0/16"]}], "user": [{"name": "Mine"}]},
    "interfaces": [{"alias": "VPN", "ipv4": 25}, {"alias": "Ethernet", "ipv4": 25, "index": 7}],
    "registry": {KEY: {"Text": "2026-01-01", "Number": 1, "Bytes": b"ab", "List": ["a", "b"]}, r"HKLM:\SOFTWARE\Shut": {}},
    "denied": [r"HKLM:\SOFTWARE\Shut"],
    "build": 26100,
    "networks": [{"name": "corp.contoso.com", "interface": "VPN", "category": "DomainAuthenticated"}, {"name": "Cafe", "interface": "Ethernet"}, {"name": "Gone", "interface": "Wi-Fi"}],
    "reachable": ["dc01", "dc01:389"],
    "files": {"Public/ours.log": "a"},
    "planted": {"Public/theirs.log": "a"},
}  # fmt: skip


def said(shell: PowerShell, folder, script: str, run_as: str = "system") -> list[str]:
    """What a script says on this client, and its errors behind that."""
    client = client_of(CLIENT, folder / "client")
    run = client.run(shell, script.encode(), run_as=run_as, apart=True)
    return [*run.output, *run.errors]


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        (f"(Get-ItemProperty '{KEY}').Text.GetType().Name", ["String"]),
        (f"(Get-ItemProperty '{KEY}').Number.GetType().Name", ["Int32"]),
        (f"(Get-ItemProperty '{KEY}').Bytes -join ','", ["97,98"]),
        (f"(Get-ItemProperty '{KEY}').List.GetType().Name", ["String[]"]),
        (f"Get-ItemPropertyValue -Path '{KEY}' -Name Text", ["2026-01-01"]),
        ("Test-Path 'HKLM:\\SOFTWARE'; Test-Path 'HKLM:\\NOTHING'", ["True", "False"]),
        ("Test-Path $env:ProgramData; Test-Path (Join-Path $env:ProgramData 'no')", ["True", "False"]),
        (f"New-ItemProperty -Path '{KEY}' -Name Text -Value b", ["The property already exists."]),
        (f"New-ItemProperty -Path '{KEY}' -Name Text -Value b -Force | Out-Null; (Get-ItemProperty '{KEY}').Text", ["b"]),
        (f"Remove-ItemProperty -Path '{KEY}' -Name None", ["Property None does not exist."]),
        ("Get-ItemProperty 'HKLM:\\SOFTWARE\\Shut'", ["Requested registry access is not allowed."]),
        ("Set-NetIPInterface -InterfaceAlias Gone -InterfaceMetric 3", ["No MSFT_NetIPInterface objects found."]),
        ("Remove-NetRoute -DestinationPrefix 10.77.0.0/16 -Confirm:$false", ["No MSFT_NetRoute objects found."]),
        ("Remove-NetRoute -DestinationPrefix 10.0.0.0/8 -PolicyStore PersistentStore -Confirm:$false", ["the simulated client has no policy store PersistentStore (line 1)"]),
        ("rasdial VPN /disconnect | Out-Null; rasdial VPN | Out-Null; try { Remove-NetRoute 10.0.0.0/8 } catch { 'it asked' }; @(Get-NetRoute).Count", ["it asked", "1"]),
        ("New-NetRoute -DestinationPrefix 10.8.0.0/16 -InterfaceIndex 23 -PolicyStore Other", ["the simulated client has no policy store Other (line 1)"]),
        ("(Get-NetAdapter).Name; (Get-NetAdapter -IncludeHidden).Name -join ','", ["Ethernet", "VPN,Ethernet"]),
        ("(Get-VpnConnection -AllUserConnection).ConnectionStatus", ["Connected"]),
        ("Get-VpnConnection -Name Mine", ["VPN connection Mine was not found."]),
        ("rasdial VPN /disconnect | Out-Null; (Get-VpnConnection VPN -AllUserConnection).ConnectionStatus", ["Disconnected"]),
        (
            "rasdial VPN /disconnect | Out-Null; rasdial VPN | Out-Null; (Get-NetIPInterface -InterfaceAlias VPN -AddressFamily IPv4)"
            ".InterfaceMetric; Get-NetRoute | ForEach-Object { $_.DestinationPrefix + ' ' + $_.RouteMetric }",
            ["3", "10.0.0.0/8 7"],
        ),
        ("Get-NetConnectionProfile | ForEach-Object { $_.Name + ' ' + $_.InterfaceIndex + ' ' + $_.NetworkCategory }", ["corp.contoso.com 23 DomainAuthenticated", "Cafe 7 Public"]),
        ("(Get-NetConnectionProfile -InterfaceAlias Eth*).Name; (Get-NetConnectionProfile -NetworkCategory DomainAuthenticated).Name", ["Cafe", "corp.contoso.com"]),
        ("Get-NetConnectionProfile -Name Gone", ["No MSFT_NetConnectionProfile objects found."]),
        ("(Test-NetConnection dc01).PingSucceeded; (Test-NetConnection dc01 -Port 389).TcpTestSucceeded", ["True", "True"]),
        ("Test-NetConnection dc01 -CommonTCPPort SMB -InformationLevel Quiet", ["TCP connect to (dc01 : 445) failed", "False"]),
        ("Test-NetConnection -InformationLevel Quiet -WarningAction SilentlyContinue", ["False"]),
        ("(Get-CimInstance Win32_OperatingSystem).BuildNumber", ["26100"]),
        ("(Get-Acl C:/Public/ours.log).Owner; (Get-Acl -LiteralPath C:\\Public\\theirs.log).Owner", ["NT AUTHORITY\\SYSTEM", "CONTOSO\\jdoe"]),
        ("$a = Get-Acl C:\\Public\\ours.log; $a.Sddl.Substring(0, 6); $a | Set-Acl C:\\Public\\theirs.log", ["O:SYD:", "the simulated client cannot change the owner of a file (line 1)"]),
        ("Get-Acl C:\\nothing", ["Cannot find path 'C:\\nothing' because it does not exist."]),
        ("Get-Service Nope", ["Cannot find any service with service name 'Nope'."]),
        ("Get-Service Ras* | Stop-Service; (Get-Service RasMan).Status; @(Get-VpnConnection VPN -AllUserConnection).ConnectionStatus", ["Stopped", "Disconnected"]),
        ("netsh interface show interface", ["netsh has no stand-in on the simulated client; see remediate docs clients (line 1)"]),
    ],
)  # fmt: skip
def test_a_stand_in_does_what_windows_does(shell, tmp_path, script, lines):
    assert said(shell, tmp_path, script) == lines


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        (f"Set-ItemProperty -Path '{KEY}' -Name Text -Value b", ["Access is denied."]),
        ("Set-NetIPInterface -InterfaceAlias VPN -InterfaceMetric 3", ["Access is denied."]),
        ("Add-VpnConnectionRoute VPN 10.8.0.0/16 -AllUserConnection", ["Access is denied."]),
        ("Restart-Service RasMan", ["Access is denied."]),
        ("(Get-VpnConnection).Name", ["Mine"]),
    ],
)
def test_a_standard_user_may_do_less(shell, tmp_path, script, lines):
    assert said(shell, tmp_path, script, "user") == lines


@pytest.mark.parametrize(
    ("state", "status", "lines"),
    [
        ("Stop Pending", "StopPending", ["Restart-Service may never end, because the state of RasMan is Stop Pending (line 1)"]),
        ("Start Pending", "StartPending", ["Restart-Service may never end, because the state of RasMan is Start Pending (line 1)"]),
        ("Stopped", "Stopped", ["Running"]),
        ("Running", "Running", ["Running"]),
    ],
)  # fmt: skip
def test_a_service_has_a_state_and_one_that_hangs_is_not_restarted(shell, tmp_path, state, status, lines):
    client = client_of({"services": {"RasMan": {"state": state}}}, tmp_path / "client")
    script = b"(Get-Service RasMan).Status; Restart-Service RasMan; (Get-Service RasMan).Status"
    run = client.run(shell, script, run_as="system", apart=True)
    assert [*run.output, *run.errors] == [status, *lines]


def test_system_has_a_registry_hive_of_its_own(shell, tmp_path):
    client = client_of(CLIENT, tmp_path / "client")
    client.run(shell, b"New-Item -Path 'HKCU:\\Software\\Mine' | Out-Null", run_as="system")
    run = client.run(shell, b"Test-Path 'HKCU:\\Software\\Mine'", run_as="user")
    assert run.output == ("False",) and r"HKU:\S-1-5-18\Software\Mine" in client.registry


def test_a_client_that_cannot_be_prepared_is_an_error(shell, tmp_path):
    client = client_of(CLIENT, tmp_path / "client")
    client.locks = [{"path": str(client.phonebook("hidden")), "tries": 2}]  # which is not there
    with pytest.raises(ClientError, match=r"the simulated client failed: Start-Client: .*rasphone"):
        client.run(shell, b"'1'", run_as="system")
    client.locks = []
    assert client.run(shell, b"'1'", run_as="system").output == ("1",)


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("$ErrorActionPreference = 'Stop'; try { Get-Service Nope } catch { 'caught' }", ["caught"]),
        (f"$ErrorActionPreference = 'Stop'; try {{ Get-ItemProperty '{KEY}' None }} catch {{ 'caught' }}", ["caught"]),
        ("$ErrorActionPreference = 'SilentlyContinue'; Get-Service Nope; 'on'", ["on"]),
        ("$ErrorActionPreference = 'SilentlyContinue'; Get-Service Nope -ErrorAction Continue; 'on'", ["on", "Cannot find any service with service name 'Nope'."]),
        ("$ErrorActionPreference = 'Stop'; Get-NetRoute -InterfaceIndex 5; 'on'", ["on", "No MSFT_NetRoute objects found."]),
        ("New-NetRoute 10.8.0.0/16 -InterfaceIndex 23 -WhatIf | Out-Null; Stop-Service RasMan -WhatIf; (Get-Service RasMan).Status; @(Get-NetRoute -ErrorAction Ignore).Count", ["Running", "0"]),
        ("[Console]::WriteLine('a'); 'b'; [Console]::Error.WriteLine('c'); $null -eq [Console]::In.ReadLine()", ["b", "True", "a", "c"]),
    ],
)  # fmt: skip
def test_what_is_not_settled_in_a_call_is_as_on_windows(shell, tmp_path, script, lines):
    heard = [line for line in said(shell, tmp_path, script) if not line.startswith("What if:")]
    assert heard == lines


def test_names_that_differ_in_case_are_two_variables(tmp_path, monkeypatch, powershell):
    monkeypatch.setenv("HTTP_PROXY", "a")
    monkeypatch.setenv("http_proxy", "b")
    client = client_of(CLIENT, tmp_path / "client")
    with PowerShell(powershell) as shell:
        client.run(shell, b"$env:left_here = 'x'; $env:LEFT_HERE = 'y'", run_as="user")
        run = client.run(shell, b"$env:HTTP_PROXY; $env:http_proxy; Test-Path env:left_here", run_as="user")
    assert run.output == ("a", "b", "False")


def test_a_script_that_does_not_end_is_ended(tmp_path, monkeypatch, powershell):
    monkeypatch.setattr(device, "LIMIT", 1)
    client = client_of(CLIENT, tmp_path / "client")
    with (
        PowerShell(powershell) as shell,
        pytest.raises(ClientError, match="did not end within 1 s"),
    ):
        client.run(shell, b"while ($true) { }", run_as="user")


@pytest.mark.parametrize(
    "call",
    [
        "shutdown /r", "Start-Process x", "Get-WmiObject x", "taskkill /IM svchost.exe",
        "New-NetRoute 10.8.0.0/16 -InterfaceIndex 23 -PolicyStore PersistentStore",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "way", ["$ErrorActionPreference = 'SilentlyContinue'; {}", "try {{ {} }} catch {{ }}"]
)
def test_a_refused_call_is_recorded_even_if_the_script_catches_it(shell, tmp_path, call, way):
    client = client_of(CLIENT, tmp_path / "client")
    run = client.run(shell, way.format(call).encode(), run_as="system", apart=True)
    assert len(run.state["refused"]) == 1 and run.state["events"] == []
    assert run.state["routes"] == []


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("#Requires -Modules VpnClient, NetTCPIP\n(Get-NetIPInterface VPN).InterfaceMetric", ["25"]),
        (
            "#Requires -Modules @{ ModuleName = 'NetAdapter'; ModuleVersion = '2.0' }\n(Get-NetAdapter).Name",
            ["Ethernet"],
        ),
        (
            "Import-Module NetTCPIP, NetConnection, CimCmdlets -ErrorAction Stop; (Get-NetIPInterface VPN).InterfaceMetric",
            ["25"],
        ),
        ("using module VpnClient\n@(Get-VpnConnection -AllUserConnection).Name", ["VPN"]),
        ("@(Get-Module -ListAvailable VpnClient).Count -gt 0", ["True"]),
    ],
)
def test_a_module_with_stand_ins_can_be_required_and_imported(shell, tmp_path, script, lines):
    client = client_of(CLIENT, tmp_path / "client")
    run = client.run(shell, script.encode(), run_as="system", apart=True)
    assert ([*run.output, *run.errors], run.state["refused"]) == (lines, [])


def test_every_module_of_windows_that_a_stand_in_is_of_has_its_manifest():
    folder = Path(device.__file__).parent
    modules = {path.name for path in (folder / "modules").iterdir()}
    named = {path.stem for path in (folder / "windows").iterdir()} & {
        "NetTCPIP",
        "NetAdapter",
        "NetConnection",
        "VpnClient",
    }
    assert modules == named | {"CimCmdlets"}


SUB = r"HKLM:\SOFTWARE\Other\Sub"


@pytest.mark.parametrize(
    "call",
    [
        "Remove-VpnConnection -Name VPN -Force", "& bcdedit.exe /set safeboot minimal", "Disable-NetAdapter -Name *",
        "Remove-NetRoute -InterfaceAlias VPN -Confirm:$false", "Stop-Process -Name svchost -Force",
        "Set-NetIPInterface -InterfaceAlias * -Dhcp Disabled", "Restart-Computer -ComputerName localhost",
        "start notepad", r"Remove-Item HKLM:\SOFTWARE\Other\* -Recurse", r"Remove-Item HKCR:\.exe -Recurse",
        r"Remove-Item Registry::HKEY_CLASSES_ROOT\.exe -Recurse", rf"Remove-ItemProperty {SUB} -Name *",
        rf"Set-ItemProperty {SUB} -Name B -Value 1 -Type Word", "Get-NetRoute -PolicyStore PersistentStore",
        "'localhost' | Restart-Computer -ErrorAction SilentlyContinue", "Restart-Service", "Get-NetIPInterface VPN 3",
        "Get-NetIPInterface -AddressFamily 2", "Set-NetIPInterface -InterfaceIndex seven", "Remove-NetRoute -InputObject VPN",
        "'VPN' | Set-NetIPInterface -InterfaceMetric 3", "Stop-Service -Name RasMan -DisplayName RasMan",
        *(rf"{call} {SUB} {SUB}2" for call in ("Copy-Item", "Move-Item", "Rename-Item", "cp", "move", "ren")),
        *(rf"{call} {SUB} A" for call in ("Clear-ItemProperty", "clp", "Set-Item", "si")), f"Clear-Item {SUB}",
        *(rf"{call} -Path {SUB} -Name A -Destination {SUB}2" for call in ("Copy-ItemProperty", "Move-ItemProperty")),
        rf"Rename-ItemProperty {SUB} A B", rf"Get-Item {SUB} | Move-Item -Destination {SUB}2", rf"Copy-Item $env:TEMP {SUB}",
        rf"Set-Location {SUB}", "New-PSDrive -Name HKU -PSProvider Registry -Root HKEY_USERS",
        "New-Object Microsoft.Windows.Nobody", "[System.Management.Nobody]::Delete()",
        *(() if os.name == "nt" else (
            "New-Object -ComObject WScript.Shell", "[wmiclass] 'Win32_Process'", "[Microsoft.Win32.Registry]::SetValue('HKEY_LOCAL_MACHINE\\X', 'A', 1)",
            "[Diagnostics.Process]::Start('rasdial.exe')", "Get-Date -ComObject x",
        )),
        "$Host.SetShouldExit(1)", "(Get-Host).SetShouldExit(1)",
        "(Get-Service RasMan).Pause()", rf"(Get-Item {SUB}).SetValue('B', 1)", "(Get-NetAdapter Ethernet).Disable()",
        "(Get-CimInstance Win32_Service).StopService()", "(Get-VpnConnection VPN -AllUserConnection).Delete()",
        "(Get-NetIPInterface VPN).Delete()", "Get-CimInstance Win32_ComputerSystem", "Get-CimInstance Win32_Service -Filter \"Name LIKE 'Ras%'\"", "(Get-NetConnectionProfile -Name Cafe).Set()",
    ],
)  # fmt: skip
def test_a_missing_stand_in_fails_the_case_even_if_the_script_hides_it(shell, tmp_path, call):
    client = client_of(CLIENT | {"registry": {SUB: {"A": 1}}}, tmp_path / "client")
    before = snapshot(client)
    run = client.run(shell, f"try {{ {call} }} catch {{ }}".encode(), run_as="system", apart=True)
    assert len(run.state["refused"]) == 1, run
    assert snapshot(client) == before


@pytest.mark.parametrize("given", ["$null", "''", "@()"])
def test_an_empty_value_that_windows_refuses_too_is_not_a_misuse(shell, tmp_path, given):
    script = f"try {{ Restart-Service -Name {given} }} catch {{ 'caught' }}"
    client = client_of(CLIENT, tmp_path / "client")
    run = client.run(shell, script.encode(), run_as="system", apart=True)
    assert run.output == ("caught",) and run.state["refused"] == []


def test_a_missing_method_of_the_scripts_own_object_is_not_a_misuse(shell, tmp_path):
    script = b"try { ([pscustomobject] @{ A = 1 }).Stop() } catch { 'caught' }; try { 'x'.Stop() } catch { }; try { [MyType] } catch { }; try { [IO.File]::ReadAllText('/no') } catch { }"
    client = client_of(CLIENT, tmp_path / "client")
    run = client.run(shell, script, run_as="system", apart=True)
    assert run.output == ("caught",) and run.state["refused"] == []


def test_a_standard_user_stops_no_service_by_its_method_either(shell, tmp_path):
    script = "try { (Get-Service RasMan).Stop() } catch { 'no' }; (Get-Service RasMan).Status"
    assert said(shell, tmp_path, script, "user") == ["no", "Running"]


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("'RasMan' | Stop-Service; (Get-Service RasMan).Status", ["Stopped"]),
        ("Stop-Service (Get-Service RasMan); ('RasMan' | Get-Service).Status", ["Stopped"]),
        ("[pscustomobject] @{ ServiceName = 'RasMan' } | Stop-Service -PassThru | ForEach-Object { \"$_ $($_.Status)\" }", ["RasMan Stopped"]),
        ("Get-CimInstance Win32_Service | Stop-Service; (Get-Service -DisplayName 'Remote Access*').Status", ["Stopped"]),
        ("Stop-Service RasMan; Get-Service -DisplayName 'Remote Access Connection Manager' | Start-Service -PassThru | Get-Service | ForEach-Object { $_.Status }", ["Running"]),
        ("$s = Get-Service RasMan; $s.Stop(); $s.Status; $s.Refresh(); $s.Status; $s.Start(); $s.WaitForStatus('Running', '00:00:10'); $s.Status; $s.Close(); $s.Dispose()", ["Running", "Stopped", "Running"]),
        ("foreach ($do in { (Get-Service RasMan).Start() }, { (Get-Service RasMan).WaitForStatus('Stopped') }) { try { & $do } catch { 'no' } }; (Get-Service RasMan).Status", ["no", "no", "Running"]),
        ("(Get-Service).Stop(); try { (Get-Service RasMan).Stop() } catch { 'no' }", ["no"]),
        ("Get-Service Nope*; Get-Service -DisplayName Nope", ["Cannot find any service with service name 'Nope'."]),
        ("[pscustomobject] @{ Id = (Get-CimInstance Win32_Service).ProcessId } | Stop-Process; (Get-Service RasMan).Status", ["Stopped"]),
        ("[pscustomobject] @{ ClassName = 'Win32_Service' } | Get-CimInstance | ForEach-Object { $_.Name }", ["RasMan"]),
        ("Get-NetAdapter -IncludeHidden | Get-NetIPInterface | ForEach-Object { $_.InterfaceAlias }", ["VPN", "Ethernet"]),
        ("Get-NetAdapter | Get-NetConnectionProfile | ForEach-Object { $_.Name }; Get-NetIPInterface VPN | Get-NetAdapter -IncludeHidden | ForEach-Object { $_.ifIndex }", ["Cafe", "23"]),
        ("Get-NetAdapter | Set-NetIPInterface -InterfaceMetric 7; (Get-NetIPInterface).InterfaceMetric -join ','", ["25,7"]),
        ("$null = Get-NetAdapter | New-NetRoute 10.8.0.0/16; (Get-NetAdapter | Get-NetRoute).InterfaceIndex", ["7"]),
        ("$null = New-NetRoute 10.8.0.0/16 -ifIndex 7; Get-NetAdapter | Remove-NetRoute -Confirm:$false; @(Get-NetRoute -ErrorAction Ignore).Count", ["0"]),
        ("Get-VpnConnection -AllUserConnection | Remove-VpnConnectionRoute -DestinationPrefix 10.0.0.0/8; $?", ["True"]),
        ("[pscustomobject] @{ Name = 'VPN'; DestinationPrefix = '10.8.0.0/16' } | Add-VpnConnectionRoute -AllUserConnection; $?", ["True"]),
        ("[pscustomobject] @{ ConnectionName = 'VPN' } | Get-VpnConnection -AllUserConnection | ForEach-Object { $_.Name }", ["VPN"]),
        ("('dc01' | Test-NetConnection).PingSucceeded; 1, 2 | Start-Sleep; [pscustomobject] @{ Milliseconds = 9 } | Start-Sleep", ["True"]),
    ],
)  # fmt: skip
def test_a_stand_in_accepts_the_pipeline_input_of_windows(shell, tmp_path, script, lines):
    client = client_of(CLIENT, tmp_path / "client")
    run = client.run(shell, script.encode(), run_as="system", apart=True)
    assert ([*run.output, *run.errors], run.state["refused"]) == (lines, [])


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("cd $env:TEMP; Set-Content a 1; Copy-Item a b; Get-Item b | Rename-Item -NewName c; 'a' | Move-Item -Destination d; (ls -File).Name -join ','", ["c,d"]),
        ("Set-Item env:MINE x; $env:MINE; Clear-Item env:MINE; Test-Path env:MINE", ["x", "False"]),
        ("$a = 1; Test-Path variable:a; Set-Item variable:a 2; (Get-Item variable:a).Value; Clear-Item variable:a; $null -eq $a", ["True", "2", "True"]),
        ("Set-Item function:Get-Mine { 'mine' }; Get-Mine; Copy-Item function:Get-Mine function:Get-Ours; Get-Ours", ["mine", "mine"]),
        ("(Get-ChildItem $env:ProgramData -Directory).Name; @(Get-ChildItem $env:ProgramData -Recurse -Attributes !Directory).Name; Test-Path $env:ProgramData -NewerThan 2020-01-01", ["Microsoft", "rasphone.pbk", "True"]),
        ("foreach ($how in 'SilentlyContinue', 'Ignore') { Copy-Item (Join-Path $env:TEMP no) x -ErrorAction $how; $?; $Error.Count }", ["False", "1", "False", "1"]),
        ("try { Move-Item (Join-Path $env:TEMP no) x -ErrorAction Stop } catch [Management.Automation.ItemNotFoundException] { 'none' }", ["none"]),
    ],
)  # fmt: skip
def test_the_item_commands_work_on_files_and_variables_as_usual(shell, tmp_path, script, lines):
    assert said(shell, tmp_path, script) == lines


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("Get-Service | ForEach-Object { $_.CanStop, $_.StartType, $_.ServiceType, $_.DisplayName, @($_.DependentServices).Count, @($_.RequiredServices).Count } | ForEach-Object { \"$_\" }", ["True", "Automatic", "Win32ShareProcess", "Remote Access Connection Manager", "0", "0"]),
        ("$null = New-Item HKLM:\\SYSTEM\\CurrentControlSet\\Services\\RasMan; $null = New-ItemProperty HKLM:\\SYSTEM\\CurrentControlSet\\Services\\RasMan Start -Value 4; (Get-Service).StartType; (Get-CimInstance Win32_Service).StartMode", ["Disabled", "Disabled"]),
        ("Get-NetIPInterface | ForEach-Object { \"$($_.ifIndex) $($_.Dhcp) $($_.NlMtu) $($_.Store)\" }", ["23 Disabled 1400 ActiveStore", "7 Enabled 1500 ActiveStore"]),
        ("rasdial VPN /disconnect | Out-Null; rasdial VPN | Out-Null; Get-NetRoute | ForEach-Object { \"$($_.InterfaceAlias) $($_.ifIndex) $($_.Protocol) $($_.Publish) $($_.InterfaceMetric)\" }", ["VPN 23 NetMgmt No 3"]),
        ("Get-NetAdapter -IncludeHidden | ForEach-Object { \"$($_.Name) $($_.Virtual) $($_.HardwareInterface) $($_.MediaConnectionState)\" }", ["VPN True False Connected", "Ethernet False True Connected"]),
        ("Get-VpnConnection -AllUserConnection | ForEach-Object { \"$($_.SplitTunneling) $($_.TunnelType) $($_.AuthenticationMethod) $($_.DnsSuffix) $($_.Routes.DestinationPrefix)\" }", ["True Automatic Eap corp.contoso.com 10.0.0.0/8"]),
        ("Get-CimInstance Win32_Service -Filter \"State='Running' AND Name = 'RasMan'\" | ForEach-Object { $_.Started, $_.StartMode }; @(Get-CimInstance Win32_Service -Filter \"State = 'Stopped'\").Count", ["True", "Auto", "0"]),
        ("(Get-CimInstance Win32_OperatingSystem | ForEach-Object { $_.Caption, ((Get-Date) - $_.LastBootUpTime).TotalHours.ToString('0') }) -join ','", ["Microsoft Windows 11 Enterprise,1"]),
        ("(Test-NetConnection dc01 -Port 389).PingSucceeded; (Test-NetConnection dc01).TcpTestSucceeded", ["False", "False"]),
        (f"$k = Get-Item {KEY}; $k.GetValue('Text'); $k.GetValue('No', 5); $k.GetValue('List').Count; $k.GetValueNames() -join ','; $k.Property.Count; (Get-Item HKLM:\\SOFTWARE).GetSubKeyNames() -join ','", ["2026-01-01", "5", "2", "Text,Number,Bytes,List", "4", "Microsoft,Shut,X"]),
        (f"Get-ItemProperty {KEY} | Where-Object {{ $_.Number -eq 1 }} | Remove-Item; Test-Path {KEY}", ["False"]),
    ],
)  # fmt: skip
def test_the_objects_of_windows_have_their_usual_properties(shell, tmp_path, script, lines):
    assert said(shell, tmp_path, script) == lines


def test_checking_whether_a_command_exists_is_not_a_misuse(shell, tmp_path):
    script = b"$null -eq (Get-Command Get-Nothing -ErrorAction SilentlyContinue)"
    client = client_of(CLIENT, tmp_path / "client")
    run = client.run(shell, script, run_as="system", apart=True)
    assert run.output == ("True",) and run.state["refused"] == []


@pytest.mark.parametrize(
    ("script", "left"),
    [
        (r"Remove-Item HKLM:\SOFTWARE -Recurse -Force", None),
        (rf"Remove-Item HKLM:\SOFTWARE\Missing, {SUB} -Force -ErrorAction SilentlyContinue", None),
        (r"Remove-Item HKLM:/SOFTWARE//Other/Sub", None),
        (r"Remove-Item Registry::HKEY_LOCAL_MACHINE\SOFTWARE\Other -Recurse", None),
        (r"Remove-Item Registry::HKLM\SOFTWARE\Other -Recurse", None),
        (r"Remove-Item HKLM:\SOFTWARE\Other -ErrorAction SilentlyContinue", {"A": ("DWord", 1)}),
        (rf"Remove-Item {SUB} -WhatIf", {"A": ("DWord", 1)}),
        (rf"Set-ItemProperty {SUB} -Name a -Value 2 -WhatIf", {"A": ("DWord", 1)}),
        (rf"Set-ItemProperty {SUB} -Name a -Value 2", {"A": ("DWord", 2)}),
        (rf"Set-ItemProperty {SUB} -Name A -Value 2 -Type DWORD", {"A": ("DWord", 2)}),
        (rf"Remove-ItemProperty {SUB} -Name A; Set-ItemProperty {SUB} -Name B -Value 5", {"B": ("DWord", 5)}),
        (rf"Remove-ItemProperty {SUB} -Name A; Set-ItemProperty {SUB} B 'x'", {"B": ("String", "x")}),
        (rf"Remove-ItemProperty {SUB} A; $null = New-ItemProperty {SUB} B -PropertyType MultiString -Value b", {"B": ("MultiString", ["b"])}),
        (rf"Remove-ItemProperty {SUB} A; Set-ItemProperty {SUB} B ([byte[]] (1, 2))", {"B": ("Binary", [1, 2])}),
    ],
)  # fmt: skip
def test_the_registry_is_written_as_windows_writes_it(shell, tmp_path, script, left):
    client = client_of(CLIENT | {"registry": {SUB: {"A": 1}}}, tmp_path / "client")
    assert client.run(shell, script.encode(), run_as="system", apart=True).state["refused"] == []
    there = client.registry.get(SUB)
    found = there and {name: (value["type"], value["data"]) for name, value in there.items()}
    assert found == left


def test_keys_of_which_only_those_below_are_named_are_listed_too(shell, tmp_path):
    script = (
        r"(Get-ChildItem HKLM:\SOFTWARE -Recurse).Name; 'and'; (Get-ChildItem HKLM:\SOFTWARE).PSChildName"
    )
    client = client_of({"registry": {SUB: {"A": 1}}}, tmp_path / "client")
    run = client.run(shell, script.encode(), run_as="system", apart=True)
    names = [line for line in run.output if "Microsoft" not in line]
    assert names == [r"HKLM:\SOFTWARE\Other", SUB, "and", "Other"]


@pytest.mark.parametrize(
    ("script", "lines"),
    [
        ("(Get-NetIPInterface VPN).InterfaceMetric = 3; (Get-NetIPInterface VPN).InterfaceMetric", ["25"]),
        ("(New-NetRoute 10.8.0.0/16 -InterfaceIndex 23).RouteMetric = 9; (Get-NetRoute).RouteMetric", ["0"]),
        ("(Get-NetRoute -ErrorAction Ignore).Count; $null = New-NetRoute 10.8.0.0/16 -InterfaceIndex 23; @(Get-NetRoute -AddressFamily IPv6 -ErrorAction Ignore).Count", ["0", "0"]),
        ("$null = New-NetRoute 10.8.0.0/16 -InterfaceIndex 23; Get-NetRoute -DestinationPrefix 10.9.0.0/16 -ErrorAction Ignore | Remove-NetRoute -Confirm:$false; @(Get-NetRoute).Count", ["1"]),
        ("$null = New-NetRoute 10.8.0.0/16 -InterfaceIndex 23; Get-NetRoute | Remove-NetRoute -Confirm:$false; @(Get-NetRoute -ErrorAction Ignore).Count", ["0"]),
        ("Get-NetIPInterface VPN | Set-NetIPInterface -InterfaceMetric 7; @(Get-NetIPInterface).InterfaceMetric", ["7", "25"]),
        ("kill (Get-CimInstance Win32_Service).ProcessId; (Get-Service RasMan).Status", ["Stopped"]),
        ("@(ls env:USERPROFILE).Count; sleep 99", ["1"]),
        ("(\"$env:AppData\", $env:APPDATA, $env:appdata | Sort-Object -Unique).Count; Test-Path $env:TEMP; Split-Path -Leaf $env:SystemRoot", ["1", "True", "Windows"]),
        ("[Console]::OpenStandardError().Write([byte[]] (97, 10), 0, 2); 'b'", ["b", "a"]),
        ("class Seen { static [int] $Runs = 0 }; [Seen]::Runs++; [Seen]::Runs", ["1"]),
    ],
)  # fmt: skip
def test_scripts_find_what_they_find_on_windows(shell, tmp_path, script, lines):
    for _ in range(2):
        client = client_of({part: CLIENT[part] for part in ("interfaces", "phonebooks")}, tmp_path / "client")
        run = client.run(shell, script.encode(), run_as="system", apart=True)
        assert [*run.output, *run.errors] == lines and run.state["refused"] == []
        shutil.rmtree(client.folder)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("exit 3", 3),
        ("$global:LASTEXITCODE = 1; return", 0),
        ("taskkill /PID 1; & { exit 2 }", 2),
        ("rasdial VPN", 0),
        ("throw 'x'", 1),
        ("try { exit 4 } finally { $null = 1 }", 4),
    ],
)
def test_the_exit_code_is_that_of_a_process(shell, tmp_path, script, code):
    client = client_of(CLIENT | {"faults": {"rasdial": "no"}}, tmp_path / "client")
    assert client.run(shell, script.encode(), run_as="system", apart=True).exit_code == code


@pytest.mark.parametrize(
    ("script", "limit", "problem"),
    [
        ("$o = [Console]::OpenStandardOutput(); $o.Write([byte[]] (123, 125, 10), 0, 3); $o.Flush()", device.LIMIT, "wrote between"),
        ("$i = [Diagnostics.ProcessStartInfo]::new('/bin/sleep', '99'); $i.UseShellExecute = $false; $null = [Diagnostics.Process]::Start($i); [Threading.Thread]::Sleep(-1)", 3, "did not end within 3 s"),
    ],
)  # fmt: skip
@pytest.mark.skipif(os.name == "nt", reason="Windows has no /bin/sleep")
def test_a_script_cannot_answer_for_us_and_its_children_hold_nothing_up(
    tmp_path, monkeypatch, powershell, script, limit, problem
):
    client = client_of(CLIENT, tmp_path / "client")
    with PowerShell(powershell) as shell:
        assert client.run(shell, b"'first'", run_as="user").output == ("first",)
        with monkeypatch.context() as patch, pytest.raises(ScriptEndedError, match=problem):
            patch.setattr(device, "LIMIT", limit)
            client.run(shell, script.encode(), run_as="user", apart=True)
        assert client.run(shell, b"'next'", run_as="user").output == ("next",)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_a_file_that_never_ends_is_not_read(tmp_path):
    client = client_of(CLIENT, tmp_path / "client")
    os.mkfifo(client.folder / "pipe")
    assert snapshot(client)["special file pipe"]


@pytest.mark.parametrize(
    ("script", "look", "apart"),
    [
        ("Set-Alias -Name Get-Left -Value Get-Date -Scope Global", "Test-Path alias:Get-Left", True),
        ("function global:Get-Left { 1 }", "Test-Path function:Get-Left", True),
        *(
            (script, look, apart)
            for apart in (True, False)
            for script, look in (
                ("$env:LEFT = 1", "Test-Path env:LEFT"),
                ("$global:Left = 1", "Test-Path variable:Left"),
                (
                    "Set-Location /; $global:ErrorActionPreference = 'Stop'",
                    "'Stop' -eq $ErrorActionPreference",
                ),
            )
        ),
    ],
)
def test_nothing_that_a_script_leaves_is_there_for_the_next(shell, tmp_path, script, look, apart):
    client = client_of(CLIENT, tmp_path / "client")
    assert client.run(shell, script.encode(), run_as="user", apart=apart).errors == ()
    assert client.run(shell, look.encode(), run_as="user", apart=apart).output == ("False",)


@pytest.mark.parametrize(
    ("command", "script", "lines"),
    [
        ("Get-NetRoute", "Get-NetRoute -InterfaceIndex 7; 'on'", ["on", "no"]),
        ("Get-NetRoute", "Get-NetRoute -ErrorAction SilentlyContinue; 'on'", ["on"]),
        ("Get-NetRoute", "try { Get-NetRoute -InterfaceIndex 7 -ErrorAction Stop } catch { $_.Exception.Message }", ["no"]),
        ("Stop-Service", "Get-Service RasMan | Stop-Service -Force; 'on'", ["on", "no"]),
        ("Add-VpnConnectionRoute 10.0.0.0/8", "Add-VpnConnectionRoute VPN 10.0.0.0/8; 'on'", ["on", "no"]),
        ("Add-VpnConnectionRoute 10.0.0.0/8", "try { Add-VpnConnectionRoute VPN 10.0.0.0/8 -ErrorAction Stop } catch { $_.Exception.Message }", ["no"]),
        ("New-Object", "New-Object object; 'on'", ["no (line 1)"]),
        ("Copy-Item", "Copy-Item a b; 'on'", ["on", "no"]),
        ("Copy-Item", "$ErrorActionPreference = 'Stop'; try { Copy-Item a b } catch { 'caught' }", ["caught"]),
        ("Write-Error", "Write-Error x; 'on'", ["no (line 1)"]),
        ("rasdial", "rasdial VPN; $LASTEXITCODE", ["no", "1"]),
        ("Get-Mine", "function Get-Mine { 1 }; Get-Mine; 'on'", ["no (line 1)"]),
    ],
)  # fmt: skip
def test_a_command_of_windows_fails_with_an_error_that_ends_nothing(shell, tmp_path, command, script, lines):
    client = client_of(CLIENT | {"faults": {command: "no"}}, tmp_path / "client")
    run = client.run(shell, script.encode(), run_as="system", apart=True)
    assert [*run.output, *run.errors] == lines
    assert client.unmet() == []


@pytest.mark.parametrize(
    "script",
    [
        "Get-NetRoute -InterfaceIndex 99",
        "Get-NetAdapter -Name Nowhere",
        "Get-Service -Name Nowhere",
        "Stop-Process -Id 12345",
        "Get-VpnConnection -Name Nowhere",
        "Remove-VpnConnectionRoute Nowhere 10.0.0.0/8",
        "Get-ItemProperty -LiteralPath HKLM:\\SOFTWARE\\Nowhere",
        "Get-NetConnectionProfile -Name Nowhere",
    ],
)
def test_an_error_of_windows_names_its_command_and_fails_the_call(shell, tmp_path, script):
    client = client_of(CLIENT, tmp_path / "client")
    text = f"{script} -ErrorAction SilentlyContinue; $?; $Error[0].FullyQualifiedErrorId"
    run = client.run(shell, text.encode(), run_as="system", apart=True)
    succeeded, name = run.output
    assert succeeded == "False" and name.endswith("," + script.split()[0])


def test_commands_of_a_client_are_not_noted_in_the_log_of_this_machine(shell, tmp_path):
    script = b"""$hidden = [Reflection.BindingFlags] 'Instance, Static, NonPublic'
$type = [psobject].Assembly.GetType('System.Management.Automation.Tracing.PSSysLogProvider')
if ($null -eq $type) { return 0 }
$log = $type.GetField('s_provider', $hidden).GetValue($null)
$log.GetType().GetField('_levelFilter', $hidden).GetValue($log)
"""
    client = client_of(CLIENT, tmp_path / "client")
    assert client.run(shell, script, run_as="user").output == ("0",)


def test_a_call_that_fails_on_purpose_did_not_succeed(shell, tmp_path):
    client = client_of(CLIENT | {"faults": {"Set-Content": "no"}}, tmp_path / "client")
    run = client.run(shell, b"Set-Content a b -ErrorAction Ignore; $?", run_as="system", apart=True)
    assert run.output == ("False",)


def test_rasdial_alone_lists_and_dials_nothing(shell, tmp_path):
    client = client_of(CLIENT, tmp_path / "client")
    run = client.run(shell, b"rasdial", run_as="system")
    assert run.errors == () and client.events == []
