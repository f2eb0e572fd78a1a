"""A service on loopback that answers by a script and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast


@dataclass(frozen=True)
class Request:
    """What came in: ``path`` with its query, ``body`` as parsed JSON."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: object


@dataclass(frozen=True)
class Reply:
    """What goes out: ``body`` is JSON unless ``raw`` is given; ``dropped`` and ``silent`` never answer."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    dropped: bool = False
    silent: bool = False

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        if self.raw is not None:
            return self.raw
        return b"" if self.body is None else json.dumps(self.body).encode()


Script = Sequence[Reply] | Callable[[Request], Reply]


class Service(ThreadingHTTPServer):
    """A running script: ``root`` is its address, ``requests`` what it was asked so far."""

    daemon_threads = True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._answer = script if callable(script) else _in_turn(script)
        self._lock = threading.Lock()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def asked(self) -> list[str]:
        """Method and path of each request, without ``/beta`` and query."""
        return [f"{one.method} {one.path.removeprefix('/beta').partition('?')[0]}" for one in self.requests]

    def reply_to(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            return self._answer(request)


@contextmanager
def serving(script: Script) -> Iterator[Service]:
    """Run a script; a list is answered in turn, its last reply for ever."""
    with Service(script) as service:
        thread = threading.Thread(target=service.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield service
        finally:
            service.closing.set()
            service.shutdown()
            thread.join()


def batch_of(answer: Callable[[str], tuple[int, object]]) -> Callable[[Request], Reply]:
    """Answer every part of a ``$batch`` by its URL with status and body."""

    def reply(request: Request) -> Reply:
        asked = cast("dict[str, list[dict[str, str]]]", request.body)["requests"]
        answers = [(one["id"], *answer(one["url"])) for one in asked]
        return Reply(
            {
                "responses": [
                    {"id": name, "status": status, "headers": {}, "body": body}
                    for name, status, body in answers
                ]
            }
        )

    return reply


def _in_turn(replies: Sequence[Reply]) -> Callable[[Request], Reply]:
    waiting = list(replies)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length)) if length else None
        service = cast("Service", self.server)
        reply = service.reply_to(Request(self.command, self.path, dict(self.headers), body))
        if reply.silent:
            service.closing.wait()
        if reply.silent or reply.dropped:
            self.close_connection = True
            return
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        headers = {"Content-Type": "application/json", **reply.headers}
        for name, value in headers.items():
            self.send_header(name, value)
        if reply.status != 204 and "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(reply.content)))
        self.end_headers()
        self.wfile.write(reply.content)
        self.wfile.flush()
        if headers.get("Content-Length", "") not in ("", str(len(reply.content))):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """The test's output stays clean."""
