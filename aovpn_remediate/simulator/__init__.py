"""The Graph service stand-in: a simulated tenant over real HTTP, on loopback only.

It is an own reading of the API and shares no code with ``graph``, so that the two cannot share a mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aovpn_remediate.simulator.server import Simulator


def serve(*, port: int, state: Path | None, seed: Path | None, announce: Callable[[str], None]) -> None:
    """Serve a tenant until interrupted; ``announce`` gets the URL once it listens.

    Port 0 takes a free one. Raises ``OutputError`` for a port in use and for a state or seed that cannot
    be read.
    """
    from aovpn_remediate.simulator.server import Simulator

    with Simulator(port=port, state=state, seed=seed) as simulator:
        announce(simulator.url)
        simulator.serve_until_interrupted()


@contextmanager
def running_simulator(*, state: Path | None = None, seed: Path | None = None) -> Iterator[Simulator]:
    """Serve a tenant on a free port from a thread of its own; for tests."""
    from aovpn_remediate.simulator.server import Simulator

    with Simulator(port=0, state=state, seed=seed) as simulator, simulator.in_thread():
        yield simulator
