"""What goes wrong between us and the service, end to end over real HTTP."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from aovpn_remediate.cli import run
from aovpn_remediate.graph.connection import Timeouts
from tests.patience import HANGING, wait_until
from tests.tenants import SCRIPTS, Bench, config

BUSY = {
    "method": "GET",
    "path": f"^{SCRIPTS}",
    "headers": {"Retry-After": "0"},
    "body": {"error": {"code": "TooManyRequests", "message": "x"}},
}


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_service_is_asked_again(bench: Bench, status: int):
    bench.write(config("a"))
    bench.fail({**BUSY, "status": status, "times": 2})
    assert bench.remediate("plan").code == 0


def test_a_busy_part_of_a_batch_is_asked_again_alone(bench: Bench):
    bench.publish(config("a", "b"))
    bench.requests()
    bench.fail({"method": "GET", "path": f"^{SCRIPTS}/", "status": 429, "headers": {"Retry-After": "0"}})
    assert bench.remediate("plan", "--detailed-exitcode").code == 0
    assert [line for line in bench.requests() if "$batch" in line] == [
        "POST /$batch [2]",
        "POST /$batch [1]",
        "POST /$batch [1]",
    ]


ONCE = [
    {"status": 500},
    {"status": 509},
    {"status": 408},
    {"close": True},
    {"truncate": True},
    {"body": '{"value": [', "headers": {"Content-Type": "application/json"}},
]


@pytest.mark.parametrize("fault", ONCE, ids=repr)
def test_a_failure_that_passes_is_no_failure_wherever_it_happens(bench: Bench, fault):
    bench.publish(config("a"))
    bench.write(config("a", ipv4=9, group="AOVPN Devices"))
    package, assign = f"^{SCRIPTS}/[^/]+$", "/assign$"
    faults = [("GET", f"^{SCRIPTS}$"), ("PATCH", package), ("POST", assign), ("POST", "batch$")]
    bench.fail(*({"method": method, "path": path, **fault} for method, path in faults))
    assert bench.remediate("publish", "--yes").code == 0
    assert bench.remediate("plan", "--detailed-exitcode").code == 0
    bench.write(config())
    bench.fail({"method": "DELETE", **fault})
    assert bench.remediate("publish", "--yes", "--allow-delete").code == 0
    assert bench.ours() == []


def test_a_new_package_that_is_not_there_yet_is_waited_for(bench: Bench):
    bench.write(config("a"))
    bench.fail({"method": "POST", "path": "/assign$", "status": 404, "times": 2})
    assert bench.remediate("publish", "--yes").code == 0
    assert bench.remediate("plan", "--detailed-exitcode").code == 0


def test_a_package_that_is_gone_is_not_waited_for(bench: Bench):
    bench.publish(config("a"))
    bench.write(config("a", group="AOVPN Devices"))
    bench.fail({"method": "POST", "path": "/assign$", "status": 404, "times": 2})
    assert "404" in bench.remediate("publish", "--yes").out


def test_a_failed_part_of_a_batch_is_an_error_and_never_a_missing_package(bench: Bench):
    bench.publish(config("a", "b"))
    bench.fail(
        {
            "method": "GET",
            "path": f"^{SCRIPTS}/",
            "status": 400,
            "body": {"error": {"code": "BadRequest", "message": "boom"}},
        }
    )
    said = bench.remediate("publish", "--yes")
    assert said.code == 1 and "400 BadRequest, boom" in said.err
    assert len(bench.ours()) == 2


@pytest.mark.parametrize("fault", [{"close": True}, {"status": 500}, {"status": 504, "body": "gateway"}])
@pytest.mark.parametrize("after", [True, False])
def test_a_create_whose_answer_is_lost_makes_no_second_package(bench: Bench, fault, after):
    bench.write(config("a"))
    bench.fail({"method": "POST", "path": f"^{SCRIPTS}$", "after": after, **fault})
    assert bench.remediate("publish", "--yes").code == 0
    assert len(bench.ours()) == 1
    assert bench.remediate("plan", "--detailed-exitcode").code == 0


def test_an_assign_that_fails_after_its_create_is_done_by_the_next_run(bench: Bench):
    bench.write(config("a"))
    bench.fail(
        {
            "method": "POST",
            "path": "/assign$",
            "status": 400,
            "body": {"error": {"code": "BadRequest", "message": "no"}},
        }
    )
    assert bench.remediate("publish", "--yes").code == 1
    assert "+ AOVPN Users" in bench.remediate("plan").out
    assert bench.remediate("publish", "--yes").code == 0
    assert bench.remediate("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (
            401,
            4,
            "this service demands a sign-in: run the lines that the simulator printed in this terminal, or add --auth auto",
        ),
        (403, 4, "the sign-in lacks the permission DeviceManagementScripts.Read.All"),
        (400, 1, "correct what it names, or give Microsoft's support the request-id"),
    ],
)
def test_a_refusal_is_reported_with_code_and_request_id(bench: Bench, status, code, advice):
    bench.write(config("a"))
    body = {"error": {"code": "Denied", "message": "go\r\n away"}}
    bench.fail(
        {"method": "GET", "path": SCRIPTS, "status": status, "body": body, "headers": {"request-id": "77"}}
    )
    said = bench.remediate("publish", "--yes")
    where = "GET /deviceManagement/deviceHealthScripts"
    assert said.code == code
    assert said.err.startswith(f"error: {where}: {status} Denied, go away (request-id 77); {advice}")


@pytest.mark.parametrize(
    ("path", "permission"),
    [("/groups", "Group.Read.All"), ("assignmentFilters", "DeviceManagementConfiguration.Read.All")],
)
def test_the_permission_that_is_missing_is_named(bench: Bench, path, permission):
    bench.write(
        config("a") + "      - {all: users, filter: Corporate Windows 11, schedule: {every: 1 hour}}\n"
    )
    bench.fail(
        {
            "method": "GET",
            "path": path,
            "status": 403,
            "body": {"error": {"code": "Forbidden", "message": "x"}},
        }
    )
    said = bench.remediate("plan")
    assert said.code == 4 and f"lacks the permission {permission}" in said.err


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (
            {"status": 200, "body": "<html>Sign in</html>", "headers": {"Content-Type": "text/html"}},
            "an HTML page of 20 bytes came with status 200 instead of a JSON object",
        ),
        (
            {"body": '{"value": [', "headers": {"Content-Type": "application/json"}},
            "broken JSON or other text",
        ),
        ({"body": []}, "a JSON list came with status 200 instead of a JSON object"),
        ({"status": 200, "body": {"value": "x"}}, "value is text, not a list"),
        (
            {"status": 200, "body": {"value": [], "@odata.nextLink": "https://evil.example/x"}},
            "@odata.nextLink leads to another address",
        ),
        ({"body": {"value": [{"displayName": "x"}]}}, "description is missing"),
        ({"status": 500, "body": "<html>oops</html>"}, "500 with an HTML page of 17 bytes"),
        ({"status": 302, "headers": {"Location": "https://evil.example/"}}, "redirects are not followed"),
    ],
)
def test_an_answer_in_another_shape_is_an_error_not_an_empty_tenant(bench: Bench, fault, expected):
    bench.write(config("a"))
    bench.fail({"method": "GET", "path": SCRIPTS, **fault})
    said = bench.remediate("publish", "--yes", "--patience", "0")
    assert said.code == 1 and expected in said.err and "Traceback" not in said.err
    assert bench.ours() == []


def test_multi_admin_approval_is_an_outcome(bench: Bench):
    bench.write(config("a"))
    body = {"error": {"code": "ApprovalRequired", "message": "x"}}
    bench.fail(
        {
            "method": "POST",
            "path": f"^{SCRIPTS}$",
            "status": 403,
            "headers": {"x-msft-approval-code": "abc"},
            "body": body,
        }
    )
    said = bench.remediate("publish", "--yes")
    assert (
        said.code == 5
        and "! a  create: awaiting approval; " in said.out
        and "(code abc), so have it approved in Intune and publish again" in said.out
    )


def test_some_done_and_some_failed_is_partly_published(bench: Bench):
    bench.write(config("a", "b"))
    body = {"error": {"code": "BadRequest", "message": "no"}}
    bench.fail({"method": "POST", "path": f"^{SCRIPTS}$", "status": 400, "body": body})
    said = bench.remediate("publish", "--yes", "--json")
    assert said.code == 3 and sorted(one["status"] for one in said.json["outcomes"]) == ["done", "failed"]


def test_a_refused_write_stops_what_has_not_begun(bench: Bench):
    bench.publish(config("z"))
    bench.write(config("z", *"abcdefgh", ipv4=9))
    body = {"error": {"code": "Forbidden", "message": "x"}}
    bench.fail({"method": "POST", "path": f"^{SCRIPTS}$", "status": 403, "body": body, "times": 99})
    said = bench.remediate("publish", "--yes")
    assert said.code == 4 and "lacks the permission DeviceManagementScripts.ReadWrite.All" in said.out
    assert "= z  update: not tried" in said.out and len(bench.ours()) == 1


def test_a_package_that_is_gone_already_is_deleted(bench: Bench):
    bench.publish(config("a"))
    bench.write(config())
    bench.fail(
        {
            "method": "DELETE",
            "path": ".",
            "status": 404,
            "body": {"error": {"code": "ResourceNotFound", "message": "x"}},
        }
    )
    assert bench.remediate("publish", "--yes", "--allow-delete").code == 0


def test_a_refused_connection_is_reported_at_once(bench: Bench):
    bench.write(config("a"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    code = run(["plan", "-c", str(bench.folder / "r.yaml"), "--graph-url", url])
    assert code == 1
    advice = f'start "remediate simulator --port {url.rpartition(":")[2]}" or correct --graph-url'
    assert f"nothing answers at {url[7:]}; {advice}" in bench.capsys.readouterr().err


@contextmanager
def listener(*, closes: bool) -> Iterator[str]:
    """A server that accepts and then says nothing, or hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        held: list[socket.socket] = []
        is_done = threading.Event()

        def accept() -> None:
            while not is_done.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                connection.close() if closes else held.append(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        is_done.set()
        thread.join()
        for connection in held:
            connection.close()


@pytest.mark.parametrize(
    ("closes", "expected"),
    [(False, "got the request but does not answer in time"), (True, "closed the connection")],
)
def test_a_server_without_an_answer_is_reported(bench: Bench, monkeypatch, closes, expected):
    monkeypatch.setattr(Timeouts.__init__, "__defaults__", (3.0, 0.5, 30.0))
    bench.write(config("a"))
    with listener(closes=closes) as url:
        code = run(["plan", "-c", str(bench.folder / "r.yaml"), "--graph-url", url])
    assert code == 1 and expected in bench.capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to one process")
def test_ctrl_c_in_a_publish_says_what_is_done_and_the_next_run_goes_on(bench: Bench):
    keys = [f"k{index}" for index in range(12)]
    bench.write(config(*keys))
    bench.fail({"method": "POST", "path": f"^{SCRIPTS}$", "delay": HANGING, "times": 99, "skip": 1})
    path = str(bench.folder / "r.yaml")
    command = [
        sys.executable,
        "-m",
        "aovpn_remediate",
        "publish",
        "-c",
        path,
        "--yes",
        "--graph-url",
        bench.url,
    ]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        wait_until(bench.ours, process)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        said = [process.stderr.readline()]
        while not said[-1].startswith("interrupted; waiting"):
            said.append(process.stderr.readline())
        bench.fail()
        out, err = process.communicate(timeout=HANGING)
    assert process.returncode == 130
    said = [line for line in ("".join(said) + err).splitlines() if not line.startswith("warning: ")]
    assert re.fullmatch(r"interrupted; waiting for [1-4] requests? in flight", said[0])
    assert said[1:] == ["interrupted; run publish again to continue"]
    assert "create: done" in out and "create: not tried" in out
    assert bench.remediate("publish", "--yes").code == 0
    assert len(bench.ours()) == 12


@pytest.mark.parametrize(
    ("url", "code", "expected"),
    [
        ("http://intune.example", 64, "plain HTTP is accepted for loopback only"),
        ("http://10.0.0.1:8765", 64, "plain HTTP is accepted for loopback only"),
        ("https://graph.microsoft.com", 4, "nothing to sign in with was found"),
        ("https://graph.microsoft.us", 64, "add --cloud usgov"),
        ("https://intune.example", 64, "only Microsoft's Graph"),
        ("ftp://127.0.0.1", 64, "not an http or https address"),
        ("nonsense", 64, "not an http or https address"),
        ("http://127.0.0.1:99999", 64, "not an http or https address"),
        ("http://[::1", 64, "not an http or https address"),
        ("http://user:hunter2@127.0.0.1:1", 64, "contains a user name or password"),
        ("http://127.0.0.1:1/?x=1", 64, "contains a query or fragment"),
        ("http://127.0.0.1.evil.example", 64, "plain HTTP is accepted for loopback only"),
    ],
)
def test_a_service_root_that_is_not_loopback_gets_nothing(bench: Bench, url, code, expected):
    bench.write(config("a"))
    assert run(["plan", "-c", str(bench.folder / "r.yaml"), "--graph-url", url]) == code
    err = bench.capsys.readouterr().err
    assert expected in err and "hunter2" not in err


def test_without_anything_to_sign_in_with_nothing_is_sent(bench: Bench):
    bench.write(config("a"))
    assert run(["publish", "-c", str(bench.folder / "r.yaml"), "--yes"]) == 4
    said = bench.capsys.readouterr().err
    assert said.startswith("error: sign-in: nothing to sign in with was found")
    assert "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET" in said
