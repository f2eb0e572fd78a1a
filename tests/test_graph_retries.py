"""What is tried again, how long and how often: real HTTP on a clock on which no test waits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest

from aovpn_remediate.errors import GraphShapeError, StalledError, TenantError, UnreachableError
from aovpn_remediate.graph.retry import Patience, retry_after
from aovpn_remediate.graph.session import GraphSession
from aovpn_remediate.graph.trace import Watch
from tests.fake_clock import FakeClock
from tests.scripted_server import Reply, batch_of, serving

SCRIPTS = "/deviceManagement/deviceHealthScripts"
EMPTY = Reply({"value": []})
DROPPED = Reply(dropped=True)
BROKEN = Reply(raw=b'{"value": [{"id"')
CUT = Reply(raw=b'{"value": [', headers={"Content-Length": "500"})
PAGE = Reply(raw=b"<html>", headers={"Content-Type": "text/html"})
PASSING = [*(Reply(status=status) for status in (408, 429, 500, 502, 503, 504, 509)), DROPPED, BROKEN, CUT]


def session(service, clock=None, **options):
    return GraphSession(service.root, clock=(clock or FakeClock()).clock(), **options)


def throttled(asked=None):
    return Reply(status=429, headers={} if asked is None else {"Retry-After": asked})


# What is tried again


@pytest.mark.parametrize("reply", PASSING, ids=repr)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE", "POST"])
def test_what_fails_for_a_moment_is_tried_again(method, reply):
    with serving([EMPTY, reply, reply, Reply({"id": "1"})]) as service:
        ours = session(service)
        ours.get(SCRIPTS)
        assert ours.send(method, SCRIPTS) == {"id": "1"}
    assert len(service.requests) == 4


@pytest.mark.parametrize("reply", PASSING, ids=repr)
def test_a_write_whose_answer_is_not_needed_is_tried_again_too(reply):
    with serving([EMPTY, reply, Reply(status=204)]) as service:
        ours = session(service)
        ours.get(SCRIPTS)
        ours.tell("POST", f"{SCRIPTS}/1/assign", {})
    assert len(service.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 501])
def test_what_another_try_does_not_change_is_final(status):
    with serving([Reply(status=status)]) as service, pytest.raises(TenantError):
        session(service).get(SCRIPTS)
    assert len(service.requests) == 1


@pytest.mark.parametrize("status", [400, 429, 503])
def test_a_call_that_the_service_does_not_have_is_not_repeated(status):
    body = {"error": {"code": "BadRequest", "message": "No OData route exists that match template x"}}
    with (
        serving([Reply(body, status=status)]) as service,
        pytest.raises(TenantError, match="does not offer this call"),
    ):
        session(service).get(SCRIPTS)
    assert len(service.requests) == 1


def test_a_page_of_a_proxy_is_final_only_before_the_first_success():
    with serving([PAGE]) as service, pytest.raises(GraphShapeError, match="an HTML page"):
        session(service).get(SCRIPTS)
    assert len(service.requests) == 1
    with serving([EMPTY, PAGE, EMPTY]) as service:
        ours = session(service)
        assert [ours.get(SCRIPTS), ours.get(SCRIPTS)] == [{"value": []}, {"value": []}]


def test_a_status_may_mean_that_the_service_is_only_late():
    with serving([Reply(status=404), Reply(status=404), Reply(status=204)]) as service:
        session(service).tell("POST", f"{SCRIPTS}/1/assign", {}, late=(404,))
    assert len(service.requests) == 3


# Creates


@pytest.mark.parametrize("reply", [one for one in PASSING if one.status != 429], ids=repr)
def test_a_create_is_looked_for_before_it_is_sent_again(reply):
    looks = []
    with serving([EMPTY, reply, Reply({"id": "new"}, status=201)]) as service:
        ours = session(service)
        ours.get(SCRIPTS)
        assert ours.create(SCRIPTS, {}, lambda: looks.append(len(service.requests))) == {"id": "new"}
    assert looks == [2]


def test_a_create_that_is_found_is_not_sent_again():
    with serving([EMPTY, DROPPED]) as service:
        ours = session(service)
        ours.get(SCRIPTS)
        assert ours.create(SCRIPTS, {}, lambda: {"id": "found"}) == {"id": "found"}
    assert len(service.requests) == 2


def test_a_create_is_repeated_after_429_without_a_look():
    with serving([throttled(), Reply({"id": "1"}, status=201)]) as service:
        assert session(service).create(SCRIPTS, {}, lambda: pytest.fail("looked")) == {"id": "1"}


# How long


@pytest.mark.parametrize(
    "reply", [Reply(status=500), DROPPED, BROKEN, throttled()], ids=["500", "dropped", "broken", "429"]
)
@pytest.mark.parametrize("trying", [0.0, 7.0, 60.0])
def test_one_request_is_tried_as_long_as_patience_says(reply, trying):
    clock = FakeClock()
    with serving([EMPTY, reply]) as service:
        ours = session(service, clock, patience=Patience(trying))
        ours.get(SCRIPTS)
        with pytest.raises(TenantError):
            ours.get(SCRIPTS)
    assert trying <= clock.passed <= max(trying * 2, 4.0)
    assert len(service.requests) == 2 or trying


def test_waits_grow_to_ten_seconds_and_end_with_the_patience():
    times = []
    clock = FakeClock()

    def busy(_):
        times.append(clock.passed)
        return Reply(status=503)

    with serving(busy) as service, pytest.raises(TenantError):
        session(service, clock).get(SCRIPTS)
    waits = [round(later - sooner, 1) for sooner, later in pairwise(times)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0, 10.0, 10.0, 4.5]


def test_jitter_keeps_waits_apart():
    passed = []
    for jitter in (0.0, 1.0):
        clock = FakeClock()
        with serving([Reply(status=503), EMPTY]) as service:
            GraphSession(service.root, clock=clock.clock(jitter)).get(SCRIPTS)
        passed.append(clock.passed)
    assert passed == [0.25, 0.5]


@pytest.mark.parametrize(
    ("asked", "waited"),
    [("7", 8.0), ("0", 1.0), ("1.5", 2.5), ("99999", 120.0), ("soon", 2.0), ("-5", 2.0), ("", 2.0)],
)
def test_retry_after_is_obeyed_up_to_two_minutes(asked, waited):
    clock = FakeClock()
    with serving([throttled(asked), EMPTY]) as service:
        session(service, clock).get(SCRIPTS)
    assert clock.passed == pytest.approx(waited)


def test_retry_after_may_be_a_date_of_the_clock_of_the_service():
    theirs = datetime.now(UTC) - timedelta(hours=3)
    later = format_datetime(theirs + timedelta(seconds=30), usegmt=True)
    assert retry_after(later, now=theirs) == pytest.approx(30, abs=1)
    assert retry_after(later) == 0
    clock = FakeClock()
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    with serving([Reply(status=503, headers={"Retry-After": soon}), EMPTY]) as service:
        session(service, clock).get(SCRIPTS)
    assert 25 < clock.passed <= 32


def test_a_wait_that_the_service_asks_for_is_not_counted():
    clock = FakeClock()
    with serving([throttled("100")] * 3 + [EMPTY]) as service:
        session(service, clock, patience=Patience(10)).get(SCRIPTS)
    assert len(service.requests) == 4 and clock.passed > 300


def test_a_retry_after_that_proves_too_short_grows():
    clock = FakeClock()
    with serving([throttled("1")] * 5 + [EMPTY]) as service:
        session(service, clock).get(SCRIPTS)
    assert clock.passed == pytest.approx(2 + 4 + 8 + 16 + 32)


def test_a_pause_is_shared_by_all_requests():
    clock = FakeClock()
    with serving([throttled("30"), EMPTY]) as service:
        ours = session(service, clock, patience=Patience(0.0))
        with pytest.raises(TenantError, match="throttling"):
            ours.get(SCRIPTS)
        assert clock.passed == 0
        ours.get(SCRIPTS)
    assert clock.passed == pytest.approx(31)


# Connections


def test_a_first_connection_is_tried_for_six_seconds_only():
    clock = FakeClock()
    with serving([DROPPED]) as service, pytest.raises(UnreachableError, match="closed the connection"):
        session(service, clock).get(SCRIPTS)
    assert clock.passed <= 6.01


def test_after_a_success_a_refused_connection_is_tried_again():
    clock = FakeClock()
    with serving([Reply({"value": []}, headers={"Connection": "close"})]) as service:
        ours = session(service, clock)
        ours.get(SCRIPTS)
    with pytest.raises(UnreachableError, match="nothing answers at"):
        ours.get(SCRIPTS)
    assert clock.passed == pytest.approx(60)


# Ten minutes


def test_after_ten_minutes_without_a_success_a_request_is_given_up():
    clock = FakeClock()
    with (
        serving([throttled("110")]) as service,
        pytest.raises(StalledError, match=r"429.*nothing has succeeded for 10 minutes") as caught,
    ):
        session(service, clock, patience=Patience(500)).get(SCRIPTS)
    assert 600 <= clock.passed < 800 and caught.value.client_request_id


def test_a_long_time_without_requests_is_no_trouble():
    clock = FakeClock()
    with serving([EMPTY, Reply(status=500), EMPTY]) as service:
        ours = session(service, clock)
        ours.get(SCRIPTS)
        clock.sleep(5000)
        assert ours.get(SCRIPTS) == {"value": []}


def test_what_waits_says_so_every_ten_seconds():
    said = []
    with serving([throttled("35"), EMPTY]) as service:
        session(service, watch=Watch(say=said.append)).get(SCRIPTS)
    why = "waiting: Graph limits the number of requests; next try in"
    assert said == [f"{why} 26 s", f"{why} 16 s", f"{why} 6 s"]


def test_waits_that_are_short_say_something_too_once_they_add_up():
    said = []
    with serving([Reply(status=503)] * 5 + [EMPTY]) as service:
        session(service, watch=Watch(say=said.append)).get(SCRIPTS)
    assert said == [f"waiting: GET {SCRIPTS}: status 503; next try in 6 s"]


def test_after_giving_up_what_begins_is_sent_once_and_at_once():
    clock = FakeClock()
    with serving([throttled("100"), Reply(status=503), EMPTY]) as service:
        ours = session(service, clock, patience=Patience(0.0))
        for _ in range(2):
            with pytest.raises(TenantError):
                ours.get(SCRIPTS)
            ours.give_up()
        assert ours.get(SCRIPTS) == {"value": []}
    assert clock.passed == 0 and len(service.requests) == 3


# Batches


@pytest.mark.parametrize("status", [408, 429, 500, 503, 509])
def test_only_the_failed_parts_of_a_batch_are_asked_again(status):
    def answer(url):
        is_busy = url == "/b" and len(service.requests) == 1
        return (status, {}) if is_busy else (200, {"id": url})

    with serving(batch_of(answer)) as service:
        answers = session(service).batch(["/a", "/b", "/c"])
    assert [one.body["id"] for one in answers] == ["/a", "/b", "/c"]
    asked = [[one["url"] for one in request.body["requests"]] for request in service.requests]
    assert asked == [["/a", "/b", "/c"], ["/b"]]


def test_a_part_may_say_how_long_to_wait():
    def busy(request):
        if len(service.requests) > 1:
            return Reply({"responses": [{"id": "0", "status": 200, "body": {}}]})
        part = {"id": "0", "status": 429, "headers": {"Retry-After": "9"}, "body": None}
        return Reply({"responses": [part]})

    clock = FakeClock()
    with serving(busy) as service:
        session(service, clock).batch(["/a"])
    assert clock.passed == pytest.approx(10)


@pytest.mark.parametrize("status", [429, 503])
def test_a_part_that_stays_busy_is_raised_with_its_path(status):
    clock = FakeClock()
    with (
        serving(batch_of(lambda url: (status, {}))) as service,
        pytest.raises(TenantError, match=rf"^GET /b: {status}"),
    ):
        session(service, clock).batch(["/b?$x=1"])
    assert 60 <= clock.passed <= 130


def test_a_broken_answer_to_a_batch_is_read_again():
    with serving([BROKEN, Reply({"responses": [{"id": "0", "status": 200, "body": {}}]})]) as service:
        session(service).batch(["/a"])
    assert service.asked == ["POST /$batch"] * 2
