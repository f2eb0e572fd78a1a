"""The Graph simulator: late lists, small pages, a budget of changes, connections that end early, HTTPS."""

from __future__ import annotations

import json
import os
import ssl
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from aovpn_remediate.cli import run
from aovpn_remediate.graph.session import GraphSession
from aovpn_remediate.graph.tenant import GraphTenant
from aovpn_remediate.model import Assignment, HourlySchedule, Target, TargetKind
from aovpn_remediate.plan import Create, Plan
from aovpn_remediate.publish import Status, carry_out
from aovpn_remediate.simulator import Conditions, Present, running_simulator
from tests.fake_clock import FakeClock, SharedClock
from tests.graph_client import Tenant, answered, package, refused, running
from tests.graph_json import package as script_package
from tests.tenants import Bench, config

ALL = Assignment(target=Target(kind=TargetKind.ALL_DEVICES), schedule=HourlySchedule(hours=1))
WIRE = {
    "target": {"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"},
    "runSchedule": {"@odata.type": "#microsoft.graph.deviceHealthScriptHourlySchedule", "interval": 1},
}


def condition(tenant: Tenant, **members: object) -> requests.Response:
    return tenant.ask("POST", "/simulator/conditions", members)


def publish_all(url: str, clock: SharedClock, count: int) -> set[str]:
    """Create and assign packages with four workers, and return their ids."""
    ours = GraphTenant(GraphSession(url, clock=clock.clock()))

    def publish(number: int) -> str:
        with clock.working():
            made = ours.create(script_package(f"key-{number}"))
            ours.assign(made, [ALL])
        return made

    with ThreadPoolExecutor(4) as pool:
        return set(pool.map(publish, range(count)))


def shown(tenant: Tenant, key: str) -> dict[str, object] | None:
    return next((one for one in tenant.list() if one["id"] == key), None)


def test_conditions_are_shown_and_changed_one_by_one(tenant):
    before = answered(tenant.ask("GET", "/simulator/conditions"))
    assert (before["lag"], before["budget"], before["page_size"]) == (0, None, 1000)
    after = answered(condition(tenant, lag=2.5, retry_after=None))
    assert after == {**before, "lag": 2.5, "retry_after": None}


@pytest.mark.parametrize(
    "wrong",
    [
        {"lagg": 1},
        {"lag": -1},
        {"lag": "1"},
        {"lag_reads": 0.5},
        {"page_size": 0},
        {"page_size": 5000},
        {"budget": True},
        {"window": 0},
        {"retry_after": "soon"},
        {"cut_connections": None},
    ],
)
def test_a_wrong_condition_is_refused(tenant, wrong):
    refused(condition(tenant, **wrong), 400)


# Lists that are late


def test_a_list_shows_a_new_package_only_after_some_lists(tenant):
    condition(tenant, lag_reads=2)
    key = tenant.create()["id"]
    assert tenant.read(key)["id"] == key
    assert [shown(tenant, key) is not None for _ in range(4)] == [False, False, True, True]


def test_a_list_shows_new_assignments_only_after_some_lists(tenant):
    key = tenant.create()["id"]
    condition(tenant, lag_reads=1)
    tenant.assign(key, WIRE)
    assert [len(shown(tenant, key)["assignments"]) for _ in range(3)] == [0, 1, 1]
    assert len(tenant.read(key)["assignments"]) == 1


def test_a_list_is_late_by_seconds():
    clock = FakeClock()
    with running(present=Present(Conditions(lag=30), now=clock.now)) as tenant:
        key = tenant.create()["id"]
        clock.sleep(20)
        tenant.assign(key, WIRE)
        assert shown(tenant, key) is None
        clock.sleep(11)
        assert shown(tenant, key)["assignments"] == []
        clock.sleep(20)
        assert len(shown(tenant, key)["assignments"]) == 1


def test_the_pages_of_one_list_are_one_read(tenant):
    condition(tenant, lag_reads=1, page_size=1)
    key = tenant.create()["id"]
    page = answered(tenant.packages("GET"))
    names = {one["id"] for one in page["value"]}
    while "@odata.nextLink" in page:
        page = answered(tenant.ask("GET", page["@odata.nextLink"]))
        names |= {one["id"] for one in page["value"]}
    assert key not in names and len(names) == 2


def test_a_deleted_package_is_in_no_list(tenant):
    condition(tenant, lag_reads=1)
    key = tenant.create()["id"]
    tenant.packages("DELETE", f"/{key}")
    assert [shown(tenant, key) for _ in range(3)] == [None] * 3


# The budget


def test_changes_above_the_budget_are_refused_until_the_window_ends():
    clock = FakeClock()
    with running(present=Present(Conditions(budget=2, window=10), now=clock.now)) as tenant:
        key = tenant.create()["id"]
        clock.sleep(4)
        tenant.create()
        for call in (("POST", ""), ("PATCH", f"/{key}"), ("DELETE", f"/{key}"), ("POST", f"/{key}/assign")):
            response = tenant.packages(*call, {})
            assert (response.status_code, response.headers["Retry-After"]) == (429, "6")
        assert len(tenant.list()) == 4
        clock.sleep(6)
        tenant.create()
        refused(tenant.packages("POST", "", package()), 429)


@pytest.mark.parametrize(("retry_after", "header"), [(None, None), (0.5, "0.5"), (1, "1"), ("exact", "20")])
def test_a_429_says_what_the_condition_says(retry_after, header):
    present = Present(Conditions(budget=0, retry_after=retry_after), now=FakeClock().now)
    with running(present=present) as tenant:
        assert tenant.packages("POST", "", package()).headers.get("Retry-After") == header


def test_190_creates_and_assigns_stay_within_the_budget_of_intune():
    clock = SharedClock()
    present = Present(Conditions(budget=200, window=20, retry_after=1), now=clock.now)
    with running_simulator(present=present) as simulator:
        publish_all(simulator.url, clock, 190)
        log = json.load(urllib.request.urlopen(f"{simulator.url}/simulator/requests"))
    assert {one["status"] for one in log} == {201, 204} and len(log) == 380
    assert 40 <= clock.passed <= 45


@pytest.mark.parametrize("retry_after", [None, 1, 60, "exact"])
def test_a_budget_that_other_apps_use_up_is_waited_for(retry_after):
    clock = SharedClock()
    present = Present(Conditions(budget=7, window=20, retry_after=retry_after), now=clock.now)
    with running_simulator(present=present) as simulator:
        assert len(publish_all(simulator.url, clock, 20)) == 20


def test_after_ten_minutes_without_a_success_the_rest_is_not_tried():
    clock = FakeClock()
    present = Present(Conditions(budget=0, retry_after=110), now=clock.now)
    with running_simulator(present=present) as simulator:
        ours = GraphTenant(GraphSession(simulator.url, clock=clock.clock()))
        plan_of_three = Plan(tuple(Create(script_package(f"key-{number}")) for number in range(3)))
        outcomes = carry_out(plan_of_three, ours, workers=1)
    assert [one.status for one in outcomes] == [Status.FAILED, Status.NOT_TRIED, Status.NOT_TRIED]
    assert "nothing has succeeded for 10 minutes" in outcomes[0].error
    assert 600 <= clock.passed <= 800


# Connections


def test_the_next_connections_are_cut(tenant):
    condition(tenant, cut_connections=2)
    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{tenant.url}/beta/groups", timeout=9)
    assert requests.get(f"{tenant.url}/beta/groups", timeout=9).ok


@pytest.fixture
def secure(tmp_path, capsys, monkeypatch):
    """The command line and a tenant over HTTPS."""
    present = Present(tls=True)
    with running_simulator(present=present) as simulator:
        for name, value in simulator.variables.items():
            monkeypatch.setenv(name, value)
        bench = Bench(tmp_path, simulator.url, capsys)
        bench.write(config("a"))
        yield bench, present


def plan(bench: Bench, *options: str) -> int:
    return run(["plan", "-c", str(bench.folder / "r.yaml"), "--graph-url", bench.url, *options])


def trusting(bench: Bench, path: str, body: object) -> None:
    context = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])
    request = urllib.request.Request(f"{bench.url}{path}", json.dumps(body).encode())
    urllib.request.urlopen(request, context=context).close()


def test_a_tenant_can_be_https(secure):
    bench, _ = secure
    assert bench.url.startswith("https://localhost:") and plan(bench) == 0


def test_a_tls_connection_that_ends_early_is_tried_again(secure):
    bench, _ = secure
    trusting(bench, "/simulator/faults", [{"path": "batch", "close": True}])
    trusting(bench, "/simulator/conditions", {"cut_connections": 2})
    assert plan(bench) == 0


def test_a_tls_connection_that_always_ends_early_blames_no_certificate(secure):
    bench, _ = secure
    trusting(bench, "/simulator/conditions", {"cut_connections": 999})
    assert plan(bench, "--patience", "0") == 1
    said = bench.capsys.readouterr().err
    assert "closed the" in said and "certificate" not in said


def test_a_certificate_that_nobody_trusts_is_still_final(secure, monkeypatch):
    bench, _ = secure
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert plan(bench) == 1
    assert "is not trusted" in bench.capsys.readouterr().err


# The command


@pytest.mark.parametrize("budget", ["200", "x/20", "200/0", "200/", "1/9999", "-1/20"])
def test_a_wrong_budget_is_a_usage_error(capsys, budget):
    assert run(["simulator", "--port", "0", "--budget", budget]) == 64
    assert "such as 200/20" in capsys.readouterr().err
