from __future__ import annotations

import socket
import uuid
from datetime import UTC, datetime

import pytest
from requests import exceptions
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError

from aovpn_remediate.errors import (
    ApprovalNeededError,
    GraphShapeError,
    NotFoundError,
    SignInError,
    TenantError,
    UnreachableError,
    UsageError,
)
from aovpn_remediate.graph import open_tenant
from aovpn_remediate.graph.auth.opening import Access
from aovpn_remediate.graph.connection import Timeouts, silence_of
from aovpn_remediate.graph.retry import Patience
from aovpn_remediate.graph.session import GraphSession
from aovpn_remediate.graph.trace import Watch
from aovpn_remediate.graph.url import service_root
from aovpn_remediate.model import References, TenantSettings
from tests.fake_clock import FakeClock
from tests.scripted_server import Reply, batch_of, serving

SCRIPTS = "/deviceManagement/deviceHealthScripts"
SECRET = "eyJ.secret.token"
EMPTY = Reply({"value": []})


class Fixed:
    """Tokens that are always the same."""

    def __init__(self, token):
        self._token = token

    def token(self):
        return self._token

    def token_after(self, refused, claims=""):
        return self._token


def session(root, clock=None, **options):
    return GraphSession(root, clock=(clock or FakeClock()).clock(), **options)


def error(code="BadRequest", message="no", status=400, **headers):
    body = {"error": {"code": code, "message": message, "innerError": {"request-id": "inner-1"}}}
    return Reply(body, status=status, headers=headers)


def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_requests_go_below_beta_and_carry_the_token():
    with serving([Reply({"id": "1"})]) as service:
        answer = session(service.root, tokens=Fixed(SECRET)).get("/groups/1?$select=id")
    assert answer == {"id": "1"}
    (request,) = service.requests
    assert request.path == "/beta/groups/1?$select=id"
    assert request.headers["Authorization"] == f"Bearer {SECRET}"


def test_a_service_without_sign_in_gets_no_authorization():
    with serving([EMPTY]) as service:
        session(service.root).get(SCRIPTS)
    assert "Authorization" not in service.requests[0].headers


def test_loopback_does_not_use_the_proxy_of_the_environment(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving([EMPTY]) as service:
        assert session(service.root).get(SCRIPTS) == {"value": []}


def test_a_netrc_does_not_replace_the_token(monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving([EMPTY]) as service:
        session(service.root, tokens=Fixed(SECRET)).get(SCRIPTS)
    assert service.requests[0].headers["Authorization"] == f"Bearer {SECRET}"


def test_a_redirect_is_not_followed_with_the_token():
    with serving([EMPTY]) as elsewhere:
        redirect = Reply(status=302, headers={"Location": f"{elsewhere.root}/beta/x"})
        with (
            serving([redirect]) as service,
            pytest.raises(GraphShapeError, match="redirects are not followed"),
        ):
            session(service.root, tokens=Fixed(SECRET)).get(SCRIPTS)
    assert elsewhere.requests == []


# Repeats: more of them in test_graph_retries


def test_a_refused_connection_says_so_soon():
    clock = FakeClock()
    with pytest.raises(UnreachableError, match=r"^GET /groups: nothing answers at 127\.0\.0\.1:\d+; start"):
        session(closed_port(), clock).get("/groups")
    assert clock.sleeps == []


def test_a_refusal_of_another_computer_does_not_speak_of_the_simulator():
    refused = NewConnectionError(HTTPConnection("graph.example"), "refused")
    error = exceptions.ConnectionError(MaxRetryError(None, "/", refused))  # type: ignore[arg-type]
    silence = silence_of(error, "graph.example:443")
    assert silence.reason == "graph.example:443 refuses the connection"
    assert silence.advice == "check the address and that the service runs"


def test_a_service_that_never_answers_is_left_without_another_try():
    with (
        serving([Reply(silent=True)]) as service,
        pytest.raises(
            UnreachableError, match=r"does not answer in time \(client-request-id [0-9a-f-]{36}\); check"
        ),
    ):
        GraphSession(service.root, patience=Patience(timeouts=Timeouts(first=0.3))).get(SCRIPTS)
    assert len(service.requests) == 1


def test_the_first_contact_ends_within_15_seconds():
    timeouts = Timeouts()
    assert timeouts.connect + timeouts.first <= 15


def test_after_the_first_answer_a_slow_one_has_more_time(monkeypatch):
    given = []
    send = HTTPAdapter.send

    def noting(adapter, request, **options):
        given.append(options["timeout"])
        return send(adapter, request, **options)

    monkeypatch.setattr(HTTPAdapter, "send", noting)
    with serving([EMPTY]) as service:
        ours = session(service.root, patience=Patience(timeouts=Timeouts(connect=7, first=8, later=9)))
        ours.get(SCRIPTS)
        ours.get(SCRIPTS)
    assert given == [(7, 8), (7, 9)]


# Errors


def test_an_error_carries_method_path_status_code_message_and_request_id():
    with (
        serving([error("Forbidden", "Not for you", 400, **{"request-id": "abc-1"})]) as service,
        pytest.raises(TenantError) as caught,
    ):
        session(service.root).send("PATCH", f"{SCRIPTS}/1?$x=secret", {})
    text = str(caught.value)
    assert text.startswith(f"PATCH {SCRIPTS}/1: 400 Forbidden, Not for you (request-id abc-1); ")
    assert "secret" not in text
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (400, "Forbidden", "abc-1")


def test_the_request_id_may_be_in_the_body_only():
    with serving([error()]) as service, pytest.raises(TenantError, match="request-id inner-1"):
        session(service.root).get(SCRIPTS)


def test_a_message_that_is_json_itself_is_unpacked():
    nested = '{\r\n  "_version": 3,\r\n  "Message": "Tag is missing - Operation ID: 7",\r\n  "Other": ""\r\n}'
    with (
        serving([error(message=nested)]) as service,
        pytest.raises(TenantError, match="400 BadRequest, Tag is missing - Operation ID: 7 "),
    ):
        session(service.root).get(SCRIPTS)


def test_a_message_of_the_service_becomes_one_short_printable_line():
    with (
        serving([error(message="a\x1b[31m\r\n\u202eb\ud800\u2028c" + "x" * 900)]) as service,
        pytest.raises(TenantError) as caught,
    ):
        session(service.root).get(SCRIPTS)
    text = str(caught.value)
    assert text.isprintable()
    assert text.encode()
    assert "a [31m b cxxx" in text
    assert len(text) < 520


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "text",
        3,
        {},
        {"error": None},
        {"error": "x"},
        {"error": {"code": 1, "message": {}}},
        {"error": []},
    ],
)
def test_an_error_of_any_shape_is_an_error(body):
    with serving([Reply(body, status=400)]) as service, pytest.raises(TenantError, match="400"):
        session(service.root).get(SCRIPTS)


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("GET", SCRIPTS, "DeviceManagementScripts.Read.All"),
        ("PATCH", f"{SCRIPTS}/1", "DeviceManagementScripts.ReadWrite.All"),
        ("GET", "/deviceManagement/assignmentFilters", "DeviceManagementConfiguration.Read.All"),
        ("GET", "/groups/1", "Group.Read.All"),
    ],
)
def test_a_refused_sign_in_names_the_permission(method, path, permission):
    with (
        serving([error("Forbidden", "no", 403)]) as service,
        pytest.raises(SignInError, match=permission) as caught,
    ):
        session(service.root).send(method, path)
    assert caught.value.exit_code == 4


def test_what_is_gone_is_not_found():
    with (
        serving([error("NotFound", "gone", 404)]) as service,
        pytest.raises(NotFoundError, match="plan again"),
    ):
        session(service.root).get(f"{SCRIPTS}/1")


@pytest.mark.parametrize("status", [400, 403, 412])
def test_multi_admin_approval_is_recognized_by_its_header(status):
    with (
        serving([error("Forbidden", "wait", status, **{"x-msft-approval-code": "A-1"})]) as service,
        pytest.raises(ApprovalNeededError, match="A-1") as caught,
    ):
        session(service.root).send("PATCH", f"{SCRIPTS}/1", {})
    assert (caught.value.approval_code, caught.value.status) == ("A-1", status)


def test_a_token_never_shows_in_errors_or_logs(caplog):
    lines = []
    watch = Watch(record=lambda one: lines.append(one.line()))
    with caplog.at_level("DEBUG"):
        with serving([error()]) as service, pytest.raises(TenantError) as caught:
            session(service.root, tokens=Fixed(SECRET), watch=watch).send(
                "PATCH", SCRIPTS, {"displayName": "confidential"}
            )
        with pytest.raises(UnreachableError) as unsent:
            session(closed_port(), tokens=Fixed(f"{SECRET}\n"), watch=watch).get(SCRIPTS)
    assert len(lines) == 2
    text = f"{caught.value}{unsent.value}{caplog.text}{lines}"
    assert SECRET not in text
    assert "confidential" not in text


def test_each_request_is_recorded_with_its_outcome():
    lines = []
    watch = Watch(record=lambda one: lines.append(one.line(datetime(2026, 11, 30, 9, tzinfo=UTC))))
    with serving([Reply({"value": []}, headers={"request-id": "r-9"})]) as service:
        session(service.root, watch=watch).get(f"{SCRIPTS}?$expand=assignments")
    name = service.requests[0].headers["client-request-id"]
    assert lines == [
        f"2026-11-30T09:00:00Z GET {SCRIPTS} status=200 ms=0 waited=0.0 request-id=r-9 client-request-id={name}"
    ]


def test_each_request_has_an_id_of_its_own_and_errors_have_both_ids():
    refused = error(**{"request-id": "theirs"})
    with serving([EMPTY, refused]) as service, pytest.raises(TenantError) as caught:
        ours = session(service.root)
        ours.get(SCRIPTS)
        ours.get(SCRIPTS)
    names = [one.headers["client-request-id"] for one in service.requests]
    assert len({uuid.UUID(name) for name in names}) == 2
    assert (caught.value.request_id, caught.value.client_request_id) == ("theirs", names[1])


# Shapes


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (
            Reply(raw=b"<!DOCTYPE html><p>Sign in", headers={"Content-Type": "text/html"}),
            "HTML page of 25 bytes",
        ),
        (Reply(raw=b'{"value": [{"id"'), "broken JSON or other text .application/json. of 16 bytes"),
        (Reply(raw=b"\xff\xfe\xff"), "of 3 bytes"),
        (Reply(raw=b"[" * 200_000), "of 200,000 bytes"),
        (Reply(raw=b""), "an empty body"),
        (Reply([1]), "a JSON list"),
        (Reply("x"), "a single JSON value"),
    ],
)
def test_an_answer_that_is_not_an_object_is_described_and_not_shown(reply, expected):
    with serving([reply]) as service, pytest.raises(GraphShapeError, match=expected) as caught:
        session(service.root).get(SCRIPTS)
    assert "Sign in" not in str(caught.value)


def test_an_html_page_with_an_error_status_is_described_too():
    page = Reply(raw=b"<html>proxy", status=403, headers={"Content-Type": "text/html; charset=utf-8"})
    with serving([page]) as service, pytest.raises(SignInError, match="403 with an HTML page of 11 bytes"):
        session(service.root).get(SCRIPTS)


def test_no_content_is_an_empty_object():
    with serving([Reply(status=204)]) as service:
        assert session(service.root).send("DELETE", f"{SCRIPTS}/1") == {}


# Pages


def test_pages_are_followed_by_their_links_unchanged():
    def answer(request):
        if "skiptoken" in request.path:
            return Reply({"value": [{"id": "2"}]})
        link = f"{service.root}/beta{SCRIPTS}?$skiptoken=a%2Bb'c&x=1"
        return Reply({"value": [{"id": "1"}], "@odata.nextLink": link})

    with serving(answer) as service:
        assert [one["id"] for one in session(service.root).pages(SCRIPTS)] == ["1", "2"]
    assert service.requests[1].path == f"/beta{SCRIPTS}?$skiptoken=a%2Bb'c&x=1"


@pytest.mark.parametrize(
    "link", ["https://127.0.0.1:1/beta/x", "//evil.example/x", "http://evil.example/x", "http://[", "x"]
)
def test_a_link_to_another_address_is_not_followed(link):
    with (
        serving([Reply({"value": [], "@odata.nextLink": link})]) as service,
        pytest.raises(GraphShapeError, match="leads to another address"),
    ):
        list(session(service.root, tokens=Fixed(SECRET)).pages(SCRIPTS))
    assert len(service.requests) == 1


def test_a_link_to_another_port_is_not_followed():
    with (
        serving([EMPTY]) as elsewhere,
        serving([Reply({"value": [], "@odata.nextLink": elsewhere.root + "/x"})]) as one,
        pytest.raises(GraphShapeError),
    ):
        list(session(one.root).pages(SCRIPTS))
    assert elsewhere.requests == []


def test_pages_that_go_round_in_circles_end():
    def answer(request):
        return Reply(
            {"value": [], "@odata.nextLink": f"{service.root}/beta/x?page={len(service.requests) % 2}"}
        )

    with serving(answer) as service, pytest.raises(GraphShapeError, match="earlier page"):
        list(session(service.root).pages("/x"))
    assert len(service.requests) <= 3


def test_an_item_on_two_pages_is_one_item():
    def answer(request):
        if "page" in request.path:
            return Reply({"value": [{"id": "2"}, {"id": "3"}]})
        items = {"value": [{"id": "1"}, {"id": "2"}], "@odata.count": 3}
        return Reply({**items, "@odata.nextLink": f"{service.root}/beta/x?page=2"})

    with serving(answer) as service:
        assert [one["id"] for one in session(service.root).pages("/x")] == ["1", "2", "3"]


@pytest.mark.parametrize("items", [[], ["1"], ["1", "1", "1"]])
def test_a_list_that_is_shorter_than_announced_is_refused(items: list[str]):
    body = {"value": [{"id": one} for one in items], "@odata.count": 2}
    said = (
        f"GET /x: the service has 2 items and gave {len(set(items))}, so the list is not complete; run this"
    )
    with serving([Reply(body)]) as service, pytest.raises(GraphShapeError, match=said):
        list(session(service.root).pages("/x"))


@pytest.mark.parametrize(
    "body", [{}, {"value": None}, {"value": {}}, {"value": ["x"]}, {"value": [], "@odata.nextLink": 1}]
)
def test_a_page_of_the_wrong_shape_is_never_an_empty_one(body):
    with serving([Reply(body)]) as service, pytest.raises(GraphShapeError, match="GET /deviceManagement"):
        list(session(service.root).pages(SCRIPTS))


# Batches


def test_a_batch_holds_at_most_twenty_and_keeps_the_order():
    paths = [f"/groups/{number}" for number in range(41)]
    with serving(batch_of(lambda url: (200, {"id": url}))) as service:
        answers = session(service.root).batch(paths)
    assert [one.body for one in answers] == [{"id": path} for path in paths]
    assert [len(request.body["requests"]) for request in service.requests] == [20, 20, 1]
    assert service.asked == ["POST /$batch"] * 3


def test_an_empty_batch_asks_nothing():
    with serving([EMPTY]) as service:
        assert session(service.root).batch([]) == []
    assert service.requests == []


@pytest.mark.parametrize(("status", "kind"), [(403, SignInError), (404, NotFoundError), (400, TenantError)])
def test_a_failed_part_is_raised_with_its_path(status, kind):
    answer = batch_of(lambda url: (status if url == "/groups/2" else 200, {"error": {"code": "Nope"}}))
    with serving(answer) as service, pytest.raises(kind, match=rf"^GET /groups/2: {status} Nope"):
        session(service.root).batch(["/groups/1", "/groups/2"])


def test_a_missing_part_may_be_an_answer_where_the_caller_says_so():
    with serving(batch_of(lambda url: (404, {}))) as service:
        (answer,) = session(service.root).batch(["/groups/1"], accepted={"/groups/1": (404,)})
    assert answer.status == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"responses": []},
        {"responses": [{"id": "0", "status": 200, "body": {}}]},
        {"responses": [{"id": "0", "status": 200}, {"id": "7", "status": 200}]},
        {"responses": [{"id": "0", "status": "200"}, {"id": "1", "status": 200}]},
        {"responses": "none"},
    ],
)
def test_an_answer_missing_from_a_batch_is_an_error(body):
    with serving([Reply(body)]) as service, pytest.raises(GraphShapeError, match=r"POST /\$batch"):
        session(service.root).batch(["/a", "/b"])


# Answers that are not needed


@pytest.mark.parametrize("body", [None, {}, [], "done", {"id": "1"}])
@pytest.mark.parametrize("status", [200, 201, 204])
def test_success_is_all_that_counts_where_the_answer_is_not_needed(body, status):
    with serving([Reply(body, status=status)]) as service:
        session(service.root).tell("POST", f"{SCRIPTS}/1/assign", {})


def test_a_page_of_a_proxy_is_not_success():
    page = Reply(raw=b"<html>sign in</html>", headers={"Content-Type": "text/html"})
    with serving([page]) as service, pytest.raises(GraphShapeError, match="an HTML page"):
        session(service.root).tell("POST", f"{SCRIPTS}/1/assign", {})


# The service root


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8765",
        "http://127.0.0.1:8765/",
        "http://LOCALHOST",
        "http://127.9.9.9:1",
        "http://[::1]:8",
        "https://localhost:1",
    ],
)
def test_loopback_needs_no_sign_in(url):
    assert open_tenant(TenantSettings(), Access(graph_url=url), writes=True, wanted=References((), (), ()))


@pytest.mark.parametrize(
    "url",
    [
        "", "127.0.0.1:8765", "localhost:8765", "ftp://127.0.0.1", "http://", "http://:80", "http://127.0.0.1:x",
        "http://127.0.0.1:99999", "http://graph.microsoft.com", "http://127.0.0.1.example.com", "http://127.1",
        "http://0.0.0.0:80", "http://127.0.0.1/?a=b", "http://127.0.0.1/#x", "http://127.0.0.1/beta",
        "http://user:hunter2@127.0.0.1", "http://user@127.0.0.1", "http://127.0.0.1\\@evil.example", "http://127.0.0.1 ",
        "http://127.0.0.1\n", "http://[::1", "http://localhost.\u202e",
    ],
)  # fmt: skip
def test_an_invalid_service_root_is_refused(url):
    with pytest.raises(UsageError, match="--graph-url") as caught:
        service_root(url)
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("strange", [{}, [], None, 1, True])
def test_items_without_a_valid_id_are_all_given(strange):
    page = Reply({"value": [{"id": strange}, {"id": strange}, {"id": "1"}, {"id": "1"}]})
    with serving([page]) as service:
        items = list(session(service.root).pages(SCRIPTS))
    assert items == [{"id": strange}, {"id": strange}, {"id": "1"}]
