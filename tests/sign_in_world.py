"""Everything that signing in needs, on loopback: one builder.

    with sign_in_world(tmp_path) as world:                # or sign_in_world(tmp_path, app=allowing(READING))
        variables = world.environment("secret")           # the whole environment of a process, by METHODS
        world.graph_url                                   # the simulated Graph, which demands tokens
        world.login.refuse(7000222)                       # the next token request gets this AADSTS code
        world.login.fail(status=502, body="<html></html>")  # HTML; status=429, headers={"Retry-After": "1"};
                                                          # delay=2; close=True; delay=3600, close=True (silence);
                                                          # body='{"acc', headers={"Content-Type":
                                                          # "application/json"} (broken); path="/token$", times=3
        world.login.recover()                             # no more failures
        world.login.change(token_lifetime=60)             # see aovpn_remediate/simulator/login/settings.py:
                                                          # device_code=("slow_down", "53003"), device_interval=0,
                                                          # authorize="access_denied" or "53003", ...
        world.login.revoke()                              # Graph refuses the tokens issued until now
        world.login.challenge({"access_token": {"nbf": {"essential": True, "value": "1"}}})
        world.login.sign_out()                            # refresh tokens are refused with 50173
        world.login.requests()                            # what came in: names of parameters, nothing secret
        world.pipelines, world.github, world.identity     # see tests/oidc_stand_ins.py: fail(...), requests,
                                                          # assertion_ends_in
        world.az.signed_out()                             # see tests/az_stand_in.py
        world.browser("deny")                             # a value for BROWSER: accept, deny, close
        world.login.neighbors[0]                          # with sign_in_world(tmp_path, neighbors=(App(),)): a
                                                          # second tenant (neighbor_id(1)) with packages of its own
        world.secrets()                                   # every text that must never be written anywhere

``trusting(world.login)`` is a ``requests.Session`` that trusts the certificate authority. Bad certificates come from
``tests/app_certificates.py``, bad assertions from ``tests/oidc_stand_ins.assertion``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import requests

from aovpn_remediate.simulator import running_simulator
from aovpn_remediate.simulator.login import App, Directory, Login, Person, Secret
from tests import oidc_stand_ins as oidc
from tests.app_certificates import app_certificate
from tests.az_stand_in import Az
from tests.environment import foreign_variables

SECRET: Final = "SECRET~of-the-app-0123456789"
PFX_PASSWORD: Final = "PASSWORD-of-the-pfx"
METHODS: Final = (
    "secret",
    "certificate",
    "certificate-pfx",
    "workload-identity",
    "azure-pipelines",
    "github",
    "assertion",
    "managed-identity",
    "azure-cli",
    "browser",
    "device-code",
)


@dataclass(frozen=True)
class World:
    """What runs; ``folder`` has the certificates and the token file."""

    folder: Path
    login: Login
    graph_url: str
    pipelines: oidc.StandIn
    github: oidc.StandIn
    identity: oidc.StandIn
    az: Az

    def environment(self, method: str) -> dict[str, str]:
        """Return the environment that signs in with a method, cleared of everything else about signing in."""
        shared = {
            name: value for name, value in self.login.variables.items() if name != "AZURE_CLIENT_SECRET"
        }
        kept = clean_environment()
        return {**kept, **shared, "REMEDIATE_CACHE_DIR": str(self.folder / "cache"), **self._of(method)}

    def browser(self, how: str = "accept") -> str:
        """Return a value of ``BROWSER``."""
        return f"{sys.executable} {Path(__file__).with_name('browser_stand_in.py')} {how} %s"

    def secrets(self) -> list[str]:
        """Return what must never be found in an output, a log or a file of the product."""
        token_file = (self.folder / "token.jwt").read_text()
        key_lines = [line for line in app_certificate().key_pem().splitlines() if "-" not in line]
        fixed = [SECRET, PFX_PASSWORD, oidc.SYSTEM_TOKEN, oidc.GITHUB_TOKEN, oidc.IDENTITY_HEADER, token_file]
        issued = [*self.pipelines.issued, *self.github.issued, *self.login.secrets()]
        return [*fixed, *key_lines, *issued]

    def _of(self, method: str) -> dict[str, str]:
        """The variables of one method alone."""
        path, password = "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PASSWORD"
        variables: dict[str, dict[str, str]] = {
            "secret": {"AZURE_CLIENT_SECRET": SECRET},
            "certificate": {path: str(self.folder / "app.pem")},
            "certificate-pfx": {path: str(self.folder / "app.pfx"), password: PFX_PASSWORD},
            "workload-identity": {"AZURE_FEDERATED_TOKEN_FILE": str(self.folder / "token.jwt")},
            "azure-pipelines": {
                "TF_BUILD": "True",
                "SYSTEM_OIDCREQUESTURI": self.pipelines.url,
                "SYSTEM_ACCESSTOKEN": oidc.SYSTEM_TOKEN,
                "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID": oidc.CONNECTION_ID,
            },
            "github": {
                "GITHUB_ACTIONS": "true",
                "ACTIONS_ID_TOKEN_REQUEST_URL": self.github.url,
                "ACTIONS_ID_TOKEN_REQUEST_TOKEN": oidc.GITHUB_TOKEN,
            },
            "assertion": {"ARM_OIDC_TOKEN": oidc.assertion()},
            "managed-identity": {
                "REMEDIATE_AUTH": "managed-identity",
                "AZURE_CLIENT_ID": oidc.IDENTITY_CLIENT_ID,
                "IDENTITY_ENDPOINT": self.identity.url,
                "IDENTITY_HEADER": oidc.IDENTITY_HEADER,
            },
            "azure-cli": {
                "REMEDIATE_AUTH": "azure-cli",
                "PATH": f"{self.az.folder}{os.pathsep}{os.environ['PATH']}",
            },
            "browser": {"REMEDIATE_AUTH": "browser", "BROWSER": self.browser()},
            "device-code": {"REMEDIATE_AUTH": "device-code"},
        }
        return variables[method]


def clean_environment() -> dict[str, str]:
    """Return this process's environment without anything about signing in, proxies and certificates."""
    foreign = foreign_variables()
    return {name: value for name, value in os.environ.items() if name not in foreign}


@contextmanager
def sign_in_world(
    folder: Path, *, app: App | None = None, neighbors: tuple[App, ...] = ()
) -> Iterator[World]:
    """Start the login service, Graph and the stand-ins; the app knows every method's credential.

    Each neighbor is a tenant more, numbered from 1 (``neighbor_id``), whose app has the same credentials.
    """
    app_certificate().pem_file(folder)
    app_certificate().pfx_file(folder, password=PFX_PASSWORD)
    (folder / "token.jwt").write_text(oidc.assertion(ends_in=3600))
    with ExitStack() as running:
        tenant = Directory(apps=(_with_credentials(app or App()),))
        others = [_neighbor(number, other) for number, other in enumerate(neighbors, 1)]
        simulator = running.enter_context(running_simulator(sign_in=[tenant, *others]))
        assert simulator.login is not None
        login = simulator.login
        login.change(device_interval=0)
        az = Az(folder / "az-cli")
        az.signed_in(login.app_token(), login.directory.tenant_id)
        yield World(
            folder,
            login,
            simulator.url,
            running.enter_context(oidc.azure_pipelines()),
            running.enter_context(oidc.github()),
            running.enter_context(oidc.managed_identity(login.app_token)),
            az,
        )


def _with_credentials(app: App) -> App:
    certificates = (app_certificate().public, *app.certificates)
    return replace(app, secrets=(Secret(SECRET),), certificates=certificates, federated=oidc.trusts())


def _neighbor(number: int, app: App) -> Directory:
    domain = f"neighbor{number}.example"
    return Directory(
        tenant_id=neighbor_id(number),
        domains=(domain,),
        apps=(_with_credentials(app),),
        user=Person(f"admin@{domain}", neighbor_id(number).replace("-8000-", "-8001-")),
    )


def neighbor_id(number: int) -> str:
    """Return the tenant id of a neighbor; its domain is ``neighbor<number>.example``."""
    return f"0a1b2c3d-0000-4000-8000-1000000000{number:02}"


@contextmanager
def trusting(login: Login) -> Iterator[requests.Session]:
    """A session that trusts the login service's certificate authority, whatever the environment says."""
    with requests.Session() as session:
        session.trust_env = False
        session.verify = str(login.ca_file)
        yield session
