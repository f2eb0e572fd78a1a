"""The HTTP side: sockets on 127.0.0.1, keep-alive, and one thread for each connection."""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final, TypeAlias
from uuid import uuid4

from aovpn_remediate.errors import OutputError
from aovpn_remediate.simulator.wire import (
    Delivery,
    RefusalError,
    Reply,
    Request,
    error_reply,
    merged_headers,
    split_target,
)

Answer: TypeAlias = Callable[[Request], Reply]

LOOPBACK: Final = "127.0.0.1"
MAX_BODY: Final = 64 * 1024 * 1024

_JSON = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
_HTML = "text/html;charset=utf-8"


@contextmanager
def listening(
    port: int, answer: Answer, tls: ssl.SSLContext | None = None, admits: Callable[[], bool] = lambda: True
) -> Iterator[str]:
    """Serve from a thread and give the service's root; at the end every connection is closed.

    With ``tls`` it is HTTPS for the name localhost. A connection that is not admitted is closed at
    once. A port that cannot be used is an ``OutputError``.
    """
    try:
        server = _Server(port, answer, tls, admits)
    except (OSError, OverflowError) as error:
        reason = (getattr(error, "strerror", None) or "cannot be used").lower()
        advice = "choose another port, or 0 for a free one"
        raise OutputError(f"{LOOPBACK}:{port}: {reason}; {advice}") from error
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    with server:
        thread.start()
        try:
            yield server.root
        finally:
            server.shutdown()
            thread.join()
            server.close_connections()


class _Server(ThreadingHTTPServer):
    """Listens on loopback and knows its open connections."""

    daemon_threads = True
    request_queue_size = 128
    # On Windows the option lets two servers share one port.
    allow_reuse_address = sys.platform != "win32"

    def __init__(
        self, port: int, answer: Answer, tls: ssl.SSLContext | None, admits: Callable[[], bool]
    ) -> None:
        self.answer = answer
        self._admits = admits
        self.scheme = "https" if tls else "http"
        self._tls = tls
        self._connections: set[socket.socket] = set()
        super().__init__((LOOPBACK, port), _Connection)
        self.root = f"{self.scheme}://{'localhost' if tls else LOOPBACK}:{self.server_port}"

    def server_bind(self) -> None:
        # The parent's looks up the host's name, which can take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.socket.getsockname()[1]

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        if not self._admits():
            connection.close()
            raise ConnectionAbortedError("the conditions do not admit this connection")
        if self._tls:
            # The handshake comes with the first read, in the connection's own thread.
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        if isinstance(request, socket.socket):
            self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """End all connections, busy ones too."""
        for connection in tuple(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        # A client that closed its connection is normal; anything else is our bug.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    """One connection: bytes to a ``Request``, a ``Reply`` to bytes."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PATCH(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        request_id = str(uuid4())
        try:
            reply = self.server.answer(self._request(request_id))
        except RefusalError as refusal:
            self.close_connection = True
            reply = error_reply(refusal.status, refusal.code, str(refusal), request_id=request_id)
        self._send(reply, request_id)

    def _request(self, request_id: str) -> Request:
        path, query = split_target(self.path)
        return Request(
            root=self._root(),
            method=self.command,
            path=path,
            query=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self._body(),
            id=request_id,
        )

    def _root(self) -> str:
        """The service root in the words of the client, so that links lead to the same address."""
        host = self.headers.get("Host", "")
        names = {f"{name}:{self.server.server_port}" for name in ("localhost", LOOPBACK)}
        return f"{self.server.scheme}://{host}" if host in names else self.server.root

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or not length.isascii():
            raise RefusalError("A body needs a Content-Length.", status=411, code="LengthRequired")
        if int(length) > MAX_BODY:
            raise RefusalError("The body is too large.", status=413, code="RequestEntityTooLarge")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionAbortedError("the client closed the connection in the middle of a request")
        return body

    def _send(self, reply: Reply, request_id: str) -> None:
        self.close_connection = self.close_connection or reply.delivery is not Delivery.WHOLE
        if reply.delivery is Delivery.NOTHING:
            return
        body, headers = _encoded(reply)
        self.send_response_only(reply.status)
        headers = {"Date": self.date_time_string(), "request-id": request_id, **headers}
        for name, value in merged_headers(headers, reply.headers).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if reply.delivery is Delivery.HALF else body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer invalid HTTP, or a method that Graph does not know, with an error in Graph's format."""
        request_id = str(uuid4())
        self.close_connection = True
        words = message or explain or self.responses.get(code, ("",))[0]
        self._send(error_reply(code, "BadRequest", words, request_id=request_id), request_id)

    def handle_expect_100(self) -> bool:
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def log_message(self, *_: object) -> None:
        """Say nothing; the log of requests is on the control route."""


def _encoded(reply: Reply) -> tuple[bytes, Mapping[str, str]]:
    if reply.body is None:
        return b"", {} if reply.status == 204 else {"Content-Length": "0"}
    if isinstance(reply.body, str):
        body, kind = reply.body.encode(), _HTML
    else:
        body, kind = json.dumps(reply.body, ensure_ascii=False).encode(), _JSON
    return body, {"Content-Type": kind, "Content-Length": str(len(body))}
