"""The simulated Windows client: real PowerShell runs the exact bytes of a script against stand-ins.

``PowerShell`` is the long-lived process, ``SimulatedClient`` the device with its phonebooks and interfaces.
"""

from aovpn_remediate.client.device import SimulatedClient, live_interface
from aovpn_remediate.client.host import (
    LockedFile,
    NetworkInterface,
    PowerShell,
    Run,
    empty_state,
    find_powershell,
)

__all__ = [
    "LockedFile",
    "NetworkInterface",
    "PowerShell",
    "Run",
    "SimulatedClient",
    "empty_state",
    "find_powershell",
    "live_interface",
]
