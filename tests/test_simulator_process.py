"""The Graph simulator as a process: signals, kills and imports."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from tests.graph_client import Tenant, answered, running, script
from tests.patience import HANGING, wait_until


@contextmanager
def process(*options: str) -> Iterator[tuple[subprocess.Popen[str], Tenant]]:
    """``serve`` in its own process, and a client of it."""
    code = (
        "import sys; from pathlib import Path; from aovpn_remediate.simulator import *; "
        "serve(running_simulator(state=Path(sys.argv[1]) if sys.argv[1:] else None), "
        "lambda simulator: print(simulator.url, flush=True))"
    )
    command = [sys.executable, "-W", "error", "-c", code, *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        try:
            assert served.stdout is not None
            tenant = Tenant(served.stdout.readline().strip())
            with tenant.session:
                yield served, tenant
        finally:
            served.kill()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_without_a_word(number):
    with process() as (served, tenant):
        answered(tenant.packages("GET"))
        served.send_signal(number)
        out, err = served.communicate(timeout=HANGING)
    assert (served.returncode, out, err) == (0, "", "")


def test_what_was_answered_survives_a_hard_kill_at_any_moment(tmp_path):
    state = tmp_path / "tenant.db"
    answered_ids: list[str] = []

    def create_until_killed(tenant: Tenant) -> None:
        while True:
            try:
                answered_ids.append(tenant.create(detectionScriptContent=script("x" * 20_000))["id"])
            except requests.RequestException:
                return

    for round_ in range(3):
        with process(str(state)) as (served, tenant):
            writer = threading.Thread(target=create_until_killed, args=(tenant,))
            writer.start()
            wait_until(lambda wanted=10 * (round_ + 1): len(answered_ids) >= wanted, served)
            served.kill()
            writer.join()
    with running(state=state) as tenant:
        held = {item["id"] for item in tenant.list()}
    assert set(answered_ids) <= held
    assert len(held) <= len(answered_ids) + 3 + 2


def test_importing_it_is_cheap():
    code = (
        "import sys, aovpn_remediate.simulator; print('http.server' in sys.modules, 'sqlite3' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_it_loads_nothing_of_signing_in_unless_asked():
    code = (
        "import sys; from aovpn_remediate.simulator import running_simulator\n"
        "with running_simulator(): print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "aovpn_remediate.simulator.api" in loaded
    assert loaded & {"jwt", "cryptography", "trustme", "aovpn_remediate.simulator.login"} == set()


def test_it_loads_no_other_part_of_the_product():
    code = (
        "import sys, aovpn_remediate.simulator.server; "
        "print(*(name for name in sys.modules if name.startswith('aovpn_remediate.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    parts = {name.split(".")[1] for name in done.stdout.split()}
    assert parts == {"errors", "problems", "simulator"}
