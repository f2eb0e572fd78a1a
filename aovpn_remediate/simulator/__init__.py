"""A stand-in for the part of Microsoft Graph with Intune Remediations: real HTTP, loopback only.

It reads the API independently, in wire JSON, and shares no code with ``graph``. ``seed`` says what a
new tenant contains and how a seed file looks, ``faults`` how to make the service fail on purpose,
``conditions`` how it behaves as a whole, ``control`` how to see which requests came in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aovpn_remediate.simulator.conditions import Conditions, Present
    from aovpn_remediate.simulator.server import Simulator, example_directories, running_simulator, serve

__all__ = ["Conditions", "Present", "Simulator", "example_directories", "running_simulator", "serve"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from aovpn_remediate.simulator import conditions, server

    return getattr(conditions if name in ("Conditions", "Present") else server, name)
