"""Many scripts one after the other in one runspace, each on its own phonebook: as fast as possible."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aovpn_remediate.client import PowerShell, Run, SimulatedClient, empty_state
from aovpn_remediate.model import ScriptPackage
from tests.pairs import orderly

RUN_ALL = Path(__file__).parent / "ps1_run_all.ps1"


@dataclass
class Trial:
    """One phonebook as a file, the pair that meets it, and what was not as the model says."""

    package: ScriptPackage
    scope: str
    culture: str
    before: bytes
    folder: Path
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = SimulatedClient(folder=self.folder, culture=self.culture)
        self.path = self.client.write_phonebook(self.scope, self.before)

    @property
    def phonebook(self) -> bytes:
        """The phonebook's bytes as they are now."""
        return self.path.read_bytes()

    def environment(self) -> dict[str, str]:
        """The environment variables of the account that the script is made for."""
        account = "jdoe" if self.scope == "user" else "PC$"
        folders = {"APPDATA": str(self.client.app_data), "ProgramData": str(self.client.program_data)}
        return {"USERNAME": account, "USERDOMAIN": "CONTOSO", "COMPUTERNAME": "PC", **folders}


def run_all(shell: PowerShell, folder: Path, trials: Sequence[Trial], script: str) -> list[Run]:
    """Run the ``detection`` or the ``remediation`` of each trial and return what each did."""
    jobs = [
        {
            "script": _script(folder, trial.package, script),
            "environment": trial.environment(),
            "culture": trial.culture,
        }
        for trial in trials
    ]
    file = folder / "jobs.json"
    file.write_text(json.dumps(jobs), encoding="utf-8")
    run = shell.run(RUN_ALL, environment={"JOBS": str(file)}, state=empty_state())
    if run.errors:
        raise AssertionError(run.errors)
    return [
        Run(
            exit_code=one["exit"],
            output=tuple(one["output"]),
            errors=tuple(one["errors"]),
            state=empty_state(),
        )
        for one in json.loads(run.output[-1])
    ]


def _script(folder: Path, package: ScriptPackage, script: str) -> str:
    """The path of the rendered script; PowerShell compiles a file once as long as it stays the same."""
    content: bytes = getattr(package, script)
    path = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.ps1"
    if not path.exists():
        path.write_bytes(content)
    return str(path)


def state_said(run: Run) -> str:
    """Return the state that a script ended with, or what is out of order about its protocol."""
    try:
        return str(orderly(run).result["state"])
    except AssertionError as error:
        return f"something out of order: {error}"


def said_otherwise(run: Run, *states: str) -> Iterator[str]:
    """Yield what a script said if that is none of these states."""
    said = state_said(run)
    if said not in states:
        yield f"{said} where the model says {' or '.join(states)}: {run.output}"
