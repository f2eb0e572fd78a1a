"""A simulated tenant as a whole: the service, its port and, if asked for, the login service beside it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aovpn_remediate.errors import OutputError
from aovpn_remediate.simulator.listener import Answer, listening
from aovpn_remediate.simulator.query import MAX_PAGE
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
    """The environment variables that sign in, the secret included; empty without a login service."""


def serve(
    *,
    port: int,
    state: Path | None,
    seed: Path | None,
    sign_in: bool = False,
    announce: Callable[[Simulator], None],
) -> None:
    """Serve a simulated tenant until Ctrl-C or SIGTERM; ``announce`` is called when it is ready.

    With port 0 a free port is chosen. A port, state or seed that cannot be used is an ``OutputError``.
    """
    try:
        with _terminate_as_interrupt(), ExitStack() as running:
            directories = _example_directories() if sign_in else ()
            simulator = running_simulator(port=port, state=state, seed=seed, sign_in=directories)
            announce(running.enter_context(simulator))
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
    page_size: int = MAX_PAGE,
    sign_in: Sequence[Directory] = (),
) -> Iterator[Simulator]:
    """Serve a simulated tenant from a thread; at the end every connection is closed.

    ``page_size`` is how many objects a list shows at a time. With ``sign_in`` a login service for these
    directories runs beside it, and every request needs one of its tokens: the token decides which tenant a
    request is for. The first directory is the tenant of ``state``, each other one is new.
    """
    with ExitStack() as running:
        if not sign_in:
            service = running.enter_context(closing(Service(open_tenant(state, seed), page_size)))
            yield Simulator(running.enter_context(listening(port, service.answer)))
            return
        from aovpn_remediate.simulator.login import by_tenant, running_login

        login = running.enter_context(running_login(*sign_in))
        answers: dict[str, Answer] = {}
        for one in (login, *login.neighbors):
            tenant = open_tenant(state if one is login else None, seed)
            service = running.enter_context(closing(Service(tenant, page_size, one.gate)))
            answers[one.directory.tenant_id] = service.answer
        url = running.enter_context(listening(port, by_tenant(answers)))
        yield Simulator(url, login, login.variables)


def _example_directories() -> tuple[Directory, ...]:
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
