"""The log of requests on the command line, and the ids of the requests that failed."""

from __future__ import annotations

import re

import pytest

from aovpn_remediate.cli.request_log import RequestOptions, recorder
from aovpn_remediate.errors import OutputError
from aovpn_remediate.graph.trace import Exchange
from tests.tenants import SCRIPTS, Bench, config

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (?P<what>[A-Z]+ /\S*) status=(?P<status>\d{3}|none \(.*\)) ms=\d+ "
    r"waited=(?P<waited>\d+\.\d) request-id=\S+ client-request-id=[0-9a-f-]{36}"
)
ID = r"[0-9a-f-]{36}"


def exchange(number: int = 1) -> Exchange:
    return Exchange(
        method="GET",
        path=f"/{number}",
        status=0,
        reason="closed",
        ms=5,
        request_id="",
        client_request_id="c",
        waited=1.25,
    )


def lines_of(bench: Bench) -> list[str]:
    return (bench.folder / "requests.log").read_text(encoding="utf-8").splitlines()


def test_the_log_has_a_line_for_each_request(bench: Bench):
    log = str(bench.folder / "requests.log")
    bench.write(config("a"))
    assert bench.remediate("publish", "--yes", "--log", log).code == 0
    found = [LINE.fullmatch(line) for line in lines_of(bench)]
    asked = [re.sub(ID, "ID", one["what"]) if one else "wrong" for one in found]
    sent = [re.sub(ID, "ID", re.sub(r" \[\d+\]$", "", line)) for line in bench.requests()]
    assert asked == sent and len(asked) > 3


def test_a_failed_try_is_a_line_of_its_own_and_the_next_one_has_waited(bench: Bench):
    bench.write(config("a"))
    bench.fail({"method": "GET", "path": SCRIPTS, "close": True}, {"method": "GET", "status": 503})
    bench.remediate("plan", "--log", str(bench.folder / "requests.log"))
    found = [LINE.fullmatch(line) for line in lines_of(bench)][:3]
    assert [one and one["status"][:6] for one in found] == ["none (", "503", "200"]
    assert [bool(one and float(one["waited"])) for one in found] == [False, True, True]


def test_an_older_log_is_replaced(bench: Bench):
    bench.write(config("a"))
    (bench.folder / "requests.log").write_text("old\n" * 99, encoding="utf-8")
    bench.remediate("plan", "--log", str(bench.folder / "requests.log"))
    assert all(LINE.fullmatch(line) for line in lines_of(bench))


def test_verbose_shows_the_same_lines_on_stderr(bench: Bench):
    bench.write(config("a"))
    said = bench.remediate("plan", "-v", "--log", str(bench.folder / "requests.log"))
    assert [line for line in said.err.splitlines() if LINE.fullmatch(line)] == lines_of(bench)
    assert not LINE.search(said.out)


@pytest.mark.parametrize("command", [("plan",), ("publish", "--yes")])
def test_a_log_that_cannot_be_written_stops_before_the_first_request(bench: Bench, command):
    bench.write(config("a"))
    path = bench.folder / "missing" / "requests.log"
    said = bench.remediate(*command, "--log", str(path))
    assert said.code == 1 and bench.requests() == []
    assert said.err.startswith(f"error: {path}: the log cannot be written (no such file or directory); name")


def test_the_log_has_no_content_no_query_and_no_name(bench: Bench):
    bench.write(config("a"))
    bench.remediate("publish", "--yes", "--log", str(bench.folder / "requests.log"))
    text = "\n".join(lines_of(bench))
    for secret in ("AOVPN", "$", "{", "contoso", "displayName"):
        assert secret not in text.replace("$batch", "")


def test_a_log_that_cannot_be_written_any_more_is_reported_once(tmp_path):
    said: list[str] = []
    path = tmp_path / "requests.log"
    record = recorder(RequestOptions(log=path), said.append)
    record(exchange())
    path.unlink()
    path.mkdir()
    record(exchange())
    record(exchange())
    assert len(said) == 1 and said[0].startswith(f"warning: {path}: the log cannot be written")


def test_a_folder_is_not_a_log(tmp_path):
    with pytest.raises(OutputError, match="name another file with --log"):
        recorder(RequestOptions(log=tmp_path), lambda _: None)


def test_without_options_nothing_is_written(tmp_path):
    said: list[str] = []
    recorder(RequestOptions(), said.append)(exchange())
    assert said == []


def test_a_request_without_an_answer_says_why():
    assert (
        exchange()
        .line()
        .endswith("Z GET /1 status=none (closed) ms=5 waited=1.2 request-id=none client-request-id=c")
    )


def test_an_outcome_has_the_ids_of_the_request_that_failed(bench: Bench):
    bench.write(config("a"))
    bench.fail({"method": "POST", "path": f"^{SCRIPTS}$", "status": 400, "headers": {"request-id": "77"}})
    (outcome,) = bench.remediate("publish", "--yes", "--json").json["outcomes"]
    assert outcome["requestId"] == "77" and re.fullmatch(ID, outcome["clientRequestId"])


def test_an_outcome_without_an_answer_has_our_id_which_the_message_names(bench: Bench):
    bench.write(config("a"))
    bench.fail({"method": "POST", "path": "/assign$", "close": True})
    said = bench.remediate("publish", "--yes", "--json", "--patience", "0")
    (outcome,) = said.json["outcomes"]
    assert outcome["requestId"] is None
    assert f"(client-request-id {outcome['clientRequestId']})" in outcome["error"]
