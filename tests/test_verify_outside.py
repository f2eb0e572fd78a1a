"""`verify` of your own script pair: what scripts do by literal paths, and what reaches past the client."""

from __future__ import annotations

import os

import pytest

from aovpn_remediate.scripts.outside import reaches
from aovpn_remediate.verify import Proof, prove
from tests.own_pairs import WRITE, jobs_of, own_pair

PHONEBOOK = r"C:\ProgramData\Microsoft\Network\Connections\Pbk\rasphone.pbk"
HOSTS = r"C:\Windows\System32\drivers\etc\hosts"
GONE = "file ProgramData/Microsoft/Network/Connections/Pbk/rasphone.pbk: expected"
EMPTIED = "file Windows/System32/drivers/etc/hosts: -'# localhost"
ROUTE = "persistent route 10.8.0.0/16 on 23: expected nothing, found 'kept for the next start"

HARMFUL = {
    "deletes the phonebook": (f"Remove-Item '{PHONEBOOK}'", GONE),
    "deletes it and silences errors": (f"Remove-Item '{PHONEBOOK}' -Force -ErrorAction SilentlyContinue", GONE),
    "deletes it in a try": (f"try {{ del '{PHONEBOOK.lower()}' }} catch {{ }}", GONE),
    "deletes it where it is": (f"if (Test-Path '{PHONEBOOK}') {{ Remove-Item '{PHONEBOOK}' }}", GONE),
    "deletes it by a pipe": (r"Get-ChildItem C:\ProgramData -Recurse -Filter *.pbk | Remove-Item", GONE),
    "moves it by another spelling": (r"Move-Item c:/programdata/microsoft/*/Connections/Pbk/rasphone.pbk C:\x", GONE),
    "empties hosts": (f"Clear-Content '{HOSTS}' -ErrorAction SilentlyContinue", EMPTIED),
    "empties hosts where it is": (f"if (Test-Path '{HOSTS}') {{ '' | Out-File '{HOSTS.lower()}' }}", EMPTIED),
    "empties hosts by a pipe": (f"Get-Item '{HOSTS}' | Clear-Content", EMPTIED),
    "adds to hosts": (f"try {{ Add-Content '{HOSTS}' '10.0.0.1 a' }} catch {{ }}", "hosts: +'10.0.0.1 a"),
    "deletes all of the drive": (r"Remove-Item C:\ -Recurse -Force -ErrorAction SilentlyContinue", GONE),
    "deletes it by a wildcard": (r"Remove-Item C:\ProgramData\Micro* -Recurse -Force", GONE),
    "deletes it from its folder": (f"Set-Location '{PHONEBOOK[:-13]}'; Remove-Item rasphone.pbk", GONE),
    "goes to another drive": (r"Set-Location D:\ -ErrorAction Ignore", "the simulated client has no drive D:, only C:"),
    "reads a piped path": (r"'D:\x.csv' | Import-Csv -ErrorAction Ignore", "the simulated client has no drive D:, only C:"),
    "goes to the registry": (r"Push-Location HKLM:\SOFTWARE -ErrorAction Ignore", "a command for files or locations has no stand-in for the registry"),
    "writes to another drive": (r"try { Set-Content D:\x.log a } catch { }", "the simulated client has no drive D:, only C:"),
    "looks at another drive": (r"Test-Path E:\x -ErrorAction Ignore", "the simulated client has no drive E:, only C:"),
    "reads from the network": (r"Get-Content \\server\share\x -ErrorAction Ignore", "the simulated client has no network paths"),
    "reads from the home folder": (r"Get-Content ~\x -ErrorAction Ignore", "no home folder ~; use $env:USERPROFILE"),
    "uses $HOME": (r'if (Test-Path "$HOME\x") { 1 }', "remediate, line 5: $HOME is a folder of this computer"),
    "asks for a folder": ("$null = [Environment]::GetFolderPath('CommonApplicationData')", "remediate, line 5: [Environment]::GetFolderPath finds"),
    "deletes by .NET": (f"try {{ [IO.File]::Delete('{HOSTS}') }} catch {{ }}", "remediate, line 5: a .NET call names a path with a drive"),
    "sets a variable of the machine": (
        "$null = [Environment]::GetEnvironmentVariable('A', 'Machine')", "variables of the machine or of a user are not simulated",
    ),
    "changes the execution policy": (
        "Set-ExecutionPolicy Bypass -Scope Process -ErrorAction SilentlyContinue", "Set-ExecutionPolicy has no stand-in",
    ),
    "leaves a persistent route": ("$null = New-NetRoute 10.8.0.0/16 -InterfaceIndex 23", ROUTE),
    "sleeps for too long": ("try { Start-Sleep 3000; Start-Sleep -Milliseconds 601000 } catch { }", "Start-Sleep waits for more than an hour in sum"),
}  # fmt: skip


def repaired(shell, folder, repair: str) -> Proof:
    """The proof of the first case of a pair whose repair does this, too."""
    job, _ = own_pair(folder, f"{WRITE}{repair}")
    return prove(job, shell)


@pytest.mark.parametrize("way", HARMFUL)
def test_harm_by_a_literal_path_or_past_the_client_is_found(shell, tmp_path, way):
    repair, reason = HARMFUL[way]
    proof = repaired(shell, tmp_path, repair)
    assert any(reason in line for line in proof.differences), proof.differences


@pytest.mark.parametrize(
    "repair",
    [
        f"Get-Content '{HOSTS}' | Out-Null",
        f"if ((Get-Content '{HOSTS}' -Raw) -notmatch 'localhost') {{ exit 1 }}",
        f"if (-not (Test-Path '{PHONEBOOK}')) {{ exit 1 }}",
        r"'C:\x' | Set-Content C:\Windows\x.log; if ((Get-Content C:\Windows\x.log) -ne 'C:\x') { exit 1 }; del C:\Windows\x.log",
        r"'a' | Set-Content C:\Windows\x.log; Remove-Item C:\windows\X.LOG",
        "$null = New-NetRoute 10.8.0.0/16 -InterfaceIndex 23; Remove-NetRoute 10.8.0.0/16 -Confirm:$false",
        "Start-Sleep 3600",
        "[Environment]::SetEnvironmentVariable('A', 'b', 'Process')",
    ],
)
def test_what_a_literal_path_leaves_as_it_was_is_no_failure(shell, tmp_path, repair):
    proof = repaired(shell, tmp_path, repair)
    assert proof.differences == () and proof.warnings == ()


@pytest.mark.skipif(os.name == "nt", reason="there a redirection cannot be led to the client")
def test_a_redirection_to_the_drive_writes_to_the_client(shell, tmp_path):
    proof = repaired(shell, tmp_path, r"'a' > C:\Windows\x.log")
    assert "file Windows/x.log: expected nothing, found b" in "\n".join(proof.differences)


@pytest.mark.parametrize(
    ("script", "warning"),
    [
        ("'x' * 2049", "detect: prints 2,049 characters; Intune keeps the last 2,048 characters"),
        ("[string] [char] 0xFC", "detect: prints characters outside ASCII"),
        (r"$path = 'C:\x'; $null = [IO.File]::Exists($path)", "detect, line 1: a .NET call may get a path"),
        ("'x' * 2048", ""),
    ],
)
def test_what_may_be_wrong_is_a_warning_and_fails_nothing(shell, tmp_path, script, warning):
    own_pair(tmp_path, "")
    (tmp_path / "detect.ps1").write_text(f"{script}\nexit 0\n")
    (tmp_path / "clients.yaml").write_text("- {case: a, before: {}, exits: [0, 0, 0, 0]}\n")
    (tmp_path / "repair.ps1").write_text("exit 0\n")
    (proof,) = [prove(job, shell) for job in jobs_of(tmp_path)]
    assert proof.ok and len(proof.warnings) == bool(warning) and warning in "".join(proof.warnings)


@pytest.mark.parametrize(
    ("script", "found"),
    [
        (r"[IO.File]::ReadAllText('C:\a\b')", "a .NET call names"),
        (r"[System.IO.StreamWriter]::new('c:/x')", "a .NET call names"),
        (r'New-Object -TypeName System.IO.StreamReader -ArgumentList "D:\x"', "a .NET call names"),
        (r"([IO.FileInfo] 'C:\x').Delete()", "a .NET call names"),
        (r"$x.Load('C:\x.xml')", "a .NET call names"),
        (r"[IO.File]::Delete((Join-Path 'C:\a' 'b'))", "a .NET call may get"),
        (r"$x = 'C:\a'; $y = $x + '\b'; [IO.File]::Delete($y)", "a .NET call may get"),
        ("[Environment]::SetEnvironmentVariable('A','b',[EnvironmentVariableTarget]::Machine)", "variables of"),
        ("${home}", "$HOME is"),
        (r"'a' > C:\x", "a redirection writes"),
        (r"[IO.Path]::Combine('C:\a', 'b')", ""),
        (r"$x.Replace('C:\x', '')", ""),
        (r"[IO.File]::WriteAllText($path, 'C:\x is full')", ""),
        (r"$path = 'C:\x'; Get-Content $path", ""),
        ("[Environment]::GetEnvironmentVariable('A')", ""),
        ("$homes", ""),
    ],
)  # fmt: skip
def test_what_reaches_past_the_client_is_found_in_the_tree(script, found):
    reached = reaches(f"# one\n{script}\n".encode(), is_windows=True)
    assert len(reached) == bool(found)
    assert all(one.line == 2 and one.text.startswith(found) for one in reached)
    assert all(one.is_warning == ("may get" in found) for one in reached)
