"""One case, run: everything that happened on the simulated client, as one value to judge later."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from aovpn_remediate.client import PowerShell, Run, SimulatedClient
from aovpn_remediate.client.leftovers import temporary_folder
from aovpn_remediate.client.making import make_client
from aovpn_remediate.client.memory import memory_folder
from aovpn_remediate.client.snapshot import Snapshot, mark_files, snapshot, written_files
from aovpn_remediate.errors import CaseNotRunError, ClientError, NotPowerShellError, ScriptEndedError
from aovpn_remediate.model import Remediation, RunAs, ScriptPackage
from aovpn_remediate.scripts.outside import Reach, reaches
from aovpn_remediate.verify.case import Case
from aovpn_remediate.verify.cases import read_cases


@dataclass(frozen=True)
class Job:
    """One case of one remediation."""

    remediation: Remediation
    package: ScriptPackage
    case: Case

    @property
    def is_own_pair(self) -> bool:
        """Whether the scripts are a user's own."""
        return self.remediation.settings.own_pair() is not None


@dataclass(frozen=True, kw_only=True)
class Step:
    """One run of a script, with the client before and after it.

    ``script`` is ``detect`` or ``remediate``. ``written`` names the files and registry values that the script
    wrote, also those that have the same content as before. ``follows`` is what happened just before the run,
    e.g. ``reconnect``, or empty.
    """

    number: int
    script: str
    run: Run
    before: Snapshot
    after: Snapshot
    written: tuple[str, ...] = ()
    follows: str = ""

    @property
    def state(self) -> str:
        """The state in the script's last line, or ``nothing``."""
        try:
            return str(self.run.result.get("state"))
        except (ClientError, IndexError, ValueError):
            return "nothing"


@dataclass(frozen=True, kw_only=True)
class Record:
    """Everything that happened in one case.

    ``expected`` is the client that the case wants after the last repair, ``end`` the client after everything.
    ``added_by_others`` are the bytes that other programs add to a phonebook, ``unmet`` the faults that no
    script met. ``ended`` says why a script could not be run to its end, or is empty. ``outside`` is what of
    a user's own scripts reaches past the client, each with the script's name. ``shows_unknown`` is whether an
    unknown state is an issue for a detection script.
    """

    case: Case
    profile: str
    is_own_pair: bool
    has_repair: bool
    steps: tuple[Step, ...]
    expected: Snapshot
    end: Snapshot
    added_by_others: tuple[bytes, ...] = ()
    unmet: tuple[str, ...] = ()
    ended: str = ""
    outside: tuple[tuple[str, Reach], ...] = ()
    shows_unknown: bool = False

    @property
    def states(self) -> tuple[str, ...]:
        """The state that each run printed."""
        return tuple(step.state for step in self.steps)

    @property
    def exits(self) -> tuple[int, ...]:
        """The exit code of each run."""
        return tuple(step.run.exit_code for step in self.steps)

    @property
    def output_lines(self) -> tuple[str, ...]:
        """The output of each run, line by line."""
        lines: list[str] = []
        for step in self.steps:
            for line in step.run.output or ("(no output)",):
                lines += [f"run {step.number}, {step.script}: {line}"]
        return tuple(lines)


@dataclass(frozen=True)
class _Script:
    """A script to run, with what happens to the client just before."""

    number: int
    name: str
    content: bytes
    follows: str = ""


def jobs_for(remediation: Remediation, package: ScriptPackage) -> list[Job]:
    """Return every case of the remediation's kind that its settings fit."""
    return [Job(remediation, package, case) for case in read_cases(remediation)]


def record_case(job: Job, shell: PowerShell) -> Record:
    """Run the scripts of a case on a new client and return what happened.

    Raises ``CaseNotRunError`` where this machine cannot make the client, and ``ClientError`` where the
    simulated client itself breaks.
    """
    try:
        with temporary_folder(memory_folder()) as folder:
            return _record(job, shell, folder)
    except (CaseNotRunError, NotPowerShellError):
        raise
    except ClientError as error:
        raise ClientError(f"{job.package.key}, case {job.case.name!r}: {error}") from error


def _record(job: Job, shell: PowerShell, folder: Path) -> Record:
    after = job.case.after if job.package.remediation else job.case.before
    expected = snapshot(make_client(after, folder / "expected"))
    client = make_client(job.case.before, folder / "client")
    added = tuple(base64.b64decode(change["adds"]) for change in client.changes)
    steps, ended = _run_scripts(job, client, shell, start=snapshot(client))
    return Record(
        case=job.case,
        profile=str(job.remediation.settings.script_settings().get("Profile")),
        is_own_pair=job.is_own_pair,
        shows_unknown=job.remediation.settings.script_settings().get("WhenUnknown") == "issue",
        has_repair=bool(job.package.remediation),
        steps=steps,
        expected=expected,
        end=snapshot(client),
        added_by_others=added,
        unmet=tuple(client.unmet()),
        ended=ended,
        outside=_outside(job) if job.is_own_pair else (),
    )


def _outside(job: Job) -> tuple[tuple[str, Reach], ...]:
    scripts = (("detect", job.package.detection), ("remediate", job.package.remediation))
    return tuple((name, reach) for name, script in scripts for reach in reaches(script))


def _run_scripts(
    job: Job, client: SimulatedClient, shell: PowerShell, *, start: Snapshot
) -> tuple[tuple[Step, ...], str]:
    """The runs of a case, and why the last script could not be run to its end, or an empty text."""
    steps: list[Step] = []
    before = start
    for script in _scripts(job):
        try:
            step = _run_script(job, client, shell, script, before)
        except ScriptEndedError as error:
            return tuple(steps), f"run {script.number}: {error}"
        steps.append(step)
        before = step.after
    return tuple(steps), ""


def _run_script(
    job: Job, client: SimulatedClient, shell: PowerShell, script: _Script, before: Snapshot
) -> Step:
    account = _account(job)
    if script.follows:
        client.run(shell, b"", run_as=account, then=script.follows, apart=job.is_own_pair)
        before = snapshot(client)
    marks = mark_files(client)
    run = client.run(shell, script.content, run_as=account, apart=job.is_own_pair)
    return Step(
        number=script.number,
        script=script.name,
        run=run,
        before=before,
        after=snapshot(client),
        written=(*written_files(client, marks), *dict.fromkeys(run.state["rewritten"])),
        follows=script.follows,
    )


def _scripts(job: Job) -> list[_Script]:
    """The scripts in the order in which they are run."""
    detection, remediation = job.package.detection, job.package.remediation
    if not remediation:
        return [_Script(1, "detect", detection)]
    scripts = [
        _Script(1, "detect", detection),
        _Script(2, "remediate", remediation),
        _Script(3, "detect", detection),
        _Script(4, "remediate", remediation),
    ]
    if job.case.then:
        scripts.append(_Script(5, "detect", detection, follows=job.case.then))
    return scripts


def _account(job: Job) -> str:
    """The account that runs the scripts: the package's own, or the wrong one where the case asks for it."""
    account = job.package.run_as
    if job.case.before.account != "other":
        return account.value
    return RunAs.USER.value if account is RunAs.SYSTEM else RunAs.SYSTEM.value
