"""A proxy on loopback, for names of the internet that must never be reached by a test.

``proxy(how)`` yields its address for ``HTTPS_PROXY`` and the file of its certificate authority. HOW is

- ``password``: asks for a user name and password (407);
- ``forbid``: refuses every host (403);
- ``hang up``: closes the connection;
- ``inspect``: opens TLS itself, with certificates of an authority of its own, and shows an HTML page.
"""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import trustme

COMPANY = "Contoso TLS Inspection"
PAGE = b"<html><body>This page is blocked.</body></html>"
_ANSWERS = {
    "password": b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n",
    "forbid": b"HTTP/1.1 403 Forbidden\r\n",
}


@dataclass(frozen=True)
class Proxy:
    """A running proxy: its address, its authority's file, and the first line of each request so far."""

    url: str
    ca_file: Path
    asked: list[str]


@contextmanager
def proxy(how: str, folder: Path) -> Iterator[Proxy]:
    """Run a proxy from a thread."""
    authority = trustme.CA(organization_name=COMPANY)
    ca_file = folder / "company-ca.pem"
    authority.cert_pem.write_to_path(str(ca_file))
    asked: list[str] = []

    class Conversation(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                head = self.request.recv(65536)
                line = head.split(b"\r\n")[0].decode()
                asked.append(line)
                self._answer(line)

        def _answer(self, line: str) -> None:
            if how in _ANSWERS:
                self.request.sendall(_ANSWERS[how] + b"Content-Length: 0\r\nConnection: close\r\n\r\n")
            elif how == "inspect":
                self.request.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                _show_page(self.request, authority, line.split()[1].partition(":")[0])

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Conversation) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield Proxy(f"http://127.0.0.1:{server.server_address[1]}", ca_file, asked)
        finally:
            server.shutdown()
            thread.join()


def _show_page(connection: socket.socket, authority: trustme.CA, host: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    with context.wrap_socket(connection, server_side=True) as secured:
        secured.recv(65536)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(PAGE)}\r\n"
        secured.sendall(head.encode() + b"Connection: close\r\n\r\n" + PAGE)
