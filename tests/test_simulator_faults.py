"""The Graph simulator: faults on demand, and the log of requests."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.graph_client import ONE, answered, package, refused
from tests.patience import HANGING, wait_until


def test_the_log_counts_requests_and_those_within_a_batch(tenant):
    tenant.packages("GET", "?$expand=assignments")
    tenant.ask("POST", "/beta/$batch", {"requests": [ONE]})
    group = {"method": "GET", "path": "/beta/groups", "query": "", "status": 200}
    assert tenant.log() == [
        {
            "method": "GET",
            "path": "/beta/deviceManagement/deviceHealthScripts",
            "query": "$expand=assignments",
            "status": 200,
            "batch": [],
        },
        {"method": "POST", "path": "/beta/$batch", "query": "", "status": 200, "batch": [group]},
    ]
    assert tenant.ask("DELETE", "/simulator/requests").status_code == 204
    assert tenant.log() == []


@pytest.mark.parametrize("status", [401, 403, 412, 429, 500, 502, 503, 504])
def test_a_fault_answers_with_its_status_the_given_number_of_times(tenant, status):
    tenant.fail(method="POST", path="/deviceHealthScripts$", status=status, times=2)
    for _ in range(2):
        refused(tenant.packages("POST", "", package()), status)
        answered(tenant.packages("GET"))
    tenant.create()
    assert len(tenant.list()) == 3


def test_a_fault_carries_headers_and_a_body(tenant):
    headers = {"Retry-After": 1, "x-msft-approval-code": "a-code"}
    tenant.fail(status=403, headers=headers, body={"error": {"code": "ApprovalRequired", "message": "wait"}})
    response = tenant.packages("GET")
    assert (response.status_code, response.json()["error"]["code"]) == (403, "ApprovalRequired")
    assert (response.headers["Retry-After"], response.headers["x-msft-approval-code"]) == ("1", "a-code")
    tenant.fail(status=429)
    assert "Retry-After" not in tenant.packages("GET").headers


def test_a_fault_can_wait_for_its_turn_and_stay(tenant):
    tenant.fail(path="/groups", skip=1, times=None, status=503)
    statuses = [tenant.ask("GET", "/beta/groups").status_code for _ in range(4)]
    assert statuses == [200, 503, 503, 503]
    assert tenant.ask("DELETE", "/simulator/faults").status_code == 204
    assert tenant.ask("GET", "/beta/groups").status_code == 200
    assert answered(tenant.ask("GET", "/simulator/faults")) == []


def test_a_text_is_sent_as_a_web_page(tenant):
    tenant.fail(body="<html>Sign in</html>")
    response = tenant.packages("GET")
    assert (response.status_code, response.text) == (200, "<html>Sign in</html>")
    assert response.headers["Content-Type"].startswith("text/html")


def test_an_answer_can_break_off_in_its_body(tenant):
    tenant.fail(truncate=True)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        tenant.packages("GET")
    assert tenant.log()[-1]["status"] == 200


@pytest.mark.parametrize(("after", "made"), [(False, 0), (True, 1)])
def test_a_connection_can_close_before_or_after_the_work(tenant, after, made):
    before = len(tenant.list())
    tenant.fail(method="POST", close=True, after=after)
    with pytest.raises(requests.ConnectionError):
        tenant.packages("POST", "", package())
    assert len(tenant.list()) == before + made


def test_a_status_can_hide_that_the_work_was_done(tenant):
    tenant.fail(method="POST", status=504, after=True)
    refused(tenant.packages("POST", "", package(displayName="twin")), 504)
    assert "twin" in {item["displayName"] for item in tenant.list()}


def test_a_delay_holds_one_answer_back_and_no_other(tenant):
    tenant.fail(path="/groups", delay=HANGING)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(requests.get, f"{tenant.url}/beta/groups", timeout=HANGING)
        wait_until(lambda: not answered(tenant.ask("GET", "/simulator/faults")))
        answered(tenant.packages("GET"))
        assert not slow.done()
        tenant.ask("DELETE", "/simulator/faults")
        answered(slow.result())


def test_a_delayed_answer_comes_after_its_delay(tenant):
    tenant.fail(path="/groups", delay=0.2)
    started = time.monotonic()
    answered(tenant.ask("GET", "/beta/groups"))
    assert time.monotonic() - started >= 0.2


def test_a_fault_can_hit_one_request_of_a_batch(tenant):
    tenant.fail(path=r"^/beta/groups$", status=429, headers={"Retry-After": "7"})
    wanted = [ONE, {**ONE, "id": "2"}]
    responses = answered(tenant.ask("POST", "/beta/$batch", {"requests": wanted}))["responses"]
    by_id = {one["id"]: one for one in responses}
    assert (by_id["1"]["status"], by_id["2"]["status"]) == (429, 200)
    assert by_id["1"]["headers"]["Retry-After"] == "7"
    assert by_id["1"]["body"]["error"]["code"] == "TooManyRequests"


@pytest.mark.parametrize(
    "fault",
    [
        "x",
        {"state": 500},
        {"status": 99},
        {"status": "500"},
        {"path": "("},
        {"times": 0},
        {"skip": -1},
        {"delay": "1"},
        {"after": 1},
        {"close": "yes"},
        {"headers": {"x": "a\r\nb"}},
        {"method": None},
    ],
    ids=str,
)
def test_a_fault_that_cannot_be_is_refused(tenant, fault):
    refused(tenant.ask("POST", "/simulator/faults", fault))
    assert answered(tenant.ask("GET", "/simulator/faults")) == []


def test_an_unknown_control_names_those_there_are(tenant):
    assert "POST /simulator/faults" in refused(tenant.ask("GET", "/simulator/nothing"), 404)
