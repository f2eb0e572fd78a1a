"""The Graph simulator: the file that keeps its state."""

from __future__ import annotations

import json
import re

import pytest

from aovpn_remediate.errors import OutputError
from aovpn_remediate.simulator import running_simulator
from aovpn_remediate.simulator.api import answer
from aovpn_remediate.simulator.conditions import Present
from aovpn_remediate.simulator.lateness import Lateness
from aovpn_remediate.simulator.server import open_tenant
from aovpn_remediate.simulator.wire import Request
from tests.graph_client import NOT_THERE, answered, hourly, package, running, script, seed_file, target


def test_a_state_file_keeps_everything_with_its_ids(tmp_path):
    state = tmp_path / "tenant.db"
    with running(state=state) as tenant:
        kept, gone = tenant.create(displayName="kept")["id"], tenant.create()["id"]
        tenant.assign(kept, {"target": target("allDevices"), "runSchedule": hourly()})
        tenant.packages("PATCH", f"/{kept}", {"detectionScriptContent": script("new")})
        tenant.packages("DELETE", f"/{gone}")
        before, package_before = tenant.list(), tenant.read(kept)
    with running(state=state) as tenant:
        assert tenant.list() == before
        assert {**tenant.read(kept), "@odata.context": ""} == {**package_before, "@odata.context": ""}


def test_the_seed_is_for_a_new_state_only(tmp_path):
    state = tmp_path / "tenant.db"
    with running(state=state):
        pass
    seed = seed_file(tmp_path, {"groups": [{"displayName": "Late"}]})
    with running(state=state, seed=seed) as tenant:
        names = [one["displayName"] for one in answered(tenant.ask("GET", "/beta/groups"))["value"]]
        assert "AOVPN Users" in names
        assert "Late" not in names


@pytest.mark.parametrize("content", [b"{}", b"name: x\n" * 500, b"SQLite format 3\0" + b"x" * 5000])
def test_a_file_that_is_not_a_state_is_refused_and_not_changed(tmp_path, content):
    state = tmp_path / "tenant.db"
    state.write_bytes(content)
    with (
        pytest.raises(OutputError, match=f"^{re.escape(str(state))}: .*; name another file"),
        running_simulator(state=state),
    ):
        pass
    assert state.read_bytes() == content


def test_another_programs_database_is_left_alone(tmp_path):
    import sqlite3

    state = tmp_path / "history.db"
    database = sqlite3.connect(state)
    database.execute("CREATE TABLE visit (url TEXT)")
    database.close()
    content = state.read_bytes()
    with pytest.raises(OutputError, match="is not a simulator's state"), running_simulator(state=state):
        pass
    assert state.read_bytes() == content


def test_a_damaged_state_is_refused(tmp_path):
    state = tmp_path / "tenant.db"
    with running(state=state):
        pass
    state.write_bytes(state.read_bytes().replace(b'{"id"', b'["id"'))
    with pytest.raises(OutputError, match="the state cannot be read"), running_simulator(state=state):
        pass


def test_a_folder_or_a_missing_folder_cannot_be_the_state(tmp_path):
    for state in (tmp_path, tmp_path / "missing" / "tenant.db"):
        with pytest.raises(OutputError, match=f"^{re.escape(str(state))}: "), running_simulator(state=state):
            pass


def test_a_state_in_use_is_not_shared(tmp_path):
    state = tmp_path / "tenant.db"
    with (
        running(state=state),
        pytest.raises(OutputError, match="end the simulator that uses it"),
        running_simulator(state=state),
    ):
        pass


def test_a_write_that_the_state_file_refuses_changes_nothing(tmp_path):
    tenant = open_tenant(tmp_path / "tenant.db", None)
    before = dict(tenant.all("deviceHealthScripts"))
    tenant.close()
    request = Request(
        root="",
        method="POST",
        path="/beta/deviceManagement/deviceHealthScripts",
        query="",
        headers={"content-type": "application/json"},
        body=json.dumps(package()).encode(),
        id=NOT_THERE,
    )
    assert answer(tenant, request, page_size=9, lateness=Lateness(Present())).status == 500
    assert tenant.all("deviceHealthScripts") == before
