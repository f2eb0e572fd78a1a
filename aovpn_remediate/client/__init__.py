"""The simulated Windows client: real PowerShell runs the exact bytes of a script against stand-ins.

``PowerShell`` is the long-lived process, ``SimulatedClient`` the device with its phonebooks and interfaces.
"""

from aovpn_remediate.client.device import SimulatedClient, live_interface
from aovpn_remediate.client.host import PowerShell, Run, find_powershell
from aovpn_remediate.client.parser import syntax_errors
from aovpn_remediate.client.state import LockedFile, NetworkInterface, empty_state
from aovpn_remediate.client.version import powershell_version

__all__ = [
    "LockedFile",
    "NetworkInterface",
    "PowerShell",
    "Run",
    "SimulatedClient",
    "empty_state",
    "find_powershell",
    "live_interface",
    "powershell_version",
    "syntax_errors",
]
