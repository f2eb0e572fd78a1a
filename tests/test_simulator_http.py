"""The Graph simulator: connections, requests and answers of HTTP."""

from __future__ import annotations

import socket
import sys
import time

import pytest
import requests

from aovpn_remediate.errors import OutputError
from aovpn_remediate.simulator import running_simulator
from tests.graph_client import Tenant, answered
from tests.patience import HANGING


def raw(tenant: Tenant, request: bytes) -> bytes:
    with socket.create_connection(
        ("127.0.0.1", int(tenant.url.rpartition(":")[2])), timeout=HANGING
    ) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: 67108865", b"413"),
        (b"Content-Length: -1", b"411"),
        (b"Content-Length: x", b"411"),
        (b"Transfer-Encoding: chunked", b"411"),
    ],
)
def test_a_body_of_unknown_or_huge_length_is_refused_unread(tenant, head, status):
    answer = raw(tenant, b"POST /beta/$batch HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert b"\r\nrequest-id: " in answer


def test_invalid_http_is_answered_with_an_error_of_graph(tenant):
    answer = raw(tenant, b"nonsense\r\n\r\n")
    assert b'{"error": ' in answer


def test_a_client_that_goes_away_in_the_middle_disturbs_nobody(tenant, capfd):
    with socket.create_connection(
        ("127.0.0.1", int(tenant.url.rpartition(":")[2])), timeout=HANGING
    ) as connection:
        connection.sendall(b"POST /beta/$batch HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
    answered(tenant.packages("GET"))
    assert capfd.readouterr().err == ""


def test_one_connection_serves_many_requests_quickly(tenant):
    tenant.ask("GET", "/beta/groups")
    times = []
    for _ in range(50):
        started = time.monotonic()
        response = tenant.ask("GET", "/beta/groups")
        times.append(time.monotonic() - started)
    # With Nagle's algorithm each answer waits 40 ms for the client's delayed acknowledgement; the quickest
    # of many does not depend on how busy the machine is.
    assert min(times) < 0.03
    assert response.headers["Content-Length"] == str(len(response.content))
    assert "Connection" not in response.headers


def test_links_lead_to_the_host_that_the_client_called(tenant):
    host = tenant.url.replace("127.0.0.1", "localhost").removeprefix("http://")
    for given, expected in ((host, f"http://{host}"), ("evil.example", tenant.url)):
        page = answered(tenant.packages("GET", "?$top=1", headers={"Host": given}))
        assert page["@odata.nextLink"].startswith(f"{expected}/beta/")


def test_it_listens_on_loopback_only(tenant):
    port = int(tenant.url.rpartition(":")[2])
    with socket.socket() as other:
        # Another address of the loopback net is free as long as the simulator has not taken all of them.
        if sys.platform == "linux":
            other.bind(("127.0.0.2", port))
        assert tenant.url == f"http://127.0.0.1:{port}"


def test_at_the_end_all_connections_are_closed():
    with running_simulator() as simulator:
        tenant = Tenant(simulator.url)
        answered(tenant.packages("GET"))
        tenant.fail(path="/groups", delay=600)
        with pytest.raises(requests.Timeout):
            tenant.session.get(f"{tenant.url}/beta/groups", timeout=0.3)
    with tenant.session, pytest.raises(requests.ConnectionError):
        tenant.packages("GET")


def test_a_port_that_is_in_use_is_named(tenant):
    port = int(tenant.url.rpartition(":")[2])
    with (
        pytest.raises(OutputError, match=f"^127.0.0.1:{port}: .*; choose another port"),
        running_simulator(port=port),
    ):
        pass
