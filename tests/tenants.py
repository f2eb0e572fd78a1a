"""A simulated tenant and the command line against it: what the end-to-end tests share."""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from aovpn_remediate.cli import run

SCRIPTS = "/beta/deviceManagement/deviceHealthScripts"
ENTRY = """
  {key}:
    kind: interface-metric
    profile: {profile}
    scope: device
    ipv4: {ipv4}
    assignments:
      - group: {group}
        schedule: {{every: 4 hours}}
"""


def config(*keys: str, ipv4: int = 3, group: str = "AOVPN Users", head: str = "") -> str:
    """A config of these keys, all alike."""
    entries = "".join(ENTRY.format(key=key, profile=f"VPN {key}", ipv4=ipv4, group=group) for key in keys)
    return f"name: contoso\n{head}remediations:{entries or ' {}'}\n"


@dataclass(frozen=True)
class Said:
    """What a command printed and how it exited."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, object]:
        return json.loads(self.out)


@dataclass
class Bench:
    """A folder with a config, a running simulator, and the command line."""

    folder: Path
    url: str
    capsys: pytest.CaptureFixture[str]

    def write(self, text: str) -> None:
        """Make this the config."""
        (self.folder / "r.yaml").write_text(text, encoding="utf-8")

    def remediate(self, command: str, *options: str) -> Said:
        """Run plan or publish on the config."""
        path = str(self.folder / "r.yaml")
        self.capsys.readouterr()
        code = run([command, "-c", path, "--graph-url", self.url, *options])
        out, err = self.capsys.readouterr()
        return Said(code, out, err)

    def publish(self, text: str, *options: str) -> Said:
        """Publish a config that must go through."""
        self.write(text)
        said = self.remediate("publish", "--yes", *options)
        assert said.code == 0, said
        return said

    def packages(self) -> dict[str, dict[str, object]]:
        """The packages of the tenant by display name, whole, as the service shows them."""
        items = [
            self._ask("GET", f"{SCRIPTS}/{one['id']}?$expand=assignments")
            for one in self._ask("GET", SCRIPTS)["value"]
        ]
        return {str(item["displayName"]): item for item in items}

    def edit(self, name: str, **changes: object) -> None:
        """Change a package as somebody in the portal would."""
        self._ask("PATCH", f"{SCRIPTS}/{self.packages()[name]['id']}", changes)

    def copy(self, name: str) -> None:
        """Make a second package of the same name and description."""
        item = self.packages()[name]
        kept = ("displayName", "description", "detectionScriptContent")
        self._ask("POST", SCRIPTS, {field: item[field] for field in kept})

    def add(self, name: str) -> None:
        """Make a package as somebody in the portal would."""
        self._ask("POST", SCRIPTS, {"displayName": name, "detectionScriptContent": "ZXhpdCAw"})

    def group(self, name: str) -> str:
        """The id of a group."""
        groups = self._ask("GET", "/beta/groups")["value"]
        return next(str(one["id"]) for one in groups if one["displayName"] == name)

    def ours(self) -> list[str]:
        """The display names of the packages with our marker, sorted."""
        items = self._ask("GET", SCRIPTS)["value"]
        return sorted(
            str(one["displayName"]) for one in items if "[aovpn-remediate " in str(one["description"])
        )

    def requests(self) -> list[str]:
        """Method and path of every request since the last look; a batch with the number of its parts."""
        lines = []
        for one in self._ask("GET", "/simulator/requests"):
            parts = f" [{len(one['batch'])}]" if one["batch"] else ""
            lines.append(f"{one['method']} {one['path'].removeprefix('/beta')}{parts}")
        self._ask("DELETE", "/simulator/requests")
        return lines

    def fail(self, *faults: dict[str, object]) -> None:
        """Let these things go wrong, and nothing else."""
        self._ask("DELETE", "/simulator/faults")
        self._ask("POST", "/simulator/faults", list(faults))

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = self.url + quote(path, safe="/?$=&")
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request) as response:
            content = response.read()
        return json.loads(content) if content else None
