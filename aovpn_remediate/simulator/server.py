"""A simulated tenant as a whole: the service, its port and, if asked for, the login service beside it."""

from __future__ import annotations

import signal
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aovpn_remediate.errors import OutputError
from aovpn_remediate.simulator.conditions import Present
from aovpn_remediate.simulator.listener import Answer, listening
from aovpn_remediate.simulator.seed import read_seed
from aovpn_remediate.simulator.service import Service
from aovpn_remediate.simulator.store import StateFile, Tenant

if TYPE_CHECKING:
    from aovpn_remediate.simulator.login import Directory, Login


@dataclass(frozen=True)
class Simulator:
    """A running simulator; ``url`` is its service root, ``login`` what demands and issues tokens, if any."""

    url: str
    login: Login | None = None
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The environment variables that sign in, the secret included, and those that trust the certificate."""


def serve(simulator: AbstractContextManager[Simulator], announce: Callable[[Simulator], None]) -> None:
    """Run a simulator until Ctrl-C or SIGTERM; ``announce`` is called when it is ready.

    A port, state or seed that cannot be used is an ``OutputError``.
    """
    try:
        with _terminate_as_interrupt(), simulator as running:
            announce(running)
            while True:
                time.sleep(3600)
    except KeyboardInterrupt:
        return


@contextmanager
def running_simulator(
    *,
    port: int = 0,
    state: Path | None = None,
    seed: Path | None = None,
    present: Present | None = None,
    sign_in: Sequence[Directory] = (),
) -> Iterator[Simulator]:
    """Serve a simulated tenant from a thread; at the end every connection is closed.

    With port 0 a free port is chosen. ``present`` says how the service behaves. With ``sign_in`` a login
    service for these directories runs beside it, and every request needs one of its tokens: the token decides
    which tenant a request is for. The first directory is the tenant of ``state``, each other one is new.
    """
    present = present or Present()
    with ExitStack() as running:
        if not sign_in:
            variables, tls = running.enter_context(_certificate(present))
            service = running.enter_context(closing(Service(open_tenant(state, seed), present)))
            listener = listening(port, service.answer, tls, present.admits)
            yield Simulator(running.enter_context(listener), variables=variables)
            return
        from aovpn_remediate.simulator.login import by_tenant, running_login

        login = running.enter_context(running_login(*sign_in))
        answers: dict[str, Answer] = {}
        for one in (login, *login.neighbors):
            tenant = open_tenant(state if one is login else None, seed)
            service = running.enter_context(closing(Service(tenant, present, one.gate)))
            answers[one.directory.tenant_id] = service.answer
        tls = login.tls if present.tls else None
        url = running.enter_context(listening(port, by_tenant(answers), tls, present.admits))
        yield Simulator(url, login, login.variables)


@contextmanager
def _certificate(present: Present) -> Iterator[tuple[Mapping[str, str], ssl.SSLContext | None]]:
    """The variables to trust a tenant over HTTPS, and its TLS; nothing for a tenant over HTTP."""
    if not present.tls:
        yield {}, None
        return
    from aovpn_remediate.simulator.login import running_certificate

    with running_certificate() as (ca_file, tls):
        yield {"REQUESTS_CA_BUNDLE": str(ca_file)}, tls


def example_directories() -> tuple[Directory, ...]:
    """Return what the simulated login service knows."""
    from aovpn_remediate.simulator.login import new_directory

    return (new_directory(),)


def open_tenant(state: Path | None, seed: Path | None) -> Tenant:
    """Return the tenant of a state file, or a new one from the seed if the file does not exist."""
    new = read_seed(seed)
    if state is None:
        return Tenant(new)
    file = StateFile(state)
    try:
        if file.is_new:
            file.create(new)
        return Tenant(file.load(), file)
    except OutputError:
        file.close()
        raise


@contextmanager
def _terminate_as_interrupt() -> Iterator[None]:
    """Let SIGTERM raise ``KeyboardInterrupt``; only the main thread may ask for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
