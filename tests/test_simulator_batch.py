"""The Graph simulator: unknown routes, and many requests in a batch."""

from __future__ import annotations

import base64
import json

import pytest

from tests.graph_client import NOT_THERE, ONE, answered, package, refused


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/beta/deviceManagement/nothing"),
        ("GET", "/beta/users"),
        ("GET", "/v1.0/deviceManagement/deviceHealthScripts"),
        ("GET", "/nothing"),
        ("GET", "/"),
        ("POST", "/beta/groups"),
        ("PUT", "/beta/deviceManagement/roleScopeTags"),
        ("GET", "/beta/$batch"),
        ("PATCH", f"/beta/deviceManagement/deviceHealthScripts/{NOT_THERE}/assignments/x"),
    ],
)
def test_an_unknown_route_is_an_error_in_graphs_words(tenant, method, path):
    refused(tenant.ask(method, path, {}))


def test_an_unknown_http_method_is_refused_with_an_error_of_graph(tenant):
    refused(tenant.ask("TRACE", "/beta/groups"), 501)


def test_a_batch_answers_each_request_on_its_own(tenant):
    key = tenant.create()["id"]
    path = f"/deviceManagement/deviceHealthScripts/{key}"
    wanted = [
        {"id": "1", "method": "GET", "url": path},
        {"id": "2", "method": "GET", "url": "groups?$filter=displayName eq 'AOVPN%20Users'&$select=id"},
        {"id": "3", "method": "GET", "url": f"/groups/{NOT_THERE}"},
        {"id": "4", "method": "POST", "url": "/deviceManagement/deviceHealthScripts", "body": package()},
        {"id": "5", "method": "DELETE", "url": path},
        {"id": "6", "method": "GET", "url": path},
    ]
    wanted[3]["headers"] = {"Content-Type": "application/json"}
    responses = answered(tenant.ask("POST", "/beta/$batch", {"requests": wanted}))["responses"]
    by_id = {one["id"]: one for one in responses}
    assert {key: one["status"] for key, one in by_id.items()} == {
        "1": 200, "2": 200, "3": 404, "4": 201, "5": 204, "6": 404,
    }  # fmt: skip
    assert base64.b64decode(by_id["1"]["body"]["detectionScriptContent"]) == b"exit 0\r\n"
    assert by_id["2"]["body"]["value"] == [{"id": tenant.id_of("AOVPN Users")}]
    assert "body" not in by_id["5"]
    assert by_id["3"]["headers"]["request-id"] == by_id["3"]["body"]["error"]["innerError"]["request-id"]


def test_the_answers_of_a_batch_may_come_in_another_order(tenant):
    wanted = [{"id": name, "method": "GET", "url": "/groups"} for name in "abc"]
    responses = answered(tenant.ask("POST", "/beta/$batch", {"requests": wanted}))["responses"]
    assert [one["id"] for one in responses] != ["a", "b", "c"]


@pytest.mark.parametrize(
    "items",
    [
        None,
        [],
        {},
        [ONE, ONE],
        [{**ONE, "id": 1}],
        [{**ONE, "id": ...}],
        [{**ONE, "url": "https://graph.microsoft.com/beta/groups"}],
        [{**ONE, "url": "/$batch"}],
        [{**ONE, "headers": []}],
        [{**ONE, "unknown": 1}],
        ["x"],
        [{**ONE, "id": str(number)} for number in range(21)],
    ],
    ids=lambda items: str(items)[:40],
)
def test_an_invalid_batch_is_refused_as_a_whole(tenant, items):
    body = json.loads(json.dumps({"requests": items}, default=lambda _: None))
    refused(tenant.ask("POST", "/beta/$batch", body))
    assert tenant.log()[-1] == {
        "method": "POST",
        "path": "/beta/$batch",
        "query": "",
        "status": 400,
        "batch": [],
    }
