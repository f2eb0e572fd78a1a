"""An interrupted `verify`: it ends soon, with all that it started, and leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from aovpn_remediate.client import making
from aovpn_remediate.client.device import on_windows
from aovpn_remediate.client.links import put_link
from aovpn_remediate.errors import CaseNotRunError
from aovpn_remediate.verify import prove
from tests.own_pairs import own_pair
from tests.patience import HANGING, wait_until
from tests.proof_jobs import EXAMPLE, the_case

Moment = Callable[[Path], object]

FAR_LESS = 30
"""Seconds: a script may run for a minute, and an interruption takes 3 s at most where the machine is idle."""
LINK = "a link is in the place of the phonebook"

no_signals = pytest.mark.skipif(os.name == "nt", reason="Windows ends a process, it does not ask it to")


def interrupted(config: Path, folder: Path, moment: Moment, signals: Sequence[signal.Signals]) -> float:
    """Interrupt `verify` when a moment has come; check what it says and leaves, and return the seconds."""
    command = [sys.executable, "-m", "aovpn_remediate", "verify", "-c", str(config)]
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(EXAMPLE.parents[1])}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        wait_until(lambda: moment(folder), process)
        started = time.monotonic()
        for number in signals:
            process.send_signal(number)
        _, err = process.communicate(timeout=HANGING)
    assert process.returncode == 130 and err.strip().endswith("interrupted; nothing was changed")
    assert list(folder.iterdir()) == []
    return time.monotonic() - started


@no_signals
@pytest.mark.parametrize(
    "moment",
    [
        lambda folder: list(folder.glob("remediate-*")),
        lambda folder: list(folder.glob("remediate-*/errors.txt")),
        lambda folder: list(folder.glob("remediate-*/client")),
        lambda folder: list(folder.glob("remediate-*/*.ps1")),
    ],
    ids=["at the start", "as PowerShell starts", "in a case", "as a script runs"],
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_verify_ends_and_leaves_nothing(powershell, tmp_path, moment, number):
    assert interrupted(EXAMPLE, tmp_path, moment, [number]) < FAR_LESS


@no_signals
@pytest.mark.parametrize("times", [1, 2])
def test_a_script_that_hangs_is_ended_with_what_it_started(powershell, tmp_path, times):
    for name in ("pair", "temporary"):
        (tmp_path / name).mkdir()
    started = tmp_path / "started"
    hangs = f"sh -c 'sleep 600 > /dev/null 2>&1 & echo $! > {started}'\nwhile ($true) {{ }}"
    own_pair(tmp_path / "pair", "")
    (tmp_path / "pair" / "detect.ps1").write_text(f"{hangs}\nexit 0\n")
    signals = [signal.SIGINT] * times
    seconds = interrupted(
        tmp_path / "pair" / "r.yaml",
        tmp_path / "temporary",
        lambda _: started.exists() and started.read_text(),
        signals,
    )
    assert seconds < FAR_LESS
    wait_until(lambda: not _is_running(int(started.read_text())))


def _is_running(process: int) -> bool:
    """Whether a process runs; one that nobody waited for has ended all the same."""
    try:
        return "Z" not in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


def test_a_case_that_this_machine_cannot_make_is_reported(shell, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(1314, "A required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    monkeypatch.setattr(sys, "platform", "linux")
    proof = prove(the_case(tmp_path, LINK), shell)
    assert proof.not_run.startswith("no link can be made here; turn on the developer mode of Windows")
    assert proof.ok and proof.states == ()


def test_a_case_with_a_link_to_the_folder_proves_the_same(shell, tmp_path, monkeypatch):
    """As a junction on Windows does, where links to files need a right."""

    def link_folder(path: Path, target: Path) -> None:
        path.parent.rename(target.with_suffix(""))
        path.parent.symlink_to(target.with_suffix(""))

    monkeypatch.setattr(making, "put_link", link_folder)
    assert prove(the_case(tmp_path, LINK), shell).differences == ()


def test_a_file_stays_where_it_was_if_no_link_can_be_made(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "symlink_to", lambda *_: (tmp_path / "missing").stat())
    monkeypatch.setattr(sys, "platform", "linux")
    path = tmp_path / "rasphone.pbk"
    path.write_bytes(b"x")
    with pytest.raises(CaseNotRunError):
        put_link(path, tmp_path / "elsewhere.pbk")
    assert path.read_bytes() == b"x"


def test_on_windows_the_folder_of_windows_stays_the_real_one():
    variables = {"SystemRoot": "C", "windir": "C", "ProgramData": "P"}
    assert on_windows(variables) == {"ProgramData": "P"}
