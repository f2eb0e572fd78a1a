"""A running login service: HTTPS on localhost, with a certificate authority of its own."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from aovpn_remediate.simulator.faults import Fault
from aovpn_remediate.simulator.listener import Answer, listening
from aovpn_remediate.simulator.login.directory import GRAPH_ROOTS, Directory
from aovpn_remediate.simulator.login.gate import token_gate
from aovpn_remediate.simulator.login.scopes import Wanted
from aovpn_remediate.simulator.login.service import LoginService
from aovpn_remediate.simulator.login.tokens import Order
from aovpn_remediate.simulator.service import Gate
from aovpn_remediate.simulator.wire import Json, JsonObject, Reply, Request


@dataclass(frozen=True)
class Login:
    """A running login service, and its controls; ``gate`` is what a simulator demands tokens with."""

    url: str
    ca_file: Path
    directory: Directory
    gate: Gate
    _service: LoginService
    tls: ssl.SSLContext = field(repr=False)
    neighbors: tuple[Login, ...] = ()
    """The other tenants of the same login service, each with controls of its own."""

    @property
    def authority(self) -> str:
        """The address of the tenant."""
        return f"{self.url}/{self.directory.tenant_id}"

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment variables that sign in with the first app's first secret."""
        app = self.directory.apps[0]
        secret = {"AZURE_CLIENT_SECRET": app.secrets[0].text} if app.secrets else {}
        return {
            "AZURE_AUTHORITY_HOST": self.url,
            "REQUESTS_CA_BUNDLE": str(self.ca_file),
            "AZURE_TENANT_ID": self.directory.tenant_id,
            "AZURE_CLIENT_ID": app.client_id,
            **secret,
            "REMEDIATE_AUTH": "auto",
        }

    def app_token(self, resource: str = GRAPH_ROOTS[0]) -> str:
        """Return an access token of the first app, as a managed identity gets it without a secret."""
        order = Order(
            root=self.url,
            app=self.directory.apps[0],
            wanted=Wanted(resource, frozenset()),
            lifetime=self._service.settings.token_lifetime,
            claims={},
            is_for_person=False,
        )
        return self._service.issuer.access_token(order)

    def change(self, **settings: object) -> None:
        """Change settings; see ``settings`` for their names."""
        self._service.change(**settings)

    def refuse(self, code: int, *, times: int | None = 1, path: str = "/token$") -> None:
        """Refuse the next requests with an AADSTS code."""
        self._service.refuse(code, times=times, path=path)

    def fail(self, **fault: object) -> None:
        """Let requests fail; see ``faults`` for the members."""
        self._service.control.add([Fault(**fault)])  # type: ignore[arg-type]

    def recover(self) -> None:
        """Let everything succeed again."""
        self._service.control.faults.clear()

    def revoke(self) -> None:
        """Let Graph refuse the access tokens issued until now."""
        self._service.revoke()

    def sign_out(self) -> None:
        """Refuse the refresh tokens issued until now."""
        self._service.sign_out()

    def challenge(self, claims: Mapping[str, Json] | None) -> None:
        """Let Graph accept only tokens that were asked for with these claims; ``None``: every valid one."""
        self._service.change(challenge=claims)

    def secrets(self) -> list[str]:
        """Return the tokens and codes that were issued, and the proofs that were received.

        A client must not write any of them anywhere.
        """
        return list(self._service.issuer.secrets)

    def requests(self) -> list[JsonObject]:
        """Return the requests so far, without anything secret; see ``service``."""
        return self._service.control.log()


@contextmanager
def running_login(directory: Directory, *neighbors: Directory, port: int = 0) -> Iterator[Login]:
    """Serve the login addresses of a directory, and of other tenants, from a thread.

    The certificate authority's file is removed at the end.
    """
    services = [LoginService(one) for one in (directory, *neighbors)]
    with ExitStack() as running:
        ca_file, tls = running.enter_context(running_certificate())
        for service in services:
            running.enter_context(closing(service))
        url = running.enter_context(listening(port, _by_tenant(services), tls))
        logins = [Login(url, ca_file, one.directory, token_gate(one), one, tls) for one in services]
        yield replace(logins[0], neighbors=tuple(logins[1:]))


def _by_tenant(services: Sequence[LoginService]) -> Answer:
    """What hands a request to the tenant in its path; the first one also says that a tenant is unknown."""

    def answer(request: Request) -> Reply:
        name = request.path[1:].partition("/")[0]
        for service in services:
            if service.directory.is_called(name):
                return service.answer(request)
        return services[0].answer(request)

    return answer


@contextmanager
def running_certificate() -> Iterator[tuple[Path, ssl.SSLContext]]:
    """Give the file of a new certificate authority, and a server's TLS for localhost.

    The file is removed at the end.
    """
    import trustme

    with tempfile.TemporaryDirectory(prefix="aovpn-remediate-") as folder:
        ca_file = Path(folder) / "ca.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(ca_file))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
        yield ca_file, context
