"""A client of the Graph simulator, and bodies to send."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from aovpn_remediate.simulator import running_simulator
from tests.patience import HANGING

ROOT = Path(__file__).parent.parent
GRAPH = "#microsoft.graph."
ZERO = "00000000-0000-0000-0000-000000000000"
NOT_THERE = "12345678-1234-1234-1234-123456789012"


class Tenant:
    """A client of one simulator; an answer is a ``requests.Response``."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def ask(self, method: str, path: str, body: object = None, **options: Any) -> requests.Response:
        url = path if path.startswith("http") else f"{self.url}{path}"
        return self.session.request(method, url, json=body, timeout=HANGING, **options)

    def packages(self, method: str, path: str = "", body: object = None, **options: Any) -> requests.Response:
        return self.ask(method, f"/beta/deviceManagement/deviceHealthScripts{path}", body, **options)

    def create(self, **members: object) -> dict[str, Any]:
        return answered(self.packages("POST", "", package(**members)), 201)

    def read(self, key: str) -> dict[str, Any]:
        return answered(self.packages("GET", f"/{key}?$expand=assignments"))

    def list(self) -> list[dict[str, Any]]:
        return answered(self.packages("GET", "?$expand=assignments"))["value"]

    def assign(self, key: str, *items: Mapping[str, object]) -> requests.Response:
        return self.packages("POST", f"/{key}/assign", {"deviceHealthScriptAssignments": list(items)})

    def id_of(self, name: str, collection: str = "groups") -> str:
        found = answered(
            self.ask("GET", f"/beta/{collection}", params={"$filter": f"displayName eq '{name}'"})
        )
        return str(found["value"][0]["id"])

    def fail(self, **fault: object) -> None:
        answered(self.ask("POST", "/simulator/faults", fault))

    def log(self) -> list[dict[str, Any]]:
        return answered(self.ask("GET", "/simulator/requests"))


def answered(response: requests.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    assert response.headers["request-id"]
    return response.json()


def refused(response: requests.Response, status: int = 400) -> str:
    error = answered(response, status)["error"]
    assert error["innerError"]["request-id"] == response.headers["request-id"]
    assert error["innerError"]["date"]
    return f"{error['code']}: {error['message']}"


def script(text: str = "exit 0\r\n") -> str:
    return base64.b64encode(text.encode()).decode()


def package(**members: object) -> dict[str, object]:
    """A create body; a member given as ``...`` is left out."""
    whole = {"displayName": "VPN metric", "detectionScriptContent": script(), **members}
    return {name: value for name, value in whole.items() if value is not ...}


def target(kind: str = "group", **members: object) -> dict[str, object]:
    return {"@odata.type": f"{GRAPH}{kind}AssignmentTarget", **members}


def hourly(interval: object = 4, **members: object) -> dict[str, object]:
    return {"@odata.type": f"{GRAPH}deviceHealthScriptHourlySchedule", "interval": interval, **members}


def daily(**members: object) -> dict[str, object]:
    whole = {"interval": 1, "time": "06:30:00", "useUtc": False, **members}
    return {"@odata.type": f"{GRAPH}deviceHealthScriptDailySchedule", **whole}


def once(**members: object) -> dict[str, object]:
    whole = {"date": "2026-12-01", "time": "12:00:00", "useUtc": True, **members}
    return {"@odata.type": f"{GRAPH}deviceHealthScriptRunOnceSchedule", **whole}


@contextmanager
def running(**options: Any) -> Iterator[Tenant]:
    with running_simulator(**options) as simulator:
        tenant = Tenant(simulator.url)
        with tenant.session:
            yield tenant


def seed_file(folder: Path, content: object) -> Path:
    path = folder / "seed.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


ONE = {"id": "1", "method": "GET", "url": "/groups"}
