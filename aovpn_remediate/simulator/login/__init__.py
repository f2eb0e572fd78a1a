"""A stand-in for Microsoft's login service: real HTTPS on loopback, for tests and for trying things out.

It checks what the real one checks and refuses as it refuses. ``directory`` describes what it knows,
``settings`` and ``faults`` say how it is controlled. Source: Microsoft identity platform documentation.
"""

from aovpn_remediate.simulator.login.directory import (
    App,
    Directory,
    Person,
    Secret,
    Trust,
    allowing,
    new_directory,
)
from aovpn_remediate.simulator.login.gate import by_tenant
from aovpn_remediate.simulator.login.running import Login, running_certificate, running_login

__all__ = [
    "App",
    "Directory",
    "Login",
    "Person",
    "Secret",
    "Trust",
    "allowing",
    "by_tenant",
    "new_directory",
    "running_certificate",
    "running_login",
]
