"""Stand-ins for what gives out tokens in pipelines and in Azure: plain HTTP on loopback.

Each one is a ``StandIn``: ``fail(...)`` takes the members of ``aovpn_remediate.simulator.faults.Fault``
(``status=302, headers={"Location": ...}``; ``body="<html>"``; ``body={}`` for no token; ``delay=5``;
``close=True``), ``assertion_ends_in`` are the seconds that the next assertions live (negative: they have ended),
``requests`` is what came in, ``issued`` are the assertions that went out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization

from aovpn_remediate.simulator.control import Control
from aovpn_remediate.simulator.faults import Fault
from aovpn_remediate.simulator.listener import listening
from aovpn_remediate.simulator.login import Trust
from aovpn_remediate.simulator.login.directory import EXCHANGE
from aovpn_remediate.simulator.wire import Reply, Request
from tests.app_certificates import rsa_key

CONNECTION_ID = "0a1b2c3d-0000-4000-8000-00000000000c"
IDENTITY_CLIENT_ID = "0a1b2c3d-0000-4000-8000-00000000000d"
SYSTEM_TOKEN = "system-access-token-of-the-job"
GITHUB_TOKEN = "request-token-of-the-job"
IDENTITY_HEADER = "identity-header-of-the-host"

PIPELINES = (
    "https://vstoken.dev.azure.com/0a1b2c3d-0000-4000-8000-00000000000e",
    "sc://contoso/intune/sc-intune",
)
GITHUB = ("https://token.actions.githubusercontent.com", "repo:contoso/intune:ref:refs/heads/main")
CLUSTER = ("https://oidc.example/cluster", "system:serviceaccount:intune:remediate")


def trusts() -> tuple[Trust, ...]:
    """The federated credentials of an app that accepts the assertions of all stand-ins."""
    key = rsa_key("oidc").public_key()
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return tuple(
        Trust(issuer=issuer, subject=subject, key=pem.decode())
        for issuer, subject in (PIPELINES, GITHUB, CLUSTER)
    )


def assertion(
    who: tuple[str, str] = CLUSTER, *, ends_in: float = 600, audience: str = EXCHANGE, key: str = "oidc"
) -> str:
    """Return a signed assertion of an issuer about a subject."""
    now = int(time.time())
    start = min(now, now + int(ends_in)) - 600
    claims = {"iss": who[0], "sub": who[1], "aud": audience, "nbf": start, "iat": start}
    return jwt.encode(
        {**claims, "exp": now + int(ends_in)}, rsa_key(key), algorithm="RS256", headers={"kid": key}
    )


@dataclass
class StandIn:
    """A running stand-in."""

    url: str
    assertion_ends_in: float = 600
    requests: list[Request] = field(default_factory=list)
    issued: list[str] = field(default_factory=list)
    control: Control = field(default_factory=Control)

    def fail(self, **fault: object) -> None:
        self.control.add([Fault(**fault)])  # type: ignore[arg-type]


@contextmanager
def azure_pipelines() -> Iterator[StandIn]:
    """The OIDC endpoint of a job in Azure Pipelines; ``url`` is ``SYSTEM_OIDCREQUESTURI``."""

    def work(request: Request, stand_in: StandIn) -> Reply:
        if request.headers.get("authorization") != f"Bearer {SYSTEM_TOKEN}":
            return _azure_devops_refusal(request)
        query = _query(request)
        if request.method != "POST" or query.get("api-version") != "7.1":
            return Reply(400, {"message": "the API version is not supported"})
        if query.get("serviceConnectionId") != CONNECTION_ID:
            return Reply(404, {"message": "No service connection found with identifier"})
        stand_in.issued.append(assertion(PIPELINES, ends_in=stand_in.assertion_ends_in))
        return Reply(200, {"oidcToken": stand_in.issued[-1]})

    with _running(work, "/contoso/_apis/distributedtask/hubs/build/plans/1/jobs/2/oidctoken") as stand_in:
        yield stand_in


@contextmanager
def github() -> Iterator[StandIn]:
    """The OIDC endpoint of a job in GitHub Actions; ``url`` is ``ACTIONS_ID_TOKEN_REQUEST_URL``."""

    def work(request: Request, stand_in: StandIn) -> Reply:
        if request.headers.get("authorization", "").lower() != f"bearer {GITHUB_TOKEN}":
            return Reply(401, {"message": "the request token is not valid"})
        query = _query(request)
        if request.method != "GET" or query.get("api-version") != "2.0":
            return Reply(400, {"message": "the address was changed"})
        wanted = query.get("audience", "https://github.com/contoso")
        stand_in.issued.append(assertion(GITHUB, audience=wanted, ends_in=stand_in.assertion_ends_in))
        return Reply(200, {"value": stand_in.issued[-1]})

    with _running(work, "/actions/idtoken/1?api-version=2.0") as stand_in:
        yield stand_in


@contextmanager
def managed_identity(token: Callable[[str], str]) -> Iterator[StandIn]:
    """A managed identity as App Service shows it; ``url`` is ``IDENTITY_ENDPOINT``."""

    def work(request: Request, stand_in: StandIn) -> Reply:
        if request.headers.get("x-identity-header") != IDENTITY_HEADER:
            return Reply(401, {"statusCode": 401, "message": "the identity header is not valid"})
        query = _query(request)
        if query.get("api-version") != "2019-08-01" or "resource" not in query:
            return Reply(400, {"statusCode": 400, "message": "the API version or the resource is missing"})
        if query.get("client_id", IDENTITY_CLIENT_ID) != IDENTITY_CLIENT_ID:
            return Reply(400, {"statusCode": 400, "message": "no identity of this client id is assigned"})
        ends = int(time.time()) + 3600
        answer = {"access_token": token(query["resource"]), "expires_on": str(ends), "token_type": "Bearer"}
        return Reply(200, {**answer, "resource": query["resource"], "client_id": IDENTITY_CLIENT_ID})

    with _running(work, "/msi/token") as stand_in:
        yield stand_in


def _azure_devops_refusal(request: Request) -> Reply:
    """A token that is not accepted leads to a page, unless the client asks for the truth."""
    if request.headers.get("x-tfs-fedauthredirect") == "Suppress":
        return Reply(401, {"message": "the access token is not valid"})
    return Reply(302, "<html>Object moved</html>", {"Location": f"{request.root}/_signin"})


@contextmanager
def _running(work: Callable[[Request, StandIn], Reply], path: str) -> Iterator[StandIn]:
    stand_in = StandIn("")

    def answer(request: Request) -> Reply:
        stand_in.requests.append(request)
        if request.path == "/_signin":
            return Reply(203, "<html>Azure DevOps Services | Sign In</html>")
        return stand_in.control.faults.answer(request, lambda one: work(one, stand_in), in_batch=False)

    with listening(0, answer) as root:
        stand_in.url = f"{root}{path}"
        try:
            yield stand_in
        finally:
            stand_in.control.faults.end()


def _query(request: Request) -> Mapping[str, str]:
    return {name: values[-1] for name, values in parse_qs(request.query).items()}
