"""Rendered pairs, and what they say on a simulated client."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from aovpn_remediate.client import PowerShell, Run, SimulatedClient
from aovpn_remediate.kinds import KINDS
from aovpn_remediate.model import Remediation, ScriptPackage
from aovpn_remediate.scripts.render import render_package

PROFILE = "Contoso User VPN"


def metric_pair(**settings: object) -> ScriptPackage:
    """Render an interface-metric remediation with these settings over ordinary ones."""
    return pair("interface-metric", **({"profile": PROFILE, "scope": "user", "ipv4": 3} | settings))


def pair(kind: str, **settings: object) -> ScriptPackage:
    """Render a remediation of a kind with these settings."""
    entry = KINDS[kind].model_validate(settings | {"kind": kind})
    remediation = Remediation(
        key="metric",
        kind=kind,
        name="Metric",
        description="",
        publisher="Contoso",
        scope_tags=("0",),
        assignments=(),
        repair=entry.repair,
        signature_check=False,
        settings=entry,
    )
    return render_package(remediation, config="contoso")


def example_pair(kind: str) -> ScriptPackage:
    """Render the example of a kind, with its repair."""
    return pair(**example_settings(kind))


def example_settings(kind: str) -> dict[str, Any]:
    """The settings of the example of a kind, with its repair."""
    (settings,) = yaml.safe_load(KINDS[kind].example).values()
    return settings | {"repair": True}


@dataclass(frozen=True)
class Said:
    """The four lines of detect, remediate, detect, remediate."""

    runs: tuple[Run, Run, Run, Run]

    @property
    def states(self) -> str:
        """The four states in a row."""
        return " ".join(str(run.result["state"]) for run in self.runs)

    @property
    def exits(self) -> list[int]:
        """The four exit codes."""
        return [run.exit_code for run in self.runs]


def check(client: SimulatedClient, shell: PowerShell, package: ScriptPackage, *, run_as: str = "") -> Run:
    """Run the detection script alone."""
    return orderly(client.run(shell, package.detection, run_as=run_as or package.run_as.value))


def repair(client: SimulatedClient, shell: PowerShell, package: ScriptPackage, *, run_as: str = "") -> Run:
    """Run the remediation script alone."""
    return orderly(client.run(shell, package.remediation, run_as=run_as or package.run_as.value))


def say(client: SimulatedClient, shell: PowerShell, package: ScriptPackage) -> Said:
    """Detect, remediate, detect, remediate; the second repair must leave every file alone."""
    first = check(client, shell, package)
    second = repair(client, shell, package)
    third = check(client, shell, package)
    before = files(client)
    fourth = repair(client, shell, package)
    assert files(client) == before
    return Said((first, second, third, fourth))


def files(client: SimulatedClient) -> dict[str, bytes]:
    """Every file of the device but the script itself."""
    paths = (path for path in client.folder.rglob("*") if path.is_file() and path.name != "script.ps1")
    return {path.relative_to(client.folder).as_posix(): path.read_bytes() for path in paths}


def kept(path: Path) -> list[bytes]:
    """The copies beside a phonebook that no repair replaces, oldest first."""
    return [one.read_bytes() for one in sorted(path.parent.glob("rasphone.pbk.aovpn-remediate.*.kept"))]


def orderly(run: Run) -> Run:
    """The same run, once it has kept the protocol: one short ASCII line of JSON, nothing on stderr."""
    assert run.errors == ()
    assert len(run.output) == 1, run.output
    line = run.output[0]
    assert line.isascii() and line.isprintable() and len(line) <= 2000
    assert run.result["v"] == 1 and run.result["kind"] in KINDS
    assert run.exit_code == (1 if run.result["state"] in ("issue", "failed") else 0)
    return run
