"""Scripts run only as the account and in the language mode that they are made for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aovpn_remediate.client import PowerShell
from aovpn_remediate.client.phonebook import entry
from tests.metric_client import LIVE_ONLY, connect, metrics
from tests.pairs import PROFILE, check, files, metric_pair, repair
from tests.script_faults import DETECTION, at_start


@pytest.mark.parametrize(
    ("settings", "account"), [({}, "system"), (LIVE_ONLY, "user"), ({"scope": "device"}, "user")]
)
def test_the_wrong_account_is_unknown_and_touches_nothing(client, shell, settings, account):
    for scope in ("user", "device"):
        client.write_phonebook(scope, entry(PROFILE))
    connect(client)
    before = files(client)
    for script in (check, repair):
        run = script(client, shell, metric_pair(**settings), run_as=account)
        assert (run.result["state"], run.result["reason"], run.exit_code) == ("unknown", "wrong-account", 0)
    assert files(client) == before and metrics(client) == ["automatic", "automatic"]


@pytest.mark.parametrize("name", [PROFILE, "\u6771\u4eac\U0001f600" * 80])
def test_constrained_language_is_unknown_and_touches_nothing(client, shell, name):
    client.write_phonebook("user", entry(name))
    client.language_mode = "ConstrainedLanguage"
    for script in (check, repair):
        run = script(client, shell, metric_pair(profile=name))
        assert (run.result["state"], run.result["reason"]) == ("unknown", "constrained-language")


def test_a_script_runs_without_the_simulated_client(shell: PowerShell, tmp_path: Path):
    import subprocess

    from aovpn_remediate.client import find_powershell

    script = tmp_path / "detect.ps1"
    script.write_bytes(metric_pair(live="ignore").detection)
    pbk = tmp_path / "Microsoft" / "Network" / "Connections" / "Pbk" / "rasphone.pbk"
    pbk.parent.mkdir(parents=True)
    pbk.write_bytes(entry(PROFILE))
    environment = {**os.environ, "APPDATA": str(tmp_path), "USERNAME": "jdoe"}
    command = [str(find_powershell()), "-NoProfile", "-File", str(script)]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert done.stdout.count(b"\n") == 1 and b'"state":"issue"' in done.stdout


def test_a_session_without_an_appdata_is_unknown(client, shell):
    client.write_phonebook("user", entry(PROFILE))
    run = check(client, shell, at_start(metric_pair(), "$env:APPDATA = ''", of=DETECTION))
    assert run.result["state"] == "unknown"
    assert run.result["detail"] == "the environment does not name the folder of the phonebook"
