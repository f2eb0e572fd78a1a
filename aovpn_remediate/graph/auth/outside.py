"""Sign-in that something else on this computer does: a managed identity, or Azure's CLI."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from aovpn_remediate.errors import SignInError
from aovpn_remediate.graph.answer import shorten
from aovpn_remediate.graph.auth.choice import SignIn, is_guid
from aovpn_remediate.graph.auth.explain import tried
from aovpn_remediate.graph.auth.login_session import LoginSession
from aovpn_remediate.graph.auth.msal_client import grant_of, plain_errors
from aovpn_remediate.graph.auth.tokens import Ask, Grant, claims_of, is_token

_PATIENCE = 60.0
_NO_IDENTITY = "use this method on a service of Azure that has a managed identity, or choose another --auth"


class ManagedIdentity:
    """Gets tokens from the Azure service that this runs on.

    Raises ``SignInError`` for a tenant that the tokens cannot be compared with.
    """

    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in
        self._client: Any = None
        if sign_in.tenant and not is_guid(sign_in.tenant):
            raise SignInError(
                f"{sign_in.sources['tenant']}: a managed identity is of one tenant, and only a GUID can be "
                "compared with it; write the tenant's GUID in place of its domain"
            )

    def __call__(self, ask: Ask) -> Grant:
        """Return a token; raises ``SignInError``."""
        from msal import ManagedIdentityClient

        with plain_errors(self._sign_in, "the identity service"):
            if self._client is None or ask.is_fresh:
                # Loopback: no proxy is between this computer and its own identity service.
                session = LoginSession("http://127.0.0.1", tried(self._sign_in), absent=_NO_IDENTITY)
                self._client = ManagedIdentityClient(
                    self._identity(), http_client=session, client_capabilities=["CP1"]
                )
            answer: Mapping[str, Any] = self._client.acquire_token_for_client(
                resource=self._sign_in.hosts.cloud.graph, claims_challenge=ask.claims or None
            )
        if "access_token" not in answer:
            raise self._refused(answer)
        with plain_errors(self._sign_in, "the identity service"):
            return grant_of(answer)

    def _refused(self, answer: Mapping[str, Any]) -> SignInError:
        """The service's own words; msal adds an error code that the service did not send."""
        said = shorten(str(answer.get("error_description") or "").replace("None", "").strip(" ,"))
        return SignInError(
            f"{tried(self._sign_in)}: the identity service gives no token ({said or 'without a reason'}); "
            "check that an identity is assigned to this service of Azure, and that AZURE_CLIENT_ID is the "
            "client id of a user-assigned identity or not set"
        )

    def _identity(self) -> Any:
        """The identity of the service, or a user-assigned one where a client id is given."""
        from msal import SystemAssignedManagedIdentity, UserAssignedManagedIdentity

        if self._sign_in.client:
            return UserAssignedManagedIdentity(client_id=self._sign_in.client)
        return SystemAssignedManagedIdentity()


class AzureCli:
    """Gets tokens from ``az``, for whoever is signed in there."""

    def __init__(self, sign_in: SignIn, *, patience: float = _PATIENCE) -> None:
        self._sign_in = sign_in
        self._patience = patience

    def __call__(self, ask: Ask) -> Grant:
        """Return a token; raises ``SignInError``. What ``az`` prints is never shown: it has the token."""
        where = tried(self._sign_in)
        if ask.claims:
            raise SignInError(
                f"{where}: Graph demands more claims, which az cannot get for another program; choose "
                "another --auth"
            )
        found = self._output(where)
        token = found.get("accessToken")
        if not is_token(token):
            raise SignInError(f"{where}: az printed no token; update Azure's CLI, or choose another --auth")
        return Grant(token, _end_of(found), str(claims_of(token).get("upn", "")))

    def _output(self, where: str) -> Mapping[str, Any]:
        program = _find(where)
        command = [program, "account", "get-access-token", "--output", "json"]
        command += ["--resource", self._sign_in.hosts.cloud.graph]
        if self._sign_in.tenant:
            command += ["--tenant", self._sign_in.tenant]
        try:
            done = subprocess.run(  # noqa: S603  fixed words, an address of ours and a checked tenant id
                command, capture_output=True, check=False, timeout=self._patience, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired):
            raise SignInError(f"{where}: az does not answer; run az account show, then try again") from None
        if done.returncode:
            raise SignInError(
                f"{where}: az gives no token for this tenant; run az login --tenant TENANT, then try again"
            )
        try:
            found = json.loads(done.stdout)
        except (ValueError, RecursionError):
            found = None
        return found if isinstance(found, dict) else {}


def _find(where: str) -> str:
    """The path of ``az``, which is never one of the current folder: there may be files of others in it."""
    program = shutil.which("az")
    if program is None:
        raise SignInError(
            f"{where}: the program az was not found; install Azure's CLI, or choose another --auth"
        )
    # Windows searches the current folder before PATH. Source: Python documentation, shutil.which.
    if not Path(program).is_absolute() or Path(program).parent == Path.cwd():
        raise SignInError(
            f"{where}: there is a program az in the current folder, which is not run; run this in another "
            "folder, or remove the program"
        )
    return program


def _end_of(found: Mapping[str, Any]) -> float:
    """When the token ends: older versions give local time only."""
    seconds = found.get("expires_on")
    if isinstance(seconds, int | float | str) and str(seconds).isdecimal():
        return float(seconds)
    try:
        return datetime.fromisoformat(str(found.get("expiresOn"))).timestamp()
    except ValueError:
        return time.time() + 300
