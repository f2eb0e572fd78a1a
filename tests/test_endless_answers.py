"""Services that send without an end: too slowly, too much, or much in little."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from aovpn_remediate.errors import SignInError, UnreachableError
from aovpn_remediate.graph import limits
from aovpn_remediate.graph.auth.login_session import LoginSession
from aovpn_remediate.graph.session import GraphSession

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
SPACES = b" " * 100_000
DRIPS = {
    "headers": (b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "body": (HEAD + b"Content-Length: 1000000\r\n\r\n{", b" "),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
}


@contextmanager
def sending(start: bytes, again: bytes, pause: float) -> Iterator[str]:
    """A service that answers with the start, and then sends the same for ever."""
    closing = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer(connection: socket.socket) -> None:
            with connection:
                try:
                    connection.recv(65536)
                    connection.sendall(start)
                    while again and not closing.wait(pause):
                        connection.sendall(again)
                except OSError:
                    return

        def listen() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=listen, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        closing.set()


def refusals(root: str) -> list[str]:
    """What Graph's session and that of a login service say."""
    with pytest.raises(UnreachableError) as graph:
        GraphSession(root).get("/x")
    with pytest.raises(SignInError) as login:
        LoginSession(root, "sign-in by secret").get(f"{root}/x")
    return [str(graph.value), str(login.value)]


@pytest.mark.parametrize("part", DRIPS)
def test_an_answer_that_drips_is_given_up(monkeypatch, part):
    monkeypatch.setattr(limits, "LONGEST_REQUEST", 0.6)
    began = time.monotonic()
    with sending(*DRIPS[part], 0.05) as root:
        for said in refusals(root):
            assert "sends an answer that does not end" in said
            assert said.endswith("; check the address, and whether a proxy answers in its place")
    assert time.monotonic() - began < 10


def test_an_answer_without_an_end_is_not_read_to_the_end(monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_ANSWER", 10 * len(SPACES))
    with sending(HEAD + b"\r\n", SPACES, 0) as root:
        for said in refusals(root):
            assert "sends an answer that does not end" in said


def test_a_small_answer_that_unpacks_to_a_large_one_is_given_up(monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_ANSWER", 10 * len(SPACES))
    body = gzip.compress(SPACES * 100)
    assert len(body) < len(SPACES)
    with sending(
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body, b"", 0
    ) as root:
        for said in refusals(root):
            assert "sends an answer that does not end" in said


def test_what_fails_in_a_request_reaches_the_caller():
    def fail() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        limits.begin(fail).result()
