"""What several test modules share: one PowerShell, one simulated client each."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, settings

from aovpn_remediate.client import PowerShell, SimulatedClient, find_powershell
from aovpn_remediate.simulator import running_simulator
from aovpn_remediate.verify import pairs
from tests.environment import foreign_variables
from tests.graph_client import Tenant, running
from tests.sign_in_desk import Desk, recover
from tests.sign_in_world import World, sign_in_world, trusting
from tests.tenants import Bench

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As in a shell's background job; the processes that tests interrupt would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is not an error of the code: no test has to be quick. Fixtures that examples share are meant so.
settings.register_profile(
    "patient",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def powershell() -> str:
    """The path of PowerShell; a machine without one skips, a broken ``REMEDIATE_PWSH`` fails."""
    executable = find_powershell()
    if executable is None:
        pytest.skip("NO POWERSHELL: scripts were not run; set REMEDIATE_PWSH or put pwsh on PATH")
    return executable


@pytest.fixture(scope="session")
def shell(powershell: str) -> Iterator[PowerShell]:
    """The long-lived PowerShell."""
    with PowerShell(powershell) as running:
        yield running


@pytest.fixture
def verify_in_shell(shell: PowerShell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command ``verify`` run its cases in the long-lived PowerShell, and start no other."""
    monkeypatch.setattr(pairs, "powershells", lambda _: nullcontext([shell]))


@pytest.fixture
def client(tmp_path: Path) -> SimulatedClient:
    """A device without a phonebook and without a connection."""
    device = SimulatedClient(folder=tmp_path)
    (device.app_data / "Microsoft").mkdir(parents=True)
    device.program_data.mkdir(parents=True)
    return device


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Bench]:
    """A new simulated tenant and a folder for the config."""
    with running_simulator() as simulator:
        yield Bench(tmp_path, simulator.url, capsys)


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    """A client of a new Graph simulator."""
    with running() as client:
        yield client


@pytest.fixture(autouse=True)
def nobody_is_signed_in(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the sign-in, the proxies and the accounts of whoever runs the tests out of them."""
    for name in foreign_variables():
        monkeypatch.delenv(name)
    monkeypatch.setenv("REMEDIATE_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "no-accounts"))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A login service, a Graph that demands its tokens, and the stand-ins of pipelines and Azure."""
    with sign_in_world(tmp_path) as running_world:
        yield running_world


@pytest.fixture
def session(world: World) -> Iterator[requests.Session]:
    """A session that trusts the world's certificate authority."""
    with trusting(world.login) as trusted:
        yield trusted


@pytest.fixture(scope="module")
def shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all tests of a module."""
    with sign_in_world(tmp_path_factory.mktemp("world")) as running_world:
        yield running_world


@pytest.fixture
def desk(
    shared_world: World,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    """The command line in the module's world, in which nothing fails yet."""
    recover(shared_world)
    return Desk(shared_world, tmp_path, capsys, monkeypatch)


@pytest.fixture
def closed_port() -> int:
    """A port of this computer on which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
