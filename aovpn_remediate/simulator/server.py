"""HTTP on loopback: requests to the API, the log of them, and the switches for faults.

Beside ``/beta`` there are ``/simulator/requests`` (GET, DELETE) and ``/simulator/faults`` (PUT a list).
"""

from __future__ import annotations

import json
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from aovpn_remediate.errors import OutputError
from aovpn_remediate.simulator.api import BATCH_LIMIT, Request, Response, answer, error_response, parse_url
from aovpn_remediate.simulator.faults import Fault, take_fault
from aovpn_remediate.simulator.store import open_store

Json = dict[str, object]

BODY_LIMIT = 64 * 1024 * 1024


class Simulator:
    """A simulated tenant that listens on 127.0.0.1 from the start; use it with ``with``."""

    def __init__(self, *, port: int, state: Path | None, seed: Path | None) -> None:
        self.store = open_store(state, seed)
        self.faults: list[Fault] = []
        self.requests: list[Json] = []
        self.lock = threading.Lock()
        try:
            self._server = _Server(("127.0.0.1", port), self)
        except OSError as error:
            reason = (error.strerror or "cannot be used").lower()
            raise OutputError(f"--port {port}: {reason}; choose another, 0 takes a free one") from error
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.server_close()

    def serve_until_interrupted(self) -> None:
        """Serve until Ctrl-C or a request to terminate."""

        def stop(_: int, __: FrameType | None) -> None:
            raise KeyboardInterrupt

        signal.signal(signal.SIGTERM, stop)
        with suppress(KeyboardInterrupt):
            self._server.serve_forever(poll_interval=0.1)

    @contextmanager
    def in_thread(self) -> Iterator[None]:
        """Serve from another thread until the block ends."""
        thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            thread.join()

    def respond(
        self, method: str, url: str, body: object
    ) -> tuple[Response, Mapping[str, str], Fault | None]:
        """Answer one request to the API, sub-requests of a batch included; says which fault hit it."""
        fault = take_fault(self.faults, method, url)
        if fault is not None and not fault.after:
            return Response(fault.status or 500), fault.headers, fault
        path, query = parse_url(url)
        if (method, path) == ("POST", "/$batch"):
            response = self._respond_batch(body)
        else:
            with self.lock:
                response = answer(self.store, Request(method, path, query, body, f"{self.url}/beta"))
        return response, fault.headers if fault else {}, fault

    def _respond_batch(self, body: object) -> Response:
        parts = body.get("requests") if isinstance(body, dict) else None
        if not isinstance(parts, list) or not 1 <= len(parts) <= BATCH_LIMIT:
            return error_response(400, "BadRequest", f"A batch holds 1 to {BATCH_LIMIT} requests.")
        return Response(200, {"responses": [self._respond_part(part) for part in parts]})

    def _respond_part(self, part: Mapping[str, object]) -> Json:
        response, headers, fault = self.respond(str(part["method"]), str(part["url"]), part.get("body"))
        body = fault.body if fault and not fault.after else response.body
        return {"id": str(part["id"]), "status": response.status, "headers": dict(headers), "body": body}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], simulator: Simulator) -> None:
        self.simulator = simulator
        super().__init__(address, _Connection)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is none of the service's business."""


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Every method, ``do_GET`` and the like, is served in one way."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing is logged on stderr; ``/simulator/requests`` has it all."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > BODY_LIMIT:
            self.close_connection = True
            self._send(error_response(413, "RequestTooLarge", "The body is too large."), {})
            return
        raw = self.rfile.read(length)
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            self._send(error_response(400, "BadRequest", "The body is no JSON."), {})
            return
        if self.path.startswith("/beta/"):
            self._serve_api(self.path.removeprefix("/beta"), body)
        else:
            self._serve_control(body)

    def _serve_api(self, url: str, body: object) -> None:
        simulator = self.server.simulator
        response, headers, fault = simulator.respond(self.command, url, body)
        entry: Json = {"method": self.command, "path": url, "status": response.status}
        if isinstance(body, dict) and url == "/$batch":
            entry["batch"] = [f"{one['method']} {one['url']}" for one in body.get("requests", [])]
        simulator.requests.append(entry)
        if fault is not None and self._fail(fault):
            return
        self._send(response, headers)

    def _fail(self, fault: Fault) -> bool:
        """Answer as the fault says; false if the true answer is to be sent after all."""
        time.sleep(fault.delay)
        if fault.close:
            self.close_connection = True
            return True
        if not fault.status:
            return False
        raw = fault.body if isinstance(fault.body, str) else json.dumps(fault.body)
        self._send_bytes(fault.status, raw.encode(), dict(fault.headers))
        return True

    def _serve_control(self, body: object) -> None:
        simulator = self.server.simulator
        match (self.command, self.path):
            case ("GET", "/simulator/requests"):
                self._send(Response(200, {"requests": simulator.requests}), {})
            case ("DELETE", "/simulator/requests"):
                simulator.requests.clear()
                self._send(Response(204), {})
            case ("PUT", "/simulator/faults") if isinstance(body, list):
                try:
                    simulator.faults[:] = [Fault(**one) for one in body]
                except TypeError as error:
                    self._send(error_response(400, "BadRequest", str(error)), {})
                else:
                    self._send(Response(204), {})
            case _:
                self._send(error_response(404, "NotFound", "There is /beta and /simulator here."), {})

    def _send(self, response: Response, headers: Mapping[str, str]) -> None:
        body = b"" if response.body is None else json.dumps(response.body).encode()
        self._send_bytes(response.status, body, {"Content-Type": "application/json", **headers})

    def _send_bytes(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"request-id": str(uuid.uuid4()), **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
